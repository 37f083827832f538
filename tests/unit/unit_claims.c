/*
 * Who is proved by the claims of a token, from the text of a policy over its
 * image to the decision. What verifies a token hands its issuer and claims to
 * decide_read; until something does, a group of tokens alone is not served.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/explain.h"
#include "policy/image.h"
#include "tests/harness/policybox.h"
#include "tests/harness/vectors.h"

#define ISSUER "https://id.example"
#define SERVED INT64_C(1796083200) /* 2026-12-01 */

/* One of the values of each claim; the key is another way. */
#define TRAINERS                                                               \
	"  trainers:\n"                                                        \
	"    - token:\n"                                                       \
	"        issuer: " ISSUER "\n"                                         \
	"        groups: [ml, ml-lead]\n"                                      \
	"        team: oncology\n"                                             \
	"    - token: {issuer: https://other.example}\n"                       \
	"      certificate: spiffe://lab/bridge\n"

enum {
	MAX_BYTES = 1 << 20,
	MAX_CLAIMS = 3,
	MAX_VALUES = 3,
};

/* The policy as the keeper has it. */
static struct buf image;
static struct arena arena;
static struct policy policy;

static int
prepare(void **state)
{
	static struct policybox box;
	struct buf base = {.max = MAX_BYTES}, yaml = {.max = MAX_BYTES};

	(void)state;
	if (crypto_init().code != ERR_OK)
		return -1;
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_change(&yaml, buf_span(&base),
	    "  trainers:\n    - access-key: TRAIN01\n", TRAINERS);
	policybox_run(&box, buf_span(&yaml));
	buf_init(&image, MAX_BYTES);
	arena_init(&arena, MAX_BYTES);
	expect_ok(box.err);
	expect_ok(image_encode(&image, &box.policy));
	expect_ok(image_decode(&policy, &arena, buf_span(&image)));
	policybox_done(&box);
	buf_done(&yaml);
	buf_done(&base);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	arena_done(&arena);
	buf_done(&image);
	return 0;
}

/* A request from Virginia, with what a token of this issuer says. */
struct token {
	const char *issuer, *certificate;
	struct {
		const char *name;
		const char *values[MAX_VALUES];
	} claims[MAX_CLAIMS];
	bool is_trainer;
};

static const struct token tokens[] = {
    {ISSUER, "", {{"groups", {"ml"}}, {"team", {"oncology"}}}, true},
    {ISSUER, "", {{"team", {"oncology"}}, {"groups", {"ml-lead"}}}, true},
    {ISSUER, "", {{"groups", {"staff", "ml"}}, {"team", {"oncology"}}}, true},
    {ISSUER, "",
	{{"sub", {"robot"}}, {"groups", {"ml"}}, {"team", {"a", "oncology"}}},
	true},
    /* two claims of one name are one claim of both */
    {ISSUER, "",
	{{"groups", {"staff"}}, {"groups", {"ml"}}, {"team", {"oncology"}}},
	true},
    /* each claim must be made, */
    {ISSUER, "", {{"groups", {"ml"}}}, false},
    {ISSUER, "", {{"team", {"oncology"}}}, false},
    {ISSUER, "", {{NULL, {NULL}}}, false},
    {ISSUER, "", {{"groups", {NULL}}, {"team", {"oncology"}}}, false},
    /* with a whole value, */
    {ISSUER, "", {{"groups", {"m"}}, {"team", {"oncology"}}}, false},
    {ISSUER, "", {{"groups", {"ml-leader"}}, {"team", {"oncology"}}}, false},
    {ISSUER, "", {{"groups", {"ml,ml-lead"}}, {"team", {"oncology"}}}, false},
    {ISSUER, "", {{"groups", {"ML"}}, {"team", {"oncology"}}}, false},
    {ISSUER, "", {{"groups", {""}}, {"team", {"oncology"}}}, false},
    {ISSUER, "", {{"group", {"ml"}}, {"team", {"oncology"}}}, false},
    {ISSUER, "", {{"groups", {"oncology"}}, {"team", {"ml"}}}, false},
    /* by this issuer. */
    {"https://id.example.evil.example", "",
	{{"groups", {"ml"}}, {"team", {"oncology"}}}, false},
    {"https://other.example", "", {{"groups", {"ml"}}, {"team", {"oncology"}}},
	false},
    {"", "", {{"groups", {"ml"}}, {"team", {"oncology"}}}, false},
    /* The other way asks for any token of its issuer, and a certificate. */
    {"https://other.example", "spiffe://lab/bridge", {{NULL, {NULL}}}, true},
    {ISSUER, "spiffe://lab/bridge", {{NULL, {NULL}}}, false},
    {"", "spiffe://lab/bridge", {{NULL, {NULL}}}, false},
};

/* The same as decide_read takes it. */
struct request {
	struct caller caller;
	struct claim claims[MAX_CLAIMS];
	struct span values[MAX_CLAIMS][MAX_VALUES];
};

static void
make_request(struct request *out, const struct token *token)
{
	*out = (struct request){
	    .caller = {.issuer = span_str(token->issuer),
		.certificate = span_str(token->certificate),
		.address = {[10] = 0xff, [11] = 0xff, 198, 51, 100, 1}}};
	out->caller.claims = out->claims;
	for (uint32_t i = 0; i < MAX_CLAIMS; i++) {
		struct claim *claim = &out->claims[i];

		if (token->claims[i].name == NULL)
			break;
		*claim = (struct claim){.name = span_str(token->claims[i].name),
		    .values = out->values[i]};
		for (uint32_t j = 0; j < MAX_VALUES; j++)
			if (token->claims[i].values[j] != NULL)
				out->values[i][claim->num_values++] =
				    span_str(token->claims[i].values[j]);
		out->caller.num_claims++;
	}
}

/* As it is when something verifies tokens: nothing waits for that. */
static void
serve_tokens(struct policy *p, struct group *groups)
{
	memcpy(groups, policy.groups, policy.num_groups * sizeof(*groups));
	*p = policy;
	p->groups = groups;
	for (uint32_t i = 0; i < p->num_groups; i++)
		groups[i].waits = 0;
	p->agreements[0].waits = 0;
}

static void
decide_read__knows_who_a_token_proves(void **state)
{
	struct group groups[8];
	struct policy served;

	(void)state;
	serve_tokens(&served, groups);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct request request;
		struct decision d;

		make_request(&request, &tokens[i]);
		decide_read(&d, &served, &request.caller,
		    span_str("readmission"), SERVED);
		if (d.party != tokens[i].is_trainer ||
		    d.allowed != tokens[i].is_trainer)
			fail_msg(
			    "token %zu: %s", i, decide_reason_name(d.reason));
		if (!tokens[i].is_trainer)
			assert_int_equal(d.reason, DENY_UNKNOWN_CALLER);
	}
}

/* Who shows a key and a token is whatever either proves. */
static void
decide_read__adds_up_all_proofs(void **state)
{
	struct group groups[8];
	struct request request;
	struct policy served;
	struct decision d;

	(void)state;
	serve_tokens(&served, groups);
	make_request(&request, &tokens[0]);
	decide_read(&d, &served, &request.caller, span_str("fraud"), SERVED);
	assert_int_equal(d.reason, DENY_NOT_A_PARTY);
	request.caller.access_key = span_str("FRAUD01");
	request.caller.certificate = span_str("spiffe://bank/fraud");
	decide_read(&d, &served, &request.caller, span_str("fraud"), SERVED);
	assert_true(d.party);
	assert_int_equal(d.reason, DENY_OTHER_PLACE);
	decide_read(
	    &d, &served, &request.caller, span_str("readmission"), SERVED);
	assert_true(d.allowed);
}

/* The gateway verifies no token, and gives none to the decision. */
static void
decide_read__serves_nobody_by_token_yet(void **state)
{
	struct buf text = {.max = MAX_BYTES};
	struct request request;
	struct decision d;

	(void)state;
	make_request(&request, &tokens[0]);
	request.caller.issuer = (struct span){.data = NULL};
	request.caller.num_claims = 0;
	decide_read(
	    &d, &policy, &request.caller, span_str("readmission"), SERVED);
	assert_int_equal(d.reason, DENY_UNKNOWN_CALLER);
	make_request(&request, &tokens[0]);
	decide_read(
	    &d, &policy, &request.caller, span_str("readmission"), SERVED);
	assert_int_equal(d.reason, DENY_WAITS);
	decide_named(
	    &d, &policy, d.group, d.place, span_str("readmission"), SERVED);
	assert_int_equal(d.reason, DENY_WAITS);
	expect_ok(explain_agreement(
	    &text, &policy, &d, d.group, d.place, span_str("readmission")));
	expect_ok(buf_put_u8(&text, 0));
	assert_non_null(strstr((const char *)text.data, ": DENIED\n"));
	assert_non_null(strstr((const char *)text.data, "token"));
	buf_done(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decide_read__serves_nobody_by_token_yet),
	    cmocka_unit_test(decide_read__knows_who_a_token_proves),
	    cmocka_unit_test(decide_read__adds_up_all_proofs),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
