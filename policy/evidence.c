#include "policy/evidence.h"

#include "policy/diff_rule.h"
#include "policy/network.h"

/* --- Of people --- */

/* Whatever makes all claims of `b` makes all of `a`: each is asked for there,
 * with no value that would not do here. */
static bool
claims_cover(const struct claim *a, uint32_t num_a, const struct claim *b,
    uint32_t num_b)
{
	for (uint32_t i = 0; i < num_a; i++) {
		uint32_t j = 0;

		while (j < num_b &&
		    !(span_equal(a[i].name, b[j].name) &&
			diff_texts_within(b[j].values, b[j].num_values,
			    a[i].values, a[i].num_values)))
			j++;
		if (j == num_b)
			return false;
	}
	return true;
}

bool
evidence_proof_covers(const struct proof *a, const struct proof *b)
{
	return (a->certificate.len == 0 ||
		   span_equal(a->certificate, b->certificate)) &&
	    (a->access_key.len == 0 ||
		span_equal(a->access_key, b->access_key)) &&
	    (a->issuer.len == 0 ||
		(span_equal(a->issuer, b->issuer) &&
		    claims_cover(
			a->claims, a->num_claims, b->claims, b->num_claims)));
}

static bool
can_be_one(struct span a, struct span b)
{
	return a.len == 0 || b.len == 0 || span_equal(a, b);
}

bool
evidence_proofs_meet(const struct proof *a, const struct proof *b)
{
	return can_be_one(a->access_key, b->access_key) &&
	    can_be_one(a->certificate, b->certificate) &&
	    can_be_one(a->issuer, b->issuer);
}

/* --- Of places --- */

static bool
networks_within(const struct place *a, const struct place *b)
{
	if (b->num_seen_as == 0)
		return true;
	for (uint32_t i = 0; i < a->num_seen_as; i++) {
		uint32_t j = 0;

		while (j < b->num_seen_as &&
		    !network_within(&a->seen_as[i], &b->seen_as[j]))
			j++;
		if (j == b->num_seen_as)
			return false;
	}
	return a->num_seen_as > 0;
}

bool
evidence_place_within(const struct place *a, const struct place *b)
{
	return networks_within(a, b) &&
	    claims_cover(
		b->attested, b->num_attested, a->attested, a->num_attested) &&
	    (b->num_certificates == 0 ||
		(a->num_certificates > 0 &&
		    diff_texts_within(a->certificates, a->num_certificates,
			b->certificates, b->num_certificates)));
}

static bool
texts_meet(
    const struct span *a, size_t num_a, const struct span *b, size_t num_b)
{
	for (size_t i = 0; i < num_a; i++)
		if (diff_texts_within(&a[i], 1, b, num_b))
			return true;
	return num_a == 0 || num_b == 0;
}

bool
evidence_places_meet(const struct place *a, const struct place *b)
{
	bool seen = a->num_seen_as == 0 || b->num_seen_as == 0;

	for (uint32_t i = 0; i < a->num_seen_as; i++)
		for (uint32_t j = 0; j < b->num_seen_as; j++)
			seen = seen ||
			    network_within(&a->seen_as[i], &b->seen_as[j]) ||
			    network_within(&b->seen_as[j], &a->seen_as[i]);
	return seen &&
	    texts_meet(a->certificates, a->num_certificates, b->certificates,
		b->num_certificates);
}
