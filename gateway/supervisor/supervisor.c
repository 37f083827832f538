/*
 * gatehouse-supervisor: has the other roles started, and started again when
 * they end, and starts the next generation of them when it is told to reload.
 *
 *   gatehouse-supervisor [--config FILE] [--allow-degraded] [--heir]
 *
 * It is two processes. The one that was started stays the parent of all and
 * only forks (starter.h). The other is in its jail from the beginning
 * (supervise.h): what needs files, a loader opens for it (gateway/loader).
 *
 * With a service manager it speaks as sd_notify(3) and sd_listen_fds(3) have
 * it: ready, reloading, stopping, a watchdog; sockets that listen already.
 *
 *   SIGHUP            reload
 *   SIGUSR2           upgrade: with --heir, another one of these takes its
 * place (upgrade.h), to which descriptor 3 is a channel SIGTERM, SIGINT drain,
 * then end; a second one: end at once
 *
 * Exit   0 told to stop, 1 it could not start, 2 configuration, 3 policy
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/config_path.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/log_unblock.h"
#include "gateway/base/sysio.h"
#include "gateway/supervisor/activation.h"
#include "gateway/supervisor/notify.h"
#include "gateway/supervisor/starter.h"
#include "gateway/supervisor/supervise.h"

static struct spawn spawn;
static struct gate_with with = {.elder = -1};
static struct notify notify;

/* From here on nothing is opened. */
static struct err
enter_jail(void)
{
	const struct jail_table *table = jail_tables_find("supervisor");
	struct jail_report report;

	TRY(spawn_give_up_root(&spawn));
	/* Changing the uid cleared it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	TRY(jail_enter(&report,
	    &(struct jail_spec){.role = "supervisor",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.allow_degraded = with.allow_degraded}));
	snprintf(with.jail, sizeof(with.jail), "landlock=%u seccomp=%zu",
	    report.landlock_abi, report.num_syscalls);
	return OK;
}

/* The half that is in the jail. No exit handlers: they make calls of their
 * own. */
_Noreturn static void
run_inside(int starter)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	with.starter = starter;
	with.owner = geteuid();
	sysio_close(&notify.socket);
	with.own_uids = spawn.own_uids;
	struct err err = crypto_init();
	if (err.code == ERR_OK)
		err = enter_jail();
	if (err.code != ERR_OK) {
		fprintf(stderr, "gatehouse: %s\n", err.why);
		_exit(1);
	}
	_exit(supervise_run(&with));
}

static void
prepare_process(void)
{
	struct rlimit files;
	sigset_t set;

	log_set_role("supervisor");
	struct err err = log_unblock();
	if (err.code != ERR_OK)
		log_error("log-may-block", err);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	/* The keeper holds a descriptor of each slot that it has met. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* How one is started that takes our place: as we were. */
static char *heir_argv[6];

static void
name_heir(void)
{
	static char program[] = "gatehouse-supervisor", heir[] = "--heir";
	static char config[] = "--config", degraded[] = "--allow-degraded";
	static char path[4096];

	snprintf(path, sizeof(path), "%s", with.config);
	heir_argv[0] = program;
	heir_argv[1] = heir;
	heir_argv[2] = config;
	heir_argv[3] = path;
	heir_argv[4] = with.allow_degraded ? degraded : NULL;
}

static int
start_both(void)
{
	struct err err = spawn_init(&spawn);
	int pair[2];

	if (err.code == ERR_OK)
		err = activation_take(&with.inherited);
	if (err.code == ERR_OK)
		err = notify_init(&notify);
	if (err.code == ERR_OK)
		err = frame_pair(pair);
	pid_t pid = err.code == ERR_OK ? fork() : -1;
	if (pid < 0) {
		fprintf(stderr, "gatehouse: %s\n",
		    err.code == ERR_OK ? "no process" : err.why);
		return 1;
	}
	if (pid == 0) {
		close(pair[0]);
		run_inside(pair[1]);
	}
	close(pair[1]);
	sysio_close(&with.elder);
	provisions_done(&with.inherited);
	return starter_run(&(struct starter_with){.spawn = &spawn,
	    .notify = &notify,
	    .argv = heir_argv,
	    .socket = pair[0],
	    .supervisor = pid});
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"allow-degraded", no_argument, NULL, 'd'},
	    {"heir", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option == 'c')
			with.config = optarg;
		else if (option == 'd')
			with.allow_degraded = true;
		else if (option == 'h')
			with.elder = SPAWN_CONTROL_FD;
		else
			return 2;
	}
	if (optind != argc)
		return 2;
	with.config = config_path(with.config);
	name_heir();
	with.watchdog_ms = notify_watchdog_ms();
	prepare_process();
	return start_both();
}
