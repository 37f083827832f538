#include "gateway/keeper/ask_life.h"

#include "gateway/base/request_id.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/ask_list.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/slot_use.h"
#include "gateway/metric/metric.h"

struct ask *
ask_life_new(struct keeper *keeper, struct seam *seam, uint64_t id,
    void (*waited_enough)(void *ask))
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return NULL;
	ask->keeper = keeper;
	ask->seam = seam;
	ask->id = id;
	ask->record = UINT64_MAX;
	ask->now_s = sysio_wall_ns() / 1000000000;
	ask->sentence.max = ASK_MAX_TEXT;
	ask->timer =
	    (struct loop_timer){.fired = waited_enough, .context = ask};
	arena_init(&ask->arena, KEEPER_ASK_ARENA + 64 * 1024 * 1024);
	request_id_make(ask->request_id);
	LIST_INSERT_HEAD(
	    &keeper->ask_buckets[id % KEEPER_ASK_BUCKETS], ask, next);
	metric_set(METRIC_ASKS_OPEN, ++keeper->num_asks);
	seam->num_asks++;
	return ask;
}

void
ask_life_free(struct ask *ask)
{
	/* All that a granted one asked was answered before. */
	if (ask->step != ASK_STEP_GRANTED)
		pending_forget(ask->keeper, ask);
	slot_use_leave(ask);
	loop_cancel_timer(ask->keeper->loop, &ask->timer);
	LIST_REMOVE(ask, next);
	metric_set(METRIC_ASKS_OPEN, --ask->keeper->num_asks);
	ask->seam->num_asks--;
	buf_done(&ask->sentence);
	ask_list_done(ask);
	arena_done(&ask->arena);
	free(ask);
}
