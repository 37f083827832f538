#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "gateway/ipc/channel.h"
#include "tests/harness/failalloc.h"

enum {
	HELLO = 1,
	WORK = 2,
	FILE_TOO = 3
};

struct peer {
	unsigned hellos, works;
	int fd;
	uint64_t last_id;
	struct err answer;
};

static struct err
on_hello(void *context, struct channel *channel, struct frame *frame)
{
	struct peer *peer = context;

	(void)frame;
	peer->hellos++;
	channel->state = 1;
	return OK;
}

static struct err
on_work(void *context, struct channel *channel, struct frame *frame)
{
	struct peer *peer = context;

	(void)channel;
	peer->works++;
	peer->last_id = frame->id;
	return peer->answer;
}

static struct err
on_file(void *context, struct channel *channel, struct frame *frame)
{
	struct peer *peer = context;

	(void)channel;
	peer->fd = frame_take_fd(frame, 0);
	return OK;
}

static const struct channel_rule rules[] = {
    {HELLO, 1u << 0 | 1u << 1, true, 0, 0, on_hello},
    {WORK, 1u << 1, false, 4, 0, on_work},
    {FILE_TOO, CHANNEL_ANY_STATE, false, 0, 1, on_file},
};

struct fixture {
	struct peer peer;
	struct channel us, them;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	if (f == NULL || frame_pair(pair).code != ERR_OK)
		return -1;
	channel_init(&f->us, pair[0], rules, 3, &f->peer);
	channel_init(&f->them, pair[1], rules, 3, &f->peer);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	channel_done(&f->us);
	channel_done(&f->them);
	free(f);
	return 0;
}

static void
assert_code(struct err err, enum err_code code)
{
	assert_string_equal(err_name(err.code), err_name(code));
}

static struct err
say_as(struct fixture *f, uint64_t id)
{
	return channel_send_body(&f->us, WORK, id, (struct span){0});
}

static struct err
say(struct fixture *f, uint16_t type, const char *body)
{
	assert_code(channel_send_body(&f->us, type, 9, span_str(body)), ERR_OK);
	return channel_receive(&f->them);
}

static void
channel_receive__follows_the_table_of_states(void **state)
{
	struct fixture *f = *state;

	assert_code(say(f, WORK, ""), ERR_MALFORMED); /* not yet */
	assert_int_equal(f->peer.works, 0);
	assert_code(say(f, HELLO, ""), ERR_OK);
	assert_code(say(f, WORK, "1234"), ERR_OK);
	assert_code(say(f, WORK, "1234"), ERR_OK);
	assert_int_equal(f->peer.works, 2);
	assert_int_equal(f->peer.last_id, 9);
	assert_code(say(f, HELLO, ""), ERR_MALFORMED); /* once */
	assert_code(say(f, WORK, "12345"), ERR_TOO_BIG);
	assert_code(say(f, 4, ""), ERR_MALFORMED);
	assert_int_equal(f->peer.hellos, 1);
}

static void
channel_receive__refuses_other_numbers_of_descriptors(void **state)
{
	struct fixture *f = *state;
	struct frame frame = {.type = FILE_TOO,
	    .fds = {open("/dev/null", O_RDONLY | O_CLOEXEC)},
	    .num_fds = 1};

	assert_code(say(f, FILE_TOO, ""), ERR_MALFORMED);
	assert_code(channel_send(&f->us, &frame), ERR_OK);
	assert_code(channel_receive(&f->them), ERR_OK);
	assert_int_equal(close(f->peer.fd), 0);
	assert_int_equal(frame.num_fds, 0); /* it was taken over */
}

static void
channel_receive__passes_on_the_handlers_error(void **state)
{
	struct fixture *f = *state;

	assert_code(say(f, HELLO, ""), ERR_OK);
	f->peer.answer = ERR(DENIED, "a rule");
	assert_code(say(f, WORK, ""), ERR_DENIED);
	f->peer.answer = ERR(AGAIN, "later");
	assert_code(say(f, WORK, ""), ERR_OK);
	channel_done(&f->us);
	assert_code(channel_receive(&f->them), ERR_CLOSED);
}

static void
channel_send__queues_no_more_bytes_than_its_cap(void **state)
{
	static uint8_t long_body[FRAME_MAX_BODY];
	struct fixture *f = *state;
	struct span body = span_of(long_body, sizeof(long_body));
	struct err err = OK;

	while (err.code == ERR_OK)
		err = channel_send_body(&f->us, WORK, 1, body);
	assert_code(err, ERR_TOO_BIG);
	assert_true(f->us.num_queued < CHANNEL_MAX_QUEUE);
	assert_true(f->us.queued_len <= CHANNEL_MAX_QUEUE_LEN);
	assert_true(f->us.queued_len > CHANNEL_MAX_QUEUE_LEN - body.len);
	channel_done(&f->us);
	assert_int_equal(f->us.queued_len, 0);
}

static void
channel_send__queues_in_order_under_a_cap(void **state)
{
	struct fixture *f = *state;
	uint64_t sent = 0, came = 0;
	struct err err = OK;

	assert_code(say(f, HELLO, ""), ERR_OK);
	while (err.code == ERR_OK)
		err = channel_send_body(&f->us, WORK, ++sent, span_str("1234"));
	assert_code(err, ERR_TOO_BIG);
	assert_int_equal(f->us.num_queued, CHANNEL_MAX_QUEUE);
	assert_true(channel_events(&f->us) & POLLOUT);
	for (;;) {
		err = channel_receive(&f->them);
		if (err.code == ERR_AGAIN) {
			if (f->us.num_queued == 0)
				break;
			assert_code(channel_flush(&f->us), ERR_OK);
			continue;
		}
		assert_code(err, ERR_OK);
		assert_int_equal(f->peer.last_id, ++came);
	}
	assert_int_equal(came, sent - 1);
	assert_false(channel_events(&f->us) & POLLOUT);
}

/* One flush, in order, with their descriptors; and not without end. */
static void
channel_hold__sends_at_the_flush(void **state)
{
	struct fixture *f = *state;
	struct frame file = {.type = FILE_TOO, .num_fds = 1};

	channel_hold(&f->us);
	f->them.state = 1;
	file.fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(file.fds[0] >= 0);
	assert_code(channel_send(&f->us, &file), ERR_OK);
	assert_int_equal(file.num_fds, 0);
	for (uint64_t id = 1; id < CHANNEL_HELD; id++) {
		assert_code(channel_receive(&f->them), ERR_AGAIN);
		assert_code(say_as(f, id), ERR_OK);
	}
	assert_int_equal(f->us.num_queued, 0);
	assert_code(channel_drain(&f->them, CHANNEL_HELD), ERR_OK);
	assert_true(f->peer.fd > 0);
	close(f->peer.fd);
	assert_int_equal(f->peer.last_id, CHANNEL_HELD - 1);
	assert_code(say_as(f, 99), ERR_OK);
	assert_code(channel_receive(&f->them), ERR_AGAIN);
	assert_code(channel_flush(&f->us), ERR_OK);
	assert_code(channel_receive(&f->them), ERR_OK);
	assert_int_equal(f->peer.last_id, 99);
}

/* Memory that is short must not keep us from saying so. */
static void
channel_hold__without_memory_sends_at_once(void **state)
{
	struct fixture *f = *state;

	if (!failalloc_works())
		skip();
	channel_hold(&f->us);
	f->them.state = 1;
	assert_code(say_as(f, 1), ERR_OK);
	failalloc_arm(0);
	struct err err = say_as(f, 2);
	assert_true(failalloc_disarm());
	assert_code(err, ERR_OK);
	assert_code(channel_drain(&f->them, 64), ERR_OK);
	assert_int_equal(f->peer.works, 2);
	assert_int_equal(f->peer.last_id, 2);
}

/* How many frames the next message holds; 0: there is none. */
static size_t
frames_of_message(struct fixture *f)
{
	static uint8_t bytes[FRAME_MAX];
	struct frame_pack pack;
	struct frame frame;
	size_t num = 0;

	if (frame_recv_pack(f->them.fd, bytes, &pack).code != ERR_OK)
		return 0;
	while (frame_pack_next(&pack, &frame).code == ERR_OK) {
		frame_close_fds(&frame);
		num++;
	}
	frame_pack_close(&pack);
	return num;
}

static void
channel_pack__sends_what_it_holds_as_one_message(void **state)
{
	struct fixture *f = *state;

	channel_pack(&f->us);
	for (uint64_t id = 1; id <= FRAME_PACK + 3; id++)
		assert_code(say_as(f, id), ERR_OK);
	assert_int_equal(frames_of_message(f), 0);
	assert_code(channel_flush(&f->us), ERR_OK);
	assert_int_equal(frames_of_message(f), FRAME_PACK);
	assert_int_equal(frames_of_message(f), 3);
	assert_int_equal(frames_of_message(f), 0);
}

static void
channel_pack__is_heard_frame_by_frame(void **state)
{
	struct fixture *f = *state;

	channel_pack(&f->us);
	f->them.state = 1;
	for (uint64_t id = 1; id <= 3; id++)
		assert_code(say_as(f, id), ERR_OK);
	assert_code(channel_flush(&f->us), ERR_OK);
	assert_code(channel_receive(&f->them), ERR_OK);
	assert_int_equal(f->peer.works, 3);
	assert_int_equal(f->peer.last_id, 3);
	assert_code(channel_receive(&f->them), ERR_AGAIN);
}

/* What is not permitted ends the peer: nothing behind it is heard. */
static void
channel_pack__ends_at_the_first_wrong_frame(void **state)
{
	struct fixture *f = *state;
	struct frame file = {.type = FILE_TOO, .num_fds = 1};
	int pipes[2];
	uint8_t byte;

	channel_pack(&f->us);
	f->them.state = 1;
	f->peer.fd = -1;
	assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
	file.fds[0] = pipes[1];
	assert_code(say_as(f, 1), ERR_OK);
	assert_code(channel_send_body(&f->us, 4, 2, span_str("")), ERR_OK);
	assert_code(say_as(f, 3), ERR_OK);
	assert_code(channel_send(&f->us, &file), ERR_OK);
	assert_code(channel_flush(&f->us), ERR_OK);
	assert_code(channel_receive(&f->them), ERR_MALFORMED);
	assert_int_equal(f->peer.last_id, 1);
	assert_int_equal(f->peer.fd, -1);
	assert_int_equal(read(pipes[0], &byte, 1), 0); /* no writer is left */
	close(pipes[0]);
}

static void
channel_send_patient__waits_for_company(void **state)
{
	struct fixture *f = *state;
	const struct span none = {0};

	channel_pack(&f->us);
	assert_code(channel_send_patient(&f->us, WORK, 1, none), ERR_OK);
	assert_int_equal(f->us.num_queued, 1);
	assert_false(channel_is_due(&f->us));
	assert_code(say_as(f, 2), ERR_OK);
	assert_true(channel_is_due(&f->us));
	assert_code(channel_send_patient(&f->us, WORK, 3, none), ERR_OK);
	assert_true(channel_is_due(&f->us));
	assert_code(channel_flush(&f->us), ERR_OK);
	assert_int_equal(frames_of_message(f), 3);
	assert_code(channel_send_patient(&f->us, WORK, 4, none), ERR_OK);
	assert_false(channel_is_due(&f->us));
	channel_hurry(&f->us);
	assert_true(channel_is_due(&f->us));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(channel_receive__follows_the_table_of_states),
	    TEST(channel_receive__refuses_other_numbers_of_descriptors),
	    TEST(channel_receive__passes_on_the_handlers_error),
	    TEST(channel_send__queues_no_more_bytes_than_its_cap),
	    TEST(channel_send__queues_in_order_under_a_cap),
	    TEST(channel_hold__sends_at_the_flush),
	    TEST(channel_hold__without_memory_sends_at_once),
	    TEST(channel_pack__sends_what_it_holds_as_one_message),
	    TEST(channel_pack__is_heard_frame_by_frame),
	    TEST(channel_pack__ends_at_the_first_wrong_frame),
	    TEST(channel_send_patient__waits_for_company),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
