#include "gateway/keeper/life.h"

#include <stdio.h>

#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

static void
count_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	uint8_t address[16] = {[10] = 0xff, 0xff, a, b, c, d};

	life_count_refusal(&box.keeper, address);
}

static void
expect_summary(const char *peer, unsigned count)
{
	char text[120];

	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_APPEND);
	assert_true(keeperbox_has(&box, "\"kind\":\"refused-summary\""));
	snprintf(text, sizeof(text), "\"peer\":\"%s\"", peer);
	if (!keeperbox_has(&box, text))
		fail_msg("not of %s: %.*s", peer, (int)box.got.body.len,
		    (const char *)box.got.body.data);
	snprintf(text, sizeof(text), "\"count\":%u", count);
	if (!keeperbox_has(&box, text))
		fail_msg("not %u: %.*s", count, (int)box.got.body.len,
		    (const char *)box.got.body.data);
	assert_true(keeperbox_honest(&box));
}

static void
life_record_start__says_what_holds_it_in(void **state)
{
	static const uint8_t config[32] = {0xab};
	struct life_start start = {
	    .jail = {.landlock_abi = 2, .seccomp = true, .num_syscalls = 14},
	    .memfd_secret = true,
	    .own_uids = true,
	    .config = span_of(config, 32)};

	(void)state;
	expect_ok(life_record_start(&box.keeper, &start));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"start\""));
	assert_true(keeperbox_has(&box, "\"landlock\":2"));
	assert_true(keeperbox_has(&box, "\"one-each\""));
	assert_true(keeperbox_has(&box, "ab00000000"));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

static void
life_record_start__says_that_a_jail_is_missing(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct life_start start = {
		    .jail = {
			.landlock_abi = i == 0 ? 0 : 3, .seccomp = i == 0}};
		expect_ok(life_record_start(&box.keeper, &start));
		for (int j = 0; j < 2; j++)
			assert_true(keeperbox_next(&box, BOX_AUDITOR));
		assert_true(keeperbox_has(&box, "\"kind\":\"degraded\""));
	}
}

/* Of a change: which version, after which, signed by whom; of the first, that
 * it is; of a policy without signers, nothing of it. */
static void
life_record_policy__says_which_version_and_who_signed(void **state)
{
	struct policy_version *v = &box.keeper.policy_version;

	(void)state;
	expect_ok(life_record_policy(&box.keeper));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"policy\""));
	assert_false(keeperbox_has(&box, "policy-version"));
	*v = (struct policy_version){.version = 1, .is_first = true};
	expect_ok(life_record_policy(&box.keeper));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"policy-version\":1"));
	assert_true(keeperbox_has(&box, "\"outcome\":\"bootstrapped\""));
	assert_false(keeperbox_has(&box, "policy-before"));
	*v = (struct policy_version){.version = 2,
	    .files = {0xab},
	    .before = {0xcd},
	    .wider = 3,
	    .narrower = 4,
	    .signers = {span_str("anna"), span_str("eva")},
	    .num_signers = 2};
	expect_ok(life_record_policy(&box.keeper));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"narrower\":4"));
	assert_true(keeperbox_has(&box, "\"policy-before\":\"cd00"));
	assert_true(keeperbox_has(&box, "\"policy-files\":\"ab00"));
	assert_true(keeperbox_has(&box, "\"signers\":[\"anna\",\"eva\"]"));
	assert_true(keeperbox_has(&box, "\"wider\":3"));
}

/* Without an auditor there is no start. */
static void
life_record_start__needs_the_ledger(void **state)
{
	struct life_start start = {.memfd_secret = false};

	(void)state;
	keeperbox_lose(&box, BOX_AUDITOR);
	expect_err(UNAVAILABLE, life_record_start(&box.keeper, &start));
}

static void
life_flush_refusals__is_one_record_per_prefix(void **state)
{
	uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5};

	(void)state;
	count_v4(192, 0, 2, 1);
	count_v4(192, 0, 2, 255);
	count_v4(192, 0, 3, 1);
	life_count_refusal(&box.keeper, v6);
	v6[6] = 99; /* beyond the 48 bits */
	life_count_refusal(&box.keeper, v6);
	v6[5] = 99;
	life_count_refusal(&box.keeper, v6);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	life_flush_refusals(&box.keeper);
	expect_summary("192.0.2.0/24", 2);
	expect_summary("192.0.3.0/24", 1);
	expect_summary("2001:db8:102::/48", 2);
	expect_summary("2001:db8:163::/48", 1);
	life_flush_refusals(&box.keeper);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

/* Whoever has many addresses gets no more records than that. */
static void
life_count_refusal__has_an_end(void **state)
{
	char peer[40];

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		count_v4(10, 0, (uint8_t)i, 1);
	for (unsigned i = 0; i < 1000; i++)
		count_v4(11, (uint8_t)(i >> 8), (uint8_t)i, 1);
	count_v4(10, 0, 63, 9);
	life_flush_refusals(&box.keeper);
	for (unsigned i = 0; i < 64; i++) {
		snprintf(peer, sizeof(peer), "10.0.%u.0/24", i);
		expect_summary(peer, i == 63 ? 2 : 1);
	}
	expect_summary("others", 1000);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	/* The table is free again. */
	count_v4(11, 0, 0, 1);
	life_flush_refusals(&box.keeper);
	expect_summary("11.0.0.0/24", 1);
}

/* The requests that are counted are those that nobody proved. */
static void
life_count_refusal__is_of_the_unproved(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		keeperbox_ask(&box, BOX_WORKER,
		    &(struct keeperbox_question){.id = i, .certificate = ""});
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 9, .certificate = "spiffe://a/other"});
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
	assert_true(keeperbox_has(&box, "\"kind\":\"denied\""));
	assert_true(keeperbox_honest(&box));
	life_flush_refusals(&box.keeper);
	expect_summary("192.0.2.0/24", 3);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

static void
say_refusals(const struct tally *tally, enum keeperbox_peer worker)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(ask_put_refusals(&body, tally));
	keeperbox_say(&box, worker,
	    &(struct frame){.type = ASK_REFUSALS, .body = buf_span(&body)});
}

/* What workers refuse by themselves is counted with it, of the same source
 * once; a worker that counts wildly fills no ledger and spoils no record. */
static void
life_count_refusals__are_of_workers_too(void **state)
{
	static const uint8_t four[16] = {[10] = 0xff, 0xff, 192, 0, 2, 9};
	struct tally tally = {.others = 4};

	(void)state;
	count_v4(192, 0, 2, 1);
	tally_add(&tally, four, 6);
	for (unsigned i = 0; i < 2; i++)
		say_refusals(&tally, i == 0 ? BOX_WORKER : BOX_WORKER_2);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	life_flush_refusals(&box.keeper);
	expect_summary("192.0.2.0/24", 13);
	expect_summary("others", 8);
	tally.places[0].count = UINT64_MAX;
	for (unsigned i = 0; i < 3; i++)
		say_refusals(&tally, BOX_WORKER);
	life_flush_refusals(&box.keeper);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"count\":9007199254740991"));
	assert_true(keeperbox_honest(&box));
	expect_summary("others", 12);
	/* Of nothing there is no record, and no minute begins. */
	say_refusals(&(struct tally){.num_places = 0}, BOX_WORKER);
	life_flush_refusals(&box.keeper);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

static void
expect_scrape(const char *peer)
{
	char text[120];

	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_APPEND);
	assert_true(keeperbox_has(&box, "\"kind\":\"admin\""));
	assert_true(keeperbox_has(&box, "\"command\":\"metrics\""));
	snprintf(text, sizeof(text), "\"peer\":\"%s\"", peer);
	assert_true(keeperbox_has(&box, text));
	assert_true(keeperbox_honest(&box));
}

static void
life_record_scraped__says_from_where(void **state)
{
	const uint8_t four[16] = {
	    [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 9};
	const uint8_t six[16] = {[15] = 1}, others[16] = {0};

	(void)state;
	expect_ok(life_record_scraped(&box.keeper, four));
	expect_scrape("127.0.0.9");
	expect_ok(life_record_scraped(&box.keeper, six));
	expect_scrape("::1");
	expect_ok(life_record_scraped(&box.keeper, others));
	expect_scrape("others");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(life_record_start__says_what_holds_it_in),
	    TEST(life_record_start__says_that_a_jail_is_missing),
	    TEST(life_record_policy__says_which_version_and_who_signed),
	    TEST(life_record_start__needs_the_ledger),
	    TEST(life_flush_refusals__is_one_record_per_prefix),
	    TEST(life_count_refusal__has_an_end),
	    TEST(life_count_refusal__is_of_the_unproved),
	    TEST(life_count_refusals__are_of_workers_too),
	    TEST(life_record_scraped__says_from_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
