#ifndef GATEHOUSE_METRIC_TEXT_H
#define GATEHOUSE_METRIC_TEXT_H

#include "gateway/metric/metric_sum.h"

/*
 * metric_text: what is counted, as Prometheus reads it. The lines of
 * metric_table.h in their order, and of each all values of its labels, so
 * that a count that is 0 is there as well.
 *
 * Source   Prometheus, "Exposition formats", text-based format 0.0.4
 */
#define METRIC_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum {
	METRIC_TEXT_MAX = 256 * 1024, /* bytes; there are far fewer */
};

/* metric_text_put: append all. Errors: TOO_BIG, NO_MEMORY of `out`. */
MUST_USE struct err metric_text_put(
    struct buf *out, const struct metric_sum sums[NUM_METRIC_ROLES]);

/* metric_text_put_help, metric_text_put_label: append a text as it may stand
 * in a HELP line, and between the quotes of a label. Errors: as above. */
MUST_USE struct err metric_text_put_help(struct buf *out, const char *text);
MUST_USE struct err metric_text_put_label(struct buf *out, const char *text);

#endif
