#include "policy/differ.h"

#include <arpa/inet.h>

#include "policy/evidence.h"

/*
 * diff_facts: people and places. What proves a group, or that somebody is at
 * a place, may prove it for others than before.
 */

/* Of what is there on both sides: does more, or less, count as evidence? */
struct evidence_change {
	bool more, less;
};

/* Datasets of an agreement that names the thing: their controllers sign. */
enum named_by {
	NAMED_BY_WHO,
	NAMED_BY_PLACES,
};

static bool
names(const struct agreement *a, enum named_by by, uint32_t index)
{
	const uint32_t *list = by == NAMED_BY_WHO ? a->who : a->places;
	uint32_t num = by == NAMED_BY_WHO ? a->num_who : a->num_places;

	for (uint32_t i = 0; i < num; i++)
		if (list[i] == index)
			return true;
	return false;
}

static bool
is_named(const struct policy *p, enum named_by by, uint32_t index)
{
	for (uint32_t i = 0; i < p->num_agreements; i++)
		if (names(&p->agreements[i], by, index))
			return true;
	return false;
}

static struct err
sign_for(
    struct differ *d, const struct policy *p, enum named_by by, uint32_t index)
{
	for (uint32_t i = 0; i < p->num_agreements; i++)
		if (names(&p->agreements[i], by, index))
			TRY(differ_sign(d, p, p->agreements[i].dataset));
	return OK;
}

/* --- People --- */

static bool
group_covers(const struct group *a, const struct proof *proof)
{
	for (uint32_t i = 0; i < a->num_proofs; i++)
		if (evidence_proof_covers(&a->proofs[i], proof))
			return true;
	return false;
}

static struct evidence_change
compare_proofs(const struct group *a, const struct group *b)
{
	struct evidence_change change = {.more = false};

	for (uint32_t i = 0; i < b->num_proofs; i++)
		change.more = change.more || !group_covers(a, &b->proofs[i]);
	for (uint32_t i = 0; i < a->num_proofs; i++)
		change.less = change.less || !group_covers(b, &a->proofs[i]);
	return change;
}

static struct err
claims_text(struct differ *d, const struct claim *claims, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		TRY(buf_append_str(&d->words, " "));
		TRY(buf_append(&d->words, claims[i].name));
		for (uint32_t j = 0; j < claims[i].num_values; j++) {
			TRY(buf_append_str(&d->words, j == 0 ? "=" : "|"));
			TRY(buf_append(&d->words, claims[i].values[j]));
		}
	}
	return OK;
}

static struct err
proofs_text(struct differ *d, struct span *out, const struct group *g)
{
	for (uint32_t i = 0; i < g->num_proofs; i++) {
		const struct proof *proof = &g->proofs[i];

		if (i > 0)
			TRY(buf_append_str(&d->words, "; "));
		TRY(buf_append(&d->words, proof->access_key));
		if (proof->access_key.len > 0 && proof->certificate.len > 0)
			TRY(buf_append_str(&d->words, " with "));
		TRY(buf_append(&d->words, proof->certificate));
		if (proof->issuer.len > 0)
			TRY(buf_append_str(&d->words, " token of "));
		TRY(buf_append(&d->words, proof->issuer));
		TRY(claims_text(d, proof->claims, proof->num_claims));
	}
	return differ_text(d, out);
}

/* A guardrail that names the group: who leaves it is no longer denied. */
static bool
is_guarded(const struct policy *p, uint32_t group)
{
	for (uint32_t i = 0; i < p->num_guardrails; i++)
		for (uint32_t j = 0; j < p->guardrails[i].num_who; j++)
			if (p->guardrails[i].who[j] == group)
				return true;
	return false;
}

static struct err
compare_group(struct differ *d, uint32_t old, uint32_t new)
{
	const struct group *a = &d->old->groups[old];
	const struct group *b = &d->new->groups[new];
	const struct evidence_change change = compare_proofs(a, b);
	bool used = is_named(d->new, NAMED_BY_WHO, new);
	bool freed = change.less && is_guarded(d->old, old);
	struct diff_row row = {.who = b->id,
	    .what = span_str("people"),
	    .file = b->file,
	    .line = b->line,
	    .verdict = change.less ? DIFF_NARROWER : DIFF_OTHER};

	if (!change.more && !change.less)
		return OK;
	if ((change.more && used) || freed)
		row.verdict = DIFF_WIDER;
	if (change.more && used)
		TRY(sign_for(d, d->new, NAMED_BY_WHO, new));
	if (change.more && used)
		TRY(sign_for(d, d->old, NAMED_BY_WHO, old));
	if (freed)
		TRY(differ_sign_all(d));
	TRY(proofs_text(d, &row.before, a));
	TRY(proofs_text(d, &row.after, b));
	return differ_row(d, &row);
}

/* --- Places --- */

/* IPv4 is held as ::ffff:a.b.c.d. */
static struct err
network_text(struct differ *d, const struct network *net)
{
	const uint8_t *a = net->address;
	char text[INET6_ADDRSTRLEN];

	if (net->prefix_bits >= 96 && a[10] == 0xff && a[11] == 0xff)
		return buf_append_format(&d->words, "%u.%u.%u.%u/%d", a[12],
		    a[13], a[14], a[15], net->prefix_bits - 96);
	return buf_append_format(&d->words, "%s/%d",
	    inet_ntop(AF_INET6, a, text, sizeof(text)), net->prefix_bits);
}

static struct err
evidence_text(struct differ *d, struct span *out, const struct place *p)
{
	TRY(buf_append_format(&d->words, "%c%c", p->country[0], p->country[1]));
	if (p->recipient_country[0] != 0)
		TRY(buf_append_format(&d->words, " (for %c%c)",
		    p->recipient_country[0], p->recipient_country[1]));
	for (uint32_t i = 0; i < p->num_seen_as; i++) {
		TRY(buf_append_str(&d->words, ", "));
		TRY(network_text(d, &p->seen_as[i]));
	}
	for (uint32_t i = 0; i < p->num_certificates; i++)
		TRY(differ_name(d, p->certificates[i]));
	if (p->num_attested > 0)
		TRY(differ_name(d, span_str("attested:")));
	TRY(claims_text(d, p->attested, p->num_attested));
	if (p->on_premises)
		TRY(differ_name(d, span_str("on the premises")));
	return differ_text(d, out);
}

static struct err
place_row(struct differ *d, struct diff_row *row, const struct place *a,
    const struct place *b)
{
	row->what = span_str("place");
	row->place = b->id;
	row->file = b->file;
	row->line = b->line;
	TRY(evidence_text(d, &row->before, a));
	TRY(evidence_text(d, &row->after, b));
	return differ_row(d, row);
}

static bool
same_facts(const struct place *a, const struct place *b)
{
	return span_equal(span_of(a->country, 2), span_of(b->country, 2)) &&
	    span_equal(span_of(a->recipient_country, 2),
		span_of(b->recipient_country, 2)) &&
	    span_equal(a->operator_name, b->operator_name) &&
	    a->on_premises == b->on_premises;
}

static struct err
compare_place(struct differ *d, uint32_t old, uint32_t new)
{
	const struct place *a = &d->old->places[old];
	const struct place *b = &d->new->places[new];
	bool more = !evidence_place_within(b, a),
	     less = !evidence_place_within(a, b);
	bool used = is_named(d->new, NAMED_BY_PLACES, new);
	struct diff_row row = {.verdict = less ? DIFF_NARROWER : DIFF_OTHER};

	if (!more && !less && same_facts(a, b))
		return OK;
	if (used && (more || !same_facts(a, b))) {
		row.verdict = DIFF_WIDER;
		TRY(sign_for(d, d->new, NAMED_BY_PLACES, new));
		TRY(sign_for(d, d->old, NAMED_BY_PLACES, old));
	}
	return place_row(d, &row, a, b);
}

/*
 * Who was at `a` and at another place was nowhere. Where `a` shrinks or goes,
 * they are at that other place.
 */
static struct err
compare_neighbours(struct differ *d, uint32_t old)
{
	const struct place *a = &d->old->places[old];
	uint32_t now = differ_find_place(d->new, a->id);

	if (now != NO_INDEX && evidence_place_within(a, &d->new->places[now]))
		return OK;
	for (uint32_t i = 0; i < d->old->num_places; i++) {
		const struct place *b = &d->old->places[i];
		uint32_t there = differ_find_place(d->new, b->id);
		struct diff_row row = {.verdict = DIFF_WIDER};

		if (i == old || there == NO_INDEX ||
		    !evidence_places_meet(a, b) ||
		    !is_named(d->new, NAMED_BY_PLACES, there))
			continue;
		TRY(sign_for(d, d->new, NAMED_BY_PLACES, there));
		row.what = span_str("place");
		row.place = b->id;
		row.file = d->new->places[there].file;
		row.line = d->new->places[there].line;
		TRY(buf_append_str(&d->words, "not where "));
		TRY(buf_append(&d->words, a->id));
		TRY(buf_append_str(&d->words, " was too"));
		TRY(differ_text(d, &row.before));
		row.after = span_str("there as well");
		TRY(differ_row(d, &row));
	}
	return OK;
}

struct err
diff_facts_compare(struct differ *d)
{
	for (uint32_t i = 0; i < d->new->num_groups; i++) {
		uint32_t old = differ_find_group(d->old, d->new->groups[i].id);

		if (old != NO_INDEX)
			TRY(compare_group(d, old, i));
	}
	for (uint32_t i = 0; i < d->new->num_places; i++) {
		uint32_t old = differ_find_place(d->old, d->new->places[i].id);

		if (old != NO_INDEX)
			TRY(compare_place(d, old, i));
	}
	for (uint32_t i = 0; i < d->old->num_places; i++)
		TRY(compare_neighbours(d, i));
	return OK;
}
