#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_use.h"

#include "crypto/age_stream.h"
#include "crypto/encode.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_fill.h"

static struct keeperbox box;
static const struct keeperbox_question object = {.id = 1};
static uint8_t generation[16]; /* that was served last */

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

/* --- Openers --- */

static bool
is_opener(unsigned step)
{
	enum keeperbox_peer peer = keeperbox_steps[step].peer;

	return peer == BOX_SPOOL || peer == BOX_ORIGIN;
}

static void
expect_lost_opener(unsigned step, enum keeperbox_peer peer)
{
	bool made = step >= BOX_STEP_CREATE;

	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	assert_int_equal(box.num_intents, 0);
	if (step > BOX_STEP_SOURCE)
		keeperbox_expect_ended(&box, SLOT_AWAY);
	/* What was begun in the spool is discarded, if the spool is there. */
	assert_int_equal(box.num_discarded, made && peer != BOX_SPOOL ? 1 : 0);
	keeperbox_attach(&box, peer);
	keeperbox_expect_grant(&box);
}

static void
slot_fill__ends_with_the_opener_that_it_asked(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM_BOX_STEPS; i++) {
		if (!is_opener(i))
			continue;
		keeperbox_ask_to(&box, &object, i);
		enum keeperbox_peer peer = box.at;
		keeperbox_lose(&box, peer);
		expect_lost_opener(i, peer);
		keeperbox_restart(&box);
	}
}

static void
slot_use_get__without_a_spool_is_a_refusal(void **state)
{
	(void)state;
	keeperbox_lose(&box, BOX_SPOOL);
	for (int i = 0; i < 2; i++) {
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_settle(&box);
		keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
		keeperbox_expect_ended(&box, SLOT_AWAY);
	}
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 1, .target = "/readmission/?list-type=2"});
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	keeperbox_attach(&box, BOX_SPOOL);
	struct ask_answer answer;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
}

/* However many files a listing has, the spool is asked of a few at a time. */
static void
slot_use_get__asks_the_spool_little_by_little(void **state)
{
	unsigned num = 0;

	(void)state;
	box.num_listed = 300;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 1, .target = "/readmission/?list-type=2"});
	assert_true(keeperbox_next(&box, BOX_ORIGIN));
	assert_true(keeperbox_honest(&box));
	while (keeperbox_next(&box, BOX_SPOOL))
		num++;
	assert_int_equal(num, KEEPER_MAX_LOOKS);
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_SPOOL));
	/* All end with it, those too that it was not asked of. */
	keeperbox_lose(&box, BOX_SPOOL);
	assert_null(TAILQ_FIRST(&box.keeper.unlooked));
	assert_int_equal(box.keeper.num_looks, 0);
	keeperbox_attach(&box, BOX_SPOOL);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
}

enum spoil {
	SPOIL_SHORT,
	SPOIL_LONG,
	SPOIL_EMPTY,
	SPOIL_NO_FDS,
	SPOIL_MORE_FDS,
	SPOIL_TYPE,
	SPOIL_UNKNOWN_TYPE,
	SPOIL_ID,
	NUM_SPOILS
};

/* The honest answer, but for one thing. False: it would be honest still. */
static bool
reply_spoilt(enum spoil spoil)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	uint16_t type;
	size_t num_fds;

	assert_true(keeperbox_body(&box, &body, &type, &num_fds));
	struct span bytes = buf_span(&body);
	if (type == OPEN_FAILED && spoil <= SPOIL_EMPTY)
		return false; /* a failure without a reason is one too */
	if (spoil == SPOIL_SHORT || spoil == SPOIL_EMPTY) {
		if (bytes.len == 0)
			return false;
		bytes.len = spoil == SPOIL_EMPTY ? 0 : bytes.len - 1;
	} else if (spoil == SPOIL_LONG) {
		expect_ok(buf_put_u8(&body, 0));
		bytes = buf_span(&body);
		if (type == OPEN_CREATED)
			return false; /* its body says nothing */
	} else if (spoil == SPOIL_NO_FDS && num_fds == 0) {
		return false;
	} else if (spoil == SPOIL_TYPE) {
		/* One that this peer may say, but not to this question. */
		type = box.at == BOX_ORIGIN ? OPEN_LISTED : OPEN_DISCARDED;
		num_fds = 0;
	} else if (spoil == SPOIL_UNKNOWN_TYPE) {
		type = OPEN_LIST;
	} else if (spoil == SPOIL_ID) {
		box.got.id += 1000;
	}
	if (spoil == SPOIL_NO_FDS)
		num_fds = 0;
	keeperbox_reply(&box, type, bytes, num_fds + (spoil == SPOIL_MORE_FDS));
	return true;
}

static void
slot_fill__ends_an_opener_that_answers_wrongly(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM_BOX_STEPS; i++) {
		for (unsigned j = 0; is_opener(i) && j < NUM_SPOILS; j++) {
			keeperbox_ask_to(&box, &object, i);
			enum keeperbox_peer peer = box.at;
			if (reply_spoilt((enum spoil)j)) {
				assert_true(keeperbox_ended(&box, peer));
				expect_lost_opener(i, peer);
			}
			keeperbox_restart(&box);
		}
	}
}

static void
slot_fill__ends_an_opener_that_answers_twice(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM_BOX_STEPS; i++) {
		if (!is_opener(i))
			continue;
		keeperbox_ask_to(&box, &object, i);
		enum keeperbox_peer peer = box.at;
		assert_true(keeperbox_honest(&box));
		assert_true(keeperbox_honest(&box));
		assert_true(keeperbox_ended(&box, peer));
		/* The first answer counted; what was open fails. */
		keeperbox_attach(&box, peer);
		keeperbox_settle(&box);
		assert_true(keeperbox_next(&box, BOX_WORKER));
		assert_int_equal(
		    box.keeper.num_asks, box.num_intents == 1 ? 1 : 0);
		keeperbox_expect_grant(&box);
		keeperbox_restart(&box);
	}
}

/* An answer that comes when nobody wants it any more is no fault. */
static void
slot_fill__takes_answers_that_come_late(void **state)
{
	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_FILL_SOURCE);
	struct frame late = {.type = OPEN_SOURCE_IS, .id = box.got.id};
	keeperbox_lose(&box, BOX_MILL); /* ends the slot */
	struct buf body CLEANUP(buf_done) = {.max = 256};
	expect_ok(open_put_file(&body, &box.file));
	late.body = buf_span(&body);
	late.num_fds = 1;
	keeperbox_say(&box, BOX_ORIGIN, &late);
	assert_false(keeperbox_ended(&box, BOX_ORIGIN));
	keeperbox_expect_ended(&box, SLOT_AWAY);
	keeperbox_attach(&box, BOX_MILL);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	keeperbox_expect_grant(&box);
}

static void
slot_fill__says_why_it_failed(void **state)
{
	static const struct {
		unsigned step;
		enum err_code code;
		enum slot_state state;
		enum ask_refusal refusal;
		const char *sentence;
	} rows[] = {
	    {BOX_STEP_LOOK, ERR_IO, SLOT_AWAY, ASK_ORIGIN_AWAY, "reached"},
	    {BOX_STEP_CREATE, ERR_DENIED, SLOT_AWAY, ASK_ORIGIN_AWAY,
		"reached"},
	    {BOX_STEP_PUBLISH, ERR_MALFORMED, SLOT_AWAY, ASK_ORIGIN_AWAY,
		"reached"},
	    {BOX_STEP_CREATE, ERR_NO_SPACE, SLOT_AWAY, ASK_ORIGIN_AWAY, "room"},
	    {BOX_STEP_FILL_SOURCE, ERR_NOT_FOUND, SLOT_AWAY, ASK_ORIGIN_AWAY,
		"reached"},
	    {BOX_STEP_FILL_SOURCE, ERR_CHANGED, SLOT_AWAY, ASK_SLOW_DOWN,
		"changed"},
	    {BOX_STEP_AGAIN, ERR_IO, SLOT_AWAY, ASK_ORIGIN_AWAY, "reached"},
	    {BOX_STEP_PUBLISH, ERR_NO_SPACE, SLOT_AWAY, ASK_ORIGIN_AWAY,
		"room"},
	};
	struct ask_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keeperbox_ask_to(&box, &object, rows[i].step);
		keeperbox_say_unopened(&box, rows[i].code);
		keeperbox_expect_ended(&box, rows[i].state);
		keeperbox_settle(&box);
		assert_true(keeperbox_next(&box, BOX_WORKER));
		expect_ok(ask_take_answer(&answer, box.got.body));
		assert_int_equal(answer.refusal, rows[i].refusal);
		assert_true(keeperbox_has(&box, rows[i].sentence));
		assert_int_equal(box.num_denied, 1);
		keeperbox_expect_grant(&box);
		keeperbox_restart(&box);
	}
}

/* --- The source --- */

static void
slot_fill__a_source_that_changes_is_not_delivered(void **state)
{
	static const unsigned steps[] = {BOX_STEP_FILL_SOURCE, BOX_STEP_AGAIN};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		keeperbox_ask_to(&box, &object, steps[i]);
		box.file.version[31]++;
		assert_true(keeperbox_honest(&box));
		keeperbox_expect_ended(&box, SLOT_AWAY);
		keeperbox_settle(&box);
		assert_int_equal(box.num_discarded, 1);
		assert_int_equal(box.num_intents, 0);
		keeperbox_refused(&box, BOX_WORKER, ASK_SLOW_DOWN);
		/* The file as it is now is another slot. */
		struct ask_answer answer;
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_settle(&box);
		keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
		keeperbox_restart(&box);
	}
}

/* --- Who waits --- */

static void
slot_fill__is_filled_once_for_all(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	for (uint64_t id = 2; id < 10; id++)
		keeperbox_ask(
		    &box, BOX_WORKER_2, &(struct keeperbox_question){.id = id});
	/* Their sources are looked up; nobody makes a second slot. */
	for (int i = 0; i < 8; i++) {
		assert_true(keeperbox_next(&box, BOX_ORIGIN));
		assert_true(keeperbox_honest(&box));
	}
	assert_false(keeperbox_next(&box, BOX_SPOOL));
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_int_equal(keeperbox_slot(&box)->num_waiters, 9);
	keeperbox_lose(&box, BOX_WORKER); /* it goes on for the others */
	struct fill_done done = {.plain_len = 400};
	done.slot_len = keeperbox_slot(&box)->header_len + age_payload_len(400);
	box.header_len = keeperbox_slot(&box)->header_len;
	keeperbox_say_filled(&box, &done);
	keeperbox_settle(&box);
	assert_int_equal(box.num_intents, 8);
	for (int i = 0; i < 8; i++)
		keeperbox_granted(&box, BOX_WORKER_2, ASK_OBJECT, &answer);
}

static void
take_progress(struct ask_progress *out)
{
	assert_true(keeperbox_next(&box, BOX_WORKER));
	assert_int_equal(box.got.type, ASK_PROGRESS);
	expect_ok(ask_take_progress(out, box.got.body));
}

static void
slot_fill__may_be_followed_while_it_grows(void **state)
{
	struct ask_answer answer;
	struct ask_progress progress;

	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	struct fill_order order;
	expect_ok(fill_take_order(&order, box.got.body));
	uint64_t head = box.header_len = order.header.len;
	/* The header alone is nothing to follow. */
	keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, head);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, head + 100);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_false(keeperbox_next(&box, BOX_WORKER));
	box.at = BOX_AUDITOR;
	assert_true(keeperbox_honest(&box));
	keeperbox_granted(&box, BOX_WORKER, ASK_GROWING, &answer);
	take_progress(&progress);
	assert_int_equal(progress.growth, ASK_GROWS);
	assert_int_equal(progress.payload_len, 100);
	keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, head + 200);
	take_progress(&progress);
	assert_int_equal(progress.payload_len, 200);
	keeperbox_say_filled(&box,
	    &(struct fill_done){
		.plain_len = 400, .slot_len = head + age_payload_len(400)});
	keeperbox_settle(&box);
	while (progress.growth == ASK_GROWS)
		take_progress(&progress);
	assert_int_equal(progress.growth, ASK_FULL);
	assert_int_equal(progress.payload_len, age_payload_len(400));
}

/* The worker is done; its completion is of that generation. */
static void
expect_completion_of(const uint8_t made[16])
{
	struct buf hex CLEANUP(buf_done) = {.max = 64};
	struct buf body CLEANUP(buf_done) = {.max = 512};
	struct ask_done done = {.outcome = ASK_CUT, .bytes = 84};

	expect_ok(encode_hex(&hex, span_of(made, 16)));
	expect_ok(buf_put_u8(&hex, 0));
	expect_ok(ask_put_done(&body, &done));
	keeperbox_say(&box, BOX_WORKER,
	    &(struct frame){
		.type = ASK_DONE, .id = 1, .body = buf_span(&body)});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	assert_true(keeperbox_has(&box, (const char *)hex.data));
	assert_false(keeperbox_has(&box, "\"sha256\""));
}

static void
slot_fill__who_follows_hears_that_it_is_spoilt(void **state)
{
	struct ask_progress progress = {.growth = ASK_GROWS};
	struct ask_answer answer;

	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 1000);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_GROWING, &answer);
	keeperbox_lose(&box, BOX_MILL);
	while (progress.growth == ASK_GROWS)
		take_progress(&progress);
	assert_int_equal(progress.growth, ASK_SPOILT);
	assert_int_equal(box.keeper.num_asks, 1); /* the worker ends it */
	/* The slot begins anew, for others: that is not what it follows. */
	keeperbox_attach(&box, BOX_MILL);
	uint8_t before[16];
	memcpy(before, keeperbox_slot(&box)->generation, 16);
	keeperbox_ask(
	    &box, BOX_WORKER_2, &(struct keeperbox_question){.id = 1});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER_2, ASK_OBJECT, &answer);
	assert_memory_not_equal(before, keeperbox_slot(&box)->generation, 16);
	assert_false(keeperbox_next(&box, BOX_WORKER));
	expect_completion_of(before);
}

/* It failed between the intent and the receipt. */
static void
slot_fill__what_is_gone_is_not_granted(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++) {
		keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
		keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 1000);
		assert_true(keeperbox_next(&box, BOX_AUDITOR));
		uint64_t id = box.got.id;
		keeperbox_lose(&box, BOX_MILL);
		if (again == 1) { /* and is being filled anew */
			keeperbox_attach(&box, BOX_MILL);
			keeperbox_ask(&box, BOX_WORKER_2, &object);
			assert_true(
			    keeperbox_until(&box, BOX_MILL, FILL_ORDER));
			keeperbox_say_number(
			    &box, BOX_MILL, FILL_PROGRESS, 1000);
		}
		struct frame receipt = {.type = AUDIT_RECEIPT,
		    .id = id,
		    .body = span_of((const uint8_t[8]){0}, 8)};
		keeperbox_say(&box, BOX_AUDITOR, &receipt);
		keeperbox_refused(&box, BOX_WORKER, ASK_SLOW_DOWN);
		keeperbox_restart(&box);
	}
}

static void
slot_fill__a_part_of_an_object_waits_for_all_of_it(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){.id = 1, .parts = true});
	keeperbox_to(&box, BOX_STEP_ORDER);
	keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 1000);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

/* --- The spool --- */

static void
slot_fill__what_lies_in_the_spool_is_served_again(void **state)
{
	struct ask_answer answer;
	uint8_t key[16];

	(void)state;
	keeperbox_expect_grant(&box);
	memcpy(key, box.file_key, 16);
	keeperbox_again(&box);
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_memory_equal(answer.file_key, key, 16);
	assert_memory_equal(box.file_key, key, 16); /* no second order */
}

/* Altered, or of another length than was published: it goes, and another
 * generation is served. */
static void
expect_replaced(void)
{
	struct ask_answer answer;
	uint8_t before[16];

	memcpy(before, generation, 16);
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	memcpy(generation, keeperbox_slot(&box)->generation, 16);
	assert_memory_not_equal(before, generation, 16);
}

static void
slot_fill__what_was_altered_in_the_spool_is_filled_again(void **state)
{
	(void)state;
	keeperbox_expect_grant(&box);
	memcpy(generation, keeperbox_slot(&box)->generation, 16);
	for (size_t i = 0; i < box.meta.len; i += 7) {
		keeperbox_again(&box);
		box.meta.data[i] ^= 1;
		expect_replaced();
	}
	keeperbox_again(&box);
	box.header_len++;
	expect_replaced();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(slot_fill__ends_with_the_opener_that_it_asked),
	    TEST(slot_use_get__without_a_spool_is_a_refusal),
	    TEST(slot_use_get__asks_the_spool_little_by_little),
	    TEST(slot_fill__ends_an_opener_that_answers_wrongly),
	    TEST(slot_fill__ends_an_opener_that_answers_twice),
	    TEST(slot_fill__takes_answers_that_come_late),
	    TEST(slot_fill__says_why_it_failed),
	    TEST(slot_fill__a_source_that_changes_is_not_delivered),
	    TEST(slot_fill__is_filled_once_for_all),
	    TEST(slot_fill__may_be_followed_while_it_grows),
	    TEST(slot_fill__who_follows_hears_that_it_is_spoilt),
	    TEST(slot_fill__what_is_gone_is_not_granted),
	    TEST(slot_fill__a_part_of_an_object_waits_for_all_of_it),
	    TEST(slot_fill__what_lies_in_the_spool_is_served_again),
	    TEST(slot_fill__what_was_altered_in_the_spool_is_filled_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
