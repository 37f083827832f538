/*
 * gatehouse-auditor: the only process that writes the ledger and holds the key
 * that signs it.
 *
 * From the supervisor (control.h): item "ledger", a descriptor of the folder;
 * item "ledger-key", a descriptor of the signing key's file; item "keeper", a
 * descriptor of the audit seam, and later one more of each generation; item
 * "allow-degraded", if it may go on without a jail; item "metrics", what it
 * counts into. It serves keepers until the
 * last is gone, closes what that left open, and ends; the supervisor starts
 * both again.
 *
 * At an upgrade (hand.h): item "elder", a channel to the auditor whose place it
 * takes, before it goes; item "heir", later, to the one that takes its own.
 *
 * In the jail it can log nothing: it ends with a status that says why.
 *
 * Exit   0   no keeper is left, everything is written and published; or an
 *            heir has it
 *        1   it could not start: one line on stderr says why
 *        7   it did not start: the ledger is not what was signed
 *        75  the disk is full: it could not write its last records
 *        74  a write or sync failed; what the last records became is not known
 *        76  a keeper broke the protocol
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/auditor/audit_own.h"
#include "gateway/auditor/audit_serve.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/metric/metric.h"

enum {
	EXIT_NOT_STARTED = 1,
	EXIT_NOT_VERIFIED = 7,
	EXIT_IO = 74,
	EXIT_FULL = 75,
	EXIT_PROTOCOL = 76,
	MAX_KEY_FILE = 1024,
};

/* What lives as long as the process. */
static struct note_signer signer;
static struct ledger *ledger;
static struct audit_serve serve;
/* What the ledger says by now: see audit_seen.h. */
static struct charging charging;
static struct policy_chain policies;
static struct shown_once shown;
static struct audit_seen seen = {
    .charging = &charging, .policies = &policies, .shown = &shown};

/* --- Before the jail --- */

/* What is being read, for the line that says why there is no start. */
static const char *reading = "settings";

static int
fail_start(struct err err, const struct ledger_found *found)
{
	struct log_field fields[] = {
	    log_number("record", found->wrong),
	    log_text("why", err.why),
	};

	if (err.code == ERR_CHANGED) {
		log_event("ledger-altered", fields, 2);
		return EXIT_NOT_VERIFIED;
	}
	control_not_started(reading, err);
	if (err.code == ERR_CRYPTO || err.code == ERR_MALFORMED)
		return EXIT_NOT_VERIFIED;
	return err.code == ERR_NO_SPACE ? EXIT_FULL : EXIT_NOT_STARTED;
}

/* What set_up finds and enter_jail needs. */
static int ledger_dir;
static bool allow_degraded;
static int elder = -1; /* whose place we take */

static struct err
open_ledger(const struct control_items *items, struct ledger_found *found)
{
	struct ledger_options options = {.signer = &signer,
	    .saw = audit_seen_saw,
	    .put = audit_seen_put,
	    .take = audit_seen_take,
	    .sums_max = AUDIT_SEEN_PUT_MAX,
	    .ctx = &seen,
	    .whole = control_find(items, "whole", 0) != NULL};
	struct buf file CLEANUP(buf_wipe) = {.max = MAX_KEY_FILE};
	struct span key;

	reading = "ledger.key";
	TRY(control_file(items, "ledger-key", 0, &file));
	key = buf_span(&file);
	if (key.len > 0 && key.data[key.len - 1] == '\n')
		key.len--;
	TRY(note_secret_parse(&signer, key));
	reading = "ledger";
	TRY(control_fd(items, "ledger", 0, &ledger_dir));
	options.dir = ledger_dir;
	TRY(shown_once_init(&shown));
	TRY(account_new(&charging.account, ACCOUNT_SUMS, ACCOUNT_READS));
	TRY(key_chain_new(&seen.keys, KEY_CHAIN_MAX));
	TRY(elder < 0 ? ledger_open(&ledger, found, &options)
		      : ledger_follow(&ledger, found, &options));
	return seen.failure;
}

/* All that can be read was read: the elder need not wait for that. */
static struct err
inherit(struct ledger_found *found)
{
	reading = "what the auditor before it hands over";
	TRY(control_send_heir(CONTROL_FD));
	return audit_serve_inherit(&serve, elder, found);
}

static struct err
set_up(struct ledger_found *found)
{
	static const int keep[] = {0, 1, 2, CONTROL_FD};
	struct control_items items = {0};
	int keeper = -1;

	TRY(jail_close_others(keep, sizeof(keep) / sizeof(keep[0])));
	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	TRY(metric_take(&items));
	allow_degraded = control_find(&items, "allow-degraded", 0) != NULL;
	if (control_find(&items, "elder", 0) != NULL)
		TRY(control_fd(&items, "elder", 0, &elder));
	struct err err = open_ledger(&items, found);
	if (err.code == ERR_OK)
		err = control_fd(&items, "keeper", 0, &keeper);
	control_items_done(&items);
	TRY(err);
	audit_serve_init(&serve, ledger, &seen, CONTROL_FD);
	if (elder >= 0)
		TRY(inherit(found));
	return keepers_add(&serve.keepers, keeper);
}

/* The ledger itself says what was found that should not be. */
static struct err
tell_found(const struct ledger_found *found)
{
	if (found->is_torn)
		TRY(audit_own_tell(ledger, RECORD_DEGRADED,
		    "the journal ended in an unfinished write, which was cut "
		    "off"));
	if (found->has_no_journal)
		TRY(audit_own_tell(ledger, RECORD_DEGRADED,
		    "the journal was gone: records after the last checkpoint "
		    "may be lost"));
	/* Those of an elder go on. */
	if (elder >= 0)
		return OK;
	return audit_own_interrupt(
	    ledger, "the gateway stopped before this transfer ended");
}

/*
 * In the jail the heap does not grow: what is allocated there (answers that
 * the keeper does not take at once, a few at a time) comes from this margin.
 */
static void
fix_heap(void)
{
	enum {
		MARGIN = 1 << 20
	};

	(void)mallopt(M_MMAP_MAX, 0);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	(void)mallopt(M_TOP_PAD, MARGIN);
	free(malloc(MARGIN / 2));
}

static struct err
enter_jail(struct jail_report *report)
{
	const struct jail_table *table = jail_tables_find("auditor");
	const struct jail_path path = {
	    .dir = ledger_dir, .rights = JAIL_READ | JAIL_WRITE | JAIL_MKDIR};
	struct jail_spec spec = {.role = "auditor",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls,
	    .paths = &path,
	    .num_paths = 1,
	    .allow_degraded = allow_degraded};

	return jail_enter(report, &spec);
}

/* --- After it --- */

/* The supervisor hears what holds us in, and how much was read. */
static struct err
say_ready(const struct jail_report *report, const struct ledger_found *found)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
	    "landlock=%u seccomp=%zu hidden-key=%d read=%" PRIu64,
	    report->landlock_abi, report->num_syscalls,
	    secret_kernel_hidden(signer.secret),
	    found->size - found->num_summed);
	return control_send_ready(CONTROL_FD, text);
}

static int
exit_code(struct err err)
{
	switch (err.code) {
	case ERR_OK:
	case ERR_CLOSED:
		return 0;
	case ERR_NO_SPACE:
		return EXIT_FULL;
	case ERR_MALFORMED:
	case ERR_TOO_BIG:
	case ERR_TRUNCATED:
		return EXIT_PROTOCOL;
	case ERR_AGAIN:
	case ERR_DENIED:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_CHANGED:
	case ERR_UNSUPPORTED:
	case ERR_UNAVAILABLE:
	case ERR_IO:
	case ERR_NO_MEMORY:
	case ERR_CRYPTO:
	case ERR_USAGE:
		break;
	}
	return EXIT_IO;
}

/* The keeper is gone: nobody else will say what became of its transfers. */
static struct err
close_down(void)
{
	TRY(audit_own_interrupt(
	    ledger, "the keeper went away before this transfer ended"));
	TRY(audit_own_tell(ledger, RECORD_STOP, "the keeper went away"));
	TRY(ledger_publish(ledger));
	return ledger_save(ledger);
}

int
main(void)
{
	struct ledger_found found = {0};
	struct jail_report report;

	/* It ends when its keeper does, after the last records, not before. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_role("auditor");
	struct err err = set_up(&found);
	if (err.code == ERR_OK)
		err = tell_found(&found);
	fix_heap();
	if (err.code == ERR_OK)
		err = enter_jail(&report);
	if (err.code != ERR_OK)
		return fail_start(err, &found);
	err = say_ready(&report, &found);
	if (err.code == ERR_OK)
		err = audit_serve_run(&serve);
	if (exit_code(err) != EXIT_IO && !serve.handed_over) {
		struct err last = close_down();
		if (exit_code(last) != 0)
			err = last;
	}
	/* Nothing is freed: that would need calls which the jail forbids. */
	_exit(exit_code(err));
}
