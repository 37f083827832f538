#ifndef GATEHOUSE_RECORD_TERMS_H
#define GATEHOUSE_RECORD_TERMS_H

#include "crypto/memory/buf.h"
#include "gateway/ledger/record.h"
#include "policy/decide.h"

/* record_terms: what a record says of the policy: which agreement, and which
 * rule. Records borrow from the policy and from rule_at. */
enum {
	RECORD_TERMS_RULE_AT = 300, /* room for file:line */
	RECORD_TERMS_REASON = 512,
};

/* Why something is cut that was granted, and the policy of now does not grant:
 * keeper/recheck.h. */
#define RECORD_TERMS_WITHDRAWN "the policy no longer allows it"

void record_terms_agreement(struct record *out,
    char rule_at[RECORD_TERMS_RULE_AT], const struct policy *policy,
    uint32_t agreement);

/* record_terms_guardrail: it is the rule, instead of the agreement. */
void record_terms_guardrail(struct record *out,
    char rule_at[RECORD_TERMS_RULE_AT], const struct policy *policy,
    uint32_t guardrail);

/* record_terms_reason: why it is denied: a word, and for what is not served
 * what it waits for. */
void record_terms_reason(struct record *out, char reason[RECORD_TERMS_REASON],
    const struct decision *decision);

/*
 * record_terms_columns: append every column that is delivered, as a record
 * holds them; an accounting that leaves one out is none.
 *
 * Errors   NO_MEMORY; TOO_BIG of `out`
 */
MUST_USE struct err record_terms_columns(
    struct buf *out, const struct policy *policy, uint32_t agreement);

#endif
