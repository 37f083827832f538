#include "gateway/supervisor/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/supervisor/admit.h"
#include "gateway/supervisor/inherit.h"
#include "gateway/supervisor/pages.h"
#include "gateway/supervisor/reload.h"
#include "gateway/supervisor/revive.h"
#include "gateway/supervisor/scraped.h"
#include "gateway/supervisor/starter.h"
#include "gateway/supervisor/upgrade.h"
#include "gateway/supervisor/verify.h"

enum {
	EXIT_FAILED = 1,
	AUDITOR_MS = 10000, /* it writes the rest when all keepers are gone */
	STOPPING_MS = 50,
	HEAR = 64, /* frames of one before the others have their turn */
};

/* --- What is heard --- */

/* Of the generation that serves, or of what all share. */
static bool
serves(const struct gate *gate, const struct process *p)
{
	uint8_t place = generation_place(p->id);

	return gate->serving != NULL &&
	    (place == GENERATION_MAX || place == gate->serving->place);
}

/* One that comes back is let in by nobody else, and says again which policy is
 * in force. */
static void
let_serve(const struct process *p)
{
	if (p->role == SPAWN_WORKER)
		(void)!control_send_serve(p->control).code;
	if (p->role == SPAWN_KEEPER)
		(void)!control_send(
		    p->control, &(struct frame){.type = CONTROL_ADMIT})
		    .code;
}

/* Typed at the keeper that serves, or that did until a moment ago. */
static void
on_command(struct gate *gate, const struct process *p, const struct frame *f)
{
	gate->generations[generation_place(p->id)].asked = f->id;
	if (gate->retired)
		upgrade_send_on(gate);
	else if (f->type == CONTROL_UPGRADE)
		upgrade_begin(gate);
	else
		reload_begin(gate);
}

/* It is passed on to the loader of the next generation, and not read here. */
static void
keep_root(struct gate *gate, struct frame *frame)
{
	if (gate->serving == NULL || frame->num_fds != 1)
		return;
	struct err err = provisions_keep(
	    &gate->serving->provisions, "root", frame_take_fd(frame, 0));
	if (err.code != ERR_OK)
		log_error("root-not-kept", err);
}

static void
hear_one(struct gate *gate, struct process *p, struct frame *frame)
{
	struct span text;

	if (frame->type == CONTROL_HEIR)
		p->heir = true;
	if (frame->type == CONTROL_READY &&
	    span_take_field(&frame->body, &text, FRAME_MAX_BODY).code ==
		ERR_OK) {
		snprintf(p->jail, sizeof(p->jail), "%.*s",
		    (int)(text.len > 120 ? 120 : text.len),
		    (const char *)text.data);
		p->ready = true;
		pages_ready(gate, p);
		p->ready_ms = sysio_monotonic_ms();
		if (serves(gate, p)) {
			reload_log_ready(p);
			let_serve(p);
		}
	}
	if (frame->type == CONTROL_SCRAPED && p->role == SPAWN_CONSOLE)
		scraped_tell(gate, frame->body);
	if (frame->type == CONTROL_ADMITTED && p->role == SPAWN_KEEPER)
		reload_admitted(gate,
		    &gate->generations[generation_place(p->id)], frame->body);
	if (frame->type == CONTROL_LOST && p->role == SPAWN_KEEPER)
		revive_left(gate, p, frame->body);
	if (frame->type == CONTROL_ROOT && p->role == SPAWN_KEEPER)
		keep_root(gate, frame);
	if ((frame->type == CONTROL_RELOAD || frame->type == CONTROL_UPGRADE) &&
	    p->role == SPAWN_KEEPER)
		on_command(gate, p, frame);
}

/* Read, so that its queue never fills. */
static void
hear(struct gate *gate, struct process *p)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	for (int i = 0; i < HEAR && p->control >= 0 &&
	     frame_recv(p->control, buffer, &frame).code == ERR_OK;
	     i++) {
		hear_one(gate, p, &frame);
		frame_close_fds(&frame);
	}
}

static void
hear_loader(struct gate *gate, struct generation *g)
{
	struct err err = generation_hear(g);

	if (err.code != ERR_OK && g == gate->next)
		reload_fail(gate, EXIT_FAILED, err.why);
}

/* --- Stop --- */

/* Nobody new is let in; a second time, nobody is waited for. */
static void
stop(struct gate *gate)
{
	uint64_t stop_s = 0, most_ms;

	for (size_t i = 0; i < GENERATION_MAX && !gate->told_to_stop; i++) {
		if (gate->generations[i].plan.stop_s > stop_s)
			stop_s = gate->generations[i].plan.stop_s;
	}
	most_ms = stop_s * 1000;
	gate->stopping = gate->told_to_stop = true;
	(void)!starter_notify(gate->starter, "STOPPING=1").code;
	if (gate->heir.fd >= 0 && !gate->retired)
		upgrade_refuse(gate, EXIT_FAILED, "the gateway stops");
	inherit_stop(gate, most_ms);
	verify_end(gate);
	if (gate->next != NULL)
		generation_fail(gate, gate->next);
	gate->next = gate->serving = NULL;
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct generation *g = &gate->generations[i];
		provisions_close(&g->provisions, "listener");
		provisions_close(&g->provisions, "admin");
		if (g->state == GENERATION_SERVING ||
		    g->state == GENERATION_DRAINING)
			generation_drain(g, most_ms);
	}
}

/* Whether all is over; those whom all shared end last, and by themselves. */
static bool
is_over(struct gate *gate)
{
	uint64_t now = sysio_monotonic_ms();

	/* Those of an elder that drains need ours. */
	if (gate->elder.fd >= 0 && gate->elder.is_over)
		return false;
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		if (gate->generations[i].state != GENERATION_NONE)
			return false;
	}
	if (processes_run(&gate->shared, NUM_SPAWN_ROLES) == 0)
		return true;
	if (gate->shared_deadline_ms == 0) {
		/* One that never had a keeper waits for what we say. */
		for (size_t i = 0; i < gate->shared.num; i++)
			sysio_close(&gate->shared.list[i].control);
		gate->shared_deadline_ms = now + AUDITOR_MS;
	}
	if (now >= gate->shared_deadline_ms)
		processes_end_all(
		    &gate->shared, NUM_SPAWN_ROLES, gate->starter);
	return false;
}

static void
on_signal(struct gate *gate, int number)
{
	if (number != SIGHUP && number != SIGUSR2)
		stop(gate);
	else if (gate->serving != NULL && number == SIGHUP)
		reload_begin(gate);
	else if (gate->serving != NULL)
		upgrade_begin(gate);
}

/* From the starter. False: it is gone. */
static bool
take_events(struct gate *gate)
{
	struct starter_event event;
	struct err err;

	while ((err = starter_next(&event, gate->starter, 0)).code == ERR_OK) {
		if (event.type == STARTER_SIGNAL)
			on_signal(gate, event.value);
		else
			revive_ended(gate, event.id, event.value);
	}
	return err.code == ERR_AGAIN;
}

/* --- The loop --- */

static int
sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Of the one that is loaded or started. */
static int
limit_start(struct gate *gate)
{
	uint64_t now = sysio_monotonic_ms();

	if (gate->next == NULL)
		return -1;
	if (now < gate->next->deadline_ms)
		return (int)(gate->next->deadline_ms - now);
	reload_fail(gate, EXIT_FAILED, "it takes too long to start");
	return 0;
}

/* As long as there is a keeper and an auditor, or it all ends in order. */
static int
feed_watchdog(struct gate *gate)
{
	uint64_t now = sysio_monotonic_ms();

	if (gate->with->watchdog_ms == 0 || gate->retired ||
	    (!gate->stopping && !revive_is_whole(gate)))
		return -1;
	if (now >= gate->watchdog_due_ms) {
		(void)!starter_notify(gate->starter, "WATCHDOG=1").code;
		metric_count(METRIC_WATCHDOG);
		gate->watchdog_due_ms = now + gate->with->watchdog_ms;
	}
	return (int)(gate->watchdog_due_ms - now);
}

/* While it serves, and so has somebody to whom a full disk matters. */
static int
look_at_room(struct gate *gate)
{
	if (gate->serving == NULL)
		return -1;
	return room_look(
	    &gate->room, provisions_fd(&gate->serving->provisions, "ledger"));
}

/* What is so now, as consoles show it. */
static void
count(struct gate *gate)
{
	uint64_t draining = 0;
	bool sealed = gate->serving != NULL && gate->serving->plan.sealed;

	for (size_t i = 0; i < GENERATION_MAX; i++)
		draining += gate->generations[i].state == GENERATION_DRAINING;
	metric_set(METRIC_DRAINING, draining);
	metric_set(METRIC_SEALED, sealed);
	metric_set(METRIC_SERVING, !sealed && revive_is_whole(gate));
}

/* What is due now; how long to wait for what comes next, -1: for nothing. */
static int
do_what_is_due(struct gate *gate)
{
	reload_go_on(gate);
	int wait_ms = limit_start(gate);
	if (gate->exit_status != 0 && !gate->stopping)
		stop(gate);
	if (gate->stopping)
		wait_ms = sooner(wait_ms, STOPPING_MS);
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct generation *g = &gate->generations[i];
		if (g->state == GENERATION_DRAINING ||
		    g->state == GENERATION_FAILED)
			wait_ms = sooner(wait_ms, generation_go_on(gate, g));
	}
	wait_ms = sooner(wait_ms, upgrade_go_on(gate));
	wait_ms = sooner(wait_ms, look_at_room(gate));
	wait_ms = sooner(wait_ms, revive_due(gate));
	wait_ms = sooner(wait_ms, verify_due(gate));
	wait_ms = sooner(wait_ms, feed_watchdog(gate));
	count(gate);
	return sooner(wait_ms, revive_alone(gate));
}

enum {
	FIXED_POLLS = 5, /* starter, admin, heir, elder, verifier */
	MAX_POLLS = FIXED_POLLS + GENERATION_MAX * (PROCESSES_MAX + 1) +
	    PROCESSES_SHARED,
};

/* Whom a poll is of: a process, or the loader of a generation. */
struct heard {
	struct process *process;
	struct generation *generation;
};

static struct pollfd polls[MAX_POLLS];
static struct heard heard[MAX_POLLS];
static nfds_t num_polls;

static void
watch(int fd, struct process *process, struct generation *generation)
{
	if (fd < 0)
		return;
	heard[num_polls] = (struct heard){process, generation};
	polls[num_polls++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void
watch_processes(struct processes *all)
{
	for (size_t i = 0; i < all->num; i++)
		watch(all->list[i].control, &all->list[i], NULL);
}

static void
watch_all(struct gate *gate)
{
	int admin = gate->serving == NULL
	    ? -1
	    : provisions_fd(&gate->serving->provisions, "admin");

	polls[0] = (struct pollfd){.fd = gate->starter, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = admin, .events = POLLIN};
	polls[2] = (struct pollfd){.fd = gate->heir.fd, .events = POLLIN};
	polls[3] = (struct pollfd){.fd = gate->elder.fd, .events = POLLIN};
	polls[4] =
	    (struct pollfd){.fd = gate->verifier.control, .events = POLLIN};
	num_polls = FIXED_POLLS;
	watch_processes(&gate->shared);
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct generation *g = &gate->generations[i];
		watch_processes(&g->all);
		watch(g->loader, NULL, g);
	}
}

/* True: one has hung up whose end is not told yet. */
static bool
hear_all(struct gate *gate)
{
	bool hung_up = false;

	for (nfds_t i = FIXED_POLLS; i < num_polls; i++) {
		if ((polls[i].revents & POLLIN) == 0)
			hung_up = hung_up || polls[i].revents != 0;
		else if (heard[i].process != NULL)
			hear(gate, heard[i].process);
		else
			hear_loader(gate, heard[i].generation);
	}
	return hung_up;
}

static void
run(struct gate *gate)
{
	while (!(gate->stopping && is_over(gate))) {
		int wait_ms = do_what_is_due(gate);
		watch_all(gate);
		if (poll(polls, num_polls, wait_ms) < 0 && errno != EINTR)
			return;
		bool hung_up = hear_all(gate);
		if (polls[1].revents != 0 && gate->serving != NULL)
			admit_commands(&gate->serving->all, polls[1].fd,
			    gate->with->owner);
		if (polls[2].revents != 0)
			upgrade_hear(gate);
		if (polls[3].revents != 0)
			inherit_hear(gate);
		if (polls[4].revents != 0)
			verify_hear(gate);
		if (!take_events(gate))
			return;
		/* Do not spin on what is told soon. */
		if (hung_up)
			poll(NULL, 0, 1);
	}
}

/* With what there is: nothing, sockets, or all of an elder. */
static void
begin(struct gate *gate)
{
	struct err err = gate->elder.fd >= 0 ? inherit_receive(gate) : OK;

	if (err.code == ERR_OK) {
		reload_begin(gate);
		return;
	}
	log_error("nothing-inherited", err);
	reload_fail(gate, EXIT_FAILED, err.why);
}

int
supervise_run(const struct gate_with *with)
{
	static struct gate gate;

	gate.with = with;
	gate.starter = with->starter;
	gate.inherited = with->inherited;
	gate.heir = (struct gate_heir){.fd = -1, .opener = -1, .codebook = -1};
	gate.elder =
	    (struct gate_elder){.fd = with->elder, .hands = {-1, -1, -1}};
	for (size_t i = 0; i < GENERATION_MAX; i++)
		gate.generations[i] =
		    (struct generation){.place = (uint8_t)i, .loader = -1};
	processes_share(&gate.shared, generation_first_id(GENERATION_MAX));
	verify_init(&gate);
	struct err err = pages_begin(&gate);
	if (err.code != ERR_OK)
		log_error("no-page", err);
	begin(&gate);
	run(&gate);
	return gate.exit_status;
}
