/*
 * gatehouse-opener: opens what the keeper names, below one folder.
 *
 * From the supervisor (control.h): item "folder", a descriptor of it; either
 * item "pattern", whose files it then serves, or item "spool", the ceiling in
 * bytes of the spool that it then serves; item "keeper", a descriptor of the
 * open seam, and for a spool later one more of each generation; item
 * "allow-degraded", if it may go on without a jail; for a spool, item
 * "metrics", what it counts into.
 *
 * Of a spool, at an upgrade (ipc/hand.h): item "elder", a channel to the opener
 * whose place it takes, before it goes; item "heir", later, to the one that
 * takes its own.
 *
 * Exit   0   no keeper is left, or an heir has the spool
 *        1   it could not start, or the system failed it
 *        76  a keeper broke the protocol
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/metric/metric.h"
#include "gateway/opener/open_hand.h"

enum {
	EXIT_FAILED = 1,
	EXIT_PROTOCOL = 76
};

/* What lives as long as the process. */
static struct open_serve serve;
static struct control_items items;

/* From an elder, when all else is there, or of what lies in the folder. */
static struct err
begin_spool(int dir, uint64_t max_bytes)
{
	int elder;

	if (control_find(&items, "elder", 0) == NULL)
		return open_serve_init_spool(&serve, dir, max_bytes);
	TRY(control_fd(&items, "elder", 0, &elder));
	TRY(open_serve_init_heir(&serve, dir, max_bytes));
	TRY(control_send_heir(CONTROL_FD));
	struct err err = open_hand_take(&serve, elder);
	sysio_close(&elder);
	return err;
}

static struct err
set_up(struct jail_path *out_path, bool *out_degraded)
{
	static const int keep[] = {0, 1, 2, CONTROL_FD};
	struct span pattern;
	uint64_t max_bytes;
	int keeper;

	TRY(jail_close_others(keep, sizeof(keep) / sizeof(keep[0])));
	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	TRY(metric_take(&items));
	*out_degraded = control_find(&items, "allow-degraded", 0) != NULL;
	TRY(control_fd(&items, "folder", 0, &out_path->dir));
	TRY(control_fd(&items, "keeper", 0, &keeper));
	if (control_find(&items, "pattern", 0) != NULL) {
		TRY(control_value(&items, "pattern", 0, &pattern));
		out_path->rights = JAIL_READ;
		open_serve_init_origin(&serve, out_path->dir, pattern);
		return keepers_add(&serve.keepers, keeper);
	}
	TRY(control_number(&items, "spool", 0, &max_bytes, INT64_MAX));
	out_path->rights = JAIL_READ | JAIL_WRITE;
	TRY(begin_spool(out_path->dir, max_bytes));
	return keepers_add(&serve.keepers, keeper);
}

static struct err
enter_jail(const struct jail_path *path, bool allow_degraded)
{
	const struct jail_table *table = jail_tables_find("opener");
	struct jail_spec spec = {.role = "opener",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls,
	    .paths = path,
	    .num_paths = 1,
	    .allow_degraded = allow_degraded};
	struct jail_report report;
	char text[64];

	TRY(jail_enter(&report, &spec));
	(void)snprintf(text, sizeof(text), "landlock=%u seccomp=%zu",
	    report.landlock_abi, report.num_syscalls);
	return control_send_ready(CONTROL_FD, text);
}

int
main(void)
{
	struct jail_path path = {.dir = -1};
	bool allow_degraded = false;

	/* It ends when its keeper does, not before. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_role("opener");
	struct err err = set_up(&path, &allow_degraded);
	if (err.code == ERR_OK)
		err = enter_jail(&path, allow_degraded);
	if (err.code != ERR_OK) {
		control_not_started("settings", err);
		_exit(EXIT_FAILED);
	}
	err = open_serve_run(&serve, CONTROL_FD);
	if (err.code == ERR_CLOSED)
		_exit(0);
	log_error("ended", err);
	_exit(err.code == ERR_MALFORMED || err.code == ERR_TRUNCATED ||
		    err.code == ERR_TOO_BIG
		? EXIT_PROTOCOL
		: EXIT_FAILED);
}
