#include "gateway/tool/admin_call.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/config_load.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/plain_text.h"

enum {
	EXIT_FAILED = 1,
	EXIT_AGAIN = 75,
	TRIES = 20,
	PAUSE_NS = 250 * 1000 * 1000,
	QUIET_MS = 10 * 60 * 1000, /* a trial of a large file takes a while */
};

/* The descriptor, or -1: errno says why. */
static int
connect_to(struct sockaddr_un *address, const char *run)
{
	int len = snprintf(
	    address->sun_path, sizeof(address->sun_path), "%s/admin.sock", run);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	address->sun_family = AF_UNIX;
	if (fd >= 0 && len >= 0 && (size_t)len < sizeof(address->sun_path) &&
	    connect(fd, (const struct sockaddr *)(const void *)address,
		sizeof(*address)) == 0)
		return fd;
	int number = errno;
	sysio_close(&fd);
	errno = number;
	return -1;
}

bool
admin_call_runs(const struct config *config)
{
	struct sockaddr_un address = {0};
	int CLEANUP(sysio_close) fd = connect_to(&address, config->run);

	return fd >= 0;
}

/* Or -1 after saying why. */
static int
connect_or_say(const char *run)
{
	struct sockaddr_un address = {0};
	int fd = connect_to(&address, run);

	if (fd >= 0)
		return fd;
	(void)fprintf(stderr, "gatehouse: %s: %s%s\n", address.sun_path,
	    strerror(errno),
	    errno == ENOENT || errno == ECONNREFUSED
		? "; no gateway is running with this configuration"
		: "");
	return -1;
}

static struct err
put_question(struct buf *body, const struct admin_call *call)
{
	if (call->shred != NULL)
		return admin_put_shred(body, call->shred);
	if (call->recipient != NULL)
		return admin_put_recipient(body, call->recipient);
	return admin_put_question(body, &call->question);
}

static struct err
send_question(int fd, const struct admin_call *call)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(put_question(&body, call));
	struct frame frame = {
	    .type = (uint16_t)call->type, .id = 1, .body = buf_span(&body)};
	for (; frame.num_fds < call->num_passes; frame.num_fds++)
		frame.fds[frame.num_fds] = call->passes[frame.num_fds];
	return frame_send(fd, &frame);
}

struct err
admin_call_hear(int fd, const struct admin_call *call, int *out_status)
{
	static uint8_t buffer[FRAME_MAX];
	struct admin_line line;
	struct admin_end end;
	struct frame frame;

	TRY(frame_recv(fd, buffer, &frame));
	frame_close_fds(&frame);
	if (frame.type == ADMIN_LINE) {
		TRY(admin_take_line(&line, frame.body));
		return call->line(call->context, &line);
	}
	if (frame.type != ADMIN_END)
		return ERR(MALFORMED, "the gateway says something unknown");
	TRY(admin_take_end(&end, frame.body));
	if (end.why.len > 0) {
		(void)fputs("gatehouse: ", stderr);
		(void)plain_text_print(stderr, end.why);
		(void)fputc('\n', stderr);
	}
	*out_status = end.status;
	return OK;
}

struct err
admin_call_wait(int fd, const struct admin_call *call, int *out_status)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (poll(&wait, 1, QUIET_MS) == 0)
		return ERR(UNAVAILABLE, "the gateway does not answer");
	return admin_call_hear(fd, call, out_status);
}

int
admin_call_connect(const char *path, int *out_fd)
{
	struct arena arena CLEANUP(arena_done) = {0};
	struct config config;

	arena_init(&arena, CONFIG_ARENA);
	int code = config_load(&config, &arena, path);
	if (code != 0)
		return code;
	*out_fd = connect_or_say(config.run);
	return *out_fd < 0 ? EXIT_AGAIN : 0;
}

int
admin_call_failed(struct err err)
{
	(void)fprintf(stderr, "gatehouse: %s\n",
	    err.code == ERR_CLOSED
		? "the gateway ended the connection: it takes commands of "
		  "root and of its own user, and while its roles are up"
		: err.why);
	return err.code == ERR_CLOSED ? EXIT_AGAIN : EXIT_FAILED;
}

int
admin_call(const struct admin_call *call)
{
	int CLEANUP(sysio_close) fd = -1;
	int status = -1;
	int code = admin_call_connect(call->config, &fd);

	if (code != 0)
		return code;
	struct err err = send_question(fd, call);
	while (err.code == ERR_OK && status < 0)
		err = admin_call_wait(fd, call, &status);
	return err.code == ERR_OK ? status : admin_call_failed(err);
}

int
admin_call_until(const struct admin_call *call)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	int code = admin_call(call);

	for (unsigned i = 0; code == EXIT_AGAIN && i < TRIES; i++) {
		(void)nanosleep(&pause, NULL);
		code = admin_call(call);
	}
	return code;
}
