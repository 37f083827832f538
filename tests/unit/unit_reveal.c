/* Requests to reveal: their text, who signs them, and what the policy says. */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "crypto/sshsig.h"
#include "policy/reveal.h"
#include "tests/harness/policybox.h"
#include "tests/harness/sshsigner.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

enum {
	NOW = 1795860000, /* 2026-11-28T10:00:00Z */
	HOURS = 24,
	MAX_TEXT = 1 << 20,
	SAM = 1, /* seeds of keys: one asks, */
	ANN,	 /* two approve, */
	BOB,
	ZOE, /* one may do both, */
	TOM, /* and two neither */
	ANNA,
};

static const char DATASET[] =
    "datasets:\n"
    "  bank/a: {controller: bank, about: x, origin: 'file:///a/*.csv', "
    "protect: gdpr-pseudonymous@1, columns: {iban: direct-identifier iban, "
    "phone: direct-identifier phone, who: \"direct-identifier account, "
    "subject\", card: direct-identifier card, day: quasi-identifier "
    "date}}\n";

static const char AGREEMENTS[] =
    "  - id: codes\n    who: fraud-team\n    recipient: vector\n"
    "    contract: C-2\n    dataset: bank/a\n    purpose: card-fraud\n"
    "    places: [frankfurt]\n    columns: {iban: sealed, phone: pseudonym, "
    "who: sealed, card: format, day: shift}\n    until: 2027-06-30\n"
    "emergency:\n  - id: fraud-now\n    who: fraud-team\n    dataset: bank/a\n"
    "    columns: [iban, phone, card, day]\n    purpose: card-fraud\n"
    "    places: office\n    approvers: trainers\n"
    "    expires-after: 24 hours\n";

static const char no_more[] = "never:\n";

static struct policybox box;
static struct buf yaml, text;

static void
add_signer_of(struct buf *out, const char *party, const char *name,
    uint8_t seed, const char *groups)
{
	expect_ok(buf_append_format(
	    out, "  %s: {of: %s, in: [%s], key: '", name, party, groups));
	sshsigner_key(out, seed);
	expect_ok(buf_append_str(out, "'}\n"));
}

static void
add_signer(struct buf *out, const char *name, uint8_t seed, const char *groups)
{
	add_signer_of(out, "bank", name, seed, groups);
}

/* `never`: "never:" and what is to stand there before all else. */
static void
load(const char *never)
{
	struct buf base = {.max = MAX_TEXT}, half = {.max = MAX_TEXT};
	struct buf more = {.max = MAX_TEXT};

	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_change(&half, buf_span(&base), "datasets:\n", DATASET);
	yaml = (struct buf){.max = MAX_TEXT};
	policybox_change(&more, buf_span(&half), "never:\n", never);
	policybox_change(&yaml, buf_span(&more), "places:\n",
	    "places:\n  office: {country: DE, operator: us, on-premises: yes, "
	    "seen-as: 127.44.0.0/16}\n");
	expect_ok(buf_append_str(&yaml, AGREEMENTS));
	expect_ok(buf_append_str(&yaml, "signers:\n"));
	add_signer(&yaml, "sam", SAM, "fraud-team");
	add_signer(&yaml, "ann", ANN, "trainers");
	add_signer(&yaml, "bob", BOB, "trainers");
	add_signer(&yaml, "zoe", ZOE, "trainers, fraud-team");
	add_signer(&yaml, "tom", TOM, "");
	add_signer_of(&yaml, "clinic", "anna", ANNA, "");
	policybox_run(&box, buf_span(&yaml));
	if (box.err.code != ERR_OK)
		fail_msg("%s", box.d.items[0].text);
	buf_done(&base);
	buf_done(&half);
	buf_done(&more);
}

static void
unload(void)
{
	policybox_done(&box);
	buf_done(&yaml);
}

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static struct reveal_request
request(void)
{
	struct reveal_request r = {.policy = span_str("base"),
	    .emergency = span_str("fraud-now"),
	    .agreement = span_str("codes"),
	    .column = span_str("iban"),
	    .place = span_str("office"),
	    .asked_by = span_str("sam"),
	    .reason = span_str("case 7"),
	    .made_s = NOW,
	    .nonce = {1, 2, 3},
	    .codes = {span_str("s1_abc"), span_str("s1_def")},
	    .num_codes = 2};

	return r;
}

/* What is said of a request that these sign; NULL: it is granted. */
static const char *
judge(const struct reveal_request *r, const uint8_t *seeds, int64_t now_s,
    struct reveal_grant *out)
{
	struct buf signatures[8] = {{0}};
	struct span spans[8];
	struct reveal_request parsed;
	size_t num = 0;

	text = (struct buf){.max = REVEAL_MAX};
	expect_ok(reveal_put(&text, r));
	expect_ok(reveal_parse(&parsed, buf_span(&text)));
	for (; seeds[num] != 0; num++) {
		signatures[num].max = SSHSIG_MAX;
		sshsigner_sign(&signatures[num], seeds[num], REVEAL_NAMESPACE,
		    buf_span(&text));
		spans[num] = buf_span(&signatures[num]);
	}
	reveal_judge(out, &box.policy,
	    &(struct reveal_question){
		&parsed, buf_span(&text), spans, num, now_s});
	for (size_t i = 0; i < num; i++)
		buf_done(&signatures[i]);
	buf_done(&text);
	return out->denied;
}

static const uint8_t all[] = {SAM, ANN, BOB, 0};

static void
reveal_judge__takes_three_people(void **state)
{
	static const struct {
		const char *asked_by;
		uint8_t seeds[8];
		const char *said; /* NULL: granted */
	} rows[] = {
	    {"sam", {SAM, ANN, BOB}, NULL},
	    {"sam", {BOB, SAM, ZOE}, NULL},
	    {"zoe", {ZOE, ANN, BOB}, NULL},
	    {"sam", {ANN, BOB}, "who asks has not signed"},
	    {"sam", {SAM, ANN}, "two of its approvers"},
	    {"sam", {SAM, ANN, ANN}, "two of its approvers"},
	    {"sam", {SAM, ANN, TOM}, "two of its approvers"},
	    {"zoe", {ZOE, ANN}, "two of its approvers"},
	    {"zoe", {ZOE, ZOE, ANN}, "two of its approvers"},
	    {"ann", {ANN, BOB, ZOE}, "who asks is no signer"},
	    {"tom", {TOM, ANN, BOB}, "who asks is no signer"},
	    {"eve", {SAM, ANN, BOB}, "who asks is no signer"},
	    {"sam", {SAM, ANN, BOB, 99}, "by no signer of the policy"},
	    {"sam", {SAM, ANN, BOB, ZOE, TOM}, "more signatures"},
	};
	struct reveal_grant grant;

	(void)state;
	load(no_more);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reveal_request r = request();

		r.asked_by = span_str(rows[i].asked_by);
		const char *said = judge(&r, rows[i].seeds, NOW, &grant);
		if ((said == NULL) != (rows[i].said == NULL) ||
		    (said != NULL && strstr(said, rows[i].said) == NULL))
			fail_msg("%zu: %s", i, said == NULL ? "yes" : said);
	}
	unload();
}

static void
reveal_judge__holds_what_is_asked_against_the_policy(void **state)
{
	static const struct {
		size_t at;
		const char *value, *said;
	} rows[] = {
	    {offsetof(struct reveal_request, policy), "other", "another name"},
	    {offsetof(struct reveal_request, emergency), "x", "no such emerg"},
	    {offsetof(struct reveal_request, agreement), "x", "no such agree"},
	    {offsetof(struct reveal_request, agreement), "readmission",
		"of another dataset"},
	    {offsetof(struct reveal_request, column), "x", "not list this col"},
	    {offsetof(struct reveal_request, column), "who", "not list this"},
	    {offsetof(struct reveal_request, column), "phone", "be undone"},
	    {offsetof(struct reveal_request, place), "frankfurt",
		"not list this place"},
	    {offsetof(struct reveal_request, place), "x", "not list this pla"},
	};
	struct reveal_grant grant;
	struct reveal_request r = request();

	(void)state;
	load(no_more);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span value = span_str(rows[i].value);

		r = request();
		memcpy((char *)&r + rows[i].at, &value, sizeof(value));
		const char *said = judge(&r, all, NOW, &grant);
		if (said == NULL || strstr(said, rows[i].said) == NULL)
			fail_msg("%zu: %s", i, said == NULL ? "yes" : said);
	}
	r = request();
	r.column = span_str("card");
	r.epoch = 1;
	assert_null(judge(&r, all, NOW, &grant));
	assert_int_equal(grant.delivered, 3);
	unload();
}

static void
reveal_judge__ends_with_the_time(void **state)
{
	struct reveal_request r = request();
	struct reveal_grant grant;

	(void)state;
	load(no_more);
	assert_null(judge(&r, all, NOW + HOURS * 3600 - 1, &grant));
	assert_non_null(
	    strstr(judge(&r, all, NOW + HOURS * 3600, &grant), "has expired"));
	assert_null(judge(&r, all, NOW - REVEAL_CLOCK_S, &grant));
	assert_non_null(strstr(
	    judge(&r, all, NOW - REVEAL_CLOCK_S - 1, &grant), "in the future"));
	unload();
}

/* What can never be is not for an emergency either. */
static void
reveal_judge__knows_no_exception_from_a_guardrail(void **state)
{
	struct reveal_request r = request();
	struct reveal_grant grant;

	(void)state;
	load("never:\n  - id: no-iban\n    say: x\n    kind: iban\n"
	     "    who: fraud-team\n    place: office\n");
	assert_non_null(strstr(judge(&r, all, NOW, &grant), "guardrail"));
	assert_int_equal(grant.guardrail, 0);
	r.column = span_str("card");
	r.epoch = 1;
	assert_null(judge(&r, all, NOW, &grant));
	unload();
	load("never:\n  - id: none-here\n    say: x\n    dataset: bank/a\n"
	     "    place-not-in: [frankfurt]\n");
	assert_non_null(strstr(judge(&r, all, NOW, &grant), "guardrail"));
	unload();
}

/* A shape under the key of another epoch would show another person. */
static void
reveal_judge__wants_the_epoch_where_codes_do_not_say_it(void **state)
{
	struct reveal_request r = request();
	struct reveal_grant grant;

	(void)state;
	load(no_more);
	r.epoch = 1;
	assert_non_null(strstr(judge(&r, all, NOW, &grant), "say their epoch"));
	r.column = span_str("card");
	assert_null(judge(&r, all, NOW, &grant));
	r.epoch = 0;
	assert_non_null(
	    strstr(judge(&r, all, NOW, &grant), "do not say their epoch"));
	unload();
}

/* By how much a date was moved, only whose it is can tell. */
static void
reveal_judge__wants_the_subject_of_a_date(void **state)
{
	struct reveal_request r = request();
	struct buf other = {.max = MAX_TEXT};
	struct reveal_grant grant;

	(void)state;
	load(no_more);
	assert_null(judge(&r, all, NOW, &grant));
	assert_int_equal(grant.subject, NO_INDEX);
	r.column = span_str("day");
	assert_non_null(
	    strstr(judge(&r, all, NOW, &grant), "do not say their epoch"));
	r.epoch = 2;
	assert_null(judge(&r, all, NOW, &grant));
	assert_int_equal(grant.delivered, 4);
	assert_int_equal(grant.subject, 2);
	policybox_done(&box);
	policybox_change(
	    &other, buf_span(&yaml), "who: sealed", "who: pseudonym");
	policybox_run(&box, buf_span(&other));
	expect_ok(box.err);
	assert_non_null(strstr(judge(&r, all, NOW, &grant), "whose they are"));
	buf_done(&other);
	unload();
}

/* A signature is over every byte of the text. */
static void
reveal_judge__takes_no_other_text(void **state)
{
	struct reveal_request r = request(), other = request(), parsed;
	struct buf signature = {.max = SSHSIG_MAX};
	struct reveal_grant grant;
	struct span span;

	(void)state;
	load(no_more);
	other.nonce[0]++;
	text = (struct buf){.max = REVEAL_MAX};
	expect_ok(reveal_put(&text, &r));
	sshsigner_sign(&signature, SAM, REVEAL_NAMESPACE, buf_span(&text));
	span = buf_span(&signature);
	buf_reset(&text);
	expect_ok(reveal_put(&text, &other));
	expect_ok(reveal_parse(&parsed, buf_span(&text)));
	reveal_judge(&grant, &box.policy,
	    &(struct reveal_question){&parsed, buf_span(&text), &span, 1, NOW});
	assert_non_null(strstr(grant.denied, "of another text"));
	buf_reset(&signature);
	sshsigner_sign(&signature, SAM, "gatehouse-policy", buf_span(&text));
	span = buf_span(&signature);
	reveal_judge(&grant, &box.policy,
	    &(struct reveal_question){&parsed, buf_span(&text), &span, 1, NOW});
	assert_non_null(strstr(grant.denied, "by no signer"));
	buf_done(&signature);
	buf_done(&text);
	unload();
}

/* One text for each request, and each byte of it counts. */
static void
reveal_parse__takes_what_it_writes_and_nothing_else(void **state)
{
	static const char want[] =
	    "gatehouse reveal\npolicy: base\nemergency: fraud-now\n"
	    "agreement: codes\ncolumn: iban\nplace: office\nasked-by: sam\n"
	    "reason: case 7\nepoch: in the codes\nmade: 2026-11-28T10:00:00Z\n"
	    "nonce: 01020300000000000000000000000000\ncodes: 2\n"
	    "s1_abc\ns1_def\n";
	struct reveal_request r = request(), parsed;
	struct buf once = {.max = REVEAL_MAX};
	uint8_t copy[sizeof(want)];

	(void)state;
	expect_ok(reveal_put(&once, &r));
	expect_span(buf_span(&once),
	    "gatehouse reveal\npolicy: base\n"
	    "emergency: fraud-now\n"
	    "agreement: codes\ncolumn: iban\nplace: office\nasked-by: sam\n"
	    "reason: case 7\nepoch: in the codes\nmade: 2026-11-28T10:00:00Z\n"
	    "nonce: 01020300000000000000000000000000\ncodes: 2\n"
	    "s1_abc\ns1_def\n");
	expect_ok(reveal_parse(&parsed, buf_span(&once)));
	assert_int_equal(parsed.made_s, NOW);
	assert_int_equal(parsed.num_codes, 2);
	assert_true(span_equal_str(parsed.codes[1], "s1_def"));
	for (size_t len = 0; len < once.len; len++)
		assert_int_not_equal(
		    reveal_parse(&parsed, span_of(once.data, len)).code,
		    ERR_OK);
	/* What is changed is refused, or another request. */
	for (size_t i = 0; i < once.len; i++) {
		struct buf again = {.max = REVEAL_MAX};

		memcpy(copy, once.data, once.len);
		copy[i] ^= 1;
		if (reveal_parse(&parsed, span_of(copy, once.len)).code ==
		    ERR_OK) {
			expect_ok(reveal_put(&again, &parsed));
			assert_memory_equal(again.data, copy, once.len);
		}
		buf_done(&again);
	}
	expect_ok(buf_append_str(&once, "\n"));
	assert_int_not_equal(
	    reveal_parse(&parsed, buf_span(&once)).code, ERR_OK);
	buf_done(&once);
}

static void
reveal_put__refuses_what_is_no_line(void **state)
{
	static char longer[REVEAL_MAX_CODE + 1];
	struct buf out = {.max = REVEAL_MAX};
	struct reveal_request r = request();

	(void)state;
	r.reason = span_str("a\nplace: x");
	expect_err(MALFORMED, reveal_put(&out, &r));
	r = request();
	r.reason = span_str("");
	expect_err(MALFORMED, reveal_put(&out, &r));
	r = request();
	memset(longer, 'x', sizeof(longer));
	r.codes[1] = span_of(longer, sizeof(longer));
	expect_err(MALFORMED, reveal_put(&out, &r));
	r = request();
	r.codes[1] = r.codes[0];
	expect_err(MALFORMED, reveal_put(&out, &r));
	r.num_codes = 0;
	expect_err(MALFORMED, reveal_put(&out, &r));
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

static struct err
put_once(void *context, struct buf *out, struct arena *arena)
{
	(void)arena;
	return reveal_put(out, context);
}

static void
reveal_put__ends_at_any_ceiling(void **state)
{
	struct reveal_request r = request();

	(void)state;
	assert_true(sweep_ceilings(put_once, &r) > 200);
	r.epoch = 7;
	assert_true(sweep_ceilings(put_once, &r) > 200);
	r.made_s = -1;
	struct buf out = {.max = REVEAL_MAX};
	expect_err(MALFORMED, reveal_put(&out, &r));
	r.made_s = INT64_MAX;
	expect_err(MALFORMED, reveal_put(&out, &r));
	buf_done(&out);
}

/* A time has one form, and a request one size. */
static void
reveal_parse__takes_no_other_time(void **state)
{
	static const char *const times[] = {"2026-11-28T10:00:00z",
	    "2026-11-28 10:00:00Z", "2026-11-28Tx0:00:00Z",
	    "2026-11-28T1x:00:00Z", "2026-11-28T10:x0:00Z",
	    "2026-11-28T10:0x:00Z", "2026-11-28T10:00:x0Z",
	    "2026-11-28T10:00:0xZ", "2026-11-28T24:00:00Z",
	    "2026-11-28T10:60:00Z", "2026-11-28T10:00:60Z",
	    "2026-11-31T10:00:00Z", "2026-02-29T10:00:00Z",
	    "2026-11-28T10:00:0Z", "1969-12-31T23:59:59Z"};
	static char much[REVEAL_MAX + 1];
	struct reveal_request r = request(), parsed;
	struct buf once = {.max = REVEAL_MAX}, other = {.max = REVEAL_MAX};

	(void)state;
	expect_ok(reveal_put(&once, &r));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		policybox_change(
		    &other, buf_span(&once), "2026-11-28T10:00:00Z", times[i]);
		if (reveal_parse(&parsed, buf_span(&other)).code !=
		    ERR_MALFORMED)
			fail_msg("taken: %s", times[i]);
	}
	policybox_change(&other, buf_span(&once), "nonce: 0102", "nonce: 01g2");
	expect_err(MALFORMED, reveal_parse(&parsed, buf_span(&other)));
	policybox_change(&other, buf_span(&once), "codes: 2", "codes: 02");
	expect_err(MALFORMED, reveal_parse(&parsed, buf_span(&other)));
	expect_err(TOO_BIG, reveal_parse(&parsed, span_of(much, sizeof(much))));
	buf_done(&once);
	buf_done(&other);
}

/* Who can use an emergency at all. */
static void
check_policy__says_when_nobody_can_ask(void **state)
{
	bool said = false;

	(void)state;
	load(no_more);
	for (size_t i = 0; i < box.d.num_items; i++)
		said = said || strcmp(box.d.items[i].code, "W902") == 0;
	assert_false(said);
	/* Without bob and zoe there is one approver. */
	struct buf fewer = {.max = MAX_TEXT};
	policybox_done(&box);
	policybox_change(&fewer, buf_span(&yaml),
	    "  bob: {of: bank, in: "
	    "[trainers]",
	    "  bob: {of: bank, in: []");
	buf_done(&yaml);
	yaml = (struct buf){.max = MAX_TEXT};
	policybox_change(
	    &yaml, buf_span(&fewer), "in: [trainers, fraud-team]", "in: []");
	policybox_run(&box, buf_span(&yaml));
	expect_ok(box.err);
	for (size_t i = 0; i < box.d.num_items; i++)
		said = said ||
		    strstr(box.d.items[i].text, "nobody can use the emerg") !=
			NULL;
	assert_true(said);
	buf_done(&fewer);
	unload();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reveal_judge__takes_three_people),
	    cmocka_unit_test(
		reveal_judge__holds_what_is_asked_against_the_policy),
	    cmocka_unit_test(reveal_judge__ends_with_the_time),
	    cmocka_unit_test(reveal_judge__knows_no_exception_from_a_guardrail),
	    cmocka_unit_test(
		reveal_judge__wants_the_epoch_where_codes_do_not_say_it),
	    cmocka_unit_test(reveal_judge__wants_the_subject_of_a_date),
	    cmocka_unit_test(reveal_judge__takes_no_other_text),
	    cmocka_unit_test(
		reveal_parse__takes_what_it_writes_and_nothing_else),
	    cmocka_unit_test(reveal_put__ends_at_any_ceiling),
	    cmocka_unit_test(reveal_parse__takes_no_other_time),
	    cmocka_unit_test(reveal_put__refuses_what_is_no_line),
	    cmocka_unit_test(check_policy__says_when_nobody_can_ask),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
