#include "policy/decide.h"

#include "policy/by_id.h"
#include "policy/day.h"
#include "policy/evidence.h"
#include "policy/waits.h"

enum {
	ADDRESS_BITS = 128
};

/* Whoever asks: a caller with proofs, or a group taken by name. */
struct asker {
	const struct policy *policy;
	const struct caller *caller; /* NULL: `group` speaks for itself */
	uint32_t group;
	const struct proof
	    *proof; /* of `group`: what makes one of it, or NULL */
};

static bool
list_has(const uint32_t *list, size_t num, uint32_t index)
{
	for (size_t i = 0; i < num; i++)
		if (list[i] == index)
			return true;
	return false;
}

static bool
texts_have(const struct span *texts, size_t num, struct span text)
{
	for (size_t i = 0; i < num; i++)
		if (span_equal(texts[i], text))
			return true;
	return false;
}

/* The claim was made, and one of its values is one that is asked for. */
static bool
claim_holds(
    const struct claim *asked, const struct claim *made, size_t num_made)
{
	for (size_t i = 0; i < num_made; i++) {
		if (!span_equal(made[i].name, asked->name))
			continue;
		for (size_t j = 0; j < made[i].num_values; j++)
			if (texts_have(asked->values, asked->num_values,
				made[i].values[j]))
				return true;
	}
	return false;
}

static bool
claims_hold(const struct claim *asked, size_t num, const struct claim *made,
    size_t num_made)
{
	for (size_t i = 0; i < num; i++)
		if (!claim_holds(&asked[i], made, num_made))
			return false;
	return true;
}

/* Every key that is set must hold; a proof without keys proves nothing. */
static bool
proof_holds(const struct proof *proof, const struct caller *caller)
{
	if (proof->certificate.len == 0 && proof->access_key.len == 0 &&
	    proof->issuer.len == 0)
		return false;
	if (proof->issuer.len > 0 &&
	    (!span_equal(proof->issuer, caller->issuer) ||
		!claims_hold(proof->claims, proof->num_claims, caller->claims,
		    caller->num_claims)))
		return false;
	if (proof->certificate.len > 0 &&
	    !span_equal(proof->certificate, caller->certificate))
		return false;
	return proof->access_key.len == 0 ||
	    span_equal(proof->access_key, caller->access_key);
}

static bool
asker_in_group(const struct asker *asker, uint32_t group)
{
	const struct group *g = &asker->policy->groups[group];

	if (asker->caller == NULL && asker->group == group)
		return true;
	for (size_t i = 0; i < g->num_proofs; i++)
		if (asker->caller != NULL
			? proof_holds(&g->proofs[i], asker->caller)
			: asker->proof != NULL &&
			    evidence_proof_covers(&g->proofs[i], asker->proof))
			return true;
	return false;
}

static bool
asker_known(const struct asker *asker)
{
	for (uint32_t i = 0; i < asker->policy->num_groups; i++)
		if (asker_in_group(asker, i))
			return true;
	return false;
}

bool
decide_caller_known(const struct policy *policy, const struct caller *caller)
{
	struct asker asker = {.policy = policy, .caller = caller};

	return asker_known(&asker);
}

static bool
network_holds(const struct network *network, const uint8_t address[16])
{
	size_t bits = network->prefix_bits;

	if (bits > ADDRESS_BITS)
		return false;
	for (size_t i = 0; i < bits / 8; i++)
		if (network->address[i] != address[i])
			return false;
	if (bits % 8 == 0)
		return true;
	unsigned int mask = 0xffu << (8 - bits % 8) & 0xffu;
	return ((network->address[bits / 8] ^ address[bits / 8]) & mask) == 0;
}

/* Kinds of evidence are ANDed, values ORed; without evidence: nobody's. */
static bool
place_holds(const struct place *place, const struct caller *caller)
{
	bool seen = place->num_seen_as == 0;

	for (size_t i = 0; i < place->num_seen_as; i++)
		if (network_holds(&place->seen_as[i], caller->address))
			seen = true;
	if (place->num_seen_as == 0 && place->num_certificates == 0 &&
	    place->num_attested == 0)
		return false;
	if (place->num_certificates > 0 &&
	    (caller->certificate.len == 0 ||
		!texts_have(place->certificates, place->num_certificates,
		    caller->certificate)))
		return false;
	return seen &&
	    claims_hold(place->attested, place->num_attested, caller->attested,
		caller->num_attested);
}

/* Returns how many places match, and the one if it is one. */
static size_t
find_place(const struct policy *policy, const struct caller *caller,
    uint32_t *out_place)
{
	size_t num = 0;
	uint32_t place = NO_INDEX;

	for (uint32_t i = 0; i < policy->num_places; i++) {
		if (place_holds(&policy->places[i], caller)) {
			place = i;
			num++;
		}
	}
	*out_place = num == 1 ? place : NO_INDEX;
	return num;
}

/* One that nobody can be shown to be of yet does not stand before another: who
 * shows more would get less. */
static uint32_t
find_group(const struct asker *asker, const struct agreement *agreement)
{
	uint32_t waiting = NO_INDEX;

	for (size_t i = 0; i < agreement->num_who; i++) {
		uint32_t group = agreement->who[i];

		if (!asker_in_group(asker, group))
			continue;
		if (asker->policy->groups[group].waits == 0)
			return group;
		if (waiting == NO_INDEX)
			waiting = group;
	}
	return waiting;
}

/*
 * Each of `kind:` and `class:` that is written needs a delivered column of
 * its own, not the same one: the reading that denies more.
 */
static bool
guardrail_hits_columns(const struct guardrail *g,
    const struct agreement *agreement, const struct dataset *dataset)
{
	bool kind = g->kinds == 0, class = g->classes == 0, any = false;

	for (size_t i = 0; i < agreement->num_columns; i++) {
		const struct delivered *delivered = &agreement->columns[i];
		const struct column *column =
		    &dataset->columns[delivered->column];
		if (delivered->how.op == PROTECT_DROP)
			continue;
		any = true;
		kind = kind || (g->kinds >> column->kind & 1) != 0;
		class = class || (g->classes >> column->class & 1) != 0;
	}
	return any && kind && class;
}

/* The category of the dataset, or of a column that is delivered. */
static bool
guardrail_hits_category(const struct guardrail *g,
    const struct agreement *agreement, const struct dataset *dataset)
{
	if (g->num_categories == 0 ||
	    texts_have(g->categories, g->num_categories, dataset->category))
		return true;
	for (size_t i = 0; i < agreement->num_columns; i++) {
		const struct delivered *delivered = &agreement->columns[i];
		if (delivered->how.op != PROTECT_DROP &&
		    texts_have(g->categories, g->num_categories,
			dataset->columns[delivered->column].category))
			return true;
	}
	return false;
}

/* Any group of the caller counts, not only the one that `who` found. */
static bool
guardrail_hits_who(const struct guardrail *g, const struct asker *asker)
{
	for (size_t i = 0; i < g->num_who; i++)
		if (asker_in_group(asker, g->who[i]))
			return true;
	return g->num_who == 0;
}

/* A list that was written but is empty means "any". */
static bool
matches(const uint32_t *list, size_t num, uint32_t index)
{
	return num == 0 || list_has(list, num, index);
}

/* All conditions that were written hold. */
static bool
guardrail_hits(const struct guardrail *g, const struct asker *asker,
    const struct agreement *a, uint32_t place)
{
	const struct dataset *dataset = &asker->policy->datasets[a->dataset];

	if (g->by_dataset && !matches(g->datasets, g->num_datasets, a->dataset))
		return false;
	if (g->by_purpose && !matches(g->purposes, g->num_purposes, a->purpose))
		return false;
	if (g->by_who && !guardrail_hits_who(g, asker))
		return false;
	/* Countries of which the policy declares no place leave none. */
	if (g->by_place && !list_has(g->places, g->num_places, place))
		return false;
	if (g->by_place_not_in && list_has(g->outside, g->num_outside, place))
		return false;
	if (g->by_column && !guardrail_hits_columns(g, a, dataset))
		return false;
	return !g->by_category || guardrail_hits_category(g, a, dataset);
}

static uint32_t
first_hit(const struct asker *asker, const struct agreement *agreement,
    uint32_t place)
{
	for (uint32_t i = 0; i < asker->policy->num_guardrails; i++)
		if (guardrail_hits(
			&asker->policy->guardrails[i], asker, agreement, place))
			return i;
	return NO_INDEX;
}

/*
 * A group is let through if anybody of it is. What makes one of it may make
 * one of another, whom a guardrail is against; all that makes one of it may.
 */
static uint32_t
find_guardrail(const struct asker *asker, const struct agreement *agreement,
    uint32_t place)
{
	struct asker member = *asker;
	uint32_t hit = first_hit(asker, agreement, place);

	if (asker->caller != NULL || hit != NO_INDEX ||
	    asker->group >= asker->policy->num_groups)
		return hit;
	const struct group *g = &asker->policy->groups[asker->group];
	for (uint32_t i = 0; i < g->num_proofs; i++) {
		member.proof = &g->proofs[i];
		hit = first_hit(&member, agreement, place);
		if (hit == NO_INDEX)
			return hit;
	}
	return hit;
}

uint32_t
decide_never(const struct policy *policy, uint32_t group, uint32_t agreement,
    uint32_t place)
{
	struct asker asker = {.policy = policy, .group = group};

	return find_guardrail(&asker, &policy->agreements[agreement], place);
}

uint32_t
decide_never_signer(const struct policy *policy, const struct signer *signer,
    const struct agreement *agreement, uint32_t place)
{
	uint32_t first = NO_INDEX;

	for (uint32_t i = 0; i < signer->num_groups; i++) {
		struct asker asker = {
		    .policy = policy, .group = signer->groups[i]};
		uint32_t hit = first_hit(&asker, agreement, place);

		first = hit < first ? hit : first;
	}
	return first;
}

bool
decide_guardrail(const struct policy *policy, uint32_t guardrail,
    uint32_t group, uint32_t agreement, uint32_t place)
{
	struct asker asker = {.policy = policy, .group = group};

	return guardrail_hits(&policy->guardrails[guardrail], &asker,
	    &policy->agreements[agreement], place);
}

bool
decide_proof(const struct policy *policy, const struct proof *proof,
    uint32_t agreement, uint32_t place)
{
	struct asker asker = {
	    .policy = policy, .group = NO_INDEX, .proof = proof};
	const struct agreement *a = &policy->agreements[agreement];

	return find_group(&asker, a) != NO_INDEX &&
	    list_has(a->places, a->num_places, place) &&
	    first_hit(&asker, a, place) == NO_INDEX;
}

/* The order of enum deny_reason: first who asks, then what, when, where. */
static enum deny_reason
judge(struct decision *d, const struct asker *asker, size_t num_places,
    int64_t now)
{
	/* A party is known; to look at all groups is for the others. */
	if (!d->party && !asker_known(asker))
		return DENY_UNKNOWN_CALLER;
	if (d->agreement == NO_INDEX)
		return DENY_UNKNOWN_BUCKET;
	if (!d->party)
		return DENY_NOT_A_PARTY;
	const struct agreement *a = &asker->policy->agreements[d->agreement];
	if (now < a->from)
		return DENY_NOT_YET;
	if (now >= a->until)
		return DENY_EXPIRED;
	if (num_places == 0)
		return DENY_NO_PLACE;
	if (num_places > 1)
		return DENY_TWO_PLACES;
	if (!list_has(a->places, a->num_places, d->place))
		return DENY_OTHER_PLACE;
	d->guardrail = find_guardrail(asker, a, d->place);
	if (d->guardrail != NO_INDEX)
		return DENY_GUARDRAIL;
	if (a->encrypt == ENCRYPT_AGE && a->num_recipients == 0)
		return DENY_UNPROVEN;
	/* Last: who is told to wait is told nothing else that is in the way. */
	d->waits = a->waits | asker->policy->groups[d->group].waits |
	    asker->policy->places[d->place].waits;
	return d->waits == 0 ? DENY_NONE : DENY_WAITS;
}

static void
decide(struct decision *out, const struct asker *asker, struct span bucket,
    size_t num_places, int64_t now)
{
	out->guardrail = NO_INDEX;
	out->waits = 0;
	out->agreement = by_id_find(asker->policy, bucket);
	out->group = out->agreement == NO_INDEX
	    ? NO_INDEX
	    : find_group(asker, &asker->policy->agreements[out->agreement]);
	out->party = out->group != NO_INDEX;
	out->reason = judge(out, asker, num_places, now);
	out->allowed = out->reason == DENY_NONE;
}

void
decide_read(struct decision *out, const struct policy *policy,
    const struct caller *caller, struct span bucket, int64_t now)
{
	struct asker asker = {.policy = policy, .caller = caller};
	size_t num_places = find_place(policy, caller, &out->place);

	decide(out, &asker, bucket, num_places, now);
}

void
decide_named(struct decision *out, const struct policy *policy, uint32_t group,
    uint32_t place, struct span bucket, int64_t now)
{
	struct asker asker = {.policy = policy, .group = group};

	out->place = place < policy->num_places ? place : NO_INDEX;
	decide(out, &asker, bucket, out->place == NO_INDEX ? 0 : 1, now);
}

void
decide_form(struct decision *out, const struct policy *policy, uint32_t place,
    struct span bucket, int64_t now)
{
	uint32_t index = by_id_find(policy, bucket);
	const struct agreement *a =
	    index == NO_INDEX ? NULL : &policy->agreements[index];

	*out = (struct decision){.reason = DENY_UNKNOWN_BUCKET,
	    .agreement = NO_INDEX,
	    .group = NO_INDEX,
	    .place = place < policy->num_places ? place : NO_INDEX,
	    .guardrail = NO_INDEX};
	for (size_t i = 0; a != NULL && i < a->num_who && !out->allowed; i++) {
		struct decision d;
		decide_named(&d, policy, a->who[i], place, bucket, now);
		if (i == 0 || d.allowed)
			*out = d;
	}
	if (out->allowed && model_has_day_limits(a)) {
		out->allowed = false;
		out->reason = DENY_UNCOUNTED;
	}
}

struct err
decide_name(struct buf *out, const struct policy *policy, uint32_t group,
    const struct caller *caller)
{
	const struct group *g = &policy->groups[group];

	for (size_t i = 0; i < g->num_proofs; i++) {
		if (!proof_holds(&g->proofs[i], caller))
			continue;
		struct err err = decide_name_of(out, &g->proofs[i]);
		if (err.code != ERR_DENIED)
			return err;
	}
	return ERR(DENIED, "decide: nothing to count the caller by");
}

struct err
decide_name_of(struct buf *out, const struct proof *proof)
{
	if (proof->access_key.len > 0) {
		TRY(buf_append_str(out, "access-key:"));
		return buf_append(out, proof->access_key);
	}
	if (proof->certificate.len > 0) {
		TRY(buf_append_str(out, "certificate:"));
		return buf_append(out, proof->certificate);
	}
	return ERR(DENIED, "decide: nothing to count the caller by");
}

static struct err
put_name(struct buf *out, const char *before, struct span name)
{
	TRY(buf_append_str(out, before));
	TRY(buf_append_str(out, " `"));
	TRY(buf_append(out, name));
	return buf_append_str(out, "`");
}

static struct err
put_source(struct buf *out, struct span file, uint32_t line)
{
	TRY(buf_append_str(out, " ("));
	TRY(buf_append(out, file));
	return buf_append_format(out, ":%u)", (unsigned int)line);
}

static struct err
put_guardrail(struct buf *out, const struct guardrail *guardrail)
{
	TRY(put_name(out, "the guardrail", guardrail->id));
	TRY(buf_append_str(out, " forbids it"));
	if (guardrail->say.len > 0) {
		TRY(buf_append_str(out, ": "));
		TRY(buf_append(out, guardrail->say));
	}
	return put_source(out, guardrail->file, guardrail->line);
}

/* What follows "the agreement `x`", without the file and line. */
static struct err
put_predicate(struct buf *out, const struct policy *policy,
    const struct decision *decision)
{
	const struct agreement *a = &policy->agreements[decision->agreement];

	switch (decision->reason) {
	case DENY_NONE:
		return buf_append_str(out, " allows it");
	case DENY_NOT_YET:
		TRY(buf_append_str(out, " begins on "));
		return day_append(out, a->first_day);
	case DENY_EXPIRED:
		TRY(buf_append_str(out, " ended on "));
		return day_append(out, a->last_day);
	case DENY_NO_PLACE:
		return buf_append_str(out,
		    " needs a place, and the caller is in none that the"
		    " policy declares");
	case DENY_TWO_PLACES:
		return buf_append_str(out,
		    " needs one place, and the caller is in several that the"
		    " policy declares");
	case DENY_OTHER_PLACE:
		return put_name(out, " does not name the place",
		    policy->places[decision->place].id);
	case DENY_WAITS:
		TRY(buf_append_str(
		    out, " is not served by this build, and waits for "));
		return waits_sentence(out, decision->waits);
	case DENY_UNCOUNTED:
		return buf_append_str(out,
		    " limits rows or bytes of a day, and how many a form has"
		    " is not known before it leaves");
	case DENY_LIMIT:
		return buf_append_str(out, " has a limit that is used up");
	case DENY_DESTROYED:
		return buf_append_str(out,
		    " delivers codes whose key was destroyed; nothing leaves"
		    " until `gatehouse key rotate` opens their next epoch");
	case DENY_UNPROVEN:
		return buf_append_str(out,
		    " has no recipient who has proven to hold the key that the"
		    " policy names; nothing leaves until `gatehouse recipient"
		    " add` has the proof of one");
	case DENY_UNKNOWN_CALLER:
	case DENY_UNKNOWN_BUCKET:
	case DENY_NOT_A_PARTY:
	case DENY_GUARDRAIL:
	case NUM_DENY_REASONS:
		break;
	}
	return buf_append_str(out, " denies it");
}

struct err
decide_sentence(struct buf *out, const struct policy *policy,
    const struct decision *decision)
{
	/* Who is no party must not learn whether there is such a bucket. */
	if (!decision->party || decision->agreement == NO_INDEX)
		return buf_append_str(
		    out, "no agreement lets this caller read from this bucket");
	if (decision->guardrail != NO_INDEX)
		return put_guardrail(
		    out, &policy->guardrails[decision->guardrail]);
	const struct agreement *a = &policy->agreements[decision->agreement];
	TRY(put_name(out, "the agreement", a->id));
	TRY(put_predicate(out, policy, decision));
	return put_source(out, a->file, a->line);
}
