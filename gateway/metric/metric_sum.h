#ifndef GATEHOUSE_METRIC_SUM_H
#define GATEHOUSE_METRIC_SUM_H

#include "gateway/metric/metric.h"

/*
 * metric_sum: what all processes of a role have counted together. A process
 * that ends leaves what it counted, so that counts never fall; of a gauge it
 * leaves nothing. A sum that would wrap stays at UINT64_MAX.
 */
struct metric_sum {
	uint64_t cells[METRIC_PAGE_CELLS];
};

/* metric_sum_add: a page of somebody who lives. */
void metric_sum_add(struct metric_sum *sum, const struct metric_page *page);

/* metric_sum_fold: the page of a process of that role that has ended. */
void metric_sum_fold(struct metric_sum *sum, enum metric_role role,
    const struct metric_page *page);

/* metric_sum_put: as bytes for another process. metric_sum_take: errors:
 * TRUNCATED, MALFORMED: it is none. */
MUST_USE struct err metric_sum_put(
    struct buf *out, const struct metric_sum *sum);
MUST_USE struct err metric_sum_take(struct metric_sum *out, struct span in);

#endif
