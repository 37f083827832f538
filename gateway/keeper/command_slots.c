#include "gateway/keeper/command_slots.h"

#include "gateway/keeper/command_say.h"
#include "gateway/keeper/object_key.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/slot_use.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_FOUND = 2,
	EXIT_NOT_VERIFIED = 7,
	EXIT_AGAIN = 75,
};

/* Of the agreement and the object that were named, and no trial. */
static bool
is_meant(struct admin *admin, const struct slot *slot)
{
	const struct policy *policy = &admin->seam->keeper->policy;
	struct span object;

	if (slot->is_trial ||
	    (admin->agreement != NO_INDEX &&
		slot->agreement != admin->agreement))
		return false;
	if (admin->object.len == 0)
		return true;
	return object_key_of(&object, &admin->arena, policy,
		   &policy->agreements[slot->agreement], span_str(slot->key))
		   .code == ERR_OK &&
	    span_equal(object, buf_span(&admin->object));
}

/* --- drop --- */

static void
end_drop(struct admin *admin)
{
	if (admin->num_waiting > 0)
		return;
	command_say_number(admin, "dropped", admin->num_done);
	command_say_number(admin, "busy", admin->num_busy);
	if (admin->num_wrong > 0)
		command_say_end(
		    admin, EXIT_FAILED, "the spool could not remove them all");
	else if (admin->num_seen == 0)
		command_say_end(
		    admin, EXIT_NOT_FOUND, "no such slot was met since start");
	else if (admin->num_busy > 0)
		command_say_end(
		    admin, EXIT_AGAIN, "some are being looked for or filled");
	else
		command_say_end(admin, 0, "");
}

void
command_slots_dropped(struct admin *admin, bool gone)
{
	if (gone)
		admin->num_done++;
	else
		admin->num_wrong++;
	admin->num_waiting--;
	end_drop(admin);
}

/* It ends when the spool has let go of them all: who asks for it wants to know
 * that nothing lies there any more. */
void
command_slots_drop(struct admin *admin)
{
	struct slot *slot;

	admin->num_waiting = 1; /* us, until all are asked for */
	TAILQ_FOREACH(slot, &admin->seam->keeper->used, used)
	{
		if (!is_meant(admin, slot))
			continue;
		admin->num_seen++;
		struct err err = slot_fill_drop(slot, admin);
		if (err.code == ERR_OK)
			admin->num_waiting++;
		else if (err.code == ERR_AGAIN)
			admin->num_busy++;
		else
			admin->num_wrong++;
	}
	admin->num_waiting--;
	end_drop(admin);
}

/* --- warm --- */

static struct err
warm_one(struct admin *admin, struct span key, const struct open_file *file)
{
	struct keeper *keeper = admin->seam->keeper;
	struct span object;
	struct slot *slot;

	if (admin->object.len > 0) {
		TRY(object_key_of(&object, &admin->arena, &keeper->policy,
		    &keeper->policy.agreements[admin->agreement], key));
		if (!span_equal(object, buf_span(&admin->object)))
			return OK;
	}
	admin->num_seen++;
	TRY(slot_use_get(&slot, keeper,
	    &(struct slot_source){.agreement = admin->agreement,
		.key = key,
		.file = file,
		.want = SLOT_PAYLOAD}));
	if (slot->state == SLOT_READY)
		admin->num_done++;
	return OK;
}

struct err
command_slots_listed(struct admin *admin, struct span body)
{
	struct open_listing listing;

	if (admin->type == ADMIN_SPOOL_LIST)
		return command_list_add(admin, body);
	TRY(open_take_listing(&listing, body));
	while (listing.num_files > 0) {
		struct span key;
		struct open_file file;
		TRY(open_take_listed(&listing, &key, &file));
		if (warm_one(admin, key, &file).code != ERR_OK)
			admin->num_busy++;
	}
	if (!listing.last)
		return OK;
	command_say_number(admin, "objects", admin->num_seen);
	command_say_number(admin, "ready", admin->num_done);
	command_say_number(admin, "on-the-way",
	    admin->num_seen - admin->num_done - admin->num_busy);
	if (admin->num_busy > 0)
		command_say_end(
		    admin, EXIT_AGAIN, "there was no room for all of them");
	else if (admin->num_seen == 0 && admin->object.len > 0)
		command_say_end(
		    admin, EXIT_NOT_FOUND, "there is no such object");
	else
		command_say_end(admin, 0, "");
	return OK;
}

/* --- verify --- */

static void
end_verify(struct admin *admin)
{
	if (admin->num_waiting > 0)
		return;
	command_say_number(admin, "same", admin->num_done);
	command_say_number(admin, "different", admin->num_wrong);
	command_say_number(admin, "not-verified", admin->num_unknown);
	if (admin->num_wrong > 0)
		command_say_end(
		    admin, EXIT_NOT_VERIFIED, "not what the source gives");
	else if (admin->num_seen == 0)
		command_say_end(
		    admin, EXIT_NOT_FOUND, "nothing of it is ready");
	else if (admin->num_unknown > 0)
		command_say_end(
		    admin, EXIT_AGAIN, "some could not be filled again");
	else
		command_say_end(admin, 0, "");
}

static void
on_verdict(struct slot_verify *verify, const struct slot *slot,
    enum slot_verdict verdict)
{
	struct admin *admin = (struct admin *)(void *)((char *)verify -
	    offsetof(struct admin, verify));

	if (verdict == SLOT_SAME)
		admin->num_done++;
	else if (verdict == SLOT_DIFFERS)
		admin->num_wrong++;
	else
		admin->num_unknown++;
	if (verdict == SLOT_DIFFERS)
		command_list_say(admin, slot);
	admin->num_waiting--;
	end_verify(admin);
}

/* Every n-th of them, from the one that was not used for longest. */
void
command_slots_verify(struct admin *admin)
{
	struct slot *slot;

	admin->verify.over = on_verdict;
	admin->num_waiting = 1; /* us, until all have begun */
	TAILQ_FOREACH(slot, &admin->seam->keeper->used, used)
	{
		if (admin->num_seen == admin->number)
			break;
		if (!is_meant(admin, slot) || slot->state != SLOT_READY)
			continue;
		admin->num_seen++;
		admin->num_waiting++;
		if (slot_verify_begin(slot, &admin->verify).code != ERR_OK) {
			admin->num_waiting--;
			admin->num_unknown++;
		}
	}
	admin->num_waiting--;
	end_verify(admin);
}
