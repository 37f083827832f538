#include "gateway/supervisor/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"
#include "gateway/supervisor/inherit.h"
#include "gateway/supervisor/starter.h"
#include "gateway/supervisor/upgrade.h"
#include "gateway/supervisor/verify.h"

enum {
	EXIT_FAILED = 1,
	EXIT_CONFIG = 2,
	EXIT_POLICY = 3,
	EXIT_NOT_VERIFIED = 7,
	EXIT_AGAIN = 75,
	MAX_WHY = 512,
};

/* --- What is told --- */

/* Nobody may be there to hear it. */
static void
notify(const struct gate *gate, const char *text)
{
	struct err err = starter_notify(gate->starter, text);

	if (err.code != ERR_OK)
		log_error("not-notified", err);
}

static void
notify_reloading(const struct gate *gate)
{
	char text[80];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    sysio_monotonic_ms() * 1000);
	notify(gate, text);
}

/* Whoever typed it hears it from the keeper at which he did, which may drain
 * by now. */
static void
answer_one(struct generation *g, uint8_t status, const char *why)
{
	struct buf value CLEANUP(buf_done) = {.max = 1024};
	const struct process *keeper;

	if (g->heard == g->told)
		return;
	g->told = g->heard;
	keeper = processes_find(&g->all, SPAWN_KEEPER, 0);
	if (!keeper->runs || buf_put_u8(&value, status).code != ERR_OK ||
	    buf_append_str(&value, why).code != ERR_OK)
		return;
	struct err err = control_send(keeper->control,
	    &(struct frame){.type = CONTROL_RELOADED,
		.id = g->told,
		.body = buf_span(&value)});
	if (err.code != ERR_OK)
		log_error("reload-not-answered", err);
}

void
reload_answer(struct gate *gate, uint8_t status, const char *why)
{
	for (size_t i = 0; i < GENERATION_MAX; i++)
		answer_one(&gate->generations[i], status, why);
}

void
reload_note_asked(struct gate *gate)
{
	for (size_t i = 0; i < GENERATION_MAX; i++)
		gate->generations[i].heard = gate->generations[i].asked;
}

void
reload_log_ready(const struct process *p)
{
	const struct log_field fields[] = {
	    log_text("program", spawn_name(p->role)),
	    log_number("index", p->index), log_text("jail", p->jail)};

	log_event("role-ready", fields, 3);
}

static void
log_all_ready(const struct processes *all)
{
	for (size_t i = 0; i < all->num; i++) {
		if (all->list[i].ready)
			reload_log_ready(&all->list[i]);
	}
}

static void
log_start(struct gate *gate)
{
	const struct log_field field = log_text("jail", gate->with->jail);

	if (!gate->with->own_uids)
		log_event("roles-share-one-uid", NULL, 0);
	log_event("supervisor-ready", &field, 1);
	log_all_ready(&gate->shared);
}

static void
log_change(const struct generation *g)
{
	const struct log_field field = log_number("generation", g->number);

	log_event("generation-serves", &field, 1);
}

/* --- Failure --- */

void
reload_fail(struct gate *gate, int status, const char *why)
{
	const struct log_field fields[] = {
	    log_number("status", (uint64_t)status), log_text("why", why)};

	if (gate->next != NULL)
		generation_fail(gate, gate->next);
	gate->next = NULL;
	if (gate->serving == NULL) {
		gate->exit_status = status;
		inherit_refused(gate, status, why);
		return;
	}
	log_event("reload-refused", fields, 2);
	metric_count(METRIC_RELOADS + METRIC_RELOAD_REFUSED);
	metric_set(METRIC_RELOAD_GOOD, 0);
	notify(gate, "READY=1");
	reload_answer(gate, (uint8_t)status, why);
}

static const char *
why_not_loaded(int status)
{
	switch (status) {
	case EXIT_CONFIG:
		return "the configuration has errors; the log names them";
	case EXIT_POLICY:
		return "the policy has errors; the log names them, and so does "
		       "gatehouse policy check";
	case EXIT_NOT_VERIFIED:
		return "the version of the policy is not signed by those who "
		       "have to; the log says whom it needs";
	default:
		return "something is missing or unusable; the log says what";
	}
}

/* The ledger shows who tried: by the keeper that serves, if there is one. */
static void
record_refused(struct gate *gate, const char *why)
{
	const struct process *keeper;

	if (gate->serving == NULL)
		return;
	keeper = processes_find(&gate->serving->all, SPAWN_KEEPER, 0);
	if (!keeper->runs)
		return;
	struct err err = control_send(keeper->control,
	    &(struct frame){.type = CONTROL_REFUSED, .body = span_str(why)});
	if (err.code != ERR_OK)
		log_error("refusal-not-recorded", err);
}

/* --- The steps --- */

bool
reload_is_busy(const struct gate *gate)
{
	return gate->next != NULL || gate->heir.fd >= 0;
}

void
reload_begin(struct gate *gate)
{
	if (reload_is_busy(gate)) {
		gate->reload_again = true;
		return;
	}
	gate->reload_again = false;
	reload_note_asked(gate);
	if (gate->serving != NULL)
		notify_reloading(gate);
	struct err err = generation_load(&gate->next, gate);
	if (err.code != ERR_OK)
		reload_fail(gate,
		    err.code == ERR_AGAIN ? EXIT_AGAIN : EXIT_FAILED, err.why);
}

/* An upgrade reads all files, too. */
void
reload_next(struct gate *gate)
{
	if (gate->stopping || gate->serving == NULL || reload_is_busy(gate))
		return;
	if (gate->upgrade_again)
		upgrade_begin(gate);
	else if (gate->reload_again)
		reload_begin(gate);
}

void
reload_loaded(struct gate *gate, struct generation *g, int status)
{
	struct err err = generation_hear(g);

	sysio_close(&g->loader);
	if (g != gate->next)
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		if (code == 0 ||
		    (code > EXIT_POLICY && code != EXIT_NOT_VERIFIED))
			code = EXIT_FAILED;
		if (code == EXIT_POLICY || code == EXIT_NOT_VERIFIED)
			record_refused(gate, why_not_loaded(code));
		reload_fail(gate, code, why_not_loaded(code));
		return;
	}
	if (err.code == ERR_OK)
		err = generation_start(gate, g);
	/* A role that has ended has said why. */
	if (err.code != ERR_OK)
		reload_fail(gate,
		    err.code == ERR_CHANGED ? EXIT_CONFIG : EXIT_FAILED,
		    err.why);
}

/* Nobody waits for it, so nothing of it can fail a reload. */
static void
begin_console(struct generation *g)
{
	for (size_t i = 0; i < g->all.num; i++) {
		if (g->all.list[i].role == SPAWN_CONSOLE)
			g->all.list[i].due_ms = sysio_monotonic_ms();
	}
}

static void
count_serving(const struct generation *g, bool reloaded)
{
	if (reloaded)
		metric_count(METRIC_RELOADS + METRIC_RELOAD_DONE);
	metric_set(METRIC_RELOAD_GOOD, 1);
	metric_set(
	    METRIC_RELOAD_TIME, (uint64_t)(sysio_wall_ns() / 1000000000));
	metric_set(METRIC_GENERATION, g->number);
}

/* Whoever drains cuts what is forbidden by now. One that cannot be told is
 * ended: nothing may go on that nobody has looked at. */
static void
recheck_others(struct gate *gate, const struct generation *newer)
{
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct generation *g = &gate->generations[i];
		if (g->state != GENERATION_DRAINING)
			continue;
		struct err err = generation_recheck(g, &newer->provisions);
		if (err.code == ERR_OK)
			continue;
		log_error("not-rechecked", err);
		generation_kill(gate, g);
	}
	inherit_recheck(gate, &newer->provisions);
}

static const char *
what_is_left(const struct generation *g)
{
	if (g->plan.sealed)
		return "done; but the gateway is sealed, and refuses every "
		       "request: gatehouse unseal";
	if (g->plan.unproven)
		return "done; but the policy names keys of recipients that "
		       "nobody has proven to hold, and nothing is sealed to "
		       "them: gatehouse recipient list names them, gatehouse "
		       "recipient add proves one";
	return g->plan.edited
	    ? "done; but what `policy:` holds is not the version that serves: "
	      "gatehouse policy apply makes it the next one"
	    : "";
}

/* All are ready: from here on it is the one that serves. */
static void
serve(struct gate *gate, struct generation *g)
{
	struct generation *before = gate->serving;

	reload_answer(gate, 0, what_is_left(g));
	inherit_serves(gate);
	gate->next = NULL;
	gate->serving = g;
	generation_serve(g);
	provisions_done(&gate->inherited);
	notify(gate, "READY=1");
	if (before == NULL)
		log_start(gate);
	else
		log_change(g);
	log_all_ready(&g->all);
	if (g->plan.sealed)
		log_event("sealed", NULL, 0);
	count_serving(g, before != NULL);
	begin_console(g);
	verify_begin(gate);
	if (before != NULL)
		generation_drain(before, (uint64_t)before->plan.drain_s * 1000);
	recheck_others(gate, g);
}

/* All are ready. What serves is in the ledger first: a policy that may not
 * follow the last one there does not serve. */
static struct err
admit(struct gate *gate, struct generation *g)
{
	if (g->admitted)
		serve(gate, g);
	if (g->admitted || g->admitting)
		return OK;
	g->admitting = true;
	return control_send(processes_find(&g->all, SPAWN_KEEPER, 0)->control,
	    &(struct frame){.type = CONTROL_ADMIT});
}

void
reload_admitted(struct gate *gate, struct generation *g, struct span why)
{
	static char text[MAX_WHY];

	if (why.len == 0) {
		g->admitted = true;
		return;
	}
	snprintf(
	    text, sizeof(text), "%.*s", (int)why.len, (const char *)why.data);
	log_event("policy-refused",
	    (const struct log_field[]){log_text("why", text)}, 1);
	/* One that comes back with what served before is asked, too. */
	if (g == gate->next)
		reload_fail(gate, EXIT_NOT_VERIFIED, text);
	else
		processes_end(
		    processes_find(&g->all, SPAWN_KEEPER, 0), gate->starter);
}

/* What can be done now for one that starts. */
static struct err
go_on(struct gate *gate, struct generation *g)
{
	if (generation_is_ready(gate, g))
		return admit(gate, g);
	if (generation_is_prepared(gate, g))
		return inherit_take(gate);
	if (generation_core_is_prepared(gate, g))
		return generation_start_workers(gate, g);
	return OK;
}

void
reload_go_on(struct gate *gate)
{
	struct generation *g = gate->next;

	if (g != NULL && g->state == GENERATION_STARTING) {
		struct err err = go_on(gate, g);
		if (err.code != ERR_OK)
			reload_fail(gate, EXIT_FAILED, err.why);
	}
	reload_next(gate);
}
