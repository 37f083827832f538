/*
 * gatehouse-supervisor: reads the configuration, binds, and has the other
 * roles started, and started again when they end.
 *
 *   gatehouse-supervisor --config FILE [--allow-degraded]
 *
 * It is two processes. The one that was started stays the parent of all and
 * only forks (starter.h). The other opens what the roles need, then gives up
 * its uid and enters its jail before it hears the first word of a role.
 *
 * Keeper, auditor, openers and mills live and die together, so that no role
 * goes on with a peer's half of an old state; mills and openers may be
 * replaced one by one. Workers outlive them: they answer 503 meanwhile.
 *
 * Exit   0 told to stop, 1 it could not start, 2 configuration, 3 policy
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/config_load.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/supervisor/admit.h"
#include "gateway/supervisor/processes.h"
#include "gateway/supervisor/provide.h"

enum {
	BACKOFF_FIRST_MS = 20,
	BACKOFF_MOST_MS = 5000,
	ALONE_MS = 500,
	STOP_MS = 2000,	   /* a role that is told to end has so long */
	STEADY_MS = 10000, /* after so long a life the backoff starts anew */
};

static struct config config;
static struct spawn spawn;
static int starter = -1;
static struct material material;
static struct processes all;
static bool allow_degraded;
/* Until every role was ready once, an end of one is the end of the start. */
static bool starting = true;
static bool start_failed;
static uid_t owner;   /* of the start */
static char jail[96]; /* what holds us in, for the log */

/* --- Start and end --- */

/* What the starter calls it. */
static uint64_t
id_of(const struct process *p)
{
	return (uint64_t)(p - all.list);
}

static struct err
start_one(struct process *p)
{
	p->due_ms = 0;
	p->waits = true;
	p->ready = false;
	p->alone_ms = 0;
	p->started_ms = sysio_monotonic_ms();
	TRY(starter_start(&p->control, starter, id_of(p), p->role, p->index));
	p->runs = true;
	return provide_role(&(struct provide){.control = p->control,
	    .role = p->role,
	    .index = p->index,
	    .config = &config,
	    .material = &material,
	    .allow_degraded = allow_degraded,
	    .own_uids = spawn.own_uids});
}

static bool
is_core(const struct process *p)
{
	return p->role != SPAWN_WORKER;
}

static void
end_one(const struct process *p)
{
	if (p->runs)
		(void)!starter_kill(starter, id_of(p)).code;
}

static struct err
let_go(struct process *p)
{
	if (!p->waits)
		return OK;
	p->waits = false;
	return control_send_go(p->control);
}

/* The core is started; then all channels; then all go. Workers that run get
 * their new keeper; others start when the core is there. */
static struct err
start_core(void)
{
	for (size_t i = 0; i < all.num; i++) {
		struct process *p = &all.list[i];
		if (!p->runs && is_core(p))
			TRY(start_one(p));
	}
	for (size_t i = 0; i < all.num; i++) {
		all.list[i].alone_ms = 0;
		TRY(processes_join(&all, &all.list[i]));
	}
	for (size_t i = 0; i < all.num; i++)
		TRY(let_go(&all.list[i]));
	return OK;
}

/* A worker, a mill or an opener comes back while the keeper goes on. */
static struct err
restart_one(struct process *p)
{
	TRY(start_one(p));
	TRY(processes_join(&all, p));
	return let_go(p);
}

static uint64_t
next_backoff(struct process *p)
{
	uint64_t life = sysio_monotonic_ms() - p->started_ms;

	if (life > STEADY_MS || p->backoff_ms == 0)
		p->backoff_ms = BACKOFF_FIRST_MS;
	else if (p->backoff_ms < BACKOFF_MOST_MS)
		p->backoff_ms *= 2;
	return p->backoff_ms;
}

static void
ended(struct process *p, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	const struct log_field fields[] = {
	    log_text("program", spawn_name(p->role)),
	    log_number("index", p->index),
	    log_number(WIFSIGNALED(status) ? "signal" : "status",
		(uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
					       : WEXITSTATUS(status)))};

	close(p->control);
	p->control = -1;
	p->runs = false;
	if (starting) {
		/* It has said why, unless it was killed. */
		start_failed = true;
		if (WIFSIGNALED(status))
			log_event("role-ended", fields, 3);
		return;
	}
	/* A mill ends when its plan has no more work: that is no failure. */
	uint64_t wait = clean && p->role == SPAWN_MILL ? 0 : next_backoff(p);
	if (wait > 0)
		log_event("role-ended", fields, 3);
	p->due_ms = sysio_monotonic_ms() + wait + 1;
	if (p->role == SPAWN_KEEPER || p->role == SPAWN_AUDITOR) {
		for (size_t i = 0; i < all.num; i++) {
			if (is_core(&all.list[i]))
				end_one(&all.list[i]);
		}
	}
}

static bool
core_is_down(uint64_t *out_due_ms)
{
	uint64_t due = 0;
	const struct process *keeper = processes_find(&all, SPAWN_KEEPER, 0);
	const struct process *auditor = processes_find(&all, SPAWN_AUDITOR, 0);

	if (keeper->runs && auditor->runs)
		return false;
	for (size_t i = 0; i < all.num; i++) {
		const struct process *p = &all.list[i];
		if (is_core(p) && p->runs)
			due = UINT64_MAX; /* it is being ended */
		else if (is_core(p) && p->due_ms > due && p->role != SPAWN_MILL)
			due = p->due_ms;
	}
	*out_due_ms = due;
	return true;
}

/* Start what is due; how long to wait for the next one, -1: for nothing. */
static int
start_due(void)
{
	uint64_t now = sysio_monotonic_ms(), next = UINT64_MAX, due;

	if (core_is_down(&due)) {
		if (due > now)
			return due == UINT64_MAX ? 50 : (int)(due - now);
		struct err err = start_core();
		if (err.code != ERR_OK)
			log_error("core-not-started", err);
		return 50;
	}
	for (size_t i = 0; i < all.num; i++) {
		struct process *p = &all.list[i];
		if (p->runs || p->due_ms == 0)
			continue;
		if (p->due_ms > now) {
			next = p->due_ms < next ? p->due_ms : next;
			continue;
		}
		struct err err = restart_one(p);
		if (err.code != ERR_OK)
			log_error("role-not-started", err);
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

/* --- The loop --- */

static void
log_ready(const struct process *p)
{
	const struct log_field fields[] = {
	    log_text("program", spawn_name(p->role)),
	    log_number("index", p->index), log_text("jail", p->jail)};

	log_event("role-ready", fields, 3);
}

/* While starting: workers after the core, the log after the workers. */
static void
go_on_starting(void)
{
	bool core = true, every = true;

	for (size_t i = 0; i < all.num; i++) {
		every = every && all.list[i].ready;
		core = core && (all.list[i].ready || !is_core(&all.list[i]));
	}
	for (size_t i = 0; i < all.num && core; i++) {
		struct process *p = &all.list[i];
		if (!p->runs && p->due_ms == 0)
			p->due_ms = 1; /* a worker: now */
	}
	if (!every)
		return;
	starting = false;
	if (!spawn.own_uids)
		log_event("roles-share-one-uid", NULL, 0);
	const struct log_field field = log_text("jail", jail);
	log_event("supervisor-ready", &field, 1);
	for (size_t i = 0; i < all.num; i++)
		log_ready(&all.list[i]);
}

/* What a role says: that it is ready. Read, so that its queue never fills. */
static void
hear(struct process *p)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	while (p->control >= 0 &&
	    frame_recv(p->control, buffer, &frame).code == ERR_OK) {
		struct span text;
		if (frame.type == CONTROL_READY &&
		    span_take_field(&frame.body, &text, FRAME_MAX_BODY).code ==
			ERR_OK) {
			snprintf(p->jail, sizeof(p->jail), "%.*s",
			    (int)(text.len > 120 ? 120 : text.len),
			    (const char *)text.data);
			p->ready = true;
			if (!starting)
				log_ready(p);
		}
		if (frame.type == CONTROL_ALONE && p->alone_ms == 0)
			p->alone_ms = sysio_monotonic_ms();
		frame_close_fds(&frame);
	}
}

/*
 * A worker that a living keeper has left broke the protocol, or one of both
 * had no memory: it is ended, and begins anew. When the keeper died, we hear
 * of that within ALONE_MS, and all workers get the next one. How long to wait
 * for the first that is due, -1: none is.
 */
static int
end_alone(void)
{
	const struct process *keeper = processes_find(&all, SPAWN_KEEPER, 0);
	uint64_t now = sysio_monotonic_ms();
	int wait_ms = -1;

	for (size_t i = 0; i < all.num; i++) {
		const struct process *p = &all.list[i];
		if (!p->runs || !keeper->runs ||
		    p->alone_ms <= keeper->started_ms)
			continue;
		uint64_t due = p->alone_ms + ALONE_MS;
		if (due <= now)
			end_one(p);
		else if (wait_ms < 0 || (int)(due - now) < wait_ms)
			wait_ms = (int)(due - now);
	}
	return wait_ms;
}

/* From the starter: what has ended. True: we are to end, too. */
static bool
take_events(void)
{
	struct starter_event event;
	struct err err;

	while ((err = starter_next(&event, starter, 0)).code == ERR_OK) {
		if (event.type == STARTER_SIGNAL)
			return true;
		if (event.id < all.num && all.list[event.id].runs)
			ended(&all.list[event.id], event.value);
	}
	return err.code != ERR_AGAIN;
}

static void
run(void)
{
	struct pollfd polls[PROCESSES_MAX + 2];

	for (;;) {
		if (starting)
			go_on_starting();
		int wait_ms = start_due(), alone_ms = end_alone();
		if (wait_ms < 0 || (alone_ms >= 0 && alone_ms < wait_ms))
			wait_ms = alone_ms;
		nfds_t num = 0;
		polls[num++] = (struct pollfd){.fd = starter, .events = POLLIN};
		polls[num++] = (struct pollfd){
		    .fd = starting ? -1 : material.admin, .events = POLLIN};
		for (size_t i = 0; i < all.num; i++)
			polls[num++] = (struct pollfd){
			    .fd = all.list[i].control, .events = POLLIN};
		if (poll(polls, num, wait_ms) < 0 && errno != EINTR)
			return;
		bool hung_up = false;
		for (size_t i = 0; i < all.num; i++) {
			if ((polls[i + 2].revents & POLLIN) != 0)
				hear(&all.list[i]);
			else if (polls[i + 2].revents != 0)
				hung_up = true;
		}
		if ((polls[1].revents & POLLIN) != 0 && !starting)
			admit_commands(&all, material.admin, owner);
		if (take_events() || start_failed)
			return;
		/* A hang-up whose end is not told yet: do not spin on it. */
		if (hung_up)
			poll(NULL, 0, 1);
	}
}

/* Told to end by the closing of its channel; killed when it does not. */
static void
stop_one(struct process *p)
{
	uint64_t until = sysio_monotonic_ms() + STOP_MS;
	struct starter_event event;

	close(p->control);
	p->control = -1;
	while (p->runs) {
		uint64_t now = sysio_monotonic_ms();
		int wait_ms = now < until ? (int)(until - now) : 0;
		struct err err = starter_next(&event, starter, wait_ms);
		if (err.code == ERR_AGAIN && wait_ms == 0) {
			end_one(p);
			return; /* the starter waits for it */
		}
		if (err.code != ERR_OK && err.code != ERR_AGAIN)
			return;
		if (err.code == ERR_OK && event.type == STARTER_ENDED &&
		    event.id < all.num)
			all.list[event.id].runs = false;
	}
}

/* Workers first, then the keeper: the auditor writes the rest and ends. */
static void
stop_all(void)
{
	static const enum spawn_role order[] = {SPAWN_WORKER, SPAWN_KEEPER,
	    SPAWN_AUDITOR, SPAWN_OPENER, SPAWN_MILL};

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (size_t i = 0; i < all.num; i++) {
			if (all.list[i].role == order[k] && all.list[i].runs)
				stop_one(&all.list[i]);
		}
	}
}

/* From here on nothing new is opened: all that is needed is at hand. */
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
		.allow_degraded = allow_degraded}));
	snprintf(jail, sizeof(jail), "landlock=%u seccomp=%zu",
	    report.landlock_abi, report.num_syscalls);
	return OK;
}

static int
start(const char *path)
{
	static struct arena arena;
	const struct material_spawn with = {.spawn = &spawn,
	    .starter = starter,
	    .allow_degraded = allow_degraded};

	arena_init(&arena, CONFIG_ARENA);
	int status = config_load(&config, &arena, path);
	if (status != 0)
		return status;
	status = material_load(&material, &config, &with);
	if (status != 0)
		return status;
	processes_plan(&all, &config, &material.policy);
	struct err err = enter_jail();
	if (err.code == ERR_OK)
		err = start_core();
	if (err.code == ERR_CLOSED)
		return 1; /* a role has ended, and said why */
	if (err.code != ERR_OK) {
		fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	return 0;
}

/* The half that is in the jail. No exit handlers: they make calls of their
 * own. */
_Noreturn static void
supervise(const char *path, int socket)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	starter = socket;
	owner = geteuid();
	if (crypto_init().code != ERR_OK)
		_exit(1);
	int status = start(path);
	if (status == 0)
		run();
	stop_all();
	_exit(start_failed ? 1 : status);
}

static void
prepare_process(void)
{
	struct rlimit files;
	sigset_t set;

	log_set_role("supervisor");
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
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int
start_both(const char *path)
{
	struct err err = spawn_init(&spawn);
	int pair[2];

	if (err.code == ERR_OK)
		err = frame_pair(pair);
	if (err.code != ERR_OK) {
		fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	pid_t pid = fork();
	if (pid < 0) {
		fprintf(stderr, "gatehouse: %s\n", strerror(errno));
		return 1;
	}
	if (pid == 0) {
		close(pair[0]);
		supervise(path, pair[1]);
	}
	close(pair[1]);
	return starter_run(&spawn, pair[0], pid);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"allow-degraded", no_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option == 'c')
			path = optarg;
		else if (option == 'd')
			allow_degraded = true;
		else
			return 2;
	}
	if (optind != argc)
		return 2;
	prepare_process();
	return start_both(path);
}
