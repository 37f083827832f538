/* What one request shows, against what else it shows with it. */
#include "tests/harness/expect.h"

#include "policy/evidence.h"

#define TEXT(text)                                                             \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}
#define KEY(text) .access_key = TEXT(text)
#define URI(text) .certificate = TEXT(text)
#define TOKEN(text, list, num)                                                 \
	.issuer = TEXT(text), .claims = (list), .num_claims = (num)

static struct span ab[] = {TEXT("a"), TEXT("b")};
static struct claim groups_a[] = {{TEXT("groups"), ab, 1}};
static struct claim groups_ab[] = {{TEXT("groups"), ab, 2}};
static struct claim team_a[] = {{TEXT("team"), ab, 1}};
static struct claim both[] = {{TEXT("team"), ab, 1}, {TEXT("groups"), ab, 1}};

/* Two proofs: whether one request shows both, whoever shows the second shows
 * the first, and the other way round. */
static const struct {
	struct proof a, b;
	bool meet, a_covers, b_covers;
} proofs[] = {
    {{KEY("K")}, {KEY("K")}, true, true, true},
    {{KEY("K")}, {KEY("L")}, false, false, false},
    {{KEY("K")}, {URI("u")}, true, false, false},
    {{KEY("K")}, {KEY("K"), URI("u")}, true, true, false},
    {{URI("u")}, {URI("v")}, false, false, false},
    {{URI("u")}, {KEY("K"), URI("v")}, false, false, false},
    {{URI("u")}, {TOKEN("i", NULL, 0)}, true, false, false},
    {{TOKEN("i", NULL, 0)}, {TOKEN("i", NULL, 0)}, true, true, true},
    {{TOKEN("i", NULL, 0)}, {TOKEN("j", NULL, 0)}, false, false, false},
    {{TOKEN("i", NULL, 0)}, {TOKEN("i", groups_a, 1)}, true, true, false},
    {{TOKEN("i", groups_ab, 1)}, {TOKEN("i", groups_a, 1)}, true, true, false},
    {{TOKEN("i", team_a, 1)}, {TOKEN("i", groups_a, 1)}, true, false, false},
    {{TOKEN("i", team_a, 1)}, {TOKEN("i", both, 2)}, true, true, false},
    {{TOKEN("i", groups_a, 1)}, {TOKEN("j", both, 2)}, false, false, false},
};

static void
evidence_proofs__meet_and_cover(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		const struct proof *a = &proofs[i].a, *b = &proofs[i].b;

		assert_int_equal(evidence_proofs_meet(a, b), proofs[i].meet);
		assert_int_equal(evidence_proofs_meet(b, a), proofs[i].meet);
		assert_int_equal(
		    evidence_proof_covers(a, b), proofs[i].a_covers);
		assert_int_equal(
		    evidence_proof_covers(b, a), proofs[i].b_covers);
	}
}

/* 192.0.2.0/24, a part of it, another part, what lies beside it. */
static struct network whole[] = {{{192, 0, 2, 0}, 24}};
static struct network low[] = {{{192, 0, 2, 0}, 25}};
static struct network high[] = {{{192, 0, 2, 128}, 25}};
static struct network beside[] = {{{192, 0, 3, 0}, 24}};
static struct network halves[] = {{{192, 0, 2, 0}, 25}, {{192, 0, 3, 128}, 25}};
static struct span u[] = {TEXT("u")}, uv[] = {TEXT("u"), TEXT("v")};
static struct span v[] = {TEXT("v")};

#define SEEN(list)                                                             \
	.seen_as = (list), .num_seen_as = sizeof(list) / sizeof(*list)
#define WITH(list)                                                             \
	.certificates = (list), .num_certificates = sizeof(list) / sizeof(*list)

/* Two places: whether somebody can be at both, who is at the first is at the
 * second, and the other way round. */
static const struct {
	struct place a, b;
	bool meet, a_within, b_within;
} places[] = {
    {{SEEN(whole)}, {SEEN(whole)}, true, true, true},
    {{SEEN(low)}, {SEEN(whole)}, true, true, false},
    {{SEEN(low)}, {SEEN(high)}, false, false, false},
    {{SEEN(whole)}, {SEEN(beside)}, false, false, false},
    {{SEEN(halves)}, {SEEN(whole)}, true, false, false},
    {{SEEN(halves)}, {SEEN(high)}, false, false, false},
    {{SEEN(whole)}, {WITH(u)}, true, false, false},
    {{SEEN(whole), WITH(u)}, {SEEN(whole)}, true, true, false},
    {{SEEN(whole), WITH(u)}, {WITH(u)}, true, true, false},
    {{WITH(u)}, {WITH(v)}, false, false, false},
    {{WITH(u)}, {WITH(uv)}, true, true, false},
    {{SEEN(low), WITH(v)}, {SEEN(whole), WITH(uv)}, true, true, false},
    {{SEEN(low), WITH(u)}, {SEEN(whole), WITH(v)}, false, false, false},
    {{.attested = team_a, .num_attested = 1}, {SEEN(whole)}, true, false,
	false},
    {{.attested = both, .num_attested = 2},
	{.attested = team_a, .num_attested = 1}, true, true, false},
};

static void
evidence_places__meet_and_lie_within(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *a = &places[i].a, *b = &places[i].b;

		assert_int_equal(evidence_places_meet(a, b), places[i].meet);
		assert_int_equal(evidence_places_meet(b, a), places[i].meet);
		assert_int_equal(
		    evidence_place_within(a, b), places[i].a_within);
		assert_int_equal(
		    evidence_place_within(b, a), places[i].b_within);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(evidence_proofs__meet_and_cover),
	    cmocka_unit_test(evidence_places__meet_and_lie_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
