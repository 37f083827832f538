#include "tests/harness/expect.h"

#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/base/loop.h"
#include "gateway/base/sysio.h"
#include "tests/harness/failalloc.h"

/* What happened, in order. */
struct seen {
	struct loop *loop;
	unsigned num;
	unsigned events;
	int fd;
	int other; /* removed and made anew by the first handler that runs */
};

static void
on_ready(void *context, unsigned events)
{
	struct seen *seen = context;

	seen->num++;
	seen->events = events;
}

static void
on_ready_remove_other(void *context, unsigned events)
{
	struct seen *seen = context;

	seen->num++;
	seen->events = events;
	loop_remove(seen->loop, seen->fd);
	loop_remove(seen->loop, seen->other);
	/* The same number, but not the watch that the batch tells of. */
	expect_ok(loop_add(seen->loop, seen->other, LOOP_WRITE,
	    (struct loop_handler){on_ready_remove_other, seen}));
}

static void
loop_add__tells_what_a_descriptor_is_ready_for(void **state)
{
	struct loop *loop;
	struct seen seen = {.num = 0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	expect_ok(loop_new(&loop, 64, 4));
	struct loop_handler handler = {on_ready, &seen};
	expect_ok(loop_add(loop, ends[0], LOOP_READ, handler));
	expect_err(EXISTS, loop_add(loop, ends[0], LOOP_READ, handler));
	expect_err(TOO_BIG, loop_add(loop, 64, LOOP_READ, handler));
	expect_err(TOO_BIG, loop_add(loop, -1, LOOP_READ, handler));
	expect_err(NOT_FOUND, loop_modify(loop, ends[1], LOOP_READ));
	expect_ok(loop_step(loop, 0));
	assert_int_equal(seen.num, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	expect_ok(loop_step(loop, 0));
	assert_int_equal(seen.num, 1);
	assert_int_equal(seen.events, LOOP_READ);
	expect_ok(loop_modify(loop, ends[0], 0));
	expect_ok(loop_step(loop, 0));
	assert_int_equal(seen.num, 1);
	close(ends[1]);
	expect_ok(loop_step(loop, 0));
	assert_int_equal(seen.events, LOOP_HANGUP);
	loop_remove(loop, ends[0]);
	loop_remove(loop, ends[0]);
	loop_remove(loop, 1000);
	expect_ok(loop_step(loop, 0));
	assert_int_equal(seen.num, 2);
	close(ends[0]);
	loop_free(loop);
	loop_free(NULL);
}

static void
loop_step__drops_events_of_a_watch_that_is_gone(void **state)
{
	struct loop *loop;
	struct seen a, b;
	int one[2], two[2];

	(void)state;
	assert_int_equal(pipe(one), 0);
	assert_int_equal(pipe(two), 0);
	expect_ok(loop_new(&loop, 64, 4));
	a = (struct seen){.loop = loop, .fd = one[1], .other = two[1]};
	b = (struct seen){.loop = loop, .fd = two[1], .other = one[1]};
	expect_ok(loop_add(loop, one[1], LOOP_WRITE,
	    (struct loop_handler){on_ready_remove_other, &a}));
	expect_ok(loop_add(loop, two[1], LOOP_WRITE,
	    (struct loop_handler){on_ready_remove_other, &b}));
	/* Both are ready in one batch; the first removes the second. */
	expect_ok(loop_step(loop, 0));
	assert_int_equal(a.num + b.num, 1);
	loop_free(loop);
	for (int i = 0; i < 2; i++) {
		close(one[i]);
		close(two[i]);
	}
}

/* Of a crowd: which of them were called, and how often. */
enum {
	NUM_CROWD = 40
};
struct member {
	unsigned called;
	unsigned *all;
};

static void
on_member(void *context, unsigned events)
{
	struct member *member = context;

	assert_int_equal(events, LOOP_WRITE);
	member->called++;
	++*member->all;
}

/* The most that there is for a crowd in one step. */
static void
spend_a_crowds_time(void)
{
	uint64_t until = sysio_monotonic_us() + LOOP_PATIENT_US;

	while (sysio_monotonic_us() < until)
		continue;
}

static void
on_slow_member(void *context, unsigned events)
{
	on_member(context, events);
	spend_a_crowds_time();
}

/* They are all ready, always. */
struct crowd {
	struct loop *loop;
	struct member members[NUM_CROWD];
	int ends[NUM_CROWD][2];
	unsigned all;
};

static void
crowd_begin(struct crowd *crowd, void (*ready)(void *, unsigned))
{
	*crowd = (struct crowd){.all = 0};
	expect_ok(loop_new(&crowd->loop, 256, 4));
	for (size_t i = 0; i < NUM_CROWD; i++) {
		assert_int_equal(pipe(crowd->ends[i]), 0);
		crowd->members[i].all = &crowd->all;
		expect_ok(loop_add(crowd->loop, crowd->ends[i][1],
		    LOOP_WRITE | LOOP_PATIENT,
		    (struct loop_handler){ready, &crowd->members[i]}));
	}
}

static void
crowd_end(struct crowd *crowd)
{
	for (size_t i = 0; i < NUM_CROWD; i++) {
		loop_remove(crowd->loop, crowd->ends[i][1]);
		close(crowd->ends[i][0]);
		close(crowd->ends[i][1]);
	}
	loop_free(crowd->loop);
}

/* Nobody was called twice more than another. */
static void
expect_in_turn(const struct crowd *crowd)
{
	unsigned least = crowd->members[0].called, most = least;

	for (size_t i = 0; i < NUM_CROWD; i++) {
		unsigned called = crowd->members[i].called;

		least = called < least ? called : least;
		most = called > most ? called : most;
	}
	assert_in_range(most - least, 0, 1);
}

/* With nobody else they are called one a step, so that whoever comes is seen
 * after the next one. */
static void
loop_step__calls_a_crowd_in_turn(void **state)
{
	struct crowd crowd;

	(void)state;
	crowd_begin(&crowd, on_member);
	for (unsigned step = 1; step <= 2 * NUM_CROWD; step++) {
		expect_ok(loop_step(crowd.loop, 0));
		assert_int_equal(crowd.all, step);
		expect_in_turn(&crowd);
	}
	crowd_end(&crowd);
}

static void
on_slow(void *context, unsigned events)
{
	on_ready(context, events);
	spend_a_crowds_time();
}

/* Who is not of a crowd is called in each step. As long as that took, the crowd
 * gets; then one that takes all of it is the only one of its step. */
static void
expect_crowds_time(void (*ready)(void *, unsigned), bool are_slow)
{
	struct crowd crowd;
	struct seen seen = {.num = 0};
	int ends[2];

	crowd_begin(&crowd, ready);
	assert_int_equal(pipe(ends), 0);
	expect_ok(loop_add(crowd.loop, ends[1], LOOP_WRITE,
	    (struct loop_handler){on_slow, &seen}));
	for (unsigned step = 1; step <= 2 * NUM_CROWD; step++) {
		expect_ok(loop_step(crowd.loop, 0));
		assert_int_equal(seen.num, step);
		expect_in_turn(&crowd);
	}
	assert_true((crowd.all == seen.num) == are_slow);
	loop_remove(crowd.loop, ends[1]);
	close(ends[0]);
	close(ends[1]);
	crowd_end(&crowd);
}

static void
loop_step__gives_a_crowd_its_time(void **state)
{
	(void)state;
	expect_crowds_time(on_member, false);
	expect_crowds_time(on_slow_member, true);
}

/* Who ceases to be patient is called in each step, and the other way round. */
static void
loop_modify__moves_from_the_crowd_and_back(void **state)
{
	struct crowd crowd;

	(void)state;
	crowd_begin(&crowd, on_slow_member);
	expect_ok(loop_modify(crowd.loop, crowd.ends[0][1], LOOP_WRITE));
	for (unsigned step = 1; step <= 4; step++) {
		expect_ok(loop_step(crowd.loop, 0));
		assert_int_equal(crowd.members[0].called, step);
		assert_int_equal(crowd.all, 2 * step);
	}
	expect_ok(loop_modify(
	    crowd.loop, crowd.ends[0][1], LOOP_WRITE | LOOP_PATIENT));
	expect_ok(loop_step(crowd.loop, 0));
	assert_int_equal(crowd.all, 9);
	for (size_t i = 0; i < NUM_CROWD; i++)
		loop_remove(crowd.loop, crowd.ends[i][1]);
	expect_ok(loop_step(crowd.loop, 0));
	assert_int_equal(crowd.all, 9);
	crowd_end(&crowd);
}

enum {
	NUM_TIMERS = 200
};
struct tick {
	struct loop_timer timer;
	uint64_t *last_ms;
	unsigned fired;
};

static void
on_tick(void *context)
{
	struct tick *tick = context;

	assert_int_equal(tick->timer.place, 0);
	assert_true(tick->timer.at_ms >= *tick->last_ms);
	assert_true(tick->timer.at_ms <= sysio_monotonic_ms());
	*tick->last_ms = tick->timer.at_ms;
	tick->fired++;
}

static void
loop_set_timer__fires_each_once_in_order(void **state)
{
	static struct tick ticks[NUM_TIMERS];
	struct loop *loop;
	uint64_t last_ms = 0, start = sysio_monotonic_ms();
	uint32_t seed = 1;

	(void)state;
	expect_ok(loop_new(&loop, 4, NUM_TIMERS));
	for (size_t i = 0; i < NUM_TIMERS; i++) {
		seed = seed * 1664525 + 1013904223;
		ticks[i] = (struct tick){
		    .timer = {.fired = on_tick, .context = &ticks[i]},
		    .last_ms = &last_ms};
		expect_ok(loop_set_timer(
		    loop, &ticks[i].timer, start + (seed >> 16) % 40));
	}
	struct loop_timer more = {.fired = on_tick};
	expect_err(TOO_BIG, loop_set_timer(loop, &more, start));
	/* Every third is moved, every fifth cancelled. */
	for (size_t i = 0; i < NUM_TIMERS; i += 3)
		expect_ok(loop_set_timer(
		    loop, &ticks[i].timer, start + (i * 31) % 50));
	for (size_t i = 0; i < NUM_TIMERS; i += 5) {
		loop_cancel_timer(loop, &ticks[i].timer);
		loop_cancel_timer(loop, &ticks[i].timer);
	}
	while (sysio_monotonic_ms() < start + 60)
		expect_ok(loop_step(loop, 10));
	for (size_t i = 0; i < NUM_TIMERS; i++)
		assert_int_equal(ticks[i].fired, i % 5 == 0 ? 0 : 1);
	loop_free(loop);
}

struct again {
	struct loop_timer timer;
	struct loop *loop;
	unsigned fired;
};

static void
on_again(void *context)
{
	struct again *again = context;

	again->fired++;
	if (again->fired == 3)
		loop_stop(again->loop);
	expect_ok(loop_set_timer(again->loop, &again->timer, 0));
}

static void
loop_run__is_not_held_by_a_timer_that_sets_itself(void **state)
{
	struct again again = {.fired = 0};

	(void)state;
	expect_ok(loop_new(&again.loop, 4, 4));
	again.timer.fired = on_again;
	again.timer.context = &again;
	expect_ok(loop_set_timer(again.loop, &again.timer, 0));
	expect_ok(loop_step(again.loop, 0));
	assert_int_equal(again.fired, 1);
	expect_ok(loop_run(again.loop));
	assert_int_equal(again.fired, 3);
	loop_free(again.loop);
}

struct settler {
	struct loop *loop;
	struct loop_timer timer;
	unsigned settled, fired, seen; /* of timers, when it settled last */
};

static void
on_settle(void *context)
{
	struct settler *settler = context;

	settler->settled++;
	settler->seen = settler->fired;
}

static void
on_settler_timer(void *context)
{
	struct settler *settler = context;

	settler->fired++;
}

/* What was put off outside of a step is not left lying by its wait. */
static void
loop_settle__is_called_before_each_wait(void **state)
{
	struct settler settler = {.settled = 0};

	(void)state;
	expect_ok(loop_new(&settler.loop, 4, 4));
	settler.timer.fired = on_settler_timer;
	settler.timer.context = &settler;
	expect_ok(loop_step(settler.loop, 0));
	loop_settle(settler.loop, on_settle, &settler);
	expect_ok(loop_set_timer(settler.loop, &settler.timer, 0));
	expect_ok(loop_step(settler.loop, 0));
	assert_int_equal(settler.settled, 1);
	assert_int_equal(settler.seen, 0);
	expect_ok(loop_step(settler.loop, 0));
	assert_int_equal(settler.settled, 2);
	assert_int_equal(settler.seen, 1);
	loop_free(settler.loop);
}

/* How often it had settled when each was called. */
struct order {
	struct settler settler;
	unsigned at_urgent, at_patient;
};

static void
on_urgent(void *context, unsigned events)
{
	struct order *order = context;

	(void)events;
	order->at_urgent = order->settler.settled;
}

static void
on_patient(void *context, unsigned events)
{
	struct order *order = context;

	on_slow_member(&(struct member){.all = &(unsigned){0}}, events);
	order->at_patient = order->settler.settled;
}

/* What is put off by who matters is done before a crowd takes its time. */
static void
loop_settle__is_called_before_a_crowd(void **state)
{
	struct order order = {.at_urgent = 0};
	struct loop *loop;
	int ends[2][2];

	(void)state;
	expect_ok(loop_new(&loop, 256, 4));
	loop_settle(loop, on_settle, &order.settler);
	assert_int_equal(pipe(ends[0]), 0);
	assert_int_equal(pipe(ends[1]), 0);
	expect_ok(loop_add(loop, ends[0][1], LOOP_WRITE,
	    (struct loop_handler){on_urgent, &order}));
	expect_ok(loop_add(loop, ends[1][1], LOOP_WRITE | LOOP_PATIENT,
	    (struct loop_handler){on_patient, &order}));
	expect_ok(loop_step(loop, 0));
	assert_int_equal(order.at_urgent, 1);
	assert_int_equal(order.at_patient, 2);
	/* Where nobody else was called, there is nothing put off. */
	loop_remove(loop, ends[0][1]);
	expect_ok(loop_step(loop, 0));
	assert_int_equal(order.at_patient, 3);
	loop_free(loop);
	for (size_t i = 0; i < 2; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
}

static void
loop_new__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct loop *loop = NULL;
		failalloc_arm(n);
		struct err err = loop_new(&loop, 16, 16);
		failed = failalloc_disarm();
		assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
		assert_true(failed == (loop == NULL));
		loop_free(loop);
		assert_true(!failalloc_works() || failed || n == 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loop_add__tells_what_a_descriptor_is_ready_for),
	    cmocka_unit_test(loop_step__drops_events_of_a_watch_that_is_gone),
	    cmocka_unit_test(loop_step__calls_a_crowd_in_turn),
	    cmocka_unit_test(loop_step__gives_a_crowd_its_time),
	    cmocka_unit_test(loop_modify__moves_from_the_crowd_and_back),
	    cmocka_unit_test(loop_set_timer__fires_each_once_in_order),
	    cmocka_unit_test(loop_run__is_not_held_by_a_timer_that_sets_itself),
	    cmocka_unit_test(loop_settle__is_called_before_each_wait),
	    cmocka_unit_test(loop_settle__is_called_before_a_crowd),
	    cmocka_unit_test(loop_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
