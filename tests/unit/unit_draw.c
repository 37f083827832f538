#include "tests/harness/expect.h"

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/ipc/draw_client.h"

static uint8_t indexes[DRAW_BATCH + 1][TOKEN_INDEX];
static uint8_t codes[DRAW_BATCH + 1][TOKEN_CODE];
static bool known[DRAW_BATCH + 1];

static void
draw_ask__is_one_batch_at_most(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	static struct draw_ask taken;

	(void)state;
	for (size_t i = 0; i <= DRAW_BATCH; i++)
		indexes[i][0] = (uint8_t)(i + 1);
	expect_err(MALFORMED, draw_take_ask(&taken, buf_span(&body)));
	expect_ok(draw_put_ask(
	    &body, (const uint8_t(*)[TOKEN_INDEX])indexes, DRAW_BATCH));
	expect_ok(draw_take_ask(&taken, buf_span(&body)));
	assert_int_equal(taken.num, DRAW_BATCH);
	assert_memory_equal(taken.indexes, indexes, sizeof(taken.indexes));
	expect_err(
	    MALFORMED, draw_take_ask(&taken, span_of(body.data, body.len - 1)));
	expect_ok(
	    draw_put_ask(&body, (const uint8_t(*)[TOKEN_INDEX])indexes, 1));
	expect_err(TOO_BIG, draw_take_ask(&taken, buf_span(&body)));
}

static void
draw_known__comes_back_as_it_was(void **state)
{
	static struct draw_known in, out;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	(void)state;
	in = (struct draw_known){.seq = 7, .num = DRAW_BATCH};
	for (size_t i = 0; i < DRAW_BATCH; i += 3) {
		in.known[i] = true;
		in.codes[i][TOKEN_CODE - 1] = (uint8_t)i;
	}
	expect_ok(draw_put_known(&body, &in));
	expect_ok(draw_take_known(&out, buf_span(&body)));
	assert_memory_equal(&in, &out, sizeof(in));
	for (size_t cut = 1; cut < 1 + TOKEN_CODE; cut++)
		assert_int_not_equal(
		    draw_take_known(&out, span_of(body.data, body.len - cut))
			.code,
		    ERR_OK);
	/* A code of an index that has none. */
	buf_reset(&body);
	in = (struct draw_known){.num = 1, .codes[0][3] = 1};
	expect_ok(draw_put_known(&body, &in));
	expect_err(MALFORMED, draw_take_known(&out, buf_span(&body)));
	/* One more than a batch. */
	buf_reset(&body);
	in.num = DRAW_BATCH;
	memset(in.codes, 0, sizeof(in.codes));
	expect_ok(draw_put_known(&body, &in));
	for (int i = 0; i < 1 + TOKEN_CODE; i++)
		expect_ok(buf_put_u8(&body, 0));
	expect_err(TOO_BIG, draw_take_known(&out, buf_span(&body)));
}

static void
draw_new__seals_something(void **state)
{
	static const uint8_t sealed[DRAW_MAX_SEALED + 1] = {1};
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct draw_new in = {.index = indexes[1],
			    .subject = indexes[2],
			    .sealed = span_of(sealed, DRAW_MAX_SEALED)},
			out;
	struct span rest;

	(void)state;
	expect_ok(draw_put_new(&body, &in));
	expect_ok(draw_put_new(&body, &in));
	assert_int_equal(body.len, 2 * (DRAW_NEW + DRAW_MAX_SEALED));
	rest = buf_span(&body);
	for (int i = 0; i < 2; i++) {
		expect_ok(draw_take_new(&rest, &out));
		assert_memory_equal(out.index, in.index, TOKEN_INDEX);
		assert_memory_equal(out.subject, in.subject, TOKEN_INDEX);
		assert_true(span_equal(out.sealed, in.sealed));
	}
	assert_int_equal(rest.len, 0);
	for (size_t len = 0; len < 40; len++) {
		rest = span_of(body.data, len);
		expect_err(TRUNCATED, draw_take_new(&rest, &out));
	}
	buf_reset(&body);
	in.sealed.len = TOKEN_SEAL;
	expect_ok(draw_put_new(&body, &in));
	rest = buf_span(&body);
	expect_err(MALFORMED, draw_take_new(&rest, &out));
	buf_reset(&body);
	in.sealed.len = DRAW_MAX_SEALED + 1;
	expect_ok(draw_put_new(&body, &in));
	rest = buf_span(&body);
	expect_err(TOO_BIG, draw_take_new(&rest, &out));
}

/* --- The client, over what its codebook is about to say --- */

static int ends[2];
static struct draw_client client;

static int
begin(void **state)
{
	(void)state;
	client = (struct draw_client){.fd = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	client.fd = ends[0];
	return 0;
}

static int
end(void **state)
{
	(void)state;
	if (ends[1] >= 0)
		close(ends[1]);
	return close(ends[0]);
}

static void
say(uint16_t type, uint64_t id, const struct buf *body)
{
	expect_ok(frame_send(ends[1],
	    &(struct frame){.type = type, .id = id, .body = buf_span(body)}));
}

static void
say_seq(uint16_t type, uint64_t id, uint64_t seq, size_t num)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	static struct draw_made made;

	made.num = num;
	made.seq = seq;
	for (size_t i = 0; i < num; i++)
		made.codes[i][0] = (uint8_t)(i + 1);
	expect_ok(draw_put_made(&body, &made));
	say(type, id, &body);
}

static struct err
ask_one(void)
{
	return draw_client_ask(
	    &client, (const uint8_t(*)[TOKEN_INDEX])indexes, 1, codes, known);
}

static void
say_known(uint64_t id, uint64_t seq, size_t num)
{
	static struct draw_known answer;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	answer.seq = seq;
	answer.num = num;
	answer.known[0] = true;
	answer.codes[0][0] = 5;
	expect_ok(draw_put_known(&body, &answer));
	say(DRAW_KNOWN, id, &body);
}

static void
draw_client_settle__asks_for_what_is_not_settled(void **state)
{
	(void)state;
	/* Nothing was asked: nothing to wait for, and nobody is asked. */
	expect_ok(draw_client_settle(&client));
	say_known(1, 3, 1);
	expect_ok(ask_one());
	assert_true(known[0]);
	assert_int_equal(codes[0][0], 5);
	say_seq(DRAW_SETTLED, 2, 4, 0);
	expect_ok(draw_client_settle(&client));
	assert_int_equal(client.settled, 4);
	/* Up to 4 it is said already. */
	say_known(3, 4, 1);
	expect_ok(ask_one());
	expect_ok(draw_client_settle(&client));
	say_known(4, 5, 1);
	expect_ok(ask_one());
	say_seq(DRAW_SETTLED, 5, 4, 0);
	expect_err(MALFORMED, draw_client_settle(&client));
}

static void
draw_client__takes_no_other_answer(void **state)
{
	(void)state;
	say_known(2, 0, 1); /* of another question */
	expect_err(MALFORMED, ask_one());
	say_known(2, 0, 2); /* of two */
	expect_err(MALFORMED, ask_one());
	say_seq(DRAW_MADE, 3, 0, 1);
	expect_err(MALFORMED, ask_one());
	say_seq(DRAW_KNOWN, 4, 0, 1); /* cut */
	assert_int_not_equal(ask_one().code, ERR_OK);
}

static void
draw_client__sees_that_the_codebook_left(void **state)
{
	(void)state;
	close(ends[1]);
	ends[1] = -1;
	expect_err(UNAVAILABLE, ask_one());
	client.fd = -1;
	expect_err(UNAVAILABLE, ask_one());
	client.fd = ends[0];
}

/* Long values: more than one message. */
static void
draw_client_make__takes_as_many_messages_as_it_needs(void **state)
{
	static const uint8_t sealed[DRAW_MAX_SEALED] = {1};
	static struct draw_new entries[DRAW_BATCH];
	static uint8_t buffer[FRAME_MAX];
	size_t most = FRAME_MAX_BODY / (DRAW_NEW + DRAW_MAX_SEALED);
	size_t num = most + 3, seen = 0;
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < num; i++)
		entries[i] = (struct draw_new){.index = indexes[i],
		    .subject = indexes[0],
		    .sealed = span_of(sealed, sizeof(sealed))};
	say_seq(DRAW_MADE, 1, 8, most);
	say_seq(DRAW_MADE, 2, 9, 3);
	expect_ok(draw_client_make(&client, entries, num, codes));
	assert_int_equal(client.needed, 9);
	for (size_t i = 0; i < num; i++)
		assert_int_equal(codes[i][0], (i < most ? i : i - most) + 1);
	for (int i = 0; i < 2; i++) {
		struct draw_new entry;
		expect_ok(frame_recv(ends[1], buffer, &frame));
		assert_int_equal(frame.type, DRAW_MAKE);
		for (struct span in = frame.body; in.len > 0; seen++) {
			expect_ok(draw_take_new(&in, &entry));
			assert_memory_equal(
			    entry.index, indexes[seen], TOKEN_INDEX);
		}
	}
	assert_int_equal(seen, num);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(draw_ask__is_one_batch_at_most),
	    cmocka_unit_test(draw_known__comes_back_as_it_was),
	    cmocka_unit_test(draw_new__seals_something),
	    cmocka_unit_test_setup_teardown(
		draw_client_settle__asks_for_what_is_not_settled, begin, end),
	    cmocka_unit_test_setup_teardown(
		draw_client__takes_no_other_answer, begin, end),
	    cmocka_unit_test_setup_teardown(
		draw_client__sees_that_the_codebook_left, begin, end),
	    cmocka_unit_test_setup_teardown(
		draw_client_make__takes_as_many_messages_as_it_needs, begin,
		end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
