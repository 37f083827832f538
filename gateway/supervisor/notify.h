#ifndef GATEHOUSE_NOTIFY_H
#define GATEHOUSE_NOTIFY_H

#include <sys/un.h>

#include "crypto/memory/span.h"

/*
 * notify: tells a service manager how it goes with us, as sd_notify(3) has it:
 * datagrams to the socket that NOTIFY_SOCKET names. Without one, nothing.
 */
struct notify {
	int socket; /* -1: nobody wants to hear */
	struct sockaddr_un address;
	unsigned address_len; /* bytes */
};

/* notify_init: of the environment. Errors: IO: no socket can be had for it. */
MUST_USE struct err notify_init(struct notify *out);

/* notify_send: lines of NAME=VALUE. What cannot be sent is given up. */
void notify_send(const struct notify *notify, struct span text);

/* notify_watchdog_ms: how often at least WATCHDOG=1 is wanted of us; 0: not. */
unsigned notify_watchdog_ms(void);

#endif
