#include "gateway/keeper/slot_use.h"

#include "gateway/keeper/slot_table.h"
#include "gateway/keeper/slot_view.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;
static const uint8_t zero[16];

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

/* --- Eviction --- */

static void
say_name(uint16_t type, const char *name)
{
	struct buf body CLEANUP(buf_done) = {.max = 200};

	expect_ok(buf_put_field(&body, span_str(name)));
	keeperbox_say(&box, BOX_SPOOL,
	    &(struct frame){.type = type, .body = buf_span(&body)});
	keeperbox_run(&box);
}

static void
read_object(uint64_t id, struct ask_answer *answer)
{
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = id});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, answer);
}

/* A slot is that of a source, in a version, in the form of a plan. */
static void
slot_use_get__finds_the_same_slot_of_the_same_source(void **state)
{
	struct keeper *keeper = &box.keeper;
	struct open_file file = box.file;
	struct slot_source source = {.agreement = FIXTURE_READMISSION,
	    .key = span_str("a.csv"),
	    .file = &file,
	    .want = SLOT_LOOK};
	struct slot *slot, *other;

	(void)state;
	expect_ok(slot_use_get(&slot, keeper, &source));
	expect_ok(slot_use_get(&other, keeper, &source));
	assert_ptr_equal(other, slot);
	assert_int_equal(keeper->num_slots, 1);
	source.key = span_str("a.csw");
	expect_ok(slot_use_get(&other, keeper, &source));
	assert_int_equal(keeper->num_slots, 2);
	source.key = span_str("a.csv");
	source.agreement = FIXTURE_CARD_FRAUD;
	expect_ok(slot_use_get(&other, keeper, &source));
	assert_int_equal(keeper->num_slots, 3);
	source.agreement = FIXTURE_READMISSION;
	file.version[31]++;
	expect_ok(slot_use_get(&other, keeper, &source));
	assert_int_equal(keeper->num_slots, 4);
	file.version[31]--;
	/* As at the turn of a year. */
	box.compiled[FIXTURE_READMISSION].digest[31]++;
	expect_ok(slot_use_get(&other, keeper, &source));
	assert_int_equal(keeper->num_slots, 5);
	box.compiled[FIXTURE_READMISSION].digest[31]--;
	expect_ok(slot_use_get(&other, keeper, &source));
	assert_ptr_equal(other, slot);
	assert_int_equal(keeper->num_slots, 5);
	keeperbox_settle(&box);
}

static void
say_done(uint64_t id)
{
	struct buf body CLEANUP(buf_done) = {.max = 512};
	const struct ask_done done = {.outcome = ASK_DELIVERED, .bytes = 1};

	expect_ok(ask_put_done(&body, &done));
	keeperbox_say(&box, BOX_WORKER,
	    &(struct frame){
		.type = ASK_DONE, .id = id, .body = buf_span(&body)});
	keeperbox_settle(&box);
}

static void
slot_use_evicted__gives_up_what_nobody_reads(void **state)
{
	struct ask_answer answer;

	(void)state;
	read_object(1, &answer);
	say_done(1);
	struct slot *slot = keeperbox_slot(&box);
	assert_int_equal(slot->state, SLOT_READY);
	assert_true(slot->read_fd >= 0);
	say_name(OPEN_EVICTED, slot->name);
	assert_int_equal(slot->state, SLOT_GONE);
	assert_int_equal(slot->read_fd, -1);
	assert_memory_equal(slot->file_key, zero, 16);
	assert_int_equal(slot->plain_len, box.plain_len);
}

/* Who has begun reads to the end; then it goes. */
static void
slot_use_evicted__waits_for_the_last_reader(void **state)
{
	struct ask_answer answer;

	(void)state;
	read_object(1, &answer);
	read_object(2, &answer);
	struct slot *slot = keeperbox_slot(&box);
	say_name(OPEN_EVICTED, slot->name);
	assert_int_equal(slot->state, SLOT_READY);
	assert_true(slot->read_fd >= 0);
	say_done(1);
	assert_true(slot->read_fd >= 0);
	say_done(2);
	assert_int_equal(slot->state, SLOT_GONE);
	assert_int_equal(slot->read_fd, -1);
}

/* The next read fills it again: another generation, another ETag. */
static void
slot_use_get__fills_again_what_was_evicted(void **state)
{
	struct ask_answer first, second;
	uint8_t code = ERR_NOT_FOUND;

	(void)state;
	read_object(1, &first);
	say_done(1);
	say_name(OPEN_EVICTED, keeperbox_slot(&box)->name);
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 2});
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_SLOT));
	keeperbox_reply(&box, OPEN_FAILED, span_of(&code, 1), 0);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &second);
	assert_string_not_equal(first.etag, second.etag);
	say_done(2);
}

/* A listing needs no payload: what was evicted keeps its place in it. */
static void
slot_use_get__lists_what_was_evicted(void **state)
{
	struct ask_answer answer;
	uint8_t generation[16];

	(void)state;
	box.num_listed = 1;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 1, .target = "/readmission/f0.csv"});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	say_done(1);
	struct slot *slot = keeperbox_slot(&box);
	say_name(OPEN_EVICTED, slot->name);
	memcpy(generation, slot->generation, 16);
	uint64_t len = slot_view_len(slot);
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 2, .target = "/readmission/?list-type=2"});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_LISTING, &answer);
	assert_ptr_equal(keeperbox_slot(&box), slot);
	assert_int_equal(slot->state, SLOT_GONE);
	assert_memory_equal(slot->generation, generation, 16);
	assert_int_equal(slot_view_len(slot), len);
	assert_int_equal(slot->num_holders, 1);
	say_done(2);
	assert_int_equal(slot->num_holders, 0);
}

static void
slot_use_evicted__ends_a_spool_that_names_no_slot(void **state)
{
	(void)state;
	say_name(OPEN_EVICTED,
	    "00"
	    "1122");
	assert_true(keeperbox_ended(&box, BOX_SPOOL));
}

/* The spool hears of a use, but not of each. */
static void
slot_use_get__tells_the_spool_now_and_then(void **state)
{
	struct ask_answer answer;
	unsigned told = 0;

	(void)state;
	read_object(1, &answer);
	for (uint64_t id = 2; id < 10; id++) {
		keeperbox_ask(
		    &box, BOX_WORKER, &(struct keeperbox_question){.id = id});
		if (keeperbox_until(&box, BOX_SPOOL, OPEN_USED))
			told++;
		keeperbox_settle(&box);
		keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	}
	assert_int_equal(told, 1);
	for (uint64_t id = 1; id < 10; id++)
		say_done(id);
}

/* --- The table --- */

static void
name_of(char out[65], unsigned number)
{
	(void)snprintf(out, 65, "%08x%056d", number * 2654435761U, 0);
}

static struct slot *
add(unsigned number)
{
	struct slot *slot = NULL;
	char name[65];

	name_of(name, number);
	assert_null(slot_table_find(&box.keeper, name));
	expect_ok(slot_table_add(&slot, &box.keeper, name));
	assert_ptr_equal(slot_table_find(&box.keeper, name), slot);
	return slot;
}

static bool
knows(unsigned number)
{
	char name[65];

	name_of(name, number);
	return slot_table_find(&box.keeper, name) != NULL;
}

static void
slot_table_add__forgets_what_was_not_used_for_longest(void **state)
{
	struct slot *first, *held, *busy;

	(void)state;
	first = add(0);
	held = add(1);
	slot_table_hold(held);
	busy = add(2);
	busy->state = SLOT_FILLING;
	for (unsigned i = 3; i < KEEPER_MAX_SLOTS; i++)
		(void)add(i);
	slot_table_use(first);
	(void)add(KEEPER_MAX_SLOTS);
	assert_int_equal(box.keeper.num_slots, KEEPER_MAX_SLOTS);
	assert_true(knows(0) && knows(1) && knows(2));
	assert_false(knows(3));
	slot_table_release(held);
	busy->state = SLOT_AWAY;
	(void)add(KEEPER_MAX_SLOTS + 1);
	assert_false(knows(1));
	assert_true(knows(0) && knows(2));
}

static void
slot_table_add__refuses_when_all_are_in_use(void **state)
{
	struct slot *slot;
	char name[65];

	(void)state;
	for (unsigned i = 0; i < KEEPER_MAX_SLOTS; i++)
		add(i)->state = SLOT_LOOKING;
	name_of(name, KEEPER_MAX_SLOTS);
	expect_err(TOO_BIG, slot_table_add(&slot, &box.keeper, name));
	for (unsigned i = 0; i < KEEPER_MAX_SLOTS; i++) {
		name_of(name, i);
		slot_table_find(&box.keeper, name)->state = SLOT_AWAY;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(slot_use_get__finds_the_same_slot_of_the_same_source),
	    TEST(slot_use_evicted__gives_up_what_nobody_reads),
	    TEST(slot_use_evicted__waits_for_the_last_reader),
	    TEST(slot_use_get__fills_again_what_was_evicted),
	    TEST(slot_use_get__lists_what_was_evicted),
	    TEST(slot_use_evicted__ends_a_spool_that_names_no_slot),
	    TEST(slot_use_get__tells_the_spool_now_and_then),
	    TEST(slot_table_add__forgets_what_was_not_used_for_longest),
	    TEST(slot_table_add__refuses_when_all_are_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
