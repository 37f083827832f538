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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frame_send__arrives_whole_with_its_descriptors),
	    cmocka_unit_test(frame_send__refuses_what_is_over_its_cap),
	    cmocka_unit_test(frame_send__says_again_when_the_queue_is_full),
	    cmocka_unit_test(frame_recv__refuses_every_other_length_and_count),
	    cmocka_unit_test(frame_recv__closes_descriptors_of_a_bad_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
