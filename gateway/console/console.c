/*
 * gatehouse-console: shows what is counted, to whoever asks at a loopback
 * address. It reads pages that others write (supervisor/pages.h), opens no
 * file, connects to nobody and has no key; nobody waits for it.
 *
 * From the supervisor (control.h): item "listener", a descriptor of the socket;
 * "sums", "page" and "ended", before CONTROL_GO and after it; item "metrics",
 * what it counts into itself; item "allow-degraded". To it: CONTROL_SCRAPED.
 *
 * Exit   0   the supervisor went away, or it is drained
 *        1   it could not start, or the system failed it
 *        76  the supervisor broke the protocol
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/console/console_serve.h"

enum {
	EXIT_FAILED = 1,
	EXIT_PROTOCOL = 76,
};

/* What lives as long as the process. */
static struct console_view view;
static struct console_serve serve;

static struct err
take_all(const struct control_items *items)
{
	int listener;

	TRY(metric_take(items));
	for (size_t i = 0; i < items->num_items; i++)
		TRY(console_view_take(&view, &items->items[i]));
	TRY(control_fd(items, "listener", 0, &listener));
	console_serve_init(&serve, &view, CONTROL_FD, listener);
	return OK;
}

static struct err
set_up(bool *out_degraded)
{
	static const int keep[] = {0, 1, 2, CONTROL_FD};
	struct control_items items = {0};

	TRY(jail_close_others(keep, sizeof(keep) / sizeof(keep[0])));
	TRY(control_receive(&items, CONTROL_FD));
	*out_degraded = control_find(&items, "allow-degraded", 0) != NULL;
	struct err err = take_all(&items);
	control_items_done(&items);
	return err;
}

static struct err
enter_jail(bool allow_degraded)
{
	const struct jail_table *table = jail_tables_find("console");
	struct jail_report report;
	char text[64];

	TRY(jail_enter(&report,
	    &(struct jail_spec){.role = "console",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.allow_degraded = allow_degraded}));
	(void)snprintf(text, sizeof(text), "landlock=%u seccomp=%zu",
	    report.landlock_abi, report.num_syscalls);
	return control_send_ready(CONTROL_FD, text);
}

int
main(void)
{
	bool allow_degraded = false;

	/* It ends when the supervisor says so. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_role("console");
	struct err err = set_up(&allow_degraded);
	if (err.code == ERR_OK)
		err = enter_jail(allow_degraded);
	if (err.code != ERR_OK) {
		control_not_started("settings", err);
		_exit(EXIT_FAILED);
	}
	err = console_serve_run(&serve);
	if (err.code == ERR_CLOSED)
		_exit(0);
	log_error("ended", err);
	_exit(err.code == ERR_MALFORMED || err.code == ERR_TRUNCATED ||
		    err.code == ERR_TOO_BIG
		? EXIT_PROTOCOL
		: EXIT_FAILED);
}
