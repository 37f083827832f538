#include "gateway/supervisor/revive.h"

#include <sys/wait.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/supervisor/pages.h"
#include "gateway/supervisor/reload.h"
#include "gateway/supervisor/upgrade.h"
#include "gateway/supervisor/verify.h"

enum {
	EXIT_FAILED = 1,
	ALONE_MS = 500,
	ENDING_MS = 50, /* until we look again whether it has ended */
};

/* --- What ends --- */

static void
end_core(struct gate *gate, struct processes *all)
{
	for (size_t i = 0; i < all->num; i++) {
		if (processes_is_core(&all->list[i]))
			processes_end(&all->list[i], gate->starter);
	}
}

static void
end_together(struct gate *gate)
{
	end_core(gate, &gate->shared);
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct generation *g = &gate->generations[i];
		if (g == gate->serving)
			end_core(gate, &g->all);
		else if (g == gate->next)
			reload_fail(gate, EXIT_FAILED,
			    "a role of those that serve ended meanwhile");
		else if (g->state == GENERATION_DRAINING)
			generation_kill(gate, g);
	}
}

static void
serving_ended(struct gate *gate, struct process *p, int status)
{
	processes_ended(p, status);
	if (processes_failed(p, status))
		processes_tell_failed(p, status);
	if (p->role == SPAWN_KEEPER || p->role == SPAWN_AUDITOR)
		end_together(gate);
}

void
revive_after_heir(struct gate *gate)
{
	if (gate->serving != NULL &&
	    !processes_find(&gate->shared, SPAWN_AUDITOR, 0)->runs)
		end_together(gate);
}

/* Of an heir: once the ledger is ours, nobody else can go on, and the spool's
 * opener, or the codebook, comes back, without an elder. */
static bool
goes_on_without(struct gate *gate, const struct process *p)
{
	return gate->elder.takes && p->role != SPAWN_AUDITOR &&
	    processes_find(&gate->shared, SPAWN_AUDITOR, 0)->ready;
}

/* The auditor ends with the last keeper, and so does the spool's opener. */
static void
shared_ended(struct gate *gate, struct process *p, int status)
{
	pages_ended(gate, p);
	if (gate->heir.takes) {
		upgrade_shared_ended(gate, p, status);
		return;
	}
	if (gate->serving != NULL) {
		serving_ended(gate, p, status);
		return;
	}
	processes_ended(p, status);
	if (gate->next != NULL && !goes_on_without(gate, p))
		reload_fail(gate, EXIT_FAILED, "a role did not start");
}

static void
other_ended(struct process *p, int status)
{
	if (WIFSIGNALED(status) && processes_failed(p, status))
		processes_tell_failed(p, status);
	processes_ended(p, status);
	p->due_ms = 0; /* it does not come back */
}

/* One of a generation's, or its loader. */
static void
generation_ended(
    struct gate *gate, struct generation *g, uint16_t index, int status)
{
	if (index == GENERATION_LOADER) {
		reload_loaded(gate, g, status);
		return;
	}
	if (index >= g->all.num || !g->all.list[index].runs)
		return;
	struct process *p = &g->all.list[index];
	pages_ended(gate, p);
	if (g == gate->serving) {
		serving_ended(gate, p, status);
		return;
	}
	other_ended(p, status);
	if (g == gate->next)
		reload_fail(gate, EXIT_FAILED, "a role did not start");
	/* Without it, nobody is told what the others still do. */
	if (g->state == GENERATION_DRAINING && p->role == SPAWN_KEEPER &&
	    !g->keeper_drains)
		generation_kill(gate, g);
}

void
revive_ended(struct gate *gate, uint64_t id, int status)
{
	uint8_t place = generation_place(id);
	uint16_t index = generation_index(id);

	if (place == GENERATION_HEIR)
		upgrade_heir_ended(gate, id);
	else if (id == gate->verifier.id)
		verify_ended(gate, status);
	else if (place < GENERATION_MAX)
		generation_ended(
		    gate, &gate->generations[place], index, status);
	else if (index < gate->shared.num && gate->shared.list[index].runs)
		shared_ended(gate, &gate->shared.list[index], status);
}

/* --- What comes back --- */

static uint64_t
core_due(const struct processes *all)
{
	uint64_t due = 0;

	for (size_t i = 0; i < all->num; i++) {
		const struct process *p = &all->list[i];
		if (!processes_is_core(p))
			continue;
		if (p->runs)
			return UINT64_MAX; /* it is being ended */
		if (p->due_ms > due && p->role != SPAWN_MILL)
			due = p->due_ms;
	}
	return due;
}

/* Whether keeper or auditor are away; then when the core may start. */
static bool
core_is_down(struct gate *gate, uint64_t *out_due_ms)
{
	struct processes *all = &gate->serving->all;

	if (processes_find(all, SPAWN_KEEPER, 0)->runs &&
	    processes_find(&gate->shared, SPAWN_AUDITOR, 0)->runs)
		return false;
	uint64_t a = core_due(&gate->shared), b = core_due(all);
	*out_due_ms = a > b ? a : b;
	return true;
}

/* Of one table: start what is due; when the next one is, at the latest. */
static uint64_t
restart_due(struct gate *gate, struct generation *g, struct processes *all)
{
	uint64_t now = sysio_monotonic_ms();
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < all->num; i++) {
		struct process *p = &all->list[i];
		if (p->runs || p->due_ms == 0)
			continue;
		if (p->due_ms > now) {
			next = p->due_ms < next ? p->due_ms : next;
			continue;
		}
		struct err err = generation_restart(gate, g, p);
		if (err.code != ERR_OK)
			log_error("role-not-started", err);
	}
	return next;
}

/*
 * All of it, or none: those that were started already would wait for one that
 * has ended meanwhile.
 */
static void
start_core(struct gate *gate)
{
	struct err err = generation_start(gate, gate->serving);

	if (err.code == ERR_OK)
		return;
	log_error("core-not-started", err);
	end_core(gate, &gate->shared);
	end_core(gate, &gate->serving->all);
}

static int
ms_until(uint64_t due_ms)
{
	uint64_t now = sysio_monotonic_ms();

	if (due_ms == UINT64_MAX)
		return -1;
	return due_ms > now ? (int)(due_ms - now) : 0;
}

int
revive_due(struct gate *gate)
{
	uint64_t now = sysio_monotonic_ms(), due;
	struct generation *g = gate->serving;

	/* What has ended for an heir comes back if he fails. */
	if (gate->heir.takes ||
	    (g == NULL && (gate->next == NULL || !gate->elder.takes)))
		return -1;
	if (g == NULL)
		return ms_until(restart_due(gate, gate->next, &gate->shared));
	if (core_is_down(gate, &due)) {
		if (due > now)
			return due == UINT64_MAX ? ENDING_MS : (int)(due - now);
		start_core(gate);
		return ENDING_MS;
	}
	uint64_t a = restart_due(gate, g, &gate->shared);
	uint64_t b = restart_due(gate, g, &g->all);
	return ms_until(a < b ? a : b);
}

bool
revive_is_whole(struct gate *gate)
{
	return gate->serving != NULL &&
	    processes_is_well(
		processes_find(&gate->serving->all, SPAWN_KEEPER, 0)) &&
	    processes_is_well(processes_find(&gate->shared, SPAWN_AUDITOR, 0));
}

void
revive_left(struct gate *gate, const struct process *keeper, struct span body)
{
	struct control_life life;

	if (control_take_life(&life, body).code != ERR_OK)
		return;
	processes_alone(&gate->shared, &life);
	processes_alone(
	    &gate->generations[generation_place(keeper->id)].all, &life);
}

static void
end_alone(struct gate *gate, struct process *p)
{
	const struct log_field fields[] = {
	    log_text("program", spawn_name(p->role)),
	    log_number("index", p->index)};

	log_event("role-left-behind", fields, 2);
	processes_end(p, gate->starter);
}

/* Of one table: end what is due; when the next one is. */
static uint64_t
end_due(struct gate *gate, struct processes *all, uint64_t now)
{
	const struct process *keeper =
	    processes_find(&gate->serving->all, SPAWN_KEEPER, 0);
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < all->num; i++) {
		struct process *p = &all->list[i];
		if (!p->runs || p->killed || !keeper->runs ||
		    p->alone_ms <= keeper->started_ms)
			continue;
		uint64_t due = p->alone_ms + ALONE_MS;
		if (due <= now)
			end_alone(gate, p);
		else if (due < next)
			next = due;
	}
	return next;
}

int
revive_alone(struct gate *gate)
{
	uint64_t now = sysio_monotonic_ms();

	if (gate->serving == NULL)
		return -1;
	uint64_t a = end_due(gate, &gate->shared, now);
	uint64_t b = end_due(gate, &gate->serving->all, now);
	uint64_t due = a < b ? a : b;
	return due == UINT64_MAX ? -1 : (int)(due - now);
}
