/*
 * gatehouse-verifier: reads the whole ledger, again and again, while the
 * auditor goes on from where it was. It opens files to read them, has no secret
 * and no channel but to the supervisor, and nobody waits for it: it takes only
 * what nobody else wants of the machine.
 *
 * From the supervisor (control.h): item "ledger", a descriptor of the folder;
 * item "ledger-vkey", the public key, as text; item "allow-degraded". To it:
 * CONTROL_VERIFIED.
 *
 * Exit   0   the ledger is what was signed, up to the checkpoint that it had;
 *            or the supervisor went away
 *        1   anything else: one line on stderr says why
 *        7   the ledger is not what was signed: one line says from where on
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/ipc/control.h"
#include "gateway/verifier/whole.h"

enum {
	EXIT_FAILED = 1,
	EXIT_ALTERED = 7,
};

/* What is being read, for the line that says why it could not be. */
static const char *reading = "settings";

static struct note_key key;
static int ledger_dir;
static bool allow_degraded;

static struct err
take_key(const struct control_items *items)
{
	struct span text;

	reading = "ledger.vkey";
	if (control_value(items, "ledger-vkey", 0, &text).code != ERR_OK)
		return ERR(NOT_FOUND,
		    "it is not in the folder of keys: bring it back from the "
		    "copy of that, or from whoever verifies the ledger, and "
		    "reload");
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	return note_vkey_parse(&key, text);
}

static struct err
take_all(const struct control_items *items)
{
	allow_degraded = control_find(items, "allow-degraded", 0) != NULL;
	TRY(control_fd(items, "ledger", 0, &ledger_dir));
	return take_key(items);
}

static struct err
set_up(void)
{
	static const int keep[] = {0, 1, 2, CONTROL_FD};
	struct control_items items = {0};

	TRY(jail_close_others(keep, sizeof(keep) / sizeof(keep[0])));
	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	struct err err = take_all(&items);
	control_items_done(&items);
	return err;
}

static struct err
enter_jail(void)
{
	const struct jail_table *table = jail_tables_find("verifier");
	const struct jail_path path = {.dir = ledger_dir, .rights = JAIL_READ};
	struct jail_report report;
	char text[64];

	reading = "settings";
	TRY(jail_enter(&report,
	    &(struct jail_spec){.role = "verifier",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.paths = &path,
		.num_paths = 1,
		.allow_degraded = allow_degraded}));
	(void)snprintf(text, sizeof(text), "landlock=%u seccomp=%zu",
	    report.landlock_abi, report.num_syscalls);
	return control_send_ready(CONTROL_FD, text);
}

static struct err
tell_verified(uint64_t records)
{
	struct buf body CLEANUP(buf_done) = {.max = sizeof(records)};
	const struct log_field field = log_number("records", records);

	log_event("ledger-verified", &field, 1);
	TRY(buf_put_u64be(&body, records));
	return frame_send(CONTROL_FD,
	    &(struct frame){.type = CONTROL_VERIFIED, .body = buf_span(&body)});
}

static struct err
run(struct whole_found *found)
{
	TRY(set_up());
	TRY(enter_jail());
	reading = "ledger";
	TRY(whole_verify(found, ledger_dir, &key, CONTROL_FD));
	return tell_verified(found->records);
}

static int
fail(struct err err, const struct whole_found *found)
{
	const struct log_field altered[] = {
	    log_number("record", found->wrong), log_text("why", err.why)};
	const struct log_field fields[] = {
	    log_text("reading", reading), log_text("why", err.why)};

	if (err.code == ERR_CLOSED)
		return 0;
	if (err.code == ERR_CHANGED) {
		log_event("ledger-altered", altered, 2);
		return EXIT_ALTERED;
	}
	log_event("ledger-not-verified", fields, 2);
	return EXIT_FAILED;
}

int
main(void)
{
	const struct sched_param none = {.sched_priority = 0};
	struct whole_found found = {0};

	/* It ends when the supervisor says so. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A kernel that refuses it verifies the same, sooner. */
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	log_set_role("verifier");
	struct err err = run(&found);
	/* Nothing is freed: that would need calls which the jail forbids. */
	_exit(err.code == ERR_OK ? 0 : fail(err, &found));
}
