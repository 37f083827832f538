#include "gateway/supervisor/activation.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/ipc/load.h"

enum {
	FIRST_FD = 3,
	MAX_FDS = 8,
};

/* How many; 0 when they are for somebody else. */
static unsigned
count(void)
{
	const char *pid = getenv("LISTEN_PID"), *num = getenv("LISTEN_FDS");
	uint64_t whom, number;

	if (pid == NULL || num == NULL ||
	    span_u64(span_str(pid), &whom, INT32_MAX).code != ERR_OK ||
	    whom != (uint64_t)getpid() ||
	    span_u64(span_str(num), &number, MAX_FDS).code != ERR_OK)
		return 0;
	return (unsigned)number;
}

/* As a configuration names it: IPv4 as ::ffff:a.b.c.d. */
static struct err
name(uint8_t out[LOAD_ENDPOINT], int fd)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in four;
	struct sockaddr_in6 six = {0};
	socklen_t len = sizeof(address), size = sizeof(int);
	int listens = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
	    listens == 0 ||
	    getsockname(fd, (struct sockaddr *)(void *)&address, &len) != 0 ||
	    (address.ss_family != AF_INET && address.ss_family != AF_INET6))
		return ERR(UNSUPPORTED,
		    "LISTEN_FDS: not a socket that listens for IP");
	if (address.ss_family == AF_INET6) {
		memcpy(&six, &address, sizeof(six));
	} else {
		memcpy(&four, &address, sizeof(four));
		six.sin6_addr.s6_addr[10] = six.sin6_addr.s6_addr[11] = 0xff;
		memcpy(six.sin6_addr.s6_addr + 12, &four.sin_addr, 4);
		six.sin6_port = four.sin_port;
	}
	memcpy(out, &six.sin6_addr, 16);
	memcpy(out + 16, &six.sin6_port, 2); /* both are big-endian */
	return OK;
}

static struct err
take(struct provisions *out, int fd, uint32_t index)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	uint8_t endpoint[LOAD_ENDPOINT];

	TRY(name(endpoint, fd));
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return ERR(UNSUPPORTED, "LISTEN_FDS: not a descriptor of ours");
	TRY(control_put_item(
	    &body, "listener", index, span_of(endpoint, sizeof(endpoint))));
	struct frame frame = {
	    .body = buf_span(&body), .fds = {fd}, .num_fds = 1};
	return provisions_add(out, &frame);
}

struct err
activation_take(struct provisions *out)
{
	unsigned num = count();

	for (unsigned i = 0; i < num; i++)
		TRY(take(out, FIRST_FD + (int)i, i));
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	return OK;
}
