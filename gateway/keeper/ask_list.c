#include "gateway/keeper/ask_list.h"

#include "gateway/keeper/object_key.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_use.h"
#include "gateway/keeper/slot_table.h"

enum {
	MAX_FILES = 10000
};

static const struct agreement *
agreement_of(const struct ask *ask)
{
	return &ask->keeper->policy.agreements[ask->decision.agreement];
}

/* Who waits there already keeps his place: all of them are being told. */
static void
wait_for(struct ask *ask, struct slot *slot)
{
	if (ask->slot == slot)
		return;
	slot_use_leave(ask);
	if (slot != NULL)
		slot_use_wait(slot, ask);
}

void
ask_list_changed(struct ask *ask)
{
	struct slot *missing = NULL; /* the first */

	ask->num_total = (uint32_t)ask->listed.num;
	ask->num_ready = 0;
	for (size_t i = 0; i < ask->listed.num; i++) {
		struct slot *slot = ask->listed.files[i].slot;
		if (slot->state == SLOT_READY || slot->state == SLOT_GONE) {
			ask->num_ready++;
			continue;
		}
		if (slot->state == SLOT_BAD || slot->state == SLOT_AWAY) {
			wait_for(ask, NULL);
			ask_run_deny_slot(ask, slot);
			return;
		}
		if (missing == NULL)
			missing = slot;
	}
	wait_for(ask, missing);
	if (missing != NULL)
		return;
	ask->kind = ASK_LISTING;
	ask_run_record(ask);
}

/* Clients see objects; with other endings names sort in another order. */
static struct err
name_objects(struct ask *ask)
{
	for (size_t i = 0; i < ask->listed.num; i++)
		TRY(object_key_of(&ask->listed.files[i].key, &ask->arena,
		    &ask->keeper->policy, agreement_of(ask),
		    ask->listed.files[i].key));
	listed_sort(&ask->listed);
	return OK;
}

/* Every file of the dataset has a slot, there or begun. */
static void
listing_complete(struct ask *ask)
{
	for (size_t i = 0; i < ask->listed.num; i++) {
		struct listed_file *file = &ask->listed.files[i];
		struct err err = slot_use_get(&file->slot, ask->keeper,
		    &(struct slot_source){.agreement = ask->decision.agreement,
			.key = file->key,
			.file = &file->file,
			.want = SLOT_LENGTHS});
		if (err.code != ERR_OK) {
			ask_run_deny(ask, ASK_ORIGIN_AWAY);
			return;
		}
		slot_table_hold(file->slot);
	}
	if (name_objects(ask).code != ERR_OK) {
		ask_run_deny(ask, ASK_INTERNAL);
		return;
	}
	ask_list_changed(ask);
}

struct err
ask_list_answer(struct ask *ask, struct span body)
{
	struct open_listing listing;

	TRY(open_take_listing(&listing, body));
	while (listing.num_files > 0) {
		struct listed_file file = {.slot = NULL};
		TRY(open_take_listed(&listing, &file.key, &file.file));
		if (listed_add(&ask->listed, &ask->arena, &file, MAX_FILES)
			.code != ERR_OK) {
			ask_run_deny(ask, ASK_INTERNAL);
			return OK;
		}
	}
	if (listing.last)
		listing_complete(ask);
	return OK;
}

void
ask_list_done(struct ask *ask)
{
	for (size_t i = 0; i < ask->listed.num; i++) {
		if (ask->listed.files[i].slot != NULL)
			slot_table_release(ask->listed.files[i].slot);
	}
	listed_done(&ask->listed);
}

void
ask_list_start(struct ask *ask)
{
	ask->step = ASK_STEP_LIST;
	struct err err =
	    pending_ask(&ask->keeper->origins[agreement_of(ask)->dataset],
		OPEN_LIST, span_of(NULL, 0), PENDING_LIST, ask);
	if (err.code != ERR_OK)
		ask_run_deny(ask, ASK_ORIGIN_AWAY);
}
