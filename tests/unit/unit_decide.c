#include "tests/harness/expect.h"

#include "policy/decide.h"
#include "policy/waits.h"
#include "tests/harness/policy_fixture.h"

#define DURING (FIXTURE_FROM + 1000)

static struct policy_fixture fixture;

static int
fresh(void **state)
{
	(void)state;
	policy_fixture_init(&fixture);
	return 0;
}

static struct caller
caller_at(const char *key, const char *certificate, uint32_t ipv4)
{
	struct caller caller = {.access_key = span_str(key),
	    .certificate = span_str(certificate),
	    .address = {[10] = 0xff, [11] = 0xff}};

	for (size_t i = 0; i < 4; i++)
		caller.address[12 + i] = (uint8_t)(ipv4 >> (24 - 8 * i));
	return caller;
}

#define IN_VIRGINIA 0xc0000201u	     /* 192.0.2.1 */
#define IN_VIRGINIA_LAST 0xc000027fu /* 192.0.2.127 */
#define IN_BOTH 0xc0000280u	     /* 192.0.2.128: overlap too */
#define PAST_VIRGINIA 0xc0000300u    /* 192.0.3.0 */
#define IN_FRANKFURT 0xc6336407u     /* 198.51.100.7 */
#define IN_ATTIC 0xcb007109u	     /* 203.0.113.9 */

static struct decision
read_as(const struct caller *caller, const char *bucket, int64_t now)
{
	struct decision decision;

	decide_read(&decision, &fixture.policy, caller, span_str(bucket), now);
	assert_true(decision.allowed == (decision.reason == DENY_NONE));
	return decision;
}

static enum deny_reason
reason(const char *key, uint32_t ipv4, const char *bucket, int64_t now)
{
	struct caller caller = caller_at(key, "", ipv4);

	return read_as(&caller, bucket, now).reason;
}

static void
decide_read__allows_a_party_in_time_and_place(void **state)
{
	struct caller caller = caller_at("KTRAIN", "", IN_VIRGINIA);
	struct decision d = read_as(&caller, "readmission", DURING);

	(void)state;
	assert_true(d.allowed && d.party);
	assert_int_equal(d.agreement, FIXTURE_READMISSION);
	assert_int_equal(d.group, FIXTURE_TRAINERS);
	assert_int_equal(d.place, FIXTURE_VIRGINIA);
	assert_int_equal(d.guardrail, NO_INDEX);
}

static void
decide_read__denies_for_each_reason(void **state)
{
	static const struct {
		const char *key, *bucket;
		uint32_t ipv4;
		enum deny_reason reason;
		int64_t now;
	} rows[] = {
	    {"KTRAIN", "readmission", IN_VIRGINIA, DENY_NONE, DURING},
	    {"KTRAI", "readmission", IN_VIRGINIA, DENY_UNKNOWN_CALLER, DURING},
	    {"", "readmission", IN_VIRGINIA, DENY_UNKNOWN_CALLER, DURING},
	    {"KGPU", "readmission", IN_VIRGINIA, DENY_UNKNOWN_CALLER, DURING},
	    {"KTRAIN", "readmissio", IN_VIRGINIA, DENY_UNKNOWN_BUCKET, DURING},
	    {"KTRAIN", "", IN_VIRGINIA, DENY_UNKNOWN_BUCKET, DURING},
	    {"KFRAUD", "readmission", IN_VIRGINIA, DENY_NOT_A_PARTY, DURING},
	    {"KTRAIN", "fraud", IN_FRANKFURT, DENY_NOT_A_PARTY, DURING},
	    {"KTRAIN", "readmission", IN_VIRGINIA, DENY_NOT_YET, 0},
	    {"KTRAIN", "readmission", IN_VIRGINIA, DENY_EXPIRED, INT64_MAX},
	    {"KTRAIN", "readmission", PAST_VIRGINIA, DENY_NO_PLACE, DURING},
	    {"KTRAIN", "readmission", IN_BOTH, DENY_TWO_PLACES, DURING},
	    {"KTRAIN", "readmission", IN_FRANKFURT, DENY_OTHER_PLACE, DURING},
	    {"KFRAUD", "fraud", IN_FRANKFURT, DENY_NONE, 0},
	    {"KFRAUD", "fraud", IN_FRANKFURT, DENY_EXPIRED, INT64_MAX},
	    {"KFRAUD", "fraud-overseas", IN_FRANKFURT, DENY_NONE, DURING},
	    {"KFRAUD", "fraud-overseas", IN_VIRGINIA, DENY_GUARDRAIL, DURING},
	    {"KTRAIN", "notes", IN_VIRGINIA, DENY_GUARDRAIL, DURING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(reason(rows[i].key, rows[i].ipv4,
				     rows[i].bucket, rows[i].now),
		    rows[i].reason);
}

/* Nowhere and in two places: no record may name one. */
static void
decide_read__names_a_place_only_if_there_is_one(void **state)
{
	struct caller nowhere = caller_at("KTRAIN", "", PAST_VIRGINIA);
	struct caller both = caller_at("KTRAIN", "", IN_BOTH);

	(void)state;
	assert_int_equal(
	    read_as(&nowhere, "readmission", DURING).place, NO_INDEX);
	assert_int_equal(read_as(&both, "readmission", DURING).place, NO_INDEX);
}

static void
decide_read__keeps_the_order_of_reasons(void **state)
{
	(void)state;
	/* Everything is wrong: the first reason is the one that is given. */
	assert_int_equal(
	    reason("K", PAST_VIRGINIA, "none", 0), DENY_UNKNOWN_CALLER);
	assert_int_equal(
	    reason("KFRAUD", PAST_VIRGINIA, "none", 0), DENY_UNKNOWN_BUCKET);
	assert_int_equal(reason("KFRAUD", PAST_VIRGINIA, "readmission", 0),
	    DENY_NOT_A_PARTY);
	assert_int_equal(
	    reason("KTRAIN", PAST_VIRGINIA, "readmission", 0), DENY_NOT_YET);
}

static void
decide_read__counts_seconds_exactly(void **state)
{
	(void)state;
	assert_int_equal(
	    reason("KTRAIN", IN_VIRGINIA, "readmission", FIXTURE_FROM - 1),
	    DENY_NOT_YET);
	assert_int_equal(
	    reason("KTRAIN", IN_VIRGINIA, "readmission", FIXTURE_FROM),
	    DENY_NONE);
	assert_int_equal(
	    reason("KTRAIN", IN_VIRGINIA, "readmission", FIXTURE_UNTIL - 1),
	    DENY_NONE);
	assert_int_equal(
	    reason("KTRAIN", IN_VIRGINIA, "readmission", FIXTURE_UNTIL),
	    DENY_EXPIRED);
}

static void
decide_read__wants_all_keys_of_one_proof(void **state)
{
	struct caller both = caller_at("KGPU", "spiffe://a/gpu", IN_VIRGINIA);
	struct caller key = caller_at("KGPU", "", IN_VIRGINIA);
	struct caller other = caller_at("KGPU", "spiffe://a/gp", IN_VIRGINIA);
	struct caller alt = caller_at("", "spiffe://a/alt", IN_VIRGINIA);

	(void)state;
	assert_true(read_as(&both, "readmission", DURING).allowed);
	assert_int_equal(
	    read_as(&both, "readmission", DURING).group, FIXTURE_CLUSTER);
	assert_false(read_as(&key, "readmission", DURING).allowed);
	assert_false(read_as(&other, "readmission", DURING).allowed);
	assert_true(read_as(&alt, "readmission", DURING).allowed);
}

static void
decide_read__lets_an_empty_proof_prove_nothing(void **state)
{
	struct proof nothing = {0};

	(void)state;
	fixture.groups[FIXTURE_TRAINERS].proofs = &nothing;
	assert_int_equal(reason("KTRAIN", IN_VIRGINIA, "readmission", DURING),
	    DENY_UNKNOWN_CALLER);
	assert_int_equal(reason("", IN_VIRGINIA, "readmission", DURING),
	    DENY_UNKNOWN_CALLER);
}

static void
decide_read__ands_the_evidence_of_a_place(void **state)
{
	struct proof proofs[] = {{.access_key = span_str("KTRAIN")}};
	struct caller both = caller_at("KTRAIN", "spiffe://a/attic", IN_ATTIC);
	struct caller seen = caller_at("KTRAIN", "", IN_ATTIC);
	struct caller away =
	    caller_at("KTRAIN", "spiffe://a/attic", PAST_VIRGINIA);

	(void)state;
	fixture.groups[FIXTURE_TRAINERS].proofs = proofs;
	assert_int_equal(
	    read_as(&both, "readmission", DURING).place, FIXTURE_ATTIC);
	assert_int_equal(
	    read_as(&seen, "readmission", DURING).reason, DENY_NO_PLACE);
	assert_int_equal(
	    read_as(&away, "readmission", DURING).reason, DENY_NO_PLACE);
}

static void
decide_read__puts_nobody_in_a_place_without_evidence(void **state)
{
	(void)state;
	fixture.places[FIXTURE_VIRGINIA].num_seen_as = 0;
	assert_int_equal(reason("KTRAIN", IN_VIRGINIA, "readmission", DURING),
	    DENY_NO_PLACE);
}

static void
decide_read__compares_prefixes_to_the_bit(void **state)
{
	struct caller six = {.access_key = span_str("KFRAUD"),
	    .address = {0x20, 0x01, 0x0d, 0xb8, 0xff}};
	struct network plain = {{192, 0, 2}, 24};

	(void)state;
	assert_int_equal(
	    reason("KTRAIN", IN_VIRGINIA_LAST, "readmission", DURING),
	    DENY_NONE);
	/* The 33rd bit counts, and the 34th does not. */
	assert_true(read_as(&six, "fraud", DURING).allowed);
	six.address[4] = 0x7f;
	assert_int_equal(read_as(&six, "fraud", DURING).reason, DENY_NO_PLACE);
	/* One address of a /128, not its neighbour. */
	assert_int_equal(
	    reason("KFRAUD", IN_FRANKFURT + 1, "fraud", DURING), DENY_NO_PLACE);
	/* An IPv6 prefix of the same bytes is not the IPv4 network. */
	fixture.places[FIXTURE_VIRGINIA].seen_as = &plain;
	assert_int_equal(reason("KTRAIN", IN_VIRGINIA, "readmission", DURING),
	    DENY_NO_PLACE);
	/* 0 bits hold every address; more than 128 hold none. */
	plain.prefix_bits = 0;
	assert_int_equal(
	    reason("KTRAIN", IN_VIRGINIA, "readmission", DURING), DENY_NONE);
	plain.prefix_bits = 129;
	assert_int_equal(reason("KTRAIN", IN_VIRGINIA, "readmission", DURING),
	    DENY_NO_PLACE);
}

/* What no data path enforces is served to nobody, however it is asked for. */
static void
decide_read__denies_what_waits(void **state)
{
	struct agreement *a = &fixture.agreements[FIXTURE_READMISSION];
	struct caller caller = caller_at("KTRAIN", "", IN_VIRGINIA);
	struct span bucket = span_str("readmission");
	struct decision d;

	(void)state;
	for (unsigned i = 0; i < NUM_WAITS; i++) {
		a->waits = WAIT_BIT(i);
		d = read_as(&caller, "readmission", DURING);
		assert_int_equal(d.reason, DENY_WAITS);
		assert_int_equal(d.waits, WAIT_BIT(i));
		assert_true(d.party);
		decide_form(
		    &d, &fixture.policy, FIXTURE_VIRGINIA, bucket, DURING);
		assert_int_equal(d.reason, DENY_WAITS);
	}
	a->waits = 0;
	fixture.groups[FIXTURE_TRAINERS].waits = WAIT_BIT(WAIT_CLAIMS);
	fixture.places[FIXTURE_VIRGINIA].waits = WAIT_BIT(WAIT_ATTESTED);
	decide_named(&d, &fixture.policy, FIXTURE_TRAINERS, FIXTURE_VIRGINIA,
	    bucket, DURING);
	assert_int_equal(
	    d.waits, WAIT_BIT(WAIT_CLAIMS) | WAIT_BIT(WAIT_ATTESTED));
	/* What would deny it anyway is what the caller is told. */
	assert_int_equal(reason("KTRAIN", IN_FRANKFURT, "readmission", DURING),
	    DENY_OTHER_PLACE);
}

static void
decide_read__matches_claims_whole(void **state)
{
	struct span asked[] = {span_str("ml"), span_str("ml-oncology")};
	struct span made[] = {span_str("staff"), span_str("ml-oncology")};
	struct claim wants[] = {{span_str("groups"), asked, 2}};
	struct claim says[] = {{span_str("groups"), made, 2}};
	struct proof proof = {.issuer = span_str("https://id.example"),
	    .claims = wants,
	    .num_claims = 1};
	struct caller caller = caller_at("", "", IN_VIRGINIA);

	(void)state;
	fixture.groups[FIXTURE_TRAINERS].proofs = &proof;
	assert_int_equal(read_as(&caller, "readmission", DURING).reason,
	    DENY_UNKNOWN_CALLER);
	caller.issuer = span_str("https://id.example");
	caller.claims = says;
	caller.num_claims = 1;
	assert_true(read_as(&caller, "readmission", DURING).allowed);
	made[1] = span_str("ml-oncology-2");
	assert_false(read_as(&caller, "readmission", DURING).allowed);
	made[1] = span_str("ml-oncology");
	says[0].name = span_str("group");
	assert_false(read_as(&caller, "readmission", DURING).allowed);
	says[0].name = span_str("groups");
	caller.issuer = span_str("https://id.example.evil");
	assert_false(read_as(&caller, "readmission", DURING).allowed);
}

static void
decide_read__asks_places_for_what_is_attested(void **state)
{
	struct span value[] = {span_str("GCP_INTEL_TDX")};
	struct claim wants[] = {{span_str("hwmodel"), value, 1}};
	struct caller caller = caller_at("KTRAIN", "", IN_VIRGINIA);

	(void)state;
	fixture.places[FIXTURE_VIRGINIA].attested = wants;
	fixture.places[FIXTURE_VIRGINIA].num_attested = 1;
	assert_int_equal(
	    read_as(&caller, "readmission", DURING).reason, DENY_NO_PLACE);
	caller.attested = wants;
	caller.num_attested = 1;
	assert_true(read_as(&caller, "readmission", DURING).allowed);
}

/* Whether a guardrail of these conditions denies `readmission`. */
static bool
hits(struct guardrail guardrail)
{
	fixture.guardrails[0] = guardrail;
	struct caller caller = caller_at("KTRAIN", "", IN_VIRGINIA);
	struct decision d = read_as(&caller, "readmission", DURING);
	assert_true(d.allowed || d.reason == DENY_GUARDRAIL);
	assert_true(d.allowed || d.guardrail == 0);
	return !d.allowed;
}

static void
decide_read__ands_the_conditions_of_a_guardrail(void **state)
{
	uint32_t zero[] = {0}, one[] = {1}, both[] = {1, 0};
	struct span health[] = {span_str("health")};
	struct span other[] = {span_str("finance")};

	(void)state;
	fixture.guardrails[1].classes = 1u << CLASS_OBJECTION;
	for (unsigned int bits = 0; bits < 128; bits++) {
		/* A bit that is set makes the condition one that fails. */
		struct guardrail g = {.by_dataset = true,
		    .datasets = bits & 1 ? one : both,
		    .num_datasets = bits & 1 ? 1 : 2,
		    .by_purpose = true,
		    .purposes = bits & 2 ? one : zero,
		    .num_purposes = 1,
		    .by_who = true,
		    .who = bits & 4 ? one : zero,
		    .num_who = 1,
		    .by_place = true,
		    .places = bits & 8 ? one : zero,
		    .num_places = 1,
		    .by_place_not_in = true,
		    .outside = bits & 16 ? zero : one,
		    .num_outside = 1,
		    .by_column = true,
		    .kinds = UINT64_C(1)
			<< (bits & 32 ? KIND_RECORD_NUMBER : KIND_US_ZIP),
		    .by_category = true,
		    .categories = bits & 64 ? other : health,
		    .num_categories = 1};
		assert_true(hits(g) == (bits == 0));
		/* What was not written does not count. */
		g.by_dataset = !(bits & 1);
		g.by_purpose = !(bits & 2);
		g.by_who = !(bits & 4);
		g.by_place = !(bits & 8);
		g.by_place_not_in = !(bits & 16);
		g.by_column = !(bits & 32);
		g.by_category = !(bits & 64);
		assert_true(hits(g));
	}
}

/* Of the other lists an empty one is never written, and denies more. */
static void
decide_read__a_guardrail_on_no_place_hits_nothing(void **state)
{
	(void)state;
	assert_false(hits((struct guardrail){.by_place = true}));
	assert_true(hits((struct guardrail){.by_purpose = true}));
}

static void
decide_read__looks_at_delivered_columns_only(void **state)
{
	(void)state;
	fixture.guardrails[1].classes = 1u << CLASS_OBJECTION;
	/* `note` is listed, but dropped; `mrn` is not listed. */
	assert_false(hits((struct guardrail){
	    .by_column = true, .classes = 1u << CLASS_FREE_TEXT}));
	assert_false(hits((struct guardrail){
	    .by_column = true, .classes = 1u << CLASS_DIRECT_IDENTIFIER}));
	assert_true(hits((struct guardrail){
	    .by_column = true, .classes = 1u << CLASS_SENSITIVE}));
	/* kind and class: both are needed, from any column. */
	assert_true(hits((struct guardrail){.by_column = true,
	    .kinds = UINT64_C(1) << KIND_US_ZIP,
	    .classes = 1u << CLASS_SENSITIVE}));
	assert_false(hits((struct guardrail){.by_column = true,
	    .kinds = UINT64_C(1) << KIND_US_ZIP,
	    .classes = 1u << CLASS_FREE_TEXT}));
	/* The category of one column is enough. */
	fixture.datasets[FIXTURE_PATIENTS].category = span_str("none");
	assert_true(hits((struct guardrail){.by_category = true,
	    .categories = &(struct span){(const uint8_t *)"health", 6},
	    .num_categories = 1}));
}

static void
decide_read__counts_all_groups_of_the_caller(void **state)
{
	struct proof proofs[] = {{.access_key = span_str("KTRAIN")}};
	uint32_t fraud[] = {FIXTURE_FRAUD};
	struct guardrail g = {.by_who = true, .who = fraud, .num_who = 1};

	(void)state;
	assert_false(hits(g));
	/* The key now proves the fraud team too, which `who` does not name. */
	fixture.groups[FIXTURE_FRAUD].proofs = proofs;
	assert_true(hits(g));
}

static void
decide_named__takes_group_and_place_by_name(void **state)
{
	struct decision d;
	struct span bucket = span_str("readmission");
	const struct policy *p = &fixture.policy;

	(void)state;
	decide_named(&d, p, FIXTURE_CLUSTER, FIXTURE_ATTIC, bucket, DURING);
	assert_true(d.allowed);
	assert_int_equal(d.group, FIXTURE_CLUSTER);
	decide_named(&d, p, FIXTURE_CLUSTER, NO_INDEX, bucket, DURING);
	assert_int_equal(d.reason, DENY_NO_PLACE);
	decide_named(&d, p, NO_INDEX, FIXTURE_ATTIC, bucket, DURING);
	assert_int_equal(d.reason, DENY_UNKNOWN_CALLER);
	assert_false(d.party);
	decide_named(&d, p, FIXTURE_FRAUD, FIXTURE_ATTIC, bucket, DURING);
	assert_int_equal(d.reason, DENY_NOT_A_PARTY);
	decide_named(&d, p, FIXTURE_FRAUD, FIXTURE_VIRGINIA,
	    span_str("fraud-overseas"), DURING);
	assert_int_equal(d.reason, DENY_GUARDRAIL);
	assert_int_equal(d.guardrail, FIXTURE_BANK_STAYS);
}

/* What one of them may read, is made; it says which. */
/* Whoever is of one group is of the other: by the name of the first, too, the
 * guardrail against the second hits. With another way to be of it, not. */
static void
decide_named__knows_who_else_a_member_is(void **state)
{
	struct proof both[] = {{.access_key = span_str("KTRAIN")}};
	struct proof either[] = {
	    both[0], {.certificate = span_str("spiffe://a/other")}};
	struct proof narrow[] = {{.access_key = span_str("KTRAIN"),
	    .certificate = span_str("spiffe://a/only")}};
	uint32_t fraud[] = {FIXTURE_FRAUD};
	struct span bucket = span_str("readmission");
	const struct policy *p = &fixture.policy;
	struct decision d;

	(void)state;
	fixture.guardrails[0] =
	    (struct guardrail){.by_who = true, .who = fraud, .num_who = 1};
	fixture.groups[FIXTURE_FRAUD].proofs = both;
	decide_named(&d, p, FIXTURE_TRAINERS, FIXTURE_VIRGINIA, bucket, DURING);
	assert_int_equal(d.reason, DENY_GUARDRAIL);
	assert_int_equal(d.guardrail, 0);
	fixture.groups[FIXTURE_TRAINERS].proofs = either;
	fixture.groups[FIXTURE_TRAINERS].num_proofs = 2;
	decide_named(&d, p, FIXTURE_TRAINERS, FIXTURE_VIRGINIA, bucket, DURING);
	assert_true(d.allowed);
	/* Who shows the key alone is not of the other group. */
	fixture.groups[FIXTURE_TRAINERS].num_proofs = 1;
	fixture.groups[FIXTURE_FRAUD].proofs = narrow;
	decide_named(&d, p, FIXTURE_TRAINERS, FIXTURE_VIRGINIA, bucket, DURING);
	assert_true(d.allowed);
}

static void
decide_form__asks_for_any_of_the_agreements_groups(void **state)
{
	uint32_t trainers[] = {FIXTURE_TRAINERS}, cluster[] = {FIXTURE_CLUSTER};
	struct span bucket = span_str("readmission");
	const struct policy *p = &fixture.policy;
	struct decision d;

	(void)state;
	decide_form(&d, p, FIXTURE_ATTIC, bucket, DURING);
	assert_true(d.allowed);
	assert_int_equal(d.group, FIXTURE_TRAINERS);
	fixture.guardrails[0] =
	    (struct guardrail){.by_who = true, .who = trainers, .num_who = 1};
	decide_form(&d, p, FIXTURE_ATTIC, bucket, DURING);
	assert_true(d.allowed);
	assert_int_equal(d.group, FIXTURE_CLUSTER);
	fixture.guardrails[1] =
	    (struct guardrail){.by_who = true, .who = cluster, .num_who = 1};
	decide_form(&d, p, FIXTURE_ATTIC, bucket, DURING);
	assert_false(d.allowed);
	assert_int_equal(d.group, FIXTURE_TRAINERS);
	assert_int_equal(d.guardrail, 0);
}

static void
decide_form__denies_what_is_not_there(void **state)
{
	const struct policy *p = &fixture.policy;
	struct decision d;

	(void)state;
	decide_form(&d, p, FIXTURE_ATTIC, span_str("nothing"), DURING);
	assert_int_equal(d.reason, DENY_UNKNOWN_BUCKET);
	assert_int_equal(d.agreement, NO_INDEX);
	assert_false(d.allowed);
	decide_form(&d, p, NO_INDEX, span_str("readmission"), DURING);
	assert_int_equal(d.reason, DENY_NO_PLACE);
	assert_int_equal(d.place, NO_INDEX);
	assert_false(d.allowed);
}

static void
decide_caller_known__asks_for_one_group(void **state)
{
	struct caller known = caller_at("KFRAUD", "", 0);
	struct caller unknown = caller_at("KGPU", "", 0);

	(void)state;
	assert_true(decide_caller_known(&fixture.policy, &known));
	assert_false(decide_caller_known(&fixture.policy, &unknown));
}

static void
expect_name(
    uint32_t group, const char *key, const char *certificate, const char *name)
{
	struct caller caller = caller_at(key, certificate, 0);
	struct buf out CLEANUP(buf_done) = {.max = 1000};
	struct err err = decide_name(&out, &fixture.policy, group, &caller);

	assert_int_equal(err.code, name == NULL ? ERR_DENIED : ERR_OK);
	if (name != NULL)
		assert_true(span_equal_str(buf_span(&out), name));
}

/* What does not prove it makes nobody else of a caller. */
static void
decide_name__is_what_proves_the_group(void **state)
{
	const uint32_t cluster = FIXTURE_CLUSTER;

	(void)state;
	expect_name(FIXTURE_TRAINERS, "KTRAIN", "", "access-key:KTRAIN");
	expect_name(
	    FIXTURE_TRAINERS, "KTRAIN", "spiffe://a/alt", "access-key:KTRAIN");
	expect_name(cluster, "KGPU", "spiffe://a/gpu", "access-key:KGPU");
	expect_name(
	    cluster, "", "spiffe://a/alt", "certificate:spiffe://a/alt");
	expect_name(
	    cluster, "KGPU", "spiffe://a/alt", "certificate:spiffe://a/alt");
	expect_name(
	    cluster, "KTRAIN", "spiffe://a/alt", "certificate:spiffe://a/alt");
	expect_name(cluster, "KGPU", "", NULL);
	expect_name(FIXTURE_TRAINERS, "", "", NULL);
}

static void
expect_sentence(const char *key, uint32_t ipv4, const char *bucket, int64_t now,
    const char *sentence)
{
	struct caller caller = caller_at(key, "", ipv4);
	struct decision d = read_as(&caller, bucket, now);
	struct buf out;

	buf_init(&out, 1000);
	expect_ok(decide_sentence(&out, &fixture.policy, &d));
	expect_ok(buf_put_u8(&out, 0));
	assert_string_equal((const char *)out.data, sentence);
	buf_done(&out);
}

static void
decide_sentence__names_the_rule_to_parties_only(void **state)
{
	const char *closed =
	    "no agreement lets this caller read from this bucket";

	(void)state;
	expect_sentence("K", IN_VIRGINIA, "readmission", DURING, closed);
	expect_sentence("KFRAUD", IN_VIRGINIA, "readmission", DURING, closed);
	expect_sentence("KFRAUD", IN_VIRGINIA, "none", DURING, closed);
	expect_sentence("KTRAIN", IN_VIRGINIA, "readmission", FIXTURE_UNTIL,
	    "the agreement `readmission` ended on 2026-06-30 "
	    "(policy.yaml:100)");
	expect_sentence("KTRAIN", IN_VIRGINIA, "readmission", 0,
	    "the agreement `readmission` begins on 2026-01-01 "
	    "(policy.yaml:100)");
	expect_sentence("KTRAIN", IN_FRANKFURT, "readmission", DURING,
	    "the agreement `readmission` does not name the place `frankfurt` "
	    "(policy.yaml:100)");
	expect_sentence("KTRAIN", IN_VIRGINIA, "readmission", DURING,
	    "the agreement `readmission` allows it (policy.yaml:100)");
	expect_sentence("KFRAUD", IN_VIRGINIA, "fraud-overseas", DURING,
	    "the guardrail `bank-stays-in-eea` forbids it: Bank customer data "
	    "does not leave the EEA (bank.yaml:160)");
	expect_sentence("KTRAIN", IN_VIRGINIA, "notes", DURING,
	    "the guardrail `notes-stay-inside` forbids it (policy.yaml:165)");
}

static void
decide_reason_name__is_a_word_for_each(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_DENY_REASONS; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(
			    decide_reason_name((enum deny_reason)i),
			    decide_reason_name((enum deny_reason)j));
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(decide_read__allows_a_party_in_time_and_place),
	    TEST(decide_read__denies_for_each_reason),
	    TEST(decide_read__names_a_place_only_if_there_is_one),
	    TEST(decide_read__keeps_the_order_of_reasons),
	    TEST(decide_read__counts_seconds_exactly),
	    TEST(decide_read__wants_all_keys_of_one_proof),
	    TEST(decide_read__lets_an_empty_proof_prove_nothing),
	    TEST(decide_read__ands_the_evidence_of_a_place),
	    TEST(decide_read__puts_nobody_in_a_place_without_evidence),
	    TEST(decide_read__compares_prefixes_to_the_bit),
	    TEST(decide_read__denies_what_waits),
	    TEST(decide_read__matches_claims_whole),
	    TEST(decide_read__asks_places_for_what_is_attested),
	    TEST(decide_read__ands_the_conditions_of_a_guardrail),
	    TEST(decide_read__a_guardrail_on_no_place_hits_nothing),
	    TEST(decide_read__looks_at_delivered_columns_only),
	    TEST(decide_read__counts_all_groups_of_the_caller),
	    TEST(decide_named__takes_group_and_place_by_name),
	    TEST(decide_named__knows_who_else_a_member_is),
	    TEST(decide_form__asks_for_any_of_the_agreements_groups),
	    TEST(decide_form__denies_what_is_not_there),
	    TEST(decide_caller_known__asks_for_one_group),
	    TEST(decide_name__is_what_proves_the_group),
	    TEST(decide_sentence__names_the_rule_to_parties_only),
	    TEST(decide_reason_name__is_a_word_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
