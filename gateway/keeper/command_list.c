#include "gateway/keeper/command_list.h"

#include <inttypes.h>

#include "gateway/base/sysio.h"
#include "gateway/keeper/command.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/object_key.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/slot_table.h"
#include "gateway/keeper/slot_view.h"

enum {
	EXIT_AGAIN = 75,
	NUMBER_TEXT = 24,
	MAX_UNSENT = 256, /* rows that wait for the command to read */
	UNSENT_MS = 10,
};

static struct keeper *
keeper_of(const struct admin *admin)
{
	return admin->seam->keeper;
}

/* --- Rows --- */

static const char *
state_of(const struct slot *slot)
{
	switch (slot->state) {
	case SLOT_LOOKING:
		return "looked-for";
	case SLOT_QUEUED:
		return "waits";
	case SLOT_PREPARING:
	case SLOT_FILLING:
	case SLOT_CHECKING:
	case SLOT_PUBLISHING:
		return "being-filled";
	case SLOT_READY:
		return "ready";
	case SLOT_GONE:
		return "evicted";
	case SLOT_BAD:
		return "refused";
	case SLOT_AWAY:
		break;
	}
	return slot->failure.code == ERR_NOT_FOUND ? "not-filled" : "away";
}

void
command_list_say(struct admin *admin, const struct slot *slot)
{
	const struct policy *policy = &keeper_of(admin)->policy;
	const struct agreement *a = &policy->agreements[slot->agreement];
	struct span object = span_str(slot->key);
	char len[NUMBER_TEXT] = "", rows[NUMBER_TEXT] = "";

	if (slot->state == SLOT_READY || slot->state == SLOT_GONE) {
		snprintf(len, sizeof(len), "%" PRIu64, slot_view_len(slot));
		snprintf(
		    rows, sizeof(rows), "%" PRIu64, slot->counts.rows_released);
	}
	(void)!object_key_of(&object, &admin->arena, policy, a, object).code;
	command_say_line(admin,
	    &(struct admin_line){
		.fields = {a->id, object, span_str(state_of(slot)),
		    span_str(len), span_str(rows)},
		.num_fields = 5});
}

/* --- One after the other --- */

static void
end(struct admin *admin)
{
	if (admin->list.num_unknown > 0)
		command_say_end(
		    admin, EXIT_AGAIN, "some could not be looked at");
	else
		command_say_end(admin, 0, "");
}

static void
go_on_at(struct admin *admin, uint64_t at_ms)
{
	if (loop_set_timer(keeper_of(admin)->loop, &admin->list.timer, at_ms)
		.code != ERR_OK)
		command_say_end(admin, EXIT_AGAIN, "too much is going on");
}

static void
on_changed(struct slot_watch *watch)
{
	struct admin *admin = (struct admin *)(void *)((char *)watch -
	    offsetof(struct admin, list.watch));

	go_on_at(admin, sysio_monotonic_ms());
}

/* What only we have looked at is the first to be forgotten. */
static void
say_one(struct admin *admin, struct slot *slot)
{
	command_list_say(admin, slot);
	if (!slot->wanted)
		slot_table_disuse(slot);
	admin->list.at++;
}

/* The next one; false: it is not known yet. */
static bool
step(struct admin *admin)
{
	struct command_list *list = &admin->list;
	const struct listed_file *listed = &list->listed.files[list->at];
	struct slot *slot = list->watch.slot;

	if (slot == NULL &&
	    slot_use_get(&slot, keeper_of(admin),
		&(struct slot_source){.agreement = list->agreement,
		    .key = listed->key,
		    .file = &listed->file,
		    .want = SLOT_LOOK})
		    .code != ERR_OK) {
		list->num_unknown++;
		list->at++;
		return true;
	}
	if (slot->state == SLOT_LOOKING) {
		if (list->watch.slot == NULL)
			slot_use_watch(slot, &list->watch);
		return false;
	}
	slot_use_unwatch(&list->watch);
	say_one(admin, slot);
	return true;
}

/* From list->agreement on: what waits for another build has no slots. */
static void
ask_from(struct admin *admin)
{
	const struct policy *policy = &keeper_of(admin)->policy;
	uint32_t *at = &admin->list.agreement;

	while (
	    *at < policy->num_agreements && policy->agreements[*at].waits != 0)
		(*at)++;
	if (*at < policy->num_agreements)
		command_list_ask(admin, *at);
	else
		end(admin);
}

static void
next_agreement(struct admin *admin)
{
	struct command_list *list = &admin->list;

	list->listed.num = list->at = 0;
	if (admin->agreement != NO_INDEX) {
		end(admin);
		return;
	}
	list->agreement++;
	ask_from(admin);
}

static void
go_on(void *context)
{
	struct admin *admin = context;
	struct command_list *list = &admin->list;

	while (list->at < list->listed.num) {
		if (admin->seam->channel.num_queued > MAX_UNSENT) {
			go_on_at(admin, sysio_monotonic_ms() + UNSENT_MS);
			return;
		}
		if (!step(admin))
			return;
	}
	next_agreement(admin);
}

/* --- The files --- */

struct err
command_list_add(struct admin *admin, struct span body)
{
	struct command_list *list = &admin->list;
	struct open_listing listing;

	TRY(open_take_listing(&listing, body));
	while (listing.num_files > 0) {
		struct listed_file file = {.slot = NULL};
		TRY(open_take_listed(&listing, &file.key, &file.file));
		if (listed_add(
			&list->listed, &admin->arena, &file, ORIGIN_MAX_FILES)
			.code != ERR_OK)
			list->num_unknown++;
	}
	if (!listing.last)
		return OK;
	listed_sort(&list->listed);
	go_on(admin);
	return OK;
}

void
command_list_ask(struct admin *admin, uint32_t agreement)
{
	struct keeper *keeper = keeper_of(admin);
	uint32_t dataset = keeper->policy.agreements[agreement].dataset;

	if (pending_ask(&keeper->origins[dataset], OPEN_LIST, span_of(NULL, 0),
		PENDING_ADMIN_LIST, admin)
		.code != ERR_OK)
		command_failed(admin, "the origin is away");
}

void
command_list_begin(struct admin *admin)
{
	struct command_list *list = &admin->list;

	list->watch.changed = on_changed;
	list->timer = (struct loop_timer){.fired = go_on, .context = admin};
	list->agreement = admin->agreement == NO_INDEX ? 0 : admin->agreement;
	ask_from(admin);
}

void
command_list_done(struct command_list *list, struct keeper *keeper)
{
	slot_use_unwatch(&list->watch);
	loop_cancel_timer(keeper->loop, &list->timer);
	listed_done(&list->listed);
	*list = (struct command_list){.agreement = 0};
}
