#include "gateway/supervisor/upgrade.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/hand.h"
#include "gateway/supervisor/inherit.h"
#include "gateway/supervisor/reload.h"
#include "gateway/supervisor/revive.h"
#include "gateway/supervisor/starter.h"
#include "gateway/supervisor/verify.h"

enum {
	EXIT_FAILED = 1,
	EXIT_AGAIN = 75,
	HEIR_MS = 200000, /* it loads, starts and takes over within that */
	SPOOL_MS = 10000, /* spool and codebook are handed over within that */
};

/* --- Start an heir --- */

static struct err
send_number(int socket, const char *name, uint64_t number)
{
	struct buf text CLEANUP(buf_done) = {.max = 32};

	TRY(buf_append_u64(&text, number));
	return control_send_item(socket, name, 0, buf_span(&text), -1);
}

static struct err
give(const struct gate *gate)
{
	const struct generation *g = gate->serving;
	int heir = gate->heir.fd;

	TRY(send_number(heir, "version", HAND_VERSION));
	TRY(send_number(heir, "generation", gate->number));
	TRY(send_number(heir, "keepers", generation_keepers(gate)));
	TRY(control_send_item(heir, "lasting", 0,
	    span_of(g->plan.lasting, sizeof(g->plan.lasting)), -1));
	TRY(provisions_send_named(&g->provisions, heir, "root"));
	TRY(provisions_send_named(&g->provisions, heir, "listener"));
	TRY(provisions_send_named(&g->provisions, heir, "admin"));
	return control_send_go(heir);
}

static struct err
start(struct gate *gate)
{
	static uint64_t number;
	uint64_t id =
	    generation_first_id(GENERATION_HEIR) | (++number & 0xffff);

	TRY(starter_start_heir(&gate->heir.fd, gate->starter, id));
	gate->heir.id = id;
	gate->heir.takes = false;
	gate->heir.due_ms = sysio_monotonic_ms() + HEIR_MS;
	return give(gate);
}

void
upgrade_begin(struct gate *gate)
{
	if (gate->serving == NULL)
		return;
	if (reload_is_busy(gate)) {
		gate->upgrade_again = true;
		return;
	}
	gate->upgrade_again = gate->reload_again = false;
	reload_note_asked(gate);
	log_event("upgrade-begins", NULL, 0);
	struct err err = start(gate);
	if (err.code != ERR_OK)
		upgrade_refuse(gate, EXIT_FAILED, err.why);
}

/* --- Until it serves --- */

/* What had to end for an heir who is none comes back as after a crash. */
void
upgrade_refuse(struct gate *gate, int status, const char *why)
{
	const struct log_field fields[] = {
	    log_number("status", (uint64_t)status), log_text("why", why)};
	bool took = gate->heir.takes;

	if (gate->heir.fd >= 0)
		(void)!starter_kill(gate->starter, gate->heir.id).code;
	sysio_close(&gate->heir.fd);
	sysio_close(&gate->heir.opener);
	sysio_close(&gate->heir.codebook);
	gate->heir.takes = false;
	log_event("upgrade-refused", fields, 2);
	reload_answer(gate, (uint8_t)status, why);
	if (took)
		revive_after_heir(gate);
}

static struct process *
shared(struct gate *gate, enum spawn_role role)
{
	return processes_find(&gate->shared, role, 0);
}

static struct err
give_heir(const struct process *p, int fd)
{
	if (!p->runs)
		return ERR(CLOSED, "a role ended meanwhile");
	return control_send_item(p->control, "heir", 0, span_of(NULL, 0), fd);
}

/* First the auditor: it may be kept by what it has begun, and then all is. */
static struct err
take(struct gate *gate, struct frame *frame)
{
	if (frame->num_fds != PROCESSES_SHARED || gate->heir.takes)
		return ERR(MALFORMED, "the heir takes what is not there");
	gate->heir.takes = true;
	gate->heir.opener = frame_take_fd(frame, 1);
	gate->heir.codebook = frame_take_fd(frame, 2);
	return give_heir(shared(gate, SPAWN_AUDITOR), frame->fds[0]);
}

void
upgrade_shared_ended(struct gate *gate, struct process *p, int status)
{
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	processes_ended(p, status);
	/* Once the heir has the ledger, it goes on, with spool and codebook or,
	 * should those who have them have ended, with what lies there. */
	if (p->role == SPAWN_AUDITOR && well) {
		(void)!give_heir(shared(gate, SPAWN_OPENER), gate->heir.opener)
		    .code;
		(void)!give_heir(
		    shared(gate, SPAWN_CODEBOOK), gate->heir.codebook)
		    .code;
		sysio_close(&gate->heir.opener);
		sysio_close(&gate->heir.codebook);
		gate->heir.due_ms = sysio_monotonic_ms() + SPOOL_MS;
	} else if (p->role == SPAWN_AUDITOR ||
	    shared(gate, SPAWN_AUDITOR)->runs) {
		upgrade_refuse(
		    gate, EXIT_FAILED, "a role ended while it handed over");
	}
}

void
upgrade_send_on(struct gate *gate)
{
	reload_note_asked(gate);
	reload_answer(
	    gate, EXIT_AGAIN, "other programs serve by now; type it again");
}

/* It serves: what is ours drains, and that is all that we do. */
static void
retire(struct gate *gate)
{
	struct generation *g = gate->serving;

	(void)!starter_release(gate->starter, gate->heir.id).code;
	reload_answer(gate, 0, "");
	upgrade_send_on(gate);
	processes_end_all(&gate->shared, NUM_SPAWN_ROLES, gate->starter);
	gate->shared.num = 0;
	verify_end(gate); /* the heir has one of its own */
	gate->heir.takes = false;
	gate->serving = NULL;
	gate->retired = gate->stopping = true;
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		provisions_close(&gate->generations[i].provisions, "listener");
		provisions_close(&gate->generations[i].provisions, "admin");
	}
	generation_drain(g, (uint64_t)g->plan.drain_s * 1000);
}

static struct err
refused(struct gate *gate, struct frame *frame)
{
	char why[512] = "";
	uint8_t status;

	TRY(span_take_u8(&frame->body, &status));
	if (frame->body.len == 0 || frame->body.len >= sizeof(why))
		return ERR(MALFORMED, "the heir gives no reason");
	memcpy(why, frame->body.data, frame->body.len);
	upgrade_refuse(gate, status, why);
	return OK;
}

static struct err
told_to_stop(struct gate *gate, struct frame *frame)
{
	uint32_t ms;

	TRY(span_take_u32be(&frame->body, &ms));
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		if (gate->generations[i].state == GENERATION_DRAINING)
			generation_drain(&gate->generations[i], ms);
	}
	inherit_stop(gate, ms);
	return OK;
}

/* Of the policy that serves by now: for all keepers that drain. */
static struct err
pass_on(struct gate *gate, struct frame *frame)
{
	if (frame->type != UPGRADE_RECHECK)
		return provisions_add(&gate->newer, frame);
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct generation *g = &gate->generations[i];
		if (g->state == GENERATION_DRAINING &&
		    generation_recheck(g, &gate->newer).code != ERR_OK)
			generation_kill(gate, g);
	}
	inherit_recheck(gate, &gate->newer);
	provisions_done(&gate->newer);
	return OK;
}

static struct err
hear(struct gate *gate, struct frame *frame)
{
	if (frame->type == UPGRADE_STOP && gate->retired)
		return told_to_stop(gate, frame);
	if (gate->retired &&
	    (frame->type == CONTROL_ITEM || frame->type == UPGRADE_RECHECK))
		return pass_on(gate, frame);
	if (gate->retired)
		return ERR(MALFORMED, "the heir has all that there is");
	if (frame->type == UPGRADE_TAKE)
		return take(gate, frame);
	if (frame->type == UPGRADE_REFUSED)
		return refused(gate, frame);
	if (frame->type != UPGRADE_SERVES || !gate->heir.takes)
		return ERR(MALFORMED, "the heir says what is not agreed");
	retire(gate);
	return OK;
}

void
upgrade_hear(struct gate *gate)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	while (gate->heir.fd >= 0) {
		struct err err = frame_recv(gate->heir.fd, buffer, &frame);
		if (err.code == ERR_AGAIN)
			return;
		if (err.code == ERR_OK) {
			err = hear(gate, &frame);
			frame_close_fds(&frame);
		}
		if (err.code == ERR_OK)
			continue;
		/* It needs us no more, when it has all. */
		if (gate->retired)
			sysio_close(&gate->heir.fd);
		else
			upgrade_refuse(gate, EXIT_FAILED,
			    err.code == ERR_CLOSED
				? "the new programs did not start; the log "
				  "says why"
				: err.why);
	}
}

void
upgrade_heir_ended(struct gate *gate, uint64_t id)
{
	if (gate->heir.fd < 0 || gate->heir.id != id)
		return;
	upgrade_hear(gate); /* it may have said why */
	if (gate->heir.fd >= 0 && !gate->retired)
		upgrade_refuse(gate, EXIT_FAILED,
		    "the new programs did not start; the log says why");
}

/* It did not hand over, and was not ended for it yet. */
static bool
is_kept(const struct process *p)
{
	return p->runs && !p->killed;
}

int
upgrade_go_on(struct gate *gate)
{
	uint64_t now = sysio_monotonic_ms();

	if (gate->heir.fd < 0 || gate->retired)
		return -1;
	if (now < gate->heir.due_ms)
		return (int)(gate->heir.due_ms - now);
	/* The ledger is the heir's, and spool and codebook have to be. */
	if (gate->heir.takes && !shared(gate, SPAWN_AUDITOR)->runs &&
	    (is_kept(shared(gate, SPAWN_OPENER)) ||
		is_kept(shared(gate, SPAWN_CODEBOOK)))) {
		processes_end_all(
		    &gate->shared, NUM_SPAWN_ROLES, gate->starter);
		gate->heir.due_ms = now + HEIR_MS;
		return HEIR_MS;
	}
	upgrade_refuse(gate, EXIT_FAILED, "the new programs take too long");
	return 0;
}
