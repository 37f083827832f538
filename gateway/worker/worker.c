/*
 * gatehouse-worker: TLS, HTTP and S3 for clients. It has no key, opens no
 * file and connects to nobody: what it serves, the keeper gave it.
 *
 * From the supervisor (control.h), before CONTROL_GO:
 *
 *   listener        descriptor; index 0 ...: listening sockets, not blocking
 *   certificate     value: PEM, the leaf first
 *   clients         value: none, optional or required
 *   client-ca       value: PEM; unless clients is none
 *   region          value: ours
 *   host            value; index 0 ...: names for virtual-host style
 *   log-requests    a line of the log for each request
 *   sealed          there is no root: /readyz says so
 *   allow-degraded  it may go on without a jail
 *   metrics         descriptor: what it counts into
 *   ask, sign       descriptors: the two sockets to the keeper (ask.h)
 *
 * and ask and sign again, in this order, whenever a new keeper is there. It
 * lets clients in from CONTROL_SERVE on. Without a keeper it goes on and
 * answers 503. It ends when the supervisor does, or, told to drain, with its
 * last connection.
 *
 * Exit   0   the supervisor went away, or it is drained
 *        1   it could not start: one line on stderr says why
 *        74  the loop failed
 *        76  the supervisor broke the protocol
 */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/http/tls_pause.h"
#include "gateway/ipc/control.h"
#include "gateway/metric/metric.h"
#include "gateway/worker/front.h"

enum {
	EXIT_NOT_STARTED = 1,
	EXIT_IO = 74,
	EXIT_PROTOCOL = 76,

	/* Beside connections: stdio, control, epoll, keeper, listeners. */
	OTHER_FDS = 32,
	MAX_FDS = 2 * WORKER_MAX_CONNECTIONS + OTHER_FDS,
};

/* What lives as long as the process. */
static struct control_items items;
static struct span hosts[WORKER_MAX_HOSTS];
static struct loop *loop;
static struct tls_server *tls;
static struct front front;
static struct err failure; /* why the loop was stopped */
static int new_ask = -1;   /* of a keeper whose sign is still to come */

/* --- Before the jail --- */

/* A connection may need two descriptors: its socket and a slot. */
static struct err
count_connections(size_t *out)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return ERR(IO, "worker: no limit of descriptors");
	if (limit.rlim_cur < 2 * OTHER_FDS)
		return ERR(TOO_BIG, "worker: too few descriptors (ulimit -n)");
	*out = (limit.rlim_cur > MAX_FDS ? MAX_FDS - OTHER_FDS
					 : limit.rlim_cur - OTHER_FDS) /
	    2;
	return OK;
}

static struct err
read_clients(struct tls_server_config *config)
{
	struct span text;

	TRY(control_value(&items, "clients", 0, &text));
	if (span_equal_str(text, "none")) {
		config->clients = TLS_SERVER_CLIENTS_NONE;
		return OK;
	}
	if (span_equal_str(text, "optional"))
		config->clients = TLS_SERVER_CLIENTS_OPTIONAL;
	else if (span_equal_str(text, "required"))
		config->clients = TLS_SERVER_CLIENTS_REQUIRED;
	else
		return ERR(MALFORMED, "worker: clients is not one of three");
	return control_value(&items, "client-ca", 0, &config->client_ca_pem);
}

static void
stop(void)
{
	loop_stop(loop);
}

static struct err
set_up_front(void)
{
	struct front_options options = {.loop = loop, .hosts.names = hosts};
	uint32_t i = 0;

	TRY(count_connections(&options.max_connections));
	TRY(control_value(&items, "region", 0, &options.region));
	for (; control_find(&items, "host", i) != NULL; i++) {
		if (i == WORKER_MAX_HOSTS)
			return ERR(TOO_BIG, "worker: too many hosts");
		TRY(control_value(&items, "host", i, &hosts[i]));
	}
	options.hosts.num_names = i;
	options.log_requests = control_find(&items, "log-requests", 0) != NULL;
	options.sealed = control_find(&items, "sealed", 0) != NULL;
	options.drained = stop;
	return front_init(&front, &options);
}

static struct err
set_up_tls(void)
{
	struct tls_server_config config = {
	    .remote = {signer_sign, &front.signer},
	    .max_paused = WORKER_MAX_PAUSED};

	TRY(control_value(&items, "certificate", 0, &config.certificate_pem));
	TRY(read_clients(&config));
	TRY(tls_server_new(&tls, &config));
	front.tls = tls;
	return OK;
}

static struct err
set_up_sockets(void)
{
	int ask, sign;

	TRY(control_fd(&items, "ask", 0, &ask));
	TRY(control_fd(&items, "sign", 0, &sign));
	if (control_find(&items, "listener", 0) == NULL)
		return ERR(NOT_FOUND, "worker: nothing to listen on");
	return front_attach(&front, ask, sign);
}

static void on_control(void *context, unsigned events);

static struct err
set_up(void)
{
	static const int keep[] = {0, 1, 2, CONTROL_FD};
	struct loop_handler handler = {on_control, NULL};

	TRY(jail_close_others(keep, sizeof(keep) / sizeof(keep[0])));
	TRY(tls_pause_guard());
	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	TRY(metric_take(&items));
	TRY(loop_new(&loop, MAX_FDS, FRONT_MAX_TIMERS));
	TRY(set_up_front());
	TRY(set_up_tls());
	TRY(set_up_sockets());
	return loop_add(loop, CONTROL_FD, LOOP_READ, handler);
}

/* Then the supervisor hears what holds us in. */
static struct err
enter_jail(void)
{
	const struct jail_table *table = jail_tables_find("worker");
	struct jail_spec spec = {.role = "worker",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls,
	    .allow_degraded =
		control_find(&items, "allow-degraded", 0) != NULL};
	struct jail_report report;
	char text[128];

	TRY(jail_enter(&report, &spec));
	(void)snprintf(text, sizeof(text), "landlock=%u seccomp=%zu",
	    report.landlock_abi, report.num_syscalls);
	return control_send_ready(CONTROL_FD, text);
}

/* --- After it --- */

/* Nobody was let in before all others were ready, too. */
static struct err
let_in(void)
{
	int listener;

	for (uint32_t i = 0; control_find(&items, "listener", i) != NULL; i++) {
		TRY(control_fd(&items, "listener", i, &listener));
		TRY(front_listen(&front, listener));
	}
	return OK;
}

static struct err
take_item(struct control_item *item)
{
	int fd = item->fd;

	if (fd < 0)
		return ERR(MALFORMED, "worker: an item without descriptor");
	if (strcmp(item->name, "ask") == 0 && new_ask < 0) {
		new_ask = fd;
		item->fd = -1;
		return OK;
	}
	if (strcmp(item->name, "sign") != 0 || new_ask < 0)
		return ERR(MALFORMED, "worker: an item that is not expected");
	int ask = new_ask;
	new_ask = item->fd = -1;
	return front_attach(&front, ask, fd);
}

static struct err
receive_item(void)
{
	static uint8_t buffer[FRAME_MAX];
	struct control_item item;
	struct frame frame;

	TRY(frame_recv(CONTROL_FD, buffer, &frame));
	if (frame.type == CONTROL_SERVE && frame.num_fds == 0)
		return let_in();
	if (frame.type == CONTROL_DRAIN && frame.num_fds == 0) {
		front_drain(&front);
		return span_end(frame.body);
	}
	struct err err = frame.type == CONTROL_ITEM && frame.num_fds <= 1
	    ? control_take_item(&item, &frame)
	    : ERR(MALFORMED, "worker: not an item");
	frame_close_fds(&frame);
	TRY(err);
	err = take_item(&item);
	control_item_done(&item);
	return err;
}

static void
on_control(void *context, unsigned events)
{
	struct err err = receive_item();

	(void)context, (void)events;
	if (err.code == ERR_OK || err.code == ERR_AGAIN)
		return;
	failure = err;
	loop_stop(loop);
}

static int
exit_code(struct err err)
{
	if (err.code == ERR_OK || err.code == ERR_CLOSED)
		return 0;
	log_error("stopped", err);
	return err.code == ERR_MALFORMED ? EXIT_PROTOCOL : EXIT_IO;
}

int
main(void)
{
	/* It ends when the supervisor says so, by closing the channel. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_role("worker");
	struct err err = set_up();
	if (err.code == ERR_OK)
		err = enter_jail();
	if (err.code != ERR_OK) {
		control_not_started("settings or tls certificate", err);
		_exit(EXIT_NOT_STARTED);
	}
	err = loop_run(loop);
	if (err.code == ERR_OK)
		err = failure;
	/* Open transfers end as cuts; the keeper closes their intents. */
	front_done(&front);
	_exit(exit_code(err));
}
