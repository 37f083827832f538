/*
 * keepers: those of a process that is one for all generations: they come by the
 * control channel, are heard and answered, and pass to an heir.
 */
#include "gateway/ipc/keepers.h"

#include <unistd.h>

#include "gateway/ipc/control.h"
#include "tests/harness/expect.h"

enum {
	QUESTION = 1,
	ANSWER,
	HELLO,
};

static struct keepers keepers;
static struct pollfd polls[KEEPERS_POLLS];
static uint8_t bytes[FRAME_MAX];
static struct frame got;
static int control, num_heard;

static struct err
answer(void *context, struct channel *keeper, struct frame *frame)
{
	assert_ptr_equal(context, &num_heard);
	num_heard++;
	return channel_send_body(keeper, ANSWER, frame->id, frame->body);
}

static struct err
say_hello(void *context, struct channel *keeper)
{
	assert_ptr_equal(context, &num_heard);
	return channel_send_body(keeper, HELLO, 0, span_of(NULL, 0));
}

static const struct channel_rule rules[] = {
    {QUESTION, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, answer},
};

static void
begin(const struct keepers_manner *manner)
{
	struct keepers_manner with_rules = *manner;
	int ends[2];

	with_rules.rules = rules;
	with_rules.num_rules = 1;
	num_heard = 0;
	expect_ok(frame_pair(ends));
	control = ends[0];
	keepers_init(&keepers, &with_rules, &num_heard);
	keepers_listen(&keepers, ends[1]);
}

static void
end(void)
{
	for (size_t i = 0; i < HAND_KEEPERS; i++)
		channel_done(&keepers.channels[i]);
	channel_done(&keepers.control);
	if (keepers.heir >= 0)
		close(keepers.heir);
	close(control);
}

/* Our end of a new one; its other end goes by the control channel. */
static int
send_item(const char *name)
{
	int ends[2];

	expect_ok(frame_pair(ends));
	expect_ok(
	    control_send_item(control, name, 0, span_of(NULL, 0), ends[1]));
	close(ends[1]);
	return ends[0];
}

static int
add_keeper(void)
{
	int ends[2];

	expect_ok(frame_pair(ends));
	expect_ok(keepers_add(&keepers, ends[1]));
	return ends[0];
}

static void
ask(int keeper, uint64_t id, size_t len)
{
	static uint8_t body[FRAME_MAX_BODY];

	expect_ok(frame_send(keeper,
	    &(struct frame){
		.type = QUESTION, .id = id, .body = span_of(body, len)}));
}

static void
expect_said(int keeper, uint16_t type, uint64_t id)
{
	expect_ok(frame_recv(keeper, bytes, &got));
	assert_int_equal(got.type, type);
	assert_int_equal(got.id, id);
}

static void
keepers_add__takes_as_many_as_there_are_places(void **state)
{
	int ends[HAND_KEEPERS + 1], last[2];

	(void)state;
	begin(&(struct keepers_manner){.greet = say_hello});
	for (size_t i = 0; i < HAND_KEEPERS; i++) {
		ends[i] = send_item("keeper");
		expect_ok(keepers_hear_control(&keepers));
		expect_said(ends[i], HELLO, 0);
	}
	expect_ok(frame_pair(last));
	expect_err(TOO_BIG, keepers_add(&keepers, last[1]));
	expect_err(CLOSED, frame_recv(last[0], bytes, &got));
	/* A place that one has left is the next one's. */
	expect_ok(keepers_part(&keepers, &keepers.channels[3]));
	ends[HAND_KEEPERS] = send_item("keeper");
	expect_ok(keepers_hear_control(&keepers));
	expect_said(ends[HAND_KEEPERS], HELLO, 0);
	assert_true(keepers.channels[3].fd >= 0);
	close(last[0]);
	for (size_t i = 0; i <= HAND_KEEPERS; i++)
		close(ends[i]);
	end();
}

/* One that left before it was greeted is no error. */
static void
keepers_part__says_when_it_was_the_last(void **state)
{
	int ends[2];

	(void)state;
	begin(&(struct keepers_manner){.greet = say_hello});
	expect_ok(frame_pair(ends));
	close(ends[0]);
	expect_ok(keepers_add(&keepers, ends[1]));
	int other = add_keeper();
	expect_err(CLOSED, keepers_hear(&keepers, &keepers.channels[0], 1));
	expect_ok(keepers_part(&keepers, &keepers.channels[0]));
	expect_err(CLOSED, keepers_part(&keepers, &keepers.channels[1]));
	close(other);
	end();
}

/* The keepers go on. */
static void
keepers_hear_control__bears_that_the_supervisor_goes(void **state)
{
	(void)state;
	begin(&(struct keepers_manner){.packs = false});
	int keeper = add_keeper();
	close(control);
	expect_ok(keepers_hear_control(&keepers));
	expect_ok(keepers_hear_control(&keepers));
	ask(keeper, 1, 0);
	expect_ok(keepers_hear(&keepers, &keepers.channels[0], 1));
	expect_said(keeper, ANSWER, 1);
	close(keeper);
	control = -1;
	end();
}

static void
keepers_hear_control__takes_nothing_else(void **state)
{
	(void)state;
	begin(&(struct keepers_manner){.packs = false});
	int other = send_item("folder");
	expect_err(MALFORMED, keepers_hear_control(&keepers));
	close(other);
	end();
}

/* Ask until an answer has to wait. */
static uint64_t
fill_up(int keeper)
{
	uint64_t id = 0;

	while (keepers_are_quiet(&keepers)) {
		ask(keeper, ++id, FRAME_MAX_BODY);
		expect_ok(keepers_hear(&keepers, &keepers.channels[0], 1));
	}
	return id;
}

static void
take_up_to(int keeper, uint64_t last)
{
	for (uint64_t id = 1; id <= last; id++) {
		expect_ok(keepers_flush(&keepers));
		expect_said(keeper, ANSWER, id);
	}
}

static void
keepers_hear__lets_answers_go_before_questions(void **state)
{
	(void)state;
	begin(&(struct keepers_manner){.in_turn = true});
	int keeper = add_keeper();
	uint64_t last = fill_up(keeper);
	ask(keeper, last + 1, 0);
	expect_ok(keepers_hear(&keepers, &keepers.channels[0], 1));
	assert_int_equal(num_heard, last);
	keepers_watch_all(&keepers, polls);
	assert_int_equal(polls[0].events, POLLOUT);
	/* Without that rule, it is heard all the same. */
	keepers.manner.in_turn = false;
	keepers_watch_all(&keepers, polls);
	assert_int_equal(polls[0].events, POLLIN | POLLOUT);
	expect_ok(keepers_hear(&keepers, &keepers.channels[0], 1));
	assert_int_equal(num_heard, last + 1);
	take_up_to(keeper, last + 1);
	assert_true(keepers_are_quiet(&keepers));
	close(keeper);
	end();
}

/* What it says meanwhile lies in its socket, for the heir. */
static void
keepers_watch__hears_nobody_once_an_heir_is_there(void **state)
{
	bool idle;

	(void)state;
	begin(&(struct keepers_manner){.packs = false});
	int keeper = add_keeper();
	int heir = send_item("heir");
	expect_ok(keepers_hear_control(&keepers));
	ask(keeper, 1, 0);
	keepers_watch_all(&keepers, polls);
	assert_int_equal(polls[0].fd, -1);
	expect_ok(keepers_wait(polls, KEEPERS_POLLS, 0, &idle));
	assert_true(idle);
	expect_ok(keepers_hear(&keepers, &keepers.channels[0], 1));
	assert_int_equal(num_heard, 0);
	/* He is sent away: it is heard again. */
	keepers_refuse_heir(&keepers);
	expect_said(heir, HAND_KEPT, 0);
	keepers_watch_all(&keepers, polls);
	expect_ok(keepers_wait(polls, KEEPERS_POLLS, 0, &idle));
	assert_false(idle);
	expect_ok(keepers_hear(&keepers, &keepers.channels[0], 1));
	expect_said(keeper, ANSWER, 1);
	close(keeper);
	close(heir);
	end();
}

/* --- An heir --- */

static struct keepers heirs;
static uint64_t numbers[HAND_KEEPERS];

static struct err
take(void *context, struct frame *frame)
{
	uint64_t number;

	TRY(keepers_take(context, frame, &number));
	numbers[frame->id] = number;
	return OK;
}

static void
keepers_offer__passes_them_on_as_they_are(void **state)
{
	static const uint64_t offered[HAND_KEEPERS] = {7, 8, 9};
	const struct keepers_manner manner = {.rules = rules, .num_rules = 1};

	(void)state;
	begin(&manner);
	int first = add_keeper(), left = add_keeper(), last = add_keeper();
	close(left);
	expect_ok(keepers_part(&keepers, &keepers.channels[1]));
	int heir = send_item("heir");
	expect_ok(keepers_hear_control(&keepers));
	ask(last, 1, 0);
	expect_ok(keepers_offer(&keepers, offered));
	expect_err(CLOSED, keepers_give_up(&keepers));
	keepers_init(&heirs, &manner, &num_heard);
	expect_ok(keepers_inherit(heir, take, &heirs));
	assert_int_equal(numbers[0], 7);
	assert_int_equal(heirs.channels[1].fd, -1);
	assert_int_equal(numbers[2], 9);
	expect_ok(keepers_hear(&heirs, &heirs.channels[2], 1));
	expect_said(last, ANSWER, 1);
	expect_ok(keepers_part(&heirs, &heirs.channels[0]));
	expect_err(CLOSED, keepers_part(&heirs, &heirs.channels[2]));
	close(first);
	close(last);
	close(heir);
	end();
}

/* In a place that is taken, in none, or without a descriptor. */
static void
keepers_take__refuses_what_is_no_keeper(void **state)
{
	uint64_t number = 0;
	int ends[2];

	(void)state;
	begin(&(struct keepers_manner){.packs = false});
	int keeper = add_keeper();
	expect_ok(frame_pair(ends));
	struct frame frame = {.type = HAND_KEEPER,
	    .id = 1,
	    .body = span_of((const uint8_t[8]){0}, 8)};
	expect_err(MALFORMED, keepers_take(&keepers, &frame, &number));
	frame.num_fds = 1;
	frame.fds[0] = ends[0];
	frame.id = 0;
	expect_err(MALFORMED, keepers_take(&keepers, &frame, &number));
	frame.id = HAND_KEEPERS;
	expect_err(MALFORMED, keepers_take(&keepers, &frame, &number));
	frame.id = 1;
	expect_ok(keepers_take(&keepers, &frame, &number));
	assert_int_equal(frame.fds[0], -1);
	close(ends[1]);
	close(keeper);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keepers_add__takes_as_many_as_there_are_places),
	    cmocka_unit_test(keepers_part__says_when_it_was_the_last),
	    cmocka_unit_test(
		keepers_hear_control__bears_that_the_supervisor_goes),
	    cmocka_unit_test(keepers_hear_control__takes_nothing_else),
	    cmocka_unit_test(keepers_hear__lets_answers_go_before_questions),
	    cmocka_unit_test(keepers_watch__hears_nobody_once_an_heir_is_there),
	    cmocka_unit_test(keepers_offer__passes_them_on_as_they_are),
	    cmocka_unit_test(keepers_take__refuses_what_is_no_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
