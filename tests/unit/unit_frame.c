#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/ipc/frame.h"

static uint8_t buffer[FRAME_MAX];

static void
assert_code(struct err err, enum err_code code)
{
	assert_string_equal(err_name(err.code), err_name(code));
}

static void
frame_send__arrives_whole_with_its_descriptors(void **state)
{
	int pair[2], file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct stat sent, came;
	struct frame out,
	    in = {.type = 7,
		.id = UINT64_C(0x0102030405060708),
		.body = span_str("body"),
		.fds = {file},
		.num_fds = 1};

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	assert_code(frame_send(pair[0], &in), ERR_OK);
	assert_code(frame_recv(pair[1], buffer, &out), ERR_OK);
	assert_int_equal(out.type, 7);
	assert_int_equal(out.id, UINT64_C(0x0102030405060708));
	assert_true(span_equal_str(out.body, "body"));
	assert_int_equal(out.num_fds, 1);
	assert_int_equal(fstat(file, &sent), 0);
	assert_int_equal(fstat(out.fds[0], &came), 0);
	assert_true(sent.st_rdev == came.st_rdev);
	assert_true(fcntl(out.fds[0], F_GETFD) & FD_CLOEXEC);
	frame_close_fds(&out);
	assert_int_equal(fcntl(file, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(file);
	close(pair[0]);
	close(pair[1]);
}

static void
frame_send__refuses_what_is_over_its_cap(void **state)
{
	static uint8_t big[FRAME_MAX_BODY + 1];
	int pair[2];
	struct frame frame = {.type = 1, .body = span_of(big, sizeof(big))};

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	assert_code(frame_send(pair[0], &frame), ERR_TOO_BIG);
	frame.body.len--;
	assert_code(frame_send(pair[0], &frame), ERR_OK);
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_OK);
	assert_int_equal(frame.body.len, FRAME_MAX_BODY);
	close(pair[0]);
	close(pair[1]);
}

static void
frame_send__says_again_when_the_queue_is_full(void **state)
{
	static uint8_t big[FRAME_MAX_BODY];
	int pair[2];
	struct frame frame = {.type = 1, .body = span_of(big, sizeof(big))};
	struct err err = OK;

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	for (int i = 0; i < 1000 && err.code == ERR_OK; i++)
		err = frame_send(pair[0], &frame);
	assert_code(err, ERR_AGAIN);
	close(pair[1]);
	assert_code(frame_send(pair[0], &frame), ERR_CLOSED);
	close(pair[0]);
}

static void
frame_recv__refuses_every_other_length_and_count(void **state)
{
	uint8_t head[FRAME_HEAD + 4] = {0, 1, [10] = 0, [14] = 4};
	int pair[2];
	struct frame frame;

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	for (size_t len = 1; len < sizeof(head); len++) {
		assert_int_equal(send(pair[0], head, len, 0), len);
		struct err err = frame_recv(pair[1], buffer, &frame);
		assert_true(
		    err.code == ERR_TRUNCATED || err.code == ERR_MALFORMED);
	}
	assert_int_equal(
	    send(pair[0], head, sizeof(head), 0), (ssize_t)sizeof(head));
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_OK);
	head[10] = 1; /* a descriptor that does not come */
	assert_int_equal(
	    send(pair[0], head, sizeof(head), 0), (ssize_t)sizeof(head));
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_MALFORMED);
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_AGAIN);
	close(pair[0]);
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_CLOSED);
	close(pair[1]);
}

static void
frame_recv__closes_descriptors_of_a_bad_frame(void **state)
{
	int pair[2], pipes[2];
	struct frame frame = {.type = 1, .num_fds = 1};
	uint8_t byte;

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
	/* By hand: one descriptor, and a head that names none. */
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	uint8_t head[FRAME_HEAD] = {0, 1};
	struct iovec part = {.iov_base = head, .iov_len = sizeof(head)};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
	    .cmsg_level = SOL_SOCKET,
	    .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.head), &pipes[1], sizeof(int));
	assert_true(sendmsg(pair[0], &message, 0) > 0);
	close(pipes[1]);
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_MALFORMED);
	/* The pipe's last writer is gone: end of file, not "again". */
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
	close(pair[0]);
	close(pair[1]);
}

/* --- Packs --- */

/* The pipe's writer, as the only descriptor; `out` has none of its own. */
static struct frame
with_writer(uint64_t id, int pipes[2])
{
	assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
	return (struct frame){.type = 1,
	    .id = id,
	    .body = span_str("body"),
	    .fds = {pipes[1]},
	    .num_fds = 1};
}

static void
assert_closed_by_all(int pipes[2])
{
	uint8_t byte;

	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
}

static void
frame_send_pack__is_one_message_in_order(void **state)
{
	int pair[2], first[2], last[2];
	struct frame frames[3] = {
	    with_writer(1, first), {.type = 2, .id = 2}, with_writer(3, last)};
	const struct frame *all[3] = {&frames[0], &frames[1], &frames[2]};
	struct frame_pack pack;
	struct frame frame;

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	assert_code(frame_send_pack(pair[0], all, 3), ERR_OK);
	close(first[1]);
	close(last[1]);
	assert_code(frame_recv_pack(pair[1], buffer, &pack), ERR_OK);
	for (uint64_t id = 1; id <= 3; id++) {
		assert_code(frame_pack_next(&pack, &frame), ERR_OK);
		assert_int_equal(frame.id, id);
		assert_int_equal(frame.body.len, id == 2 ? 0 : 4);
		assert_int_equal(frame.num_fds, id == 2 ? 0 : 1);
		frame_close_fds(&frame);
		if (id == 1)
			assert_closed_by_all(first);
	}
	assert_closed_by_all(last);
	assert_code(frame_pack_next(&pack, &frame), ERR_AGAIN);
	assert_code(frame_recv_pack(pair[1], buffer, &pack), ERR_AGAIN);
	close(pair[0]);
	close(pair[1]);
}

/* Who hears single frames takes no pack, and leaves no descriptor of one. */
static void
frame_recv__refuses_a_pack(void **state)
{
	int pair[2], first[2], last[2];
	struct frame frames[2] = {with_writer(1, first), with_writer(2, last)};
	const struct frame *both[2] = {&frames[0], &frames[1]};
	struct frame frame;

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	assert_code(frame_send_pack(pair[0], both, 2), ERR_OK);
	close(first[1]);
	close(last[1]);
	assert_code(frame_recv(pair[1], buffer, &frame), ERR_MALFORMED);
	assert_closed_by_all(first);
	assert_closed_by_all(last);
	close(pair[0]);
	close(pair[1]);
}

/* Cut anywhere, the frames before the cut are whole, and the rest is none. */
static void
frame_pack_next__refuses_a_cut_pack(void **state)
{
	uint8_t bytes[2 * FRAME_HEAD + 4] = {0, 1, [14] = 4, [20] = 2};
	int pair[2];

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		struct frame_pack pack;
		struct frame frame;
		struct err err = OK;
		size_t num = 0;

		assert_int_equal(send(pair[0], bytes, len, 0), len);
		assert_code(frame_recv_pack(pair[1], buffer, &pack), ERR_OK);
		while ((err = frame_pack_next(&pack, &frame)).code == ERR_OK)
			num++;
		assert_int_equal(num,
		    len < FRAME_HEAD + 4      ? 0
			: len < sizeof(bytes) ? 1
					      : 2);
		assert_int_equal(err.code == ERR_AGAIN,
		    len == FRAME_HEAD + 4 || len == sizeof(bytes));
		frame_pack_close(&pack);
	}
	close(pair[0]);
	close(pair[1]);
}

static void
frame_pack_fit__ends_at_each_cap(void **state)
{
	static uint8_t big[FRAME_MAX_BODY];
	static struct frame frame;
	const struct frame *frames[FRAME_PACK + 1];
	const size_t num = FRAME_PACK + 1;
	int pair[2];

	(void)state;
	for (size_t i = 0; i < num; i++)
		frames[i] = &frame;
	frame = (struct frame){.type = 1};
	assert_int_equal(frame_pack_fit(frames, num), FRAME_PACK);
	assert_int_equal(frame_pack_fit(frames, 3), 3);
	frame.num_fds = FRAME_MAX_FDS;
	assert_int_equal(
	    frame_pack_fit(frames, num), FRAME_PACK_FDS / FRAME_MAX_FDS);
	frame = (struct frame){.type = 1, .body = span_of(big, 10000)};
	assert_int_equal(frame_pack_fit(frames, num), 4);
	frame.body.len = FRAME_MAX_BODY;
	assert_int_equal(frame_pack_fit(frames, num), 1);
	frame.body.len++;
	assert_int_equal(frame_pack_fit(frames, num), 0);
	frame.body.len = 10000;
	assert_code(frame_pair(pair), ERR_OK);
	assert_code(frame_send_pack(pair[0], frames, 5), ERR_TOO_BIG);
	assert_code(frame_send_pack(pair[0], frames, 0), ERR_TOO_BIG);
	assert_code(frame_send_pack(pair[0], frames, 4), ERR_OK);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frame_send__arrives_whole_with_its_descriptors),
	    cmocka_unit_test(frame_send__refuses_what_is_over_its_cap),
	    cmocka_unit_test(frame_send__says_again_when_the_queue_is_full),
	    cmocka_unit_test(frame_recv__refuses_every_other_length_and_count),
	    cmocka_unit_test(frame_recv__closes_descriptors_of_a_bad_frame),
	    cmocka_unit_test(frame_send_pack__is_one_message_in_order),
	    cmocka_unit_test(frame_recv__refuses_a_pack),
	    cmocka_unit_test(frame_pack_next__refuses_a_cut_pack),
	    cmocka_unit_test(frame_pack_fit__ends_at_each_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
