#ifndef GATEHOUSE_ONECELL_H
#define GATEHOUSE_ONECELL_H

#include "gateway/transform/transform.h"

/* The key of a column that delivers codes, and the epoch of its plan. */
extern const uint8_t onecell_keys[1][32];
enum {
	ONECELL_EPOCH = 3
};

/*
 * onecell: one column and one cell: what comes out, or in <> why not. The
 * result lies in a static buffer. `table` may be NULL.
 */
const char *onecell(const struct plan_column *column, const char *in,
    struct group_table *table);

/* onecell_with: of a column that has nothing but these. */
const char *onecell_with(
    enum column_kind kind, struct protection how, const char *in);

#define WITH(k, o, in)                                                         \
	onecell_with(KIND_##k, (struct protection){.op = PROTECT_##o}, in)
#define IS(got, want) assert_string_equal(got, want)

#endif
