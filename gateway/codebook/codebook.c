/*
 * gatehouse-codebook: which random code stands for which keyed hash, durably.
 * It sees no identifier: a mill sends hashes, and values under a key that is
 * not here.
 *
 * From the supervisor (control.h): item "folder", a descriptor of it; or item
 * "postgres", where the tables are instead, and "password", a file, if one is
 * needed; item "keeper", a descriptor of the book seam, and later one more of
 * each generation; item "allow-degraded", if it may go on without a jail; item
 * "metrics", what it counts into.
 *
 * At an upgrade (hand.h): item "elder", a channel to the codebook whose place
 * it takes, before it goes; item "heir", later, to the one that takes its own.
 *
 * Exit   0   no keeper is left, or an heir has the codebook
 *        1   it could not start: one line on stderr says why
 *        74  a write or sync failed, the connection is lost, or the codebook is
 *            damaged
 *        75  the disk is full
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
#include "gateway/codebook/book_hand.h"
#include "gateway/ipc/control.h"
#include "gateway/metric/metric.h"

enum {
	EXIT_NOT_STARTED = 1,
	EXIT_IO = 74,
	EXIT_FULL = 75,
	EXIT_PROTOCOL = 76,
};

/* What lives as long as the process. */
static struct book_serve serve;
static struct control_items items;
static struct store *store;

/* What is being read, for the line that says why there is no start. */
static const char *reading = "settings";

/* What it may do, by where its tables are. */
static const char *table = "codebook";

enum {
	PASSWORD_MAX = 1024,
	SAID_MAX = 512, /* of what libpq says */
};

/* The first line of the file. */
static struct err
read_password(struct buf *out)
{
	struct span rest;

	if (control_find(&items, "password", 0) == NULL)
		return OK;
	TRY(control_file(&items, "password", 0, out));
	rest = buf_span(out);
	out->len = span_find(rest, '\n');
	return buf_put_u8(out, '\0');
}

/* Nothing of what libpq says is secret: it is where, and why not. */
static struct err
open_postgres(struct span where)
{
	struct buf conninfo CLEANUP(buf_done) = {.max = CONTROL_MAX_VALUE + 1};
	struct buf password CLEANUP(buf_wipe) = {.max = PASSWORD_MAX};
	struct buf said CLEANUP(buf_done) = {.max = SAID_MAX};

	TRY(buf_append(&conninfo, where));
	TRY(buf_put_u8(&conninfo, '\0'));
	TRY(read_password(&password));
	struct err err = store_open_postgres(&store,
	    (const char *)conninfo.data, (const char *)password.data, &said);
	if (err.code == ERR_UNAVAILABLE) {
		const struct log_field field =
		    log_span("said", buf_span(&said));
		log_event("no-connection", &field, 1);
	}
	return err;
}

static struct err
open_store(void)
{
	struct span where;
	int dir;

	if (control_value(&items, "postgres", 0, &where).code == ERR_OK) {
		table = "codebook_postgres";
		return open_postgres(where);
	}
	TRY(control_fd(&items, "folder", 0, &dir));
	return store_open_sqlite(&store, dir);
}

static struct err
set_up(bool *out_degraded)
{
	static const int keep[] = {0, 1, 2, CONTROL_FD};

	TRY(jail_close_others(keep, sizeof(keep) / sizeof(keep[0])));
	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	TRY(metric_take(&items));
	*out_degraded = control_find(&items, "allow-degraded", 0) != NULL;
	reading = "codebook";
	TRY(open_store());
	book_serve_init(&serve, store);
	return OK;
}

/* No path stays open to it: its files are. */
static struct err
enter_jail(struct jail_report *report, bool allow_degraded)
{
	const struct jail_table *permitted = jail_tables_find(table);
	struct jail_spec spec = {.role = "codebook",
	    .syscalls = permitted->syscalls,
	    .num_syscalls = permitted->num_syscalls,
	    .allow_degraded = allow_degraded};

	return jail_enter(report, &spec);
}

/* All that can be done without the elder is done. */
static struct err
inherit(void)
{
	int elder;

	if (control_find(&items, "elder", 0) == NULL)
		return OK;
	TRY(control_fd(&items, "elder", 0, &elder));
	TRY(control_send_heir(CONTROL_FD));
	struct err err = book_hand_take(&serve, elder);
	sysio_close(&elder);
	return err;
}

/* In the jail: what lies in the folder is looked at there only. */
static struct err
begin(const struct jail_report *report)
{
	char text[64];
	int keeper;

	TRY(inherit());
	TRY(store_start(store));
	TRY(control_fd(&items, "keeper", 0, &keeper));
	TRY(keepers_add(&serve.keepers, keeper));
	(void)snprintf(text, sizeof(text), "landlock=%u seccomp=%zu",
	    report->landlock_abi, report->num_syscalls);
	return control_send_ready(CONTROL_FD, text);
}

static int
exit_code(struct err err)
{
	if (err.code == ERR_CLOSED && serve.book.failed.code == ERR_OK)
		return 0;
	log_error("ended", err);
	if (serve.book.failed.code == ERR_NO_SPACE)
		return EXIT_FULL;
	return serve.book.failed.code != ERR_OK || err.code == ERR_IO ||
		err.code == ERR_NO_MEMORY
	    ? EXIT_IO
	    : EXIT_PROTOCOL;
}

int
main(void)
{
	struct jail_report report;
	bool allow_degraded = false;

	/* It ends when its keepers do, not before. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_role("codebook");
	struct err err = set_up(&allow_degraded);
	if (err.code == ERR_OK)
		err = enter_jail(&report, allow_degraded);
	if (err.code == ERR_OK)
		err = begin(&report);
	if (err.code != ERR_OK) {
		control_not_started(reading, err);
		_exit(EXIT_NOT_STARTED);
	}
	err = book_serve_run(&serve, CONTROL_FD);
	/* What mills have asked for, and nobody waits for, is kept too. */
	if (err.code == ERR_CLOSED && serve.book.store != NULL)
		serve.book.failed = store_commit(store);
	_exit(exit_code(err));
}
