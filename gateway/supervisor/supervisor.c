/*
 * gatehouse-supervisor: reads the configuration, binds, and starts the other
 * roles, and starts them again when they end.
 *
 *   gatehouse-supervisor --config FILE [--allow-degraded]
 *
 * Keeper, auditor, openers and mills live and die together, so that no role
 * goes on with a peer's half of an old state; mills and openers may be
 * replaced one by one. Workers outlive them: they answer 503 meanwhile.
 *
 * Exit   0 told to stop, 1 it could not start, 2 configuration, 3 policy
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/config_load.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/supervisor/provide.h"

enum {
	MAX_PROCESSES = 4 + MATERIAL_MAX_ORIGINS + 2 * CONFIG_MAX_ROLES,
	BACKOFF_FIRST_MS = 20,
	BACKOFF_MOST_MS = 5000,
	STEADY_MS = 10000, /* after so long a life the backoff starts anew */
};

struct process {
	enum spawn_role role;
	uint32_t index;
	pid_t pid; /* 0: not running */
	int control;
	uint64_t started_ms;
	uint64_t backoff_ms;
	uint64_t due_ms; /* 0: not waiting to be started */
	bool waits;	 /* for CONTROL_GO */
	bool ready;
	char jail[128]; /* what holds it in, as it says */
};

static struct config config;
static struct spawn spawn;
static struct material material;
static struct process processes[MAX_PROCESSES];
static size_t num_processes;
static bool allow_degraded;
/* Until every role was ready once, an end of one is the end of the start. */
static bool starting = true;
static bool start_failed;

static struct process *
find(enum spawn_role role, uint32_t index)
{
	for (size_t i = 0; i < num_processes; i++) {
		if (processes[i].role == role && processes[i].index == index)
			return &processes[i];
	}
	return NULL;
}

static void
add(enum spawn_role role, uint32_t index)
{
	processes[num_processes++] =
	    (struct process){.role = role, .index = index, .control = -1};
}

/* --- What each is given --- */

static struct err
give(const struct process *p, const char *name, uint32_t index,
    struct span value, int fd)
{
	return control_send_item(p->control, name, index, value, fd);
}

/* A channel between two of them. One that is not running gets nothing: it is
 * given its channels when it starts. */
static struct err
join(const struct process *a, const char *name_a, uint32_t index_a,
    const struct process *b, const char *name_b, uint32_t index_b)
{
	const struct span none = span_of(NULL, 0);
	int pair[2];

	if (a->pid == 0 || b->pid == 0)
		return OK;
	TRY(frame_pair(pair));
	struct err err = give(a, name_a, index_a, none, pair[0]);
	if (err.code == ERR_OK)
		err = give(b, name_b, index_b, none, pair[1]);
	close(pair[0]);
	close(pair[1]);
	return err;
}

/* Join one process to the keeper. */
static struct err
join_keeper(const struct process *p)
{
	const struct process *keeper = find(SPAWN_KEEPER, 0);

	assert(keeper != NULL);
	switch (p->role) {
	case SPAWN_AUDITOR:
		return join(keeper, "auditor", 0, p, "keeper", 0);
	case SPAWN_OPENER:
		if (p->index == 0)
			return join(keeper, "spool", 0, p, "keeper", 0);
		return join(keeper, "origin", p->index - 1, p, "keeper", 0);
	case SPAWN_MILL:
		return join(keeper, "mill", p->index, p, "keeper", 0);
	case SPAWN_WORKER:
		TRY(join(keeper, "ask", p->index, p, "ask", 0));
		return join(keeper, "sign", p->index, p, "sign", 0);
	case SPAWN_KEEPER:
	case SPAWN_POLICYC:
	case NUM_SPAWN_ROLES:
		break;
	}
	return OK;
}

/* --- Start and end --- */

static struct err
start_one(struct process *p)
{
	p->due_ms = 0;
	p->waits = true;
	p->ready = false;
	p->started_ms = sysio_monotonic_ms();
	TRY(spawn_start(&spawn, p->role, p->index, &p->pid, &p->control));
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
end_one(struct process *p)
{
	if (p->pid != 0)
		kill(p->pid, SIGKILL);
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
	for (size_t i = 0; i < num_processes; i++) {
		struct process *p = &processes[i];
		if (p->pid == 0 && is_core(p))
			TRY(start_one(p));
	}
	for (size_t i = 0; i < num_processes; i++)
		TRY(join_keeper(&processes[i]));
	for (size_t i = 0; i < num_processes; i++)
		TRY(let_go(&processes[i]));
	return OK;
}

/* A worker, a mill or an opener comes back while the keeper goes on. */
static struct err
restart_one(struct process *p)
{
	TRY(start_one(p));
	TRY(join_keeper(p));
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
	p->pid = 0;
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
		for (size_t i = 0; i < num_processes; i++) {
			if (is_core(&processes[i]))
				end_one(&processes[i]);
		}
	}
}

static void
reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < num_processes; i++) {
			if (processes[i].pid == pid)
				ended(&processes[i], status);
		}
	}
}

static bool
core_is_down(uint64_t *out_due_ms)
{
	uint64_t due = 0;
	const struct process *keeper = find(SPAWN_KEEPER, 0);
	const struct process *auditor = find(SPAWN_AUDITOR, 0);

	assert(keeper != NULL && auditor != NULL);
	if (keeper->pid != 0 && auditor->pid != 0)
		return false;
	for (size_t i = 0; i < num_processes; i++) {
		const struct process *p = &processes[i];
		if (is_core(p) && p->pid != 0)
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
	for (size_t i = 0; i < num_processes; i++) {
		struct process *p = &processes[i];
		if (p->pid != 0 || p->due_ms == 0)
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
	bool core = true, all = true;

	for (size_t i = 0; i < num_processes; i++) {
		all = all && processes[i].ready;
		core = core && (processes[i].ready || !is_core(&processes[i]));
	}
	for (size_t i = 0; i < num_processes && core; i++) {
		struct process *p = &processes[i];
		if (p->pid == 0 && p->due_ms == 0)
			p->due_ms = 1; /* a worker: now */
	}
	if (!all)
		return;
	starting = false;
	if (!spawn.own_uids)
		log_event("roles-share-one-uid", NULL, 0);
	for (size_t i = 0; i < num_processes; i++)
		log_ready(&processes[i]);
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
		frame_close_fds(&frame);
	}
}

static bool
told_to_stop(int signals)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			stop = true;
	}
	return stop;
}

static void
run(int signals)
{
	struct pollfd polls[MAX_PROCESSES + 1];

	for (;;) {
		if (starting)
			go_on_starting();
		int wait_ms = start_due();
		nfds_t num = 0;
		polls[num++] = (struct pollfd){.fd = signals, .events = POLLIN};
		for (size_t i = 0; i < num_processes; i++)
			polls[num++] = (struct pollfd){
			    .fd = processes[i].control, .events = POLLIN};
		if (poll(polls, num, wait_ms) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < num_processes; i++) {
			if ((polls[i + 1].revents & POLLIN) != 0)
				hear(&processes[i]);
			else if (polls[i + 1].revents != 0)
				polls[i + 1].fd = -1;
		}
		if (told_to_stop(signals))
			return;
		reap();
		if (start_failed)
			return;
		/* A hang-up without an exit yet: do not spin on it. */
		for (size_t i = 0; i < num_processes; i++) {
			if (polls[i + 1].fd == -1 && processes[i].pid != 0)
				poll(NULL, 0, 1);
		}
	}
}

/* Workers first, then the keeper: the auditor writes the rest and ends. */
static void
stop_all(void)
{
	static const enum spawn_role order[] = {SPAWN_WORKER, SPAWN_KEEPER,
	    SPAWN_AUDITOR, SPAWN_OPENER, SPAWN_MILL};

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (size_t i = 0; i < num_processes; i++) {
			struct process *p = &processes[i];
			if (p->role != order[k] || p->pid == 0)
				continue;
			close(p->control);
			p->control = -1;
			for (int t = 0; t < 200; t++) {
				if (waitpid(p->pid, NULL, WNOHANG) != 0) {
					p->pid = 0;
					break;
				}
				poll(NULL, 0, 10);
			}
			if (p->pid != 0) {
				kill(p->pid, SIGKILL);
				waitpid(p->pid, NULL, 0);
				p->pid = 0;
			}
		}
	}
}

static void
plan_processes(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t workers = config.workers;

	if (workers == 0)
		workers = cores < 1 ? 1 : (uint32_t)cores;
	if (workers > CONFIG_MAX_ROLES)
		workers = CONFIG_MAX_ROLES;
	add(SPAWN_AUDITOR, 0);
	add(SPAWN_OPENER, 0);
	for (uint32_t i = 0; i < material.policy.num_datasets; i++)
		add(SPAWN_OPENER, i + 1);
	for (uint32_t i = 0; i < config.mills; i++)
		add(SPAWN_MILL, i);
	add(SPAWN_KEEPER, 0);
	for (uint32_t i = 0; i < workers; i++)
		add(SPAWN_WORKER, i);
}

static int
block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int
start(const char *path)
{
	static struct arena arena;

	arena_init(&arena, CONFIG_ARENA);
	int status = config_load(&config, &arena, path);
	if (status != 0)
		return status;
	struct err err = spawn_init(&spawn);
	if (err.code != ERR_OK) {
		fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	status = material_load(&material, &config, &spawn, allow_degraded);
	if (status != 0)
		return status;
	plan_processes();
	err = start_core();
	if (err.code == ERR_CLOSED)
		return 1; /* a role has ended, and said why */
	if (err.code != ERR_OK) {
		fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	return 0;
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
	log_set_role("supervisor");
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	/* The keeper holds a descriptor of each slot that it has met. */
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (optind != argc || crypto_init().code != ERR_OK)
		return 2;
	int signals = block_signals();
	int status = start(path);
	if (status == 0)
		run(signals);
	stop_all();
	return start_failed ? 1 : status;
}
