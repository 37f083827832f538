/*
 * command_recipient: who holds a key: a challenge after its record, a proof
 * that is judged before one, and what the policy names.
 */
#include "gateway/keeper/command_recipient.h"

#include "crypto/age_open.h"
#include "crypto/possession.h"
#include "crypto/random.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"
#include "tests/harness/typist.h"

static struct keeperbox box;
static struct typist typist = {.fd = -1};
static uint8_t identity[32], key[32];

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	expect_ok(command_init(&box.keeper));
	box.keeper.ledger_name = span_str("gw.example");
	random_bytes(identity, sizeof(identity));
	expect_ok(age_identity_public(key, identity));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	typist_leave(&typist, &box);
	free(box.keeper.commands);
	keeperbox_stop(&box);
	return 0;
}

static void
type(enum admin_type what, const char *party, struct span proof)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct admin_recipient recipient = {
	    .party = span_str(party), .proof = proof};

	memcpy(recipient.key, key, sizeof(key));
	expect_ok(admin_put_recipient(&body, &recipient));
	typist_connect(&typist, &box, "1000");
	typist_say(&typist, &box,
	    &(struct frame){.type = (uint16_t)what, .body = buf_span(&body)});
}

/* The record of what was typed; nothing was said before it. */
static void
recorded(const char *command)
{
	struct buf text CLEANUP(buf_done) = {.max = AGE_RECIPIENT_TEXT + 1};

	typist_hear(&typist, &box);
	assert_int_equal(typist.status, -1);
	assert_string_equal(typist.pairs, "");
	expect_ok(age_recipient_format(&text, key));
	expect_ok(buf_put_u8(&text, '\0'));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, command));
	assert_true(keeperbox_has(&box, (const char *)text.data));
	assert_true(keeperbox_honest(&box));
	keeperbox_run(&box);
}

/* As the holder opens it. */
static void
take_challenge(struct buf *out)
{
	static uint8_t bytes[FRAME_MAX];
	struct age_open *open = NULL;
	struct admin_line line;
	struct span text;
	struct frame frame;

	expect_ok(frame_recv(typist.fd, bytes, &frame));
	assert_int_equal(frame.type, ADMIN_LINE);
	expect_ok(admin_take_line(&line, frame.body));
	expect_span(line.fields[0], "challenge");
	expect_ok(age_open_new(&open, (const uint8_t(*)[32]) & identity, 1));
	while (line.fields[1].len > 0) {
		expect_ok(age_open_feed(open, &line.fields[1], &text));
		expect_ok(buf_append(out, text));
	}
	expect_ok(age_open_finish(open, &text));
	expect_ok(buf_append(out, text));
	age_open_free(open);
}

static void
challenge(struct buf *out)
{
	buf_init(out, POSSESSION_TEXT);
	type(ADMIN_RECIPIENT_ASK, "vector-ml", span_of(NULL, 0));
	recorded("\"command\":\"recipient add --challenge\"");
	take_challenge(out);
}

static void
refuses(const char *party, struct span proof, int status, const char *why)
{
	type(ADMIN_RECIPIENT_ADD, party, proof);
	typist_hear(&typist, &box);
	assert_int_equal(typist.status, status);
	assert_non_null(strstr(typist.why, why));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

static void
command_recipient__takes_what_was_in_its_challenge(void **state)
{
	struct buf proof CLEANUP(buf_done);
	char record[32];

	(void)state;
	challenge(&proof);
	type(ADMIN_RECIPIENT_ADD, "vector-ml", buf_span(&proof));
	(void)snprintf(record, sizeof(record), "record %llu\n",
	    (unsigned long long)box.index);
	recorded("\"command\":\"recipient add --proof\"");
	assert_false(keeperbox_has(&box, "gatehouse-proof"));
	typist_hear(&typist, &box);
	assert_int_equal(typist.status, 0);
	assert_non_null(strstr(typist.pairs, record));
	assert_non_null(strstr(typist.pairs, "since 20"));
}

static void
command_recipient__records_nothing_that_is_not_proven(void **state)
{
	struct buf proof CLEANUP(buf_done);

	(void)state;
	challenge(&proof);
	refuses("nordbank", buf_span(&proof), 7, "proves nothing");
	refuses("nobody", buf_span(&proof), 2, "no party of this name");
	refuses("vector-ml", span_str("yes"), 7, "is no proof");
	refuses("vector-ml", span_sub(buf_span(&proof), 0, 60), 7, "torn");
	box.keeper.ledger_name = span_str("another.example");
	refuses("vector-ml", buf_span(&proof), 7, "proves nothing");
	box.keeper.ledger_name = span_str("gw.example");
	key[0] ^= 1;
	refuses("vector-ml", buf_span(&proof), 7, "proves nothing");
}

/* Whom the policy does not know any more can still be removed. */
static void
command_recipient__removes_of_any_party(void **state)
{
	(void)state;
	type(ADMIN_RECIPIENT_REMOVE, "of-before", span_of(NULL, 0));
	recorded("\"recipient\":\"of-before\"");
	typist_hear(&typist, &box);
	assert_int_equal(typist.status, 0);
}

/* Those that are left out, too. */
static void
command_recipient__lists_all_that_the_policy_names(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct policy *policy = &box.keeper.policy;
	struct agreement *a = &policy->agreements[FIXTURE_CARD_FRAUD];
	uint32_t num = 0;

	(void)state;
	for (uint32_t i = 0; i < policy->num_agreements; i++)
		num += policy->agreements[i].num_recipients;
	a->num_recipients--;
	a->num_unproven++;
	expect_ok(
	    admin_put_question(&body, &(struct admin_question){.number = 0}));
	typist_connect(&typist, &box, "1000");
	typist_say(&typist, &box,
	    &(struct frame){
		.type = ADMIN_RECIPIENT_LIST, .body = buf_span(&body)});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	typist_hear(&typist, &box);
	assert_int_equal(typist.status, 0);
	assert_int_equal(typist.num_rows, num);
	assert_int_equal(command_recipient_unproven(policy), 1);
	a->num_recipients++;
	a->num_unproven--;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(command_recipient__takes_what_was_in_its_challenge),
	    TEST(command_recipient__records_nothing_that_is_not_proven),
	    TEST(command_recipient__removes_of_any_party),
	    TEST(command_recipient__lists_all_that_the_policy_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
