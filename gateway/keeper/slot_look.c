#include "gateway/keeper/slot_look.h"

#include "gateway/keeper/pending.h"
#include "gateway/keeper/slot_table.h"

static struct err
ask(struct slot *slot)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(buf_put_field(&body, span_of(slot->name, 64)));
	return pending_ask(&slot->keeper->spool, OPEN_SLOT, buf_span(&body),
	    PENDING_SLOT, slot);
}

/* One that cannot be asked ends here, and its end asks for no other. */
static void
go_on(struct keeper *keeper)
{
	struct slot *slot;

	while (keeper->num_looks < KEEPER_MAX_LOOKS &&
	    (slot = TAILQ_FIRST(&keeper->unlooked)) != NULL) {
		TAILQ_REMOVE(&keeper->unlooked, slot, queued);
		slot->look = LOOK_NONE;
		struct err err = ask(slot);
		if (err.code != ERR_OK) {
			slot_fill_end(slot, err);
			continue;
		}
		slot->look = LOOK_ASKED;
		keeper->num_looks++;
	}
}

void
slot_look_begin(struct slot *slot)
{
	slot_table_state(slot, SLOT_LOOKING);
	slot->look = LOOK_WAITS;
	TAILQ_INSERT_TAIL(&slot->keeper->unlooked, slot, queued);
	go_on(slot->keeper);
}

void
slot_look_over(struct slot *slot)
{
	enum slot_look look = slot->look;

	slot->look = LOOK_NONE;
	if (look == LOOK_WAITS)
		TAILQ_REMOVE(&slot->keeper->unlooked, slot, queued);
	if (look != LOOK_ASKED)
		return;
	slot->keeper->num_looks--;
	go_on(slot->keeper);
}
