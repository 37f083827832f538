#ifndef GATEHOUSE_EXPLAIN_H
#define GATEHOUSE_EXPLAIN_H

#include "crypto/memory/buf.h"
#include "policy/decide.h"

/*
 * explain: what a decision means, in the words of the people who sign for it.
 * For officers, who may read the whole policy; callers of the gateway get
 * decide_sentence.
 */

/*
 * explain_agreement: append lines of text, each ended by LF.
 *
 * Allowed: each delivered column in plain words and where the policy says so,
 * that all else is not delivered, which rows are let through, and how long.
 * Denied: the rule, and what would have to change.
 *
 * decision  of decide_named(group, place, bucket) on the same policy
 * group     an index or NO_INDEX, as place
 * bucket    as it was asked for
 * Errors    TOO_BIG, NO_MEMORY
 */
MUST_USE struct err explain_agreement(struct buf *out,
    const struct policy *policy, const struct decision *decision,
    uint32_t group, uint32_t place, struct span bucket);

/*
 * explain_protection: what of the column is delivered, e.g. "year; 90 or
 * older as one group". Errors: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err explain_protection(struct buf *out,
    const struct policy *policy, const struct delivered *delivered);

/*
 * explain_rule: which rows a rule lets through, e.g. "only where sex is F".
 * explain_answer: the same of a column of consent or objection. Errors: as
 * above.
 */
MUST_USE struct err explain_rule(
    struct buf *out, const struct row_rule *rule, const struct column *column);
MUST_USE struct err explain_answer(
    struct buf *out, const struct column *column);

/* explain_asks: a column of consent or objection, and about this purpose. */
bool explain_asks(const struct column *column, uint32_t purpose);

#endif
