#include "gateway/supervisor/admit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/ipc/admin.h"
#include "gateway/ipc/control.h"

static void
pass_on(const struct process *keeper, int fd, uid_t uid)
{
	static uint32_t place;
	struct buf text CLEANUP(buf_done) = {.max = 32};
	struct err err = buf_append_u64(&text, uid);

	if (err.code == ERR_OK)
		err = control_send_item(keeper->control, "admin",
		    place++ % ADMIN_MAX_AT_ONCE, buf_span(&text), fd);
	if (err.code != ERR_OK)
		log_error("command-not-passed-on", err);
}

void
admit_commands(struct processes *all, int listener, uid_t owner)
{
	const struct process *keeper = processes_find(all, SPAWN_KEEPER, 0);
	int fd;

	while ((fd = accept4(
		    listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct ucred peer;
		socklen_t len = sizeof(peer);
		bool known =
		    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
		    (peer.uid == 0 || peer.uid == owner);
		if (!known)
			log_event("command-refused", NULL, 0);
		else if (keeper->runs)
			pass_on(keeper, fd, peer.uid);
		close(fd);
	}
}
