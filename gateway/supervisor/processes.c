#include "gateway/supervisor/processes.h"

#include <assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/supervisor/starter.h"

enum {
	BACKOFF_FIRST_MS = 20,
	BACKOFF_MOST_MS = 640, /* what it takes to start is no second then */
	STEADY_MS = 500, /* after so long in service the backoff starts anew */
	/* Who found the ledger altered reads all of it each time: that takes a
	 * tenth of one processor, or it waits for the most. */
	REREAD_SHARE = 9,
	REREAD_MOST_MS = 60 * 1000,
};

/* --- The table --- */

static void
add(struct processes *all, enum spawn_role role, uint32_t index,
    uint64_t first_id)
{
	assert(all->num < PROCESSES_MAX);
	all->list[all->num] = (struct process){.id = first_id + all->num,
	    .role = role,
	    .index = index,
	    .control = -1,
	    .page.fd = -1};
	all->num++;
}

void
processes_share(struct processes *out, uint64_t first_id)
{
	out->num = 0;
	add(out, SPAWN_AUDITOR, 0, first_id);
	add(out, SPAWN_OPENER, 0, first_id);
	add(out, SPAWN_CODEBOOK, 0, first_id);
	assert(out->num == PROCESSES_SHARED);
}

struct err
processes_plan(
    struct processes *out, const struct load_plan *plan, uint64_t first_id)
{
	if (plan->num_origins > PROCESSES_MAX_ORIGINS ||
	    plan->num_mills > PROCESSES_MAX_ROLES ||
	    plan->num_workers > PROCESSES_MAX_ROLES || plan->num_workers == 0 ||
	    plan->num_consoles > 1)
		return ERR(TOO_BIG, "supervisor: not a plan");
	out->num = 0;
	for (uint32_t i = 0; i < plan->num_origins; i++)
		add(out, SPAWN_OPENER, i + 1, first_id);
	for (uint32_t i = 0; i < plan->num_mills; i++)
		add(out, SPAWN_MILL, i, first_id);
	add(out, SPAWN_KEEPER, 0, first_id);
	for (uint32_t i = 0; i < plan->num_workers; i++)
		add(out, SPAWN_WORKER, i, first_id);
	if (plan->num_consoles > 0)
		add(out, SPAWN_CONSOLE, 0, first_id);
	return OK;
}

struct process *
processes_find(struct processes *all, enum spawn_role role, uint32_t index)
{
	struct process *found = NULL;

	for (size_t i = 0; i < all->num && found == NULL; i++) {
		if (all->list[i].role == role && all->list[i].index == index)
			found = &all->list[i];
	}
	assert(found != NULL);
	return found;
}

static bool
is_of(const struct process *p, enum spawn_role role)
{
	return role == NUM_SPAWN_ROLES || p->role == role;
}

void
processes_alone(struct processes *all, const struct control_life *life)
{
	for (size_t i = 0; i < all->num; i++) {
		struct process *p = &all->list[i];
		if (p->runs && p->role == life->role &&
		    p->index == life->index && p->life == life->life &&
		    p->alone_ms == 0)
			p->alone_ms = sysio_monotonic_ms();
	}
}

size_t
processes_run(const struct processes *all, enum spawn_role role)
{
	size_t num = 0;

	for (size_t i = 0; i < all->num; i++)
		num += all->list[i].runs && is_of(&all->list[i], role);
	return num;
}

/* --- What they are --- */

bool
processes_is_core(const struct process *p)
{
	return p->role != SPAWN_WORKER && p->role != SPAWN_CONSOLE &&
	    p->role != SPAWN_VERIFIER;
}

bool
processes_count(const struct process *p, enum metric_role *out)
{
	switch (p->role) {
	case SPAWN_KEEPER:
		*out = METRIC_KEEPER;
		return true;
	case SPAWN_AUDITOR:
		*out = METRIC_AUDITOR;
		return true;
	case SPAWN_OPENER: /* of the spool */
		*out = METRIC_OPENER;
		return p->index == 0;
	case SPAWN_WORKER:
		*out = METRIC_WORKER;
		return true;
	case SPAWN_CONSOLE:
		*out = METRIC_CONSOLE;
		return true;
	case SPAWN_CODEBOOK:
		*out = METRIC_CODEBOOK;
		return true;
	case SPAWN_MILL:
	case SPAWN_POLICYC:
	case SPAWN_LOADER:
	case SPAWN_ROOTFILE:
	case SPAWN_ROOTPKCS11:
	case SPAWN_ROOTVAULT:
	case SPAWN_VERIFIER:
	case NUM_SPAWN_ROLES:
		break;
	}
	return false;
}

/* --- Start --- */

/* Nobody is kept from working because it cannot be counted. */
static struct err
give_page(struct process *p)
{
	enum metric_role role;

	if (!processes_count(p, &role))
		return OK;
	struct err err = page_new(&p->page);
	if (err.code != ERR_OK) {
		log_error("no-page", err);
		return OK;
	}
	return control_send_item(
	    p->control, "metrics", 0, span_of(NULL, 0), p->page.fd);
}

struct err
processes_start(struct process *p, const struct processes_with *with)
{
	const struct starter_what what = {
	    .id = p->id, .role = p->role, .index = p->index, .set = with->set};

	p->due_ms = 0;
	p->waits = true;
	p->ready = p->killed = p->heir = false;
	p->alone_ms = p->ready_ms = 0;
	p->life++;
	p->started_ms = sysio_monotonic_ms();
	TRY(starter_start(&p->control, with->starter, &what));
	p->runs = true;
	metric_count(METRIC_STARTS + p->role);
	metric_count(METRIC_PROCESSES + p->role);
	TRY(give_page(p));
	if (with->altered && p->role == SPAWN_AUDITOR)
		TRY(control_send_item(
		    p->control, "whole", 0, span_of(NULL, 0), -1));
	return provisions_send(
	    with->provisions, p->control, (uint8_t)p->role, p->index);
}

struct err
processes_go(struct process *p)
{
	if (!p->waits || !p->runs)
		return OK;
	p->waits = false;
	return control_send_go(p->control);
}

static struct err
join(const struct process *a, const char *name_a, uint32_t index_a,
    const struct process *b, const char *name_b)
{
	struct buf life CLEANUP(buf_done) = {.max = CONTROL_LIFE_LEN};
	const struct span none = span_of(NULL, 0);
	int pair[2];

	if (!a->runs || !b->runs)
		return OK;
	TRY(control_put_life(&life,
	    &(struct control_life){
		.role = (uint8_t)b->role, .index = b->index, .life = b->life}));
	TRY(frame_pair(pair));
	struct err err = control_send_item(
	    a->control, name_a, index_a, buf_span(&life), pair[0]);
	if (err.code == ERR_OK)
		err = control_send_item(b->control, name_b, 0, none, pair[1]);
	close(pair[0]);
	close(pair[1]);
	return err;
}

struct err
processes_join(const struct process *keeper, const struct process *p)
{
	switch (p->role) {
	case SPAWN_AUDITOR:
		return join(keeper, "auditor", 0, p, "keeper");
	case SPAWN_OPENER:
		if (p->index == 0)
			return join(keeper, "spool", 0, p, "keeper");
		return join(keeper, "origin", p->index - 1, p, "keeper");
	case SPAWN_MILL:
		return join(keeper, "mill", p->index, p, "keeper");
	case SPAWN_CODEBOOK:
		return join(keeper, "codebook", 0, p, "keeper");
	case SPAWN_WORKER:
		TRY(join(keeper, "ask", p->index, p, "ask"));
		return join(keeper, "sign", p->index, p, "sign");
	case SPAWN_KEEPER:
	case SPAWN_POLICYC:
	case SPAWN_LOADER:
	case SPAWN_ROOTFILE:
	case SPAWN_ROOTPKCS11:
	case SPAWN_ROOTVAULT:
	case SPAWN_VERIFIER:
	case SPAWN_CONSOLE:
	case NUM_SPAWN_ROLES:
		break;
	}
	return OK;
}

/* --- End --- */

static uint64_t
next_backoff(struct process *p)
{
	bool steady =
	    p->ready && sysio_monotonic_ms() - p->ready_ms >= STEADY_MS;

	if (steady || p->backoff_ms == 0)
		p->backoff_ms = BACKOFF_FIRST_MS;
	else if (p->backoff_ms < BACKOFF_MOST_MS)
		p->backoff_ms *= 2;
	return p->backoff_ms;
}

static uint64_t
wait_of(struct process *p, int status)
{
	uint64_t wait = processes_failed(p, status) ? next_backoff(p) : 0;
	uint64_t took = sysio_monotonic_ms() - p->started_ms;

	if (p->role != SPAWN_AUDITOR || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != PROCESSES_ALTERED)
		return wait;
	uint64_t share = took < REREAD_MOST_MS / REREAD_SHARE
	    ? REREAD_SHARE * took
	    : REREAD_MOST_MS;
	return share > wait ? share : wait;
}

bool
processes_is_well(const struct process *p)
{
	return p->runs && (p->ready || p->backoff_ms <= BACKOFF_FIRST_MS);
}

bool
processes_failed(const struct process *p, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	bool by_us = p->killed &&
	    (clean || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));

	/* A mill ends when its plan has no more work. */
	return !by_us && !(clean && p->role == SPAWN_MILL);
}

void
processes_tell_failed(const struct process *p, int status)
{
	const struct log_field fields[] = {
	    log_text("program", spawn_name(p->role)),
	    log_number("index", p->index),
	    log_number(WIFSIGNALED(status) ? "signal" : "status",
		(uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
					       : WEXITSTATUS(status)))};

	log_event("role-ended", fields, 3);
	metric_count(METRIC_FAILURES + p->role);
}

void
processes_ended(struct process *p, int status)
{
	uint64_t wait = wait_of(p, status);

	sysio_close(&p->control);
	p->runs = false;
	metric_add(METRIC_PROCESSES + p->role, UINT64_MAX);
	p->due_ms = sysio_monotonic_ms() + wait + 1;
}

void
processes_end(struct process *p, int starter)
{
	if (!p->runs)
		return;
	p->killed = true;
	(void)!starter_kill(starter, p->id).code;
}

void
processes_end_all(struct processes *all, enum spawn_role role, int starter)
{
	for (size_t i = 0; i < all->num; i++) {
		if (is_of(&all->list[i], role))
			processes_end(&all->list[i], starter);
	}
}
