#ifndef GATEHOUSE_METRIC_H
#define GATEHOUSE_METRIC_H

#include <assert.h>
#include <stdatomic.h>

#include "gateway/ipc/control.h"
#include "gateway/metric/metric_table.h"

/*
 * metric: what a process counts. It does so into a page that the supervisor
 * gave it (item "metrics") and that others read at any time: one addition, and
 * no system call. Without a page it counts for itself.
 *
 * A cell is the first one of a line of metric_table.h, plus the number of a
 * label's value; of a line with two labels, plus value a times how many values
 * b has, plus value b:
 *
 *     metric_count(METRIC_REQUESTS + op * METRIC_NUM_CLASS + class);
 *
 * Only its process writes a page. Who reads one trusts nothing of it but that
 * it has METRIC_PAGE_CELLS numbers: what no count of ours can be, is none.
 */
#define METRIC_MOST (UINT64_C(1) << 53) /* of one cell */

struct metric_page {
	_Atomic uint64_t cells[METRIC_PAGE_CELLS];
};
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "pages are shared by processes");

/* metric_count: one more; metric_add: so many more. */
void metric_count(unsigned cell);
void metric_add(unsigned cell, uint64_t number);

/* metric_set: of a gauge. */
void metric_set(unsigned cell, uint64_t value);

/* metric_observe: of a histogram: what took `us` microseconds; `value` of its
 * label. */
void metric_observe(unsigned cell, unsigned value, uint64_t us);

/* metric_bound_us: of a bucket, inclusive. */
uint64_t metric_bound_us(unsigned bucket);

/* metric_own: what this process has counted there. */
uint64_t metric_own(unsigned cell);

/* metric_read: a cell of a page; 0: it is over METRIC_MOST. */
uint64_t metric_read(const struct metric_page *page, unsigned cell);

/*
 * metric_take: count into the page of item "metrics" from now on, if there is
 * one, for as long as the process lives; before the jail.
 *
 * Errors   IO: it is no page
 */
MUST_USE struct err metric_take(const struct control_items *items);

/* metric_use: count into this one. */
void metric_use(struct metric_page *page);

/*
 * metric_map: a page, from its descriptor, to be read (or written, by whoever
 * made it). metric_unmap accepts NULL.
 *
 * Errors   IO
 */
MUST_USE struct err metric_map(struct metric_page **out, int fd, bool writes);
void metric_unmap(struct metric_page *page);

#endif
