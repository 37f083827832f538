/*
 * gatehouse-keeper: holds every secret, decides every request, and hands out
 * what a grant needs, after the auditor has its record on the disk.
 *
 * From the supervisor (control.h), before it is told to go:
 *   "image"      the policy image, a value in pieces (index 0, 1, …)
 *   "staged"     likewise of a candidate, if there is one (staged.h)
 *   "root"       a secret_fd; missing: it is sealed, and serves nobody
 *   "root-check" what root.sealed says of it, in hex
 *   "spool-key", "tls-key", "scopes"   descriptors of those files; the first
 *                may be missing
 *   "destroyed" i  of keys/scopes: nothing to this one (recheck.h)
 *   "certificate" its bytes
 *   "s3" i        an access key's id, and a descriptor of its secret's file
 *   "proven"     keys/recipients, a value in pieces; missing: the policy alone
 *                says whom an agreement is sealed to
 *   "ledger-name", "region", "host" i, "wait-ms", "spool-size",
 *   "allow-degraded", "own-uids"
 *   "config"     SHA-256 of the configuration
 *   "metrics"    a descriptor: what it counts into
 *   "auditor", "spool", "codebook", "origin" d, "ask" i, "sign" i, "mill" i:
 *                channels; later ones of the same name take the place of lost
 *                ones
 *   "admin" i    the uid of who types a command, and its channel
 *
 * Exit   0   the supervisor or the auditor went away
 *        1   it could not start: one line on stderr says why
 *        70  its own event loop failed
 */
#include <signal.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/command.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/peers.h"
#include "gateway/keeper/provided.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/seeds.h"
#include "gateway/keeper/shown.h"
#include "gateway/metric/metric.h"

enum {
	EXIT_LOOP = 70,
};

static struct keeper keeper;

/* What is being read, for the line that says why there is no start. */
static const char *reading = "settings";

static struct err
set_up(struct control_items *items)
{
	TRY(metric_take(items));
	peers_init(&keeper);
	TRY(loop_new(&keeper.loop, KEEPER_MAX_FDS, KEEPER_MAX_TIMERS));
	TRY(command_init(&keeper));
	seam_begin(&keeper);
	TRY(provided_read(&keeper, items, &reading));
	keeper.started_s = sysio_wall_ns() / 1000000000;
	for (size_t i = 0; i < items->num_items; i++) {
		if (items->items[i].fd >= 0)
			TRY(peers_attach(&keeper, &items->items[i]));
	}
	if (keeper.audit.channel.fd < 0 || keeper.spool.channel.fd < 0)
		return ERR(NOT_FOUND, "keeper: auditor or spool not given");
	TRY(shown_init());
	return peers_attach_control(&keeper, CONTROL_FD);
}

static struct err
enter_jail(struct life_start *start, bool allow_degraded)
{
	const struct jail_table *table = jail_tables_find("keeper");
	char text[160];

	TRY(jail_enter(&start->jail,
	    &(struct jail_spec){.role = "keeper",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.allow_degraded = allow_degraded}));
	start->memfd_secret = keyring_hidden(keeper.ring) &&
	    (keeper.seeds == NULL || seeds_hidden(keeper.seeds));
	snprintf(text, sizeof(text), "landlock=%u seccomp=%zu hidden=%d",
	    start->jail.landlock_abi, start->jail.num_syscalls,
	    start->memfd_secret);
	TRY(life_record_start(&keeper, start));
	return control_send_ready(CONTROL_FD, text);
}

/* What the start's record says of the supervisor. */
static struct err
read_start(struct life_start *start, const struct control_items *items)
{
	struct span config;

	start->own_uids = control_find(items, "own-uids", 0) != NULL;
	TRY(control_value(items, "config", 0, &config));
	return arena_copy(&keeper.policy_arena, &start->config, config);
}

static struct err
start(void)
{
	struct control_items items;
	struct life_start life = {.memfd_secret = false};

	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	bool degraded = control_find(&items, "allow-degraded", 0) != NULL;
	struct err err = set_up(&items);
	if (err.code == ERR_OK)
		err = read_start(&life, &items);
	control_items_done(&items);
	TRY(err);
	return enter_jail(&life, degraded);
}

int
main(void)
{
	log_set_role("keeper");
	signal(SIGPIPE, SIG_IGN);
	struct err err = start();
	if (err.code != ERR_OK) {
		control_not_started(reading, err);
		_exit(1);
	}
	err = loop_run(keeper.loop);
	life_flush_refusals(&keeper);
	seam_hurry(&keeper.audit);
	seam_settle(&keeper);
	if (err.code != ERR_OK)
		log_error("loop-failed", err);
	/* No exit handlers: they make calls of their own. */
	_exit(err.code != ERR_OK ? EXIT_LOOP : 0);
}
