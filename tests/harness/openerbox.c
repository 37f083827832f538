#include "tests/harness/openerbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/opener/open_hand.h"
#include "tests/harness/expect.h"

enum {
	LIMIT_MS = 20000
};

/* --- The opener --- */

int
openerbox_init(struct openerbox *box)
{
	expect_ok(crypto_init());
	(void)signal(SIGPIPE, SIG_IGN);
	*box = (struct openerbox){
	    .dir = -1, .keeper = -1, .control = -1, .pid = -1};
	(void)snprintf(
	    box->place, sizeof(box->place), "/tmp/gatehouse-serve-XXXXXX");
	if (mkdtemp(box->place) == NULL)
		return 1;
	box->dir = open(box->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return box->dir < 0;
}

int
openerbox_done(struct openerbox *box)
{
	if (box->pid > 0) {
		(void)kill(box->pid, SIGKILL);
		(void)waitpid(box->pid, NULL, 0);
	}
	frame_close_fds(&box->got);
	sysio_close(&box->keeper);
	inbox_done(&box->inbox);
	sysio_close(&box->control);
	sysio_close(&box->dir);
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/rm", "rm", "-rf", box->place, (char *)NULL);
		_exit(1);
	}
	return waitpid(child, NULL, 0) != child;
}

_Noreturn static void
serve(const struct openerbox *box, const char *pattern, uint64_t spool_max,
    const int sockets[2])
{
	static struct open_serve server;
	struct err err = OK;

	if (pattern != NULL)
		open_serve_init_origin(&server, box->dir, span_str(pattern));
	else
		err = open_serve_init_spool(&server, box->dir, spool_max);
	if (err.code == ERR_OK)
		err = keepers_add(&server.keepers, sockets[0]);
	if (err.code == ERR_OK)
		err = open_serve_run(&server, sockets[1]);
	_exit((int)err.code);
}

void
openerbox_start(struct openerbox *box, const char *pattern, uint64_t spool_max)
{
	int keeper[2], control[2];

	expect_ok(frame_pair(keeper));
	expect_ok(frame_pair(control));
	box->pid = fork();
	assert_true(box->pid >= 0);
	if (box->pid == 0) {
		close(keeper[0]);
		close(control[0]);
		serve(box, pattern, spool_max, (int[]){keeper[1], control[1]});
	}
	close(keeper[1]);
	close(control[1]);
	box->keeper = keeper[0];
	box->control = control[0];
}

_Noreturn static void
succeed(const struct openerbox *box, uint64_t spool_max, int elder, int control)
{
	static struct open_serve server;
	struct err err = open_serve_init_heir(&server, box->dir, spool_max);

	if (err.code == ERR_OK)
		err = open_hand_take(&server, elder);
	if (err.code == ERR_OK)
		err = open_serve_run(&server, control);
	_exit((int)err.code);
}

void
openerbox_take_place(struct openerbox *box, uint64_t spool_max)
{
	int hands[2], control[2], status;

	expect_ok(frame_pair(hands));
	expect_ok(frame_pair(control));
	pid_t heir = fork();
	assert_true(heir >= 0);
	if (heir == 0) {
		close(box->keeper);
		close(hands[0]);
		close(control[0]);
		succeed(box, spool_max, hands[1], control[1]);
	}
	close(hands[1]);
	close(control[1]);
	expect_ok(control_send_item(
	    box->control, "heir", 0, span_of(NULL, 0), hands[0]));
	close(hands[0]);
	assert_int_equal(waitpid(box->pid, &status, 0), box->pid);
	assert_int_equal(WEXITSTATUS(status), ERR_CLOSED);
	sysio_close(&box->control);
	box->control = control[0];
	box->pid = heir;
}

void
openerbox_expect_end(struct openerbox *box, enum err_code code)
{
	struct pollfd wait = {.fd = box->keeper, .events = POLLIN};
	int status;

	if (code == ERR_CLOSED)
		(void)shutdown(box->keeper, SHUT_WR);
	assert_int_equal(poll(&wait, 1, LIMIT_MS), 1);
	frame_close_fds(&box->got);
	/* It hangs up without another word. */
	expect_err(CLOSED, inbox_next(&box->inbox, box->keeper, &box->got));
	assert_int_equal(waitpid(box->pid, &status, 0), box->pid);
	box->pid = -1;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), (int)code);
	sysio_close(&box->keeper);
	inbox_done(&box->inbox);
	sysio_close(&box->control);
}

/* --- Files --- */

void
openerbox_write_file(struct openerbox *box, const char *name, const char *text)
{
	int fd = openat(box->dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void
openerbox_expect_content(int fd, const char *text)
{
	char content[64];

	assert_int_equal(pread(fd, content, sizeof(content), 0), strlen(text));
	assert_memory_equal(content, text, strlen(text));
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(write(fd, "x", 1), -1);
}

/* --- What is said --- */

void
openerbox_tell(struct openerbox *box, uint16_t type, struct span body)
{
	struct frame frame = {.type = type, .id = ++box->last_id, .body = body};

	expect_ok(frame_send(box->keeper, &frame));
}

void
openerbox_tell_fields(struct openerbox *box, uint16_t type, const char *a,
    const char *b, const char *c)
{
	const char *fields[] = {a, b, c};
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	for (size_t i = 0; i < 3 && fields[i] != NULL; i++)
		expect_ok(buf_put_field(&body, span_str(fields[i])));
	openerbox_tell(box, type, buf_span(&body));
}

void
openerbox_tell_create(
    struct openerbox *box, const char *generation, uint64_t expected)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(buf_put_field(&body, span_str(generation)));
	expect_ok(buf_put_u64be(&body, expected));
	openerbox_tell(box, OPEN_CREATE, buf_span(&body));
}

void
openerbox_hear(struct openerbox *box, uint16_t type)
{
	struct pollfd wait = {.fd = box->keeper, .events = POLLIN};

	frame_close_fds(&box->got);
	if (box->inbox.pack.rest.len == 0)
		assert_int_equal(poll(&wait, 1, LIMIT_MS), 1);
	expect_ok(inbox_next(&box->inbox, box->keeper, &box->got));
	assert_int_equal(box->got.type, type);
	assert_int_equal(box->got.id, box->last_id);
}

void
openerbox_hear_failure(struct openerbox *box, enum err_code code)
{
	openerbox_hear(box, OPEN_FAILED);
	assert_int_equal(box->got.num_fds, 0);
	struct err err = open_failed(box->got.body);
	assert_int_equal(err.code, code);
}
