/* How a grant ended, and an auditor that has no room for it. */
#include "gateway/keeper/owed.h"

#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;
static uint8_t record[4096]; /* that was refused */
static size_t record_len;

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
grant(uint64_t id)
{
	struct ask_answer answer;

	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = id});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
}

/* Its completion, until it is with the auditor. */
static void
complete(uint64_t id)
{
	struct buf body CLEANUP(buf_done) = {.max = 512};
	const struct ask_done done = {.outcome = ASK_DELIVERED, .bytes = 1};

	expect_ok(ask_put_done(&body, &done));
	keeperbox_say(&box, BOX_WORKER,
	    &(struct frame){
		.type = ASK_DONE, .id = id, .body = buf_span(&body)});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
}

static void
refuse(enum audit_refusal why)
{
	uint8_t byte = (uint8_t)why;

	record_len = box.got.body.len;
	assert_true(record_len <= sizeof(record));
	memcpy(record, box.got.body.data, record_len);
	keeperbox_reply(&box, AUDIT_REFUSED, span_of(&byte, 1), 0);
}

static void
expect_again(void)
{
	for (int i = 0; i < 100 && !keeperbox_next(&box, BOX_AUDITOR); i++)
		keeperbox_wait(&box, 100);
	assert_int_equal(box.got.type, AUDIT_APPEND);
	assert_true(span_equal(box.got.body, span_of(record, record_len)));
}

static void
owed__is_said_until_there_is_room(void **state)
{
	(void)state;
	grant(1);
	complete(1);
	for (int i = 0; i < 3; i++) {
		refuse(AUDIT_FULL);
		assert_false(keeperbox_next(&box, BOX_AUDITOR));
		assert_int_equal(box.keeper.num_owed, 1);
		expect_again();
	}
	assert_true(keeperbox_honest(&box));
	assert_int_equal(box.keeper.num_owed, 0);
}

/* Each of several; who is lost is owed an interruption. */
static void
owed__is_all_that_was_refused(void **state)
{
	(void)state;
	grant(1);
	grant(2);
	complete(1);
	refuse(AUDIT_FULL);
	keeperbox_lose(&box, BOX_WORKER);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"interrupted\""));
	uint8_t full = AUDIT_FULL;
	keeperbox_reply(&box, AUDIT_REFUSED, span_of(&full, 1), 0);
	assert_int_equal(box.keeper.num_owed, 2);
	for (int i = 0; i < 100 && box.keeper.num_owed > 0; i++) {
		keeperbox_settle(&box);
		keeperbox_wait(&box, 100);
	}
	assert_int_equal(box.keeper.num_owed, 0);
	assert_int_equal(box.num_interrupted, 2);
}

/* One that says so is no auditor of ours, and hears it once. */
static void
owed__is_not_what_is_wrong(void **state)
{
	(void)state;
	grant(1);
	complete(1);
	refuse(AUDIT_WRONG);
	assert_int_equal(box.keeper.num_owed, 0);
}

static void
owed__is_refused_once_at_a_time(void **state)
{
	(void)state;
	grant(1);
	complete(1);
	refuse(AUDIT_FULL);
	refuse(AUDIT_FULL);
	assert_true(keeperbox_ended(&box, BOX_AUDITOR));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(owed__is_said_until_there_is_room),
	    TEST(owed__is_all_that_was_refused),
	    TEST(owed__is_not_what_is_wrong),
	    TEST(owed__is_refused_once_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
