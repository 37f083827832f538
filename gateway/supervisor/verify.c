#include "gateway/supervisor/verify.h"

#include <sys/wait.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"
#include "gateway/supervisor/reload.h"
#include "gateway/supervisor/starter.h"

enum {
	WELL_MS = 24 * 60 * 60 * 1000,
	AGAIN_MS = 60 * 1000,
};

void
verify_init(struct gate *gate)
{
	gate->verifier = (struct process){
	    .id = generation_first_id(GENERATION_MAX) | GENERATION_VERIFIER,
	    .role = SPAWN_VERIFIER,
	    .control = -1,
	    .page.fd = -1};
}

void
verify_begin(struct gate *gate)
{
	gate->verify_ms = sysio_monotonic_ms();
	if (!gate->verifier.runs && !gate->verified)
		gate->verifier.due_ms = gate->verify_ms;
}

/* --- Start --- */

static struct err
start(struct gate *gate)
{
	const struct processes_with with = {.starter = gate->starter,
	    .set = gate->serving->place,
	    .provisions = &gate->serving->provisions};

	gate->verified = false;
	TRY(processes_start(&gate->verifier, &with));
	return processes_go(&gate->verifier);
}

int
verify_due(struct gate *gate)
{
	struct process *p = &gate->verifier;
	uint64_t now = sysio_monotonic_ms();

	if (gate->serving == NULL || gate->stopping || p->runs ||
	    p->due_ms == 0)
		return -1;
	if (now < p->due_ms)
		return (int)(p->due_ms - now);
	struct err err = start(gate);
	if (err.code != ERR_OK) {
		log_error("role-not-started", err);
		p->due_ms = now + AGAIN_MS;
		processes_end(p, gate->starter);
	}
	return -1;
}

/* --- What it says --- */

static void
hear_one(struct process *p, struct frame *frame)
{
	uint64_t records;
	struct span text;

	if (frame->type == CONTROL_READY &&
	    span_take_field(&frame->body, &text, sizeof(p->jail) - 1).code ==
		ERR_OK) {
		memcpy(p->jail, text.data, text.len);
		p->jail[text.len] = '\0';
		p->ready = true;
		reload_log_ready(p);
	}
	if (frame->type == CONTROL_VERIFIED &&
	    span_take_u64be(&frame->body, &records).code == ERR_OK) {
		metric_set(METRIC_VERIFIED, records);
		metric_set(METRIC_VERIFIED_TIME,
		    (uint64_t)(sysio_wall_ns() / 1000000000));
	}
}

void
verify_hear(struct gate *gate)
{
	static uint8_t buffer[FRAME_MAX];
	struct process *p = &gate->verifier;
	struct frame frame;

	while (p->control >= 0) {
		struct err err = frame_recv(p->control, buffer, &frame);
		if (err.code == ERR_AGAIN)
			return;
		if (err.code == ERR_OK) {
			hear_one(p, &frame);
			frame_close_fds(&frame);
		} else {
			sysio_close(&p->control); /* its end is told soon */
		}
	}
}

/* --- End --- */

/* One that could not read had, perhaps, what an earlier generation gave it. */
static uint64_t
wait_ms(const struct gate *gate)
{
	if (gate->verified)
		return WELL_MS;
	return gate->verify_ms > gate->verifier.started_ms ? 1 : AGAIN_MS;
}

static void
altered(struct gate *gate)
{
	gate->altered = true;
	if (gate->shared.num > 0)
		processes_end(processes_find(&gate->shared, SPAWN_AUDITOR, 0),
		    gate->starter);
}

void
verify_ended(struct gate *gate, int status)
{
	struct process *p = &gate->verifier;
	bool failed;

	/* The last that it said may lie there still. */
	verify_hear(gate);
	gate->verified = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	failed = processes_failed(p, status) && !gate->verified;
	processes_ended(p, status);
	p->due_ms = sysio_monotonic_ms() + wait_ms(gate);
	if (failed)
		processes_tell_failed(p, status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == PROCESSES_ALTERED)
		altered(gate);
}

void
verify_end(struct gate *gate)
{
	processes_end(&gate->verifier, gate->starter);
}
