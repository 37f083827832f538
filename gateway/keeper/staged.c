#include "gateway/keeper/staged.h"

#include "crypto/hash.h"
#include "gateway/base/log.h"
#include "gateway/base/proven.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/compiled.h"
#include "policy/image.h"
#include "policy/recipients.h"

/* --- The candidate --- */

static struct err
read_candidate(struct staged *s, const struct keeper *keeper, struct span image)
{
	struct span whole;

	TRY(hash_sha256(s->digest, image));
	arena_init(&s->arena, KEEPER_ARENA);
	TRY(arena_copy(&s->arena, &whole, image));
	TRY(image_decode(&s->policy, &s->arena, whole));
	if (keeper->only_proven)
		(void)proven_keep(&s->policy, &keeper->proven);
	s->since_s = sysio_wall_ns() / 1000000000;
	return arena_alloc(&s->arena, &s->compiled, s->policy.num_agreements,
	    sizeof(*s->compiled));
}

static void
forget(struct staged *s)
{
	for (uint32_t i = 0;
	     s->compiled != NULL && i < s->policy.num_agreements; i++) {
		arena_done(&s->compiled[i].arena);
		buf_done(&s->compiled[i].bytes);
	}
	arena_done(&s->arena);
	free(s);
}

void
staged_load(struct keeper *keeper, struct span image)
{
	if (keeper->staged != NULL)
		forget(keeper->staged);
	keeper->staged = NULL;
	if (image.len == 0)
		return;
	struct staged *s = calloc(1, sizeof(*s));
	struct err err = s == NULL
	    ? ERR(NO_MEMORY, "keeper: no memory for a candidate")
	    : read_candidate(s, keeper, image);
	if (err.code == ERR_OK) {
		keeper->staged = s;
		return;
	}
	log_error("staged-refused", err);
	if (s != NULL)
		forget(s);
}

/* --- What it says --- */

/* Of the same files? */
static bool
is_same_source(const struct dataset *a, const struct dataset *b)
{
	return span_equal(a->id, b->id) && span_equal(a->root, b->root) &&
	    span_equal(a->pattern, b->pattern);
}

/* What differs of two agreements that both allow it; NULL: nothing, or there
 * is no telling. */
static const char *
difference(struct keeper *keeper, uint32_t live, uint32_t candidate)
{
	struct staged *s = keeper->staged;
	const struct agreement *a = &keeper->policy.agreements[live];
	const struct agreement *b = &s->policy.agreements[candidate];
	struct compiled *then, *now = &s->compiled[candidate];

	if (!is_same_source(&keeper->policy.datasets[a->dataset],
		&s->policy.datasets[b->dataset]))
		return "source";
	if (a->encrypt != b->encrypt)
		return "encryption";
	if (!recipients_within(a, b) || !recipients_within(b, a))
		return "recipients";
	if (compiled_get(keeper, live, &then).code != ERR_OK ||
	    compiled_build(now, &s->policy, candidate, then->plan.key_epoch)
		    .code != ERR_OK ||
	    span_equal(span_of(then->digest, 32), span_of(now->digest, 32)))
		return NULL;
	return "plan";
}

static void
compare(struct staged_verdict *v, struct keeper *keeper,
    const struct decision *live)
{
	v->was_asked = true;
	if (live->allowed != v->decision.allowed)
		v->flip = live->allowed ? STAGED_DENIED : STAGED_ALLOWED;
	else if (live->allowed)
		v->differs =
		    difference(keeper, live->agreement, v->decision.agreement);
	if (v->differs != NULL)
		v->flip = STAGED_FORM;
}

void
staged_read(struct staged_verdict *out, struct keeper *keeper,
    const struct decision *live, const struct caller *caller,
    struct span bucket, int64_t now)
{
	*out = (struct staged_verdict){.was_asked = false};
	if (keeper->staged == NULL)
		return;
	decide_read(
	    &out->decision, &keeper->staged->policy, caller, bucket, now);
	compare(out, keeper, live);
}

void
staged_form(struct staged_verdict *out, struct keeper *keeper,
    const struct decision *live, struct span bucket, struct span place,
    int64_t now)
{
	*out = (struct staged_verdict){.was_asked = false};
	if (keeper->staged == NULL)
		return;
	const struct policy *policy = &keeper->staged->policy;
	decide_form(&out->decision, policy, model_find_place(policy, place),
	    bucket, now);
	compare(out, keeper, live);
}

void
staged_known(struct staged_verdict *out, struct keeper *keeper, bool live,
    const struct caller *caller)
{
	*out = (struct staged_verdict){.decision = {.agreement = NO_INDEX,
					   .group = NO_INDEX,
					   .place = NO_INDEX,
					   .guardrail = NO_INDEX}};
	if (keeper->staged == NULL)
		return;
	struct decision *d = &out->decision;
	d->allowed = decide_caller_known(&keeper->staged->policy, caller);
	d->reason = d->allowed ? DENY_NONE : DENY_UNKNOWN_CALLER;
	out->was_asked = true;
	if (d->allowed != live)
		out->flip = live ? STAGED_DENIED : STAGED_ALLOWED;
}

/* --- In the record --- */

static void
put(struct record *r, struct staged_texts *texts, const struct staged *s,
    const struct staged_verdict *v)
{
	struct record terms = {.kind = r->kind};
	const struct decision *d = &v->decision;

	if (d->agreement != NO_INDEX)
		record_terms_agreement(
		    &terms, texts->rule_at, &s->policy, d->agreement);
	if (d->guardrail != NO_INDEX)
		record_terms_guardrail(
		    &terms, texts->rule_at, &s->policy, d->guardrail);
	if (v->flip == STAGED_DENIED)
		record_terms_reason(&terms, texts->reason, d);
	else if (v->flip == STAGED_FORM)
		terms.reason = span_str(v->differs);
	r->staged_policy = span_of(s->digest, sizeof(s->digest));
	r->staged_decision = span_str(d->allowed ? "allowed" : "denied");
	r->staged_rule = terms.rule;
	r->staged_rule_at = terms.rule_at;
	r->staged_reason = terms.reason;
}

static void
take_away(struct record *r)
{
	const struct span nothing = span_of(NULL, 0);

	r->staged_policy = r->staged_decision = nothing;
	r->staged_rule = r->staged_rule_at = r->staged_reason = nothing;
}

/* --- Sums --- */

/* As the policy in force names it, or else as the candidate does. */
static struct staged_sum
sum_of(const struct keeper *keeper, const struct staged_verdict *v,
    const struct decision *live)
{
	const struct policy *now = &keeper->policy;
	const struct policy *then = &keeper->staged->policy;
	const struct decision *d = &v->decision;
	struct staged_sum sum = {.flip = v->flip};

	if (live->agreement != NO_INDEX)
		sum.agreement = now->agreements[live->agreement].id;
	else if (d->agreement != NO_INDEX)
		sum.agreement = then->agreements[d->agreement].id;
	if (live->group != NO_INDEX)
		sum.group = now->groups[live->group].id;
	else if (d->group != NO_INDEX)
		sum.group = then->groups[d->group].id;
	if (live->place != NO_INDEX)
		sum.place = now->places[live->place].id;
	else if (d->place != NO_INDEX)
		sum.place = then->places[d->place].id;
	return sum;
}

static bool
is_same_sum(const struct staged_sum *a, const struct staged_sum *b)
{
	return a->flip == b->flip && span_equal(a->agreement, b->agreement) &&
	    span_equal(a->group, b->group) && span_equal(a->place, b->place);
}

static void
count_flip(struct staged *s, const struct staged_sum *sum)
{
	size_t i = 0;

	s->num_flips[sum->flip]++;
	while (i < s->num_sums && !is_same_sum(&s->sums[i], sum))
		i++;
	if (i == STAGED_MAX_SUMS) {
		s->num_others++;
		return;
	}
	if (i == s->num_sums)
		s->sums[s->num_sums++] = *sum;
	s->sums[i].count++;
}

struct err
staged_encode(struct buf *out, struct record *record, struct keeper *keeper,
    const struct staged_verdict *verdict)
{
	struct staged_texts texts;

	if (keeper->staged == NULL || verdict->flip == STAGED_SAME)
		return record_encode(out, record);
	put(record, &texts, keeper->staged, verdict);
	struct err err = record_encode(out, record);
	/* What it borrows ends here. */
	take_away(record);
	return err.code == ERR_TOO_BIG ? record_encode(out, record) : err;
}

void
staged_count(struct keeper *keeper, const struct staged_verdict *verdict,
    const struct decision *live)
{
	struct staged *s = keeper->staged;

	if (!verdict->was_asked || s == NULL)
		return;
	s->num_decisions++;
	if (verdict->flip == STAGED_SAME)
		return;
	const struct staged_sum sum = sum_of(keeper, verdict, live);
	count_flip(s, &sum);
}

const char *
staged_flip_name(enum staged_flip flip)
{
	switch (flip) {
	case STAGED_DENIED:
		return "would-be-denied";
	case STAGED_ALLOWED:
		return "would-be-allowed";
	case STAGED_FORM:
		return "in-another-form";
	case STAGED_SAME:
	case NUM_STAGED_FLIPS:
		break;
	}
	return "same";
}
