#include "gateway/supervisor/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct err
notify_init(struct notify *out)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct notify notify = {
	    .socket = -1, .address = {.sun_family = AF_UNIX}};

	if (path != NULL && path[0] != '\0') {
		size_t len = strlen(path);
		if (len >= sizeof(notify.address.sun_path))
			return ERR(IO, "NOTIFY_SOCKET is too long a path");
		memcpy(notify.address.sun_path, path, len);
		if (path[0] == '@') /* of the abstract namespace */
			notify.address.sun_path[0] = '\0';
		notify.address_len =
		    (unsigned)(offsetof(struct sockaddr_un, sun_path) + len);
		notify.socket = socket(
		    AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (notify.socket < 0)
			return ERR(IO, "there is no socket for NOTIFY_SOCKET");
	}
	*out = notify;
	return OK;
}

void
notify_send(const struct notify *notify, struct span text)
{
	if (notify->socket >= 0)
		(void)!sendto(notify->socket, text.data, text.len, MSG_NOSIGNAL,
		    (const struct sockaddr *)(const void *)&notify->address,
		    notify->address_len);
}

unsigned
notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t number;

	if (usec == NULL ||
	    span_u64(span_str(usec), &number, UINT32_MAX).code != ERR_OK)
		return 0;
	uint64_t whom = (uint64_t)getpid();
	if (pid != NULL &&
	    (span_u64(span_str(pid), &whom, INT32_MAX).code != ERR_OK ||
		whom != (uint64_t)getpid()))
		return 0;
	return (unsigned)(number / 2000);
}
