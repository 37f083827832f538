#include "gateway/supervisor/generation.h"

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/hand.h"
#include "gateway/supervisor/inherit.h"
#include "gateway/supervisor/pages.h"
#include "gateway/supervisor/starter.h"

enum {
	LOAD_MS = 90000,  /* a loader, and a start, may take so long */
	LINGER_MS = 5000, /* a role that is told to end has so long */
	FAIL_MS = 2000,	  /* likewise, of one that could not start */
};

uint64_t
generation_first_id(uint8_t place)
{
	return (uint64_t)place << 16;
}

uint8_t
generation_place(uint64_t id)
{
	return (uint8_t)(id >> 16);
}

uint16_t
generation_index(uint64_t id)
{
	return (uint16_t)id;
}

/* How its processes are started. */
static struct processes_with
started_with(const struct gate *gate, const struct generation *g)
{
	return (struct processes_with){.starter = gate->starter,
	    .set = g->place,
	    .provisions = &g->provisions,
	    .altered = gate->altered};
}

/* --- Load --- */

static struct err
tell_loader(const struct gate *gate, const struct generation *g)
{
	const struct provisions *open = gate->serving == NULL
	    ? &gate->inherited
	    : &gate->serving->provisions;
	const struct span none = span_of(NULL, 0);

	TRY(control_send_item(
	    g->loader, "config", 0, span_str(gate->with->config), -1));
	if (gate->with->allow_degraded)
		TRY(control_send_item(
		    g->loader, "allow-degraded", 0, none, -1));
	if (gate->serving == NULL && gate->with->elder < 0 &&
	    gate->inherited.num > 0)
		TRY(control_send_item(g->loader, "activated", 0, none, -1));
	TRY(provisions_send_named(open, g->loader, "root"));
	TRY(provisions_send_named(open, g->loader, "listener"));
	TRY(provisions_send_named(open, g->loader, "admin"));
	return control_send_go(g->loader);
}

uint64_t
generation_keepers(const struct gate *gate)
{
	uint64_t num = gate->elder.fd >= 0 ? gate->elder.keepers : 0;

	for (size_t i = 0; i < GENERATION_MAX; i++)
		num += gate->generations[i].state != GENERATION_NONE;
	return num;
}

struct err
generation_load(struct generation **out, struct gate *gate)
{
	struct generation *g = NULL;

	for (size_t i = 0; i < GENERATION_MAX && g == NULL; i++) {
		if (gate->generations[i].state != GENERATION_NONE)
			continue;
		g = &gate->generations[i];
		*g = (struct generation){.place = (uint8_t)i, .loader = -1};
	}
	/* The auditor has room for so many keepers. */
	if (g == NULL || generation_keepers(gate) >= HAND_KEEPERS)
		return ERR(AGAIN, "earlier generations still drain");
	const struct starter_what what = {
	    .id = generation_first_id(g->place) | GENERATION_LOADER,
	    .role = SPAWN_LOADER,
	    .set = g->place};
	TRY(starter_start(&g->loader, gate->starter, &what));
	g->state = GENERATION_LOADING;
	g->number = ++gate->number;
	g->deadline_ms = sysio_monotonic_ms() + LOAD_MS;
	*out = g;
	return tell_loader(gate, g);
}

static struct err
take(struct generation *g, struct frame *frame)
{
	if (frame->type == LOAD_ITEM && !g->planned)
		return provisions_add(&g->provisions, frame);
	if (frame->type != LOAD_PLAN || g->planned || frame->num_fds > 0)
		return ERR(MALFORMED, "supervisor: not of a loader");
	g->planned = true;
	return load_take_plan(&g->plan, frame->body);
}

struct err
generation_hear(struct generation *g)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	while (g->loader >= 0) {
		struct err err = frame_recv(g->loader, buffer, &frame);
		if (err.code == ERR_AGAIN || err.code == ERR_CLOSED)
			return OK;
		TRY(err);
		err = take(g, &frame);
		frame_close_fds(&frame);
		TRY(err);
	}
	return OK;
}

/* --- Start --- */

static struct process *
keeper_of(struct generation *g)
{
	return processes_find(&g->all, SPAWN_KEEPER, 0);
}

/* Started, and then joined, and then sent off: each needs those before it. */
static struct err
start_missing(
    const struct gate *gate, const struct generation *g, struct processes *all)
{
	const struct processes_with with = started_with(gate, g);

	for (size_t i = 0; i < all->num; i++) {
		struct process *p = &all->list[i];
		if (!p->runs && processes_is_core(p))
			TRY(processes_start(p, &with));
		p->alone_ms = 0;
	}
	return OK;
}

static struct err
join_all(struct generation *g, struct processes *all)
{
	for (size_t i = 0; i < all->num; i++)
		TRY(processes_join(keeper_of(g), &all->list[i]));
	return OK;
}

static struct err
go_all(struct processes *all)
{
	for (size_t i = 0; i < all->num; i++)
		TRY(processes_go(&all->list[i]));
	return OK;
}

/* Of the files that those had who serve; NULL: nobody does. */
static const uint8_t *
lasting(const struct gate *gate)
{
	if (gate->serving != NULL)
		return gate->serving->plan.lasting;
	return gate->elder.fd >= 0 ? gate->elder.lasting : NULL;
}

static struct err
plan(const struct gate *gate, struct generation *g)
{
	const uint8_t *before = lasting(gate);

	if (!g->planned)
		return ERR(MALFORMED, "the loader ended without a plan");
	if (before != NULL &&
	    !span_equal(span_of(before, sizeof(g->plan.lasting)),
		span_of(g->plan.lasting, sizeof(g->plan.lasting))))
		return ERR(CHANGED,
		    "state, run, keys, the ledger's name and the spool's size "
		    "change by a stop and a start only");
	return processes_plan(&g->all, &g->plan, generation_first_id(g->place));
}

struct err
generation_start(struct gate *gate, struct generation *g)
{
	if (g->all.num == 0)
		TRY(plan(gate, g));
	TRY(start_missing(gate, g, &gate->shared));
	TRY(inherit_join(gate));
	TRY(start_missing(gate, g, &g->all));
	TRY(join_all(g, &gate->shared));
	TRY(join_all(g, &g->all));
	TRY(go_all(&gate->shared));
	TRY(go_all(&g->all));
	if (g->state == GENERATION_LOADING)
		g->state = GENERATION_STARTING;
	return OK;
}

struct err
generation_restart(struct gate *gate, struct generation *g, struct process *p)
{
	const struct processes_with with = started_with(gate, g);

	TRY(processes_start(p, &with));
	if (p->role == SPAWN_CONSOLE)
		TRY(pages_show(gate, p));
	if (generation_place(p->id) != GENERATION_MAX) {
		TRY(processes_join(keeper_of(g), p));
		return processes_go(p);
	}
	/* The shared ones are for every keeper there is. */
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		if (gate->generations[i].all.num > 0)
			TRY(processes_join(
			    keeper_of(&gate->generations[i]), p));
	}
	return processes_go(p);
}

struct err
generation_start_workers(struct gate *gate, struct generation *g)
{
	for (size_t i = 0; i < g->all.num; i++) {
		struct process *p = &g->all.list[i];
		if (p->role == SPAWN_WORKER && !p->runs && p->due_ms == 0)
			TRY(generation_restart(gate, g, p));
	}
	return OK;
}

static bool
are_ready(const struct processes *all, bool workers)
{
	bool ready = true;

	for (size_t i = 0; i < all->num; i++) {
		const struct process *p = &all->list[i];
		bool wanted = processes_is_core(p) ||
		    (workers && p->role == SPAWN_WORKER);
		ready = ready && (p->ready || !wanted);
	}
	return ready;
}

static bool
shared_are_prepared(const struct gate *gate)
{
	bool prepared = true;

	for (size_t i = 0; i < gate->shared.num; i++) {
		const struct process *p = &gate->shared.list[i];
		prepared = prepared && (p->ready || p->heir);
	}
	return prepared;
}

bool
generation_core_is_prepared(struct gate *gate, const struct generation *g)
{
	return shared_are_prepared(gate) && are_ready(&g->all, false);
}

bool
generation_is_prepared(struct gate *gate, const struct generation *g)
{
	return shared_are_prepared(gate) && are_ready(&g->all, true);
}

bool
generation_is_ready(struct gate *gate, const struct generation *g)
{
	return are_ready(&gate->shared, true) && are_ready(&g->all, true);
}

/* Of the workers that are there: one that comes later is told then. */
void
generation_serve(struct generation *g)
{
	g->state = GENERATION_SERVING;
	for (size_t i = 0; i < g->all.num; i++) {
		const struct process *p = &g->all.list[i];
		if (p->role == SPAWN_WORKER && p->runs)
			(void)!control_send_serve(p->control).code;
	}
}

/* --- Drain --- */

static void
log_drain(const char *event, const struct generation *g)
{
	const struct log_field field = log_number("generation", g->number);

	log_event(event, &field, 1);
}

void
generation_drain(struct generation *g, uint64_t most_ms)
{
	uint64_t deadline = sysio_monotonic_ms() + most_ms;

	if (g->state == GENERATION_DRAINING) {
		if (deadline < g->deadline_ms)
			g->deadline_ms = deadline;
		return;
	}
	g->state = GENERATION_DRAINING;
	g->deadline_ms = deadline;
	log_drain("generation-drains", g);
	/* Who has left meanwhile has nothing to finish. */
	for (size_t i = 0; i < g->all.num; i++) {
		const struct process *p = &g->all.list[i];
		if ((p->role == SPAWN_WORKER || p->role == SPAWN_CONSOLE) &&
		    p->runs)
			(void)!control_send_drain(p->control).code;
	}
}

struct err
generation_recheck(struct generation *g, const struct provisions *newer)
{
	const struct process *keeper = keeper_of(g);

	if (!keeper->runs)
		return OK;
	TRY(provisions_send_recheck(newer, keeper->control));
	return control_send(
	    keeper->control, &(struct frame){.type = CONTROL_RECHECK});
}

static void
forget(struct generation *g)
{
	if (g->state == GENERATION_DRAINING)
		log_drain("generation-ended", g);
	for (size_t i = 0; i < g->all.num; i++)
		sysio_close(&g->all.list[i].control);
	sysio_close(&g->loader);
	provisions_done(&g->provisions);
	*g = (struct generation){.place = g->place, .loader = -1};
}

/* Each has its time: workers until the deadline, then the keeper, then those
 * that end with it. */
static void
tell_keeper(struct generation *g, uint64_t now)
{
	g->keeper_drains = true;
	g->deadline_ms = now + LINGER_MS;
	if (keeper_of(g)->runs)
		(void)!control_send_drain(keeper_of(g)->control).code;
}

int
generation_go_on(const struct gate *gate, struct generation *g)
{
	uint64_t now = sysio_monotonic_ms();

	if (processes_run(&g->all, NUM_SPAWN_ROLES) == 0 && g->loader < 0) {
		forget(g);
		return 0;
	}
	if (g->state == GENERATION_FAILED && now >= g->deadline_ms)
		processes_end_all(&g->all, NUM_SPAWN_ROLES, gate->starter);
	if (g->state == GENERATION_FAILED)
		return now < g->deadline_ms ? (int)(g->deadline_ms - now)
					    : LINGER_MS;
	bool workers = processes_run(&g->all, SPAWN_WORKER) > 0;
	/* Somebody there waits to hear what became of his reload. */
	if (!workers && g->asked != g->told && keeper_of(g)->runs &&
	    !gate->stopping)
		return LINGER_MS;
	if (!workers && !g->keeper_drains)
		tell_keeper(g, now);
	if (now < g->deadline_ms)
		return (int)(g->deadline_ms - now);
	if (workers)
		processes_end_all(&g->all, SPAWN_WORKER, gate->starter);
	else
		processes_end_all(&g->all, NUM_SPAWN_ROLES, gate->starter);
	return LINGER_MS;
}

void
generation_fail(const struct gate *gate, struct generation *g)
{
	uint64_t id = generation_first_id(g->place) | GENERATION_LOADER;

	if (g->loader >= 0)
		(void)!starter_kill(gate->starter, id).code;
	for (size_t i = 0; i < g->all.num; i++)
		sysio_close(&g->all.list[i].control);
	g->state = GENERATION_FAILED;
	g->deadline_ms = sysio_monotonic_ms() + FAIL_MS;
}

void
generation_kill(const struct gate *gate, struct generation *g)
{
	generation_fail(gate, g);
	g->deadline_ms = 0;
}
