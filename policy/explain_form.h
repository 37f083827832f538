#ifndef GATEHOUSE_EXPLAIN_FORM_H
#define GATEHOUSE_EXPLAIN_FORM_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * explain_form: what a protection makes of a value, in plain words, e.g. "year;
 * 90 or older as one group". Errors: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err explain_form(
    struct buf *out, const struct policy *policy, const struct protection *how);

/*
 * explain_form_kind: the same where only the protection's name is known, as in
 * a record of the ledger: its numbers and tables are those of the policy that
 * held then. Static; NULL: no protection is named so.
 */
const char *explain_form_kind(struct span name);

/* explain_form_decimal: value / 10^scale with all its digits, as it was
 * written: 0.10. Errors: as above. */
MUST_USE struct err explain_form_decimal(
    struct buf *out, const struct decimal *number);

#endif
