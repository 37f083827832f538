#include "gateway/keeper/record_terms.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/waits.h"

static const char *
basis_of(const struct purpose *purpose)
{
	return model_basis_name(
	    purpose->hipaa != BASIS_NONE ? purpose->hipaa : purpose->gdpr);
}

static void
set_rule(struct record *r, char rule_at[RECORD_TERMS_RULE_AT], struct span id,
    struct span file, uint32_t line)
{
	snprintf(rule_at, RECORD_TERMS_RULE_AT, "%.*s:%u",
	    (int)(file.len > 256 ? 256 : file.len), (const char *)file.data,
	    line);
	r->rule = id;
	r->rule_at = span_str(rule_at);
}

void
record_terms_agreement(struct record *r, char rule_at[RECORD_TERMS_RULE_AT],
    const struct policy *policy, uint32_t agreement)
{
	const struct agreement *a = &policy->agreements[agreement];
	const struct purpose *purpose = &policy->purposes[a->purpose];
	const struct dataset *dataset = &policy->datasets[a->dataset];

	r->agreement = a->id;
	r->recipient = policy->parties[a->recipient].id;
	r->recipient_name = policy->parties[a->recipient].name;
	r->contract = a->contract;
	r->deletes_after = a->deletes_after;
	r->purpose = purpose->id;
	r->purpose_text = purpose->say;
	r->basis = span_str(basis_of(purpose));
	r->controller = policy->parties[dataset->controller].id;
	r->about = dataset->about;
	r->dataset = dataset->id;
	r->encrypt = span_str(model_encrypt_name(a->encrypt));
	set_rule(r, rule_at, a->id, a->file, a->line);
}

void
record_terms_guardrail(struct record *r, char rule_at[RECORD_TERMS_RULE_AT],
    const struct policy *policy, uint32_t guardrail)
{
	const struct guardrail *g = &policy->guardrails[guardrail];

	set_rule(r, rule_at, g->id, g->file, g->line);
}

void
record_terms_reason(struct record *r, char reason[RECORD_TERMS_REASON],
    const struct decision *decision)
{
	struct buf words CLEANUP(buf_done) = {.max = RECORD_TERMS_REASON / 2};

	r->reason = span_str(decide_reason_name(decision->reason));
	if (decision->reason != DENY_WAITS ||
	    waits_words(&words, decision->waits).code != ERR_OK)
		return;
	snprintf(reason, RECORD_TERMS_REASON, "waits for %.*s", (int)words.len,
	    (const char *)words.data);
	r->reason = span_str(reason);
}

struct err
record_terms_columns(
    struct buf *out, const struct policy *policy, uint32_t agreement)
{
	const struct agreement *a = &policy->agreements[agreement];
	const struct dataset *dataset = &policy->datasets[a->dataset];
	struct record_column *columns;
	size_t num = 0;

	columns = calloc(a->num_columns + 1ul, sizeof(*columns));
	if (columns == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a record");
	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct delivered *c = &a->columns[i];
		if (c->how.op == PROTECT_DROP)
			continue;
		columns[num++] = (struct record_column){
		    .name = dataset->columns[c->column].name,
		    .protection = span_str(model_protection_name(c->how.op))};
	}
	struct err err = record_write_columns(out, columns, num);
	free(columns);
	return err;
}
