#include "gateway/keeper/owed.h"

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/seam.h"

enum {
	AGAIN_MS = 1000
};

struct err
owed_submit(struct keeper *keeper, struct buf *record)
{
	TRY(pending_ask(&keeper->audit, AUDIT_APPEND, buf_span(record),
	    PENDING_OWED, NULL));
	struct pending *owed = pending_find(&keeper->audit, keeper->next_id);
	owed->record = *record;
	*record = (struct buf){.max = record->max};
	return OK;
}

/* All that were refused. Without an auditor the keeper ends as well. */
static void
say_again(void *context)
{
	struct keeper *keeper = context;

	for (size_t i = 0; i < KEEPER_PENDING_BUCKETS; i++) {
		struct pending *p;
		LIST_FOREACH(p, &keeper->pending[i], next)
		{
			if (!p->refused)
				continue;
			struct err err = seam_note(&keeper->audit, AUDIT_APPEND,
			    p->id, buf_span(&p->record));
			if (err.code == ERR_OK)
				p->refused = false;
		}
	}
}

void
owed_refused(struct pending *owed)
{
	struct keeper *keeper = owed->seam->keeper;

	owed->refused = true;
	if (keeper->owed_timer.place != 0)
		return;
	log_event("completion-waits-for-room", NULL, 0);
	keeper->owed_timer =
	    (struct loop_timer){.fired = say_again, .context = keeper};
	struct err err = loop_set_timer(
	    keeper->loop, &keeper->owed_timer, sysio_monotonic_ms() + AGAIN_MS);
	if (err.code != ERR_OK)
		log_error("completion-waits-for-the-end", err);
}
