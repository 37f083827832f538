#include "gateway/supervisor/processes.h"

#include <assert.h>
#include <unistd.h>

#include "gateway/ipc/control.h"

static void
add(struct processes *all, enum spawn_role role, uint32_t index)
{
	assert(all->num < PROCESSES_MAX);
	all->list[all->num++] =
	    (struct process){.role = role, .index = index, .control = -1};
}

void
processes_plan(struct processes *out, const struct config *config,
    const struct policy *policy)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t workers = config->workers;

	if (workers == 0)
		workers = cores < 1 ? 1 : (uint32_t)cores;
	if (workers > CONFIG_MAX_ROLES)
		workers = CONFIG_MAX_ROLES;
	out->num = 0;
	add(out, SPAWN_AUDITOR, 0);
	add(out, SPAWN_OPENER, 0);
	for (uint32_t i = 0; i < policy->num_datasets; i++)
		add(out, SPAWN_OPENER, i + 1);
	for (uint32_t i = 0; i < config->mills; i++)
		add(out, SPAWN_MILL, i);
	add(out, SPAWN_KEEPER, 0);
	for (uint32_t i = 0; i < workers; i++)
		add(out, SPAWN_WORKER, i);
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

static struct err
join(const struct process *a, const char *name_a, uint32_t index_a,
    const struct process *b, const char *name_b)
{
	const struct span none = span_of(NULL, 0);
	int pair[2];

	if (!a->runs || !b->runs)
		return OK;
	TRY(frame_pair(pair));
	struct err err =
	    control_send_item(a->control, name_a, index_a, none, pair[0]);
	if (err.code == ERR_OK)
		err = control_send_item(b->control, name_b, 0, none, pair[1]);
	close(pair[0]);
	close(pair[1]);
	return err;
}

struct err
processes_join(struct processes *all, const struct process *p)
{
	const struct process *keeper = processes_find(all, SPAWN_KEEPER, 0);

	switch (p->role) {
	case SPAWN_AUDITOR:
		return join(keeper, "auditor", 0, p, "keeper");
	case SPAWN_OPENER:
		if (p->index == 0)
			return join(keeper, "spool", 0, p, "keeper");
		return join(keeper, "origin", p->index - 1, p, "keeper");
	case SPAWN_MILL:
		return join(keeper, "mill", p->index, p, "keeper");
	case SPAWN_WORKER:
		TRY(join(keeper, "ask", p->index, p, "ask"));
		return join(keeper, "sign", p->index, p, "sign");
	case SPAWN_KEEPER:
	case SPAWN_POLICYC:
	case NUM_SPAWN_ROLES:
		break;
	}
	return OK;
}
