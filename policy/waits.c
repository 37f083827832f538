#include "policy/waits.h"

#define BIT(wait) WAIT_BIT(WAIT_##wait)

/* The word of the policy, and what it is. */
static const struct {
	const char *word, *what;
} table[NUM_WAITS] = {
    [WAIT_SCRUB] = {"scrub", "texts without identifiers"},
    [WAIT_CAPPED_BAND] = {"band within", "bands with ends"},
    [WAIT_S3] = {"s3", "origins in an S3 store"},
    [WAIT_ERASURE] = {"erasure", "lists of erased subjects"},
    [WAIT_CLAIMS] = {"token of people", "callers proved by tokens"},
    [WAIT_ATTESTED] = {"attested", "attested places"},
    [WAIT_GROUPS] = {"smallest-group", "groups of a least size"},
    [WAIT_REVIEW] = {"review", "releases that a person has reviewed"},
    [WAIT_EXCEPTIONS] = {"exceptions", "forms for single people"},
    [WAIT_LISTING] = {"listing", "listings of what is ready"},
    [WAIT_WARM] = {"warm", "objects made ahead"},
};

_Static_assert(NUM_WAITS <= 32, "a bit for each");

static uint32_t
of_form(enum protection_op op)
{
	switch ((unsigned)op) {
	case PROTECT_SCRUB:
		return BIT(SCRUB);
	case PROTECT_CAPPED_BAND:
		return BIT(CAPPED_BAND);
	}
	return 0;
}

static uint32_t
of_dataset(const struct dataset *ds)
{
	uint32_t waits = 0;

	if (ds->origin == ORIGIN_S3)
		waits |= BIT(S3);
	if (ds->num_erasures > 0)
		waits |= BIT(ERASURE);
	if ((ds->presets & PRESET_GDPR_ANONYMOUS_REVIEW) != 0)
		waits |= BIT(REVIEW);
	return waits;
}

/* An alternative that cannot be shown yet takes nothing from the others. */
static uint32_t
of_group(const struct group *g)
{
	for (uint32_t i = 0; i < g->num_proofs; i++)
		if (g->proofs[i].issuer.len == 0)
			return 0;
	return g->num_proofs > 0 ? BIT(CLAIMS) : 0;
}

static uint32_t
of_terms(const struct agreement *a)
{
	uint32_t waits = 0;

	if (a->smallest_group > 0)
		waits |= BIT(GROUPS);
	if (a->num_exceptions > 0)
		waits |= BIT(EXCEPTIONS);
	if (a->listing != LISTING_COMPLETE)
		waits |= BIT(LISTING);
	if (a->warm != WARM_ON_READ)
		waits |= BIT(WARM);
	return waits;
}

/* Nobody, and nowhere, that could be shown today. */
static uint32_t
of_parties(const struct policy *p, const struct agreement *a)
{
	uint32_t who = BIT(CLAIMS), where = BIT(ATTESTED);

	for (uint32_t i = 0; i < a->num_who; i++)
		who &= p->groups[a->who[i]].waits;
	for (uint32_t i = 0; i < a->num_places; i++)
		where &= p->places[a->places[i]].waits;
	return (a->num_who > 0 ? who : 0) | (a->num_places > 0 ? where : 0);
}

void
waits_set(struct policy *p)
{
	for (uint32_t i = 0; i < p->num_groups; i++)
		p->groups[i].waits = of_group(&p->groups[i]);
	for (uint32_t i = 0; i < p->num_places; i++)
		p->places[i].waits =
		    p->places[i].num_attested > 0 ? BIT(ATTESTED) : 0;
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		struct agreement *a = &p->agreements[i];

		a->waits = of_dataset(&p->datasets[a->dataset]) | of_terms(a) |
		    of_parties(p, a);
		for (uint32_t j = 0; j < a->num_columns; j++)
			a->waits |= of_form(a->columns[j].how.op);
	}
}

const char *
waits_word(enum wait wait)
{
	return wait < NUM_WAITS ? table[wait].word : "unknown";
}

struct err
waits_words(struct buf *out, uint32_t waits)
{
	const char *before = "";

	for (unsigned i = 0; i < NUM_WAITS; i++) {
		if ((waits & WAIT_BIT(i)) == 0)
			continue;
		TRY(buf_append_format(out, "%s%s", before, table[i].word));
		before = ", ";
	}
	return OK;
}

struct err
waits_sentence(struct buf *out, uint32_t waits)
{
	const char *before = "";

	for (unsigned i = 0; i < NUM_WAITS; i++) {
		if ((waits & WAIT_BIT(i)) == 0)
			continue;
		waits &= ~WAIT_BIT(i);
		TRY(buf_append_format(
		    out, "%s%s (`%s`)", before, table[i].what, table[i].word));
		before = (waits & (waits - 1)) == 0 ? " and " : ", ";
	}
	return OK;
}
