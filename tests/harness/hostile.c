#include "tests/harness/hostile.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gateway/ipc/control.h"

enum {
	PATIENCE_S = 20,
};

static char folder[3900]; /* of this program */
static const char *self;
static unsigned num_flood, num_stride;

void
hostile_say(const char *name, bool contained)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "hostile %s %s: %s\n",
	    contained ? "ok" : "not ok", self, name);

	if (write(STDERR_FILENO, line, (size_t)len) != len)
		_exit(1);
}

/* --- Whose turn it is --- */

static void
find_folder(void)
{
	ssize_t len = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	if (len <= 0)
		err(1, "hostile: where are we?");
	folder[len] = '\0';
	*strrchr(folder, '/') = '\0';
}

/* Each turn is a byte of the file. */
static size_t
take_turn(size_t num_turns)
{
	char path[4096];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s.turns", folder, self);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) != 0 || fstat(fd, &st) != 0)
		err(1, "hostile: %s", path);
	if ((size_t)st.st_size < num_turns && write(fd, "x", 1) != 1)
		err(1, "hostile: %s", path);
	close(fd);
	return (size_t)st.st_size;
}

static void
read_size(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/hostile.size", folder);
	FILE *file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%u %u", &num_flood, &num_stride) != 2)
		err(1, "hostile: %s", path);
	(void)fclose(file);
}

void
hostile_wait(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s.hold", folder, self);
	while (access(path, F_OK) == 0)
		(void)poll(NULL, 0, 20);
}

size_t
hostile_flood(void)
{
	return num_flood;
}

size_t
hostile_stride(void)
{
	return num_stride;
}

const char *
hostile_folder(void)
{
	return folder;
}

size_t
hostile_begin(const char *role, size_t num_turns)
{
	char path[4096], name[64], *argv[] = {name, NULL};
	char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC";
	char *env[] = {locale, zone, NULL};

	self = role;
	find_folder();
	size_t turn = take_turn(num_turns);
	if (turn < num_turns) {
		read_size();
		return turn;
	}
	(void)snprintf(path, sizeof(path), "%s/%s.real", folder, role);
	(void)snprintf(name, sizeof(name), "gatehouse-%s", role);
	(void)execve(path, argv, env);
	err(1, "hostile: %s", path);
}

/* --- Seams --- */

void
hostile_patience(int seam)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	if (fcntl(seam, F_SETFL, 0) != 0 ||
	    setsockopt(seam, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) != 0 ||
	    setsockopt(seam, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) != 0)
		err(1, "hostile: a seam");
}

/* A head as it should not be: what it says need not be so. */
struct lie {
	const char *name;
	uint16_t type;
	uint8_t num_fds; /* that it says */
	uint32_t len;	 /* of the body that it says */
	size_t sent_len; /* all that is sent */
	size_t sent_fds;
};

static const struct lie lies[HOSTILE_BREAKS] = {
    {"one byte", 1, 0, 0, 1, 0},
    {"a head that was cut", 1, 0, 0, FRAME_HEAD - 1, 0},
    {"a body that was cut", 1, 0, 100, FRAME_HEAD + 99, 0},
    {"a byte after the body", 1, 0, 100, FRAME_HEAD + 101, 0},
    {"a length of 4 GiB", 1, 0, UINT32_MAX, FRAME_HEAD + 4, 0},
    {"more than a frame may be", 1, 0, FRAME_MAX_BODY + 100, FRAME_MAX + 100,
	0},
    {"a type that is none", 60000, 0, 0, FRAME_HEAD, 0},
    {"a descriptor that it does not name", 1, 0, 0, FRAME_HEAD, 1},
    {"more descriptors than a frame may have", 1, 5, 0, FRAME_HEAD, 5},
};

static void
put_head(uint8_t *out, const struct lie *lie)
{
	for (size_t i = 0; i < 2; i++)
		out[i] = (uint8_t)(lie->type >> (8 * (1 - i)));
	out[10] = lie->num_fds;
	for (size_t i = 0; i < 4; i++)
		out[11 + i] = (uint8_t)(lie->len >> (8 * (3 - i)));
}

const char *
hostile_break(int seam, size_t which)
{
	static uint8_t bytes[FRAME_MAX + 200];
	const struct lie *lie = &lies[which];
	static const int fds[8] = {2, 2, 2, 2, 2, 2, 2, 2};
	union {
		struct cmsghdr first;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = {.first = {.cmsg_level = SOL_SOCKET,
			 .cmsg_type = SCM_RIGHTS,
			 .cmsg_len = CMSG_LEN(lie->sent_fds * sizeof(int))}};
	struct iovec part = {.iov_base = bytes, .iov_len = lie->sent_len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	put_head(bytes, lie);
	if (lie->sent_fds > 0) {
		message.msg_control = &control;
		message.msg_controllen =
		    CMSG_SPACE(lie->sent_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.first), fds, sizeof(fds));
	}
	if (sendmsg(seam, &message, MSG_NOSIGNAL) < 0)
		hostile_say("a seam that does not take it", false);
	return lie->name;
}

bool
hostile_send(int seam, uint16_t type, uint64_t id, struct span body)
{
	uint8_t head[FRAME_HEAD] = {0};
	struct iovec parts[] = {{.iov_base = head, .iov_len = sizeof(head)},
	    {.iov_base = (void *)(uintptr_t)body.data, .iov_len = body.len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	put_head(head, &(struct lie){.type = type, .len = (uint32_t)body.len});
	for (size_t i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(id >> (8 * (7 - i)));
	return sendmsg(seam, &message, MSG_NOSIGNAL) >= 0;
}

static void
look_for_canaries(struct span bytes)
{
	if (memmem(bytes.data, bytes.len, "CNRY", 4) != NULL)
		hostile_say("a raw value came by a seam", false);
}

/* frame_recv does not wait; a look at what comes does. */
bool
hostile_hear(int seam, struct frame *out)
{
	static uint8_t buffer[FRAME_MAX];
	uint8_t byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr peek = {.msg_iov = &part, .msg_iovlen = 1};

	if (recvmsg(seam, &peek, MSG_PEEK) <= 0 ||
	    frame_recv(seam, buffer, out).code != ERR_OK)
		return false;
	look_for_canaries(out->body);
	return true;
}

bool
hostile_is_cut(int seam)
{
	uint8_t byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr rest = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t got;

	while ((got = recvmsg(seam, &rest, 0)) > 0)
		;
	return got == 0 || errno == ECONNRESET;
}

void
hostile_stay(void)
{
	while (!hostile_is_cut(CONTROL_FD))
		;
	_exit(0);
}
