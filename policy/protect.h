#ifndef GATEHOUSE_PROTECT_H
#define GATEHOUSE_PROTECT_H

#include "crypto/check_digit.h"
#include "policy/model.h"

/*
 * protect_parse: a phrase such as `year`, `cap 0..89`, `mask last 4`,
 * `format with check digit`, `group tables/icd.csv` or `keep because …`.
 *
 * out        its table is NO_INDEX; `because` points into `text`
 * out_table  GROUP: the path as written; else empty
 * Errors     MALFORMED; `why` is a sentence for the officer
 */
MUST_USE struct err protect_parse(
    struct protection *out, struct span *out_table, struct span text);

/* protect_is_keyed: what it delivers hangs on a key of its column. */
bool protect_is_keyed(enum protection_op op);

/* protect_suits: the operation makes sense for values of the kind. */
bool protect_suits(enum protection_op op, enum column_kind kind);

/* protect_has_check_digit: the kind has one, by a rule that is known here. */
bool protect_has_check_digit(enum column_kind kind);

/* protect_check_digit: the rule for a column of the kind, protected so. */
enum check_digit protect_check_digit(
    const struct protection *how, enum column_kind kind);

#endif
