#include "gateway/keeper/slot_fill.h"

#include "crypto/age_header.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

/*
 * A slot that is found under another set of recipients than it was filled
 * under: what the keeper asks of the spool, in which order.
 */
static struct keeperbox box;
static uint8_t keys[][32] = {{9}, {9, 8, 7}, {9, 1}};
static uint8_t first_key[16]; /* the file key of the first generation */

static const struct keeperbox_question object = {
    .id = 1, .target = "/fraud/a.csv.age", .fraud = true};

static void
granted(size_t num_recipients)
{
	struct ask_answer answer;

	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_true(answer.age);
	assert_int_equal(answer.header.len, age_header_len(num_recipients));
}

/* Filled for the first two; then another keeper has `num` from `from` on, and
 * is asked for the object. */
static void
ask_after(size_t from, uint32_t num)
{
	struct agreement *fraud;

	keeperbox_start(&box);
	keeperbox_ask(&box, BOX_WORKER, &object);
	granted(2);
	memcpy(first_key, box.file_key, 16);
	keeperbox_again(&box);
	fraud = &box.fixture.agreements[FIXTURE_CARD_FRAUD];
	fraud->recipients = keys + from;
	fraud->num_recipients = num;
	keeperbox_ask(&box, BOX_WORKER, &object);
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

static bool
refilled(void)
{
	return memcmp(box.file_key, first_key, 16) != 0;
}

/* Nothing is recorded, so nothing granted, before the spool has it. */
static void
slot_fill__remembers_a_new_recipient_first(void **state)
{
	unsigned num_intents;

	(void)state;
	ask_after(0, 3);
	num_intents = box.num_intents;
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REPLACE_META));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_false(keeperbox_next(&box, BOX_WORKER));
	assert_int_equal(box.num_intents, num_intents);
	box.at = BOX_SPOOL;
	assert_true(keeperbox_honest(&box));
	granted(3);
	assert_false(refilled());
}

static void
slot_fill__leaves_a_slot_of_the_same_recipients_alone(void **state)
{
	(void)state;
	ask_after(0, 2);
	assert_false(keeperbox_until(&box, BOX_SPOOL, OPEN_REPLACE_META));
	granted(2);
	assert_false(refilled());
}

static void
slot_fill__fills_anew_when_a_recipient_left(void **state)
{
	(void)state;
	ask_after(1, 2); /* one left, another came */
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REMOVE));
	assert_true(keeperbox_honest(&box));
	granted(2);
	assert_true(refilled());
}

static void
slot_fill__fills_anew_what_was_evicted_meanwhile(void **state)
{
	const uint8_t missing = ERR_NOT_FOUND;

	(void)state;
	ask_after(0, 3);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REPLACE_META));
	box.published[0] = '\0';
	keeperbox_reply(&box, OPEN_FAILED, span_of(&missing, 1), 0);
	granted(3);
	assert_true(refilled());
}

/* A spool that says yes and did nothing: no header goes out. */
static void
slot_fill__does_not_serve_what_was_not_remembered(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct buf meta CLEANUP(buf_done) = {.max = OPEN_MAX_META};
	uint16_t type;
	size_t num_fds;

	(void)state;
	ask_after(0, 3);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_SLOT));
	expect_ok(buf_append(&meta, buf_span(&box.meta)));
	assert_true(keeperbox_body(&box, &body, &type, &num_fds));
	keeperbox_reply(&box, type, buf_span(&body), num_fds);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REPLACE_META));
	keeperbox_reply(&box, type, buf_span(&body), num_fds);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
}

static void
slot_fill__does_not_serve_what_could_not_be_removed(void **state)
{
	const uint8_t broken = ERR_IO;

	(void)state;
	ask_after(1, 1);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REMOVE));
	keeperbox_reply(&box, OPEN_FAILED, span_of(&broken, 1), 0);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	/* The next one tries again. */
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 2, .target = "/fraud/a.csv.age", .fraud = true});
	granted(1);
	assert_true(refilled());
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(slot_fill__remembers_a_new_recipient_first),
	    TEST(slot_fill__leaves_a_slot_of_the_same_recipients_alone),
	    TEST(slot_fill__fills_anew_when_a_recipient_left),
	    TEST(slot_fill__fills_anew_what_was_evicted_meanwhile),
	    TEST(slot_fill__does_not_serve_what_was_not_remembered),
	    TEST(slot_fill__does_not_serve_what_could_not_be_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
