#ifndef GATEHOUSE_PROCESSES_H
#define GATEHOUSE_PROCESSES_H

#include "gateway/supervisor/material.h"

/*
 * processes: the table of what is to run, and the channels between them. Its
 * place in the table is a process's id to the starter.
 */
enum {
	PROCESSES_MAX = 4 + MATERIAL_MAX_ORIGINS + 2 * CONFIG_MAX_ROLES,
};

struct process {
	enum spawn_role role;
	uint32_t index;
	bool runs;
	int control;
	uint64_t started_ms;
	uint64_t backoff_ms;
	uint64_t due_ms; /* 0: not waiting to be started */
	bool waits;	 /* for CONTROL_GO */
	bool ready;
	uint64_t alone_ms; /* since when it is without the keeper; 0: not so */
	char jail[128];	   /* what holds it in, as it says */
};

struct processes {
	struct process list[PROCESSES_MAX];
	size_t num;
};

/* processes_plan: all that this configuration and policy take. */
void processes_plan(struct processes *out, const struct config *config,
    const struct policy *policy);

/* processes_find: there is one such, or the table was planned wrong. */
struct process *processes_find(
    struct processes *all, enum spawn_role role, uint32_t index);

/*
 * processes_join: a channel between one of them and the keeper. One that does
 * not run gets nothing: it is joined when it starts.
 *
 * Errors   those of frame_pair and control_send_item
 */
MUST_USE struct err processes_join(
    struct processes *all, const struct process *p);

#endif
