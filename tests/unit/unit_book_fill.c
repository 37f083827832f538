/*
 * book_fill: what one mill may ask of the codebook while its fill runs, and
 * what it is told before its codes may leave.
 */
#include "tests/harness/expect.h"

#include <unistd.h>

#include "gateway/codebook/book_fill.h"
#include "tests/harness/storebox.h"

static struct storebox box;
static struct book_store book;
static struct book_fill fill;
static int mill;

static int
start(void **state)
{
	int ends[2];

	(void)state;
	storebox_init(&box);
	expect_ok(storebox_open(&box));
	expect_ok(frame_pair(ends));
	book = (struct book_store){.store = box.store};
	book_fill_init(&fill, &book, ends[0]);
	fill.budget = 4;
	mill = ends[1];
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	channel_done(&fill.channel);
	close(mill);
	storebox_done(&box);
	return 0;
}

/* The mill says something, and the codebook hears it. */
static struct err
say(enum draw_type type, struct span body)
{
	expect_ok(frame_send(mill,
	    &(struct frame){.type = (uint16_t)type, .id = 7, .body = body}));
	return channel_receive(&fill.channel);
}

static struct err
ask(uint64_t from, size_t num)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	uint8_t indexes[8][TOKEN_INDEX];

	for (size_t i = 0; i < num; i++)
		storebox_hash(indexes[i], 'i', from + i);
	expect_ok(
	    draw_put_ask(&body, (const uint8_t(*)[TOKEN_INDEX])indexes, num));
	return say(DRAW_ASK, buf_span(&body));
}

static struct err
make(uint64_t from, size_t num)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	for (size_t i = 0; i < num; i++) {
		uint8_t index[TOKEN_INDEX], subject[TOKEN_INDEX];
		uint8_t value[STOREBOX_VALUE];

		storebox_hash(index, 'i', from + i);
		storebox_hash(subject, 's', from + i);
		storebox_value(value, from + i);
		expect_ok(draw_put_new(&body,
		    &(struct draw_new){
			index, subject, span_of(value, sizeof(value))}));
	}
	return say(DRAW_MAKE, buf_span(&body));
}

static struct err
settle(uint64_t seq)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};

	expect_ok(draw_put_seq(&body, seq));
	return say(DRAW_SETTLE, buf_span(&body));
}

/* The answer that came: its body, until the next one. */
static struct span
answer(enum draw_type type)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	expect_ok(frame_recv(mill, buffer, &frame));
	assert_int_equal(frame.type, type);
	assert_int_equal(frame.id, 7);
	return frame.body;
}

static void
expect_silence(void)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	expect_err(AGAIN, frame_recv(mill, buffer, &frame));
}

static void
book_fill__ends_with_its_budget(void **state)
{
	static struct draw_known known;

	(void)state;
	expect_ok(ask(0, 3));
	expect_ok(draw_take_known(&known, answer(DRAW_KNOWN)));
	assert_int_equal(known.num, 3);
	assert_false(known.known[0] || known.known[1] || known.known[2]);
	expect_ok(ask(0, 1));
	(void)answer(DRAW_KNOWN);
	/* Four were asked for, were one of them the same. */
	expect_err(DENIED, ask(9, 1));
	expect_silence();
}

static void
book_fill__counts_a_question_before_it_answers(void **state)
{
	(void)state;
	expect_err(DENIED, ask(0, 5));
	expect_silence();
}

static void
book_fill__makes_what_was_missing_and_no_more(void **state)
{
	static struct draw_known known;
	static struct draw_made made;

	(void)state;
	expect_ok(ask(0, 2));
	(void)answer(DRAW_KNOWN);
	expect_ok(make(0, 2));
	expect_ok(draw_take_made(&made, answer(DRAW_MADE)));
	assert_int_equal(made.num, 2);
	expect_ok(ask(0, 2));
	expect_ok(draw_take_known(&known, answer(DRAW_KNOWN)));
	assert_true(known.known[0] && known.known[1]);
	assert_memory_equal(known.codes, made.codes, 2 * TOKEN_CODE);
	/* Nothing is missing by now. */
	expect_err(DENIED, make(5, 1));
	expect_silence();
}

static void
book_fill__makes_nothing_unasked(void **state)
{
	(void)state;
	expect_err(DENIED, make(0, 1));
	assert_int_equal(storebox_lookup(&box, 0, 1, NULL), 0);
}

/* Before the commit there is no answer; a number that nobody was given is no
 * question. */
static void
book_fill__is_settled_by_the_commit(void **state)
{
	static struct draw_made made;
	uint64_t settled;

	(void)state;
	expect_ok(ask(0, 1));
	(void)answer(DRAW_KNOWN);
	expect_ok(make(0, 1));
	expect_ok(draw_take_made(&made, answer(DRAW_MADE)));
	expect_ok(settle(made.seq));
	expect_silence();
	expect_ok(store_commit(box.store));
	expect_ok(book_fill_settle(&fill));
	expect_ok(draw_take_seq(&settled, answer(DRAW_SETTLED)));
	assert_true(settled >= made.seq);
	expect_err(MALFORMED, settle(made.seq + 1));
}

/* Those of another mill are provisional, too. */
static void
book_fill__waits_for_what_another_mill_made(void **state)
{
	static struct draw_known known;
	uint64_t seq;

	(void)state;
	expect_ok(storebox_insert(&box, 0, 1, 1, NULL, &seq));
	expect_ok(ask(0, 1));
	expect_ok(draw_take_known(&known, answer(DRAW_KNOWN)));
	assert_true(known.known[0]);
	assert_int_equal(known.seq, seq);
	expect_ok(settle(known.seq));
	expect_silence();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		book_fill__ends_with_its_budget, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_fill__counts_a_question_before_it_answers, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_fill__makes_what_was_missing_and_no_more, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_fill__makes_nothing_unasked, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_fill__is_settled_by_the_commit, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_fill__waits_for_what_another_mill_made, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
