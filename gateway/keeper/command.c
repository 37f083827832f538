#include "gateway/keeper/command.h"

#include "gateway/base/sysio.h"
#include "gateway/keeper/command_book.h"
#include "gateway/keeper/command_keys.h"
#include "gateway/keeper/command_limits.h"
#include "gateway/keeper/command_recipient.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/command_slots.h"
#include "gateway/keeper/command_staged.h"
#include "gateway/keeper/command_status.h"
#include "gateway/keeper/command_unseal.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/shown.h"
#include "gateway/keeper/staged.h"
#include "gateway/ledger/record.h"
#include "gateway/metric/metric.h"
#include "policy/by_id.h"
#include "policy/waits.h"

enum {
	EXIT_NOT_FOUND = 2,
	EXIT_AGAIN = 75,
	WAITS_MAX = 2048, /* bytes of a sentence */
	COMMAND_ARENA = 64 * 1024 * 1024,
};

static const char *const names[] = {
    [ADMIN_STATUS] = "status",
    [ADMIN_SPOOL_LIST] = "spool list",
    [ADMIN_SPOOL_WARM] = "spool warm",
    [ADMIN_SPOOL_DROP] = "spool drop",
    [ADMIN_SPOOL_VERIFY] = "spool verify",
    [ADMIN_RELOAD] = "reload",
    [ADMIN_UPGRADE] = "upgrade",
    [ADMIN_STAGE] = "policy stage",
    [ADMIN_STAGE_END] = "policy stage --end",
    [ADMIN_STAGED] = "policy staged",
    [ADMIN_LIMITS] = "status --limits",
    [ADMIN_KEY_LIST] = "key list",
    [ADMIN_KEY_STATUS] = "key status",
    [ADMIN_KEY_PUBLIC] = "key export-public",
    [ADMIN_KEY_ROTATE] = "key rotate",
    [ADMIN_KEY_DESTROY] = "key destroy",
    [ADMIN_TRANSFORM] = "transform",
    [ADMIN_PREVIEW] = "preview",
    [ADMIN_UNSEAL] = "unseal",
    [ADMIN_BOOK_STATUS] = "codebook status",
    [ADMIN_BOOK_BACKUP] = "codebook backup",
    [ADMIN_BOOK_SHRED] = "codebook shred",
    [ADMIN_REVEAL] = "reveal",
    [ADMIN_REVIEW] = "reveal review",
    [ADMIN_RECIPIENT_ASK] = "recipient add --challenge",
    [ADMIN_RECIPIENT_ADD] = "recipient add --proof",
    [ADMIN_RECIPIENT_REMOVE] = "recipient remove",
    [ADMIN_RECIPIENT_LIST] = "recipient list",
};

/* --- reload, upgrade --- */

/* The supervisor answers all who asked before what it tells of began. */
struct err
command_reloaded(struct keeper *keeper, uint64_t turn, struct span value)
{
	char why[ADMIN_MAX_TEXT + 1] = "";
	uint8_t status;

	TRY(span_take_u8(&value, &status));
	if (value.len > ADMIN_MAX_TEXT)
		return ERR(TOO_BIG, "keeper: too long a reason");
	if (value.len > 0)
		memcpy(why, value.data, value.len);
	for (size_t i = 0; i < ADMIN_MAX_AT_ONCE; i++) {
		struct admin *admin = &keeper->commands[i];
		if (admin->turn > 0 && admin->turn <= turn) {
			admin->turn = 0;
			command_say_end(admin, status, why);
		}
	}
	return OK;
}

static void
reload(struct admin *admin, enum control_type type)
{
	struct keeper *keeper = admin->seam->keeper;

	admin->turn = ++keeper->num_turns;
	seam_send(
	    &keeper->control, (uint16_t)type, admin->turn, span_of(NULL, 0));
}

/* --- The way in --- */

static struct err
record(struct admin *admin)
{
	struct keeper *keeper = admin->seam->keeper;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct command_recipient_key key;
	struct record entry = {.kind = RECORD_ADMIN,
	    .time_ms = (uint64_t)(sysio_wall_ns() / 1000000),
	    .uid = record_number(admin->uid),
	    .command = span_str(names[admin->type]),
	    .dataset = admin->dataset,
	    .object = buf_span(&admin->object)};

	if (admin->agreement != NO_INDEX)
		entry.agreement =
		    keeper->policy.agreements[admin->agreement].id;
	TRY(command_recipient_put(&entry, &key, admin));
	/* What ends is named; what begins is not known to us. */
	if (admin->type == ADMIN_STAGE_END && keeper->staged != NULL)
		entry.staged_policy = span_of(keeper->staged->digest, 32);
	TRY(record_encode(&body, &entry));
	return pending_ask(&keeper->audit, AUDIT_APPEND, buf_span(&body),
	    PENDING_ADMIN_RECORD, admin);
}

void
command_recorded(struct admin *admin, uint64_t index)
{
	switch (admin->type) {
	case ADMIN_SPOOL_LIST:
		command_list_begin(admin);
		return;
	case ADMIN_SPOOL_WARM:
		command_list_ask(admin, admin->agreement);
		return;
	case ADMIN_SPOOL_DROP:
		command_slots_drop(admin);
		return;
	case ADMIN_SPOOL_VERIFY:
		command_slots_verify(admin);
		return;
	case ADMIN_STAGED:
		command_staged(admin);
		return;
	case ADMIN_LIMITS:
		command_limits(admin);
		return;
	case ADMIN_KEY_LIST:
	case ADMIN_KEY_STATUS:
	case ADMIN_KEY_PUBLIC:
		command_keys(admin);
		return;
	case ADMIN_KEY_ROTATE:
	case ADMIN_KEY_DESTROY:
	case ADMIN_STAGE:
	case ADMIN_STAGE_END:
	case ADMIN_RELOAD:
		reload(admin, CONTROL_RELOAD);
		return;
	case ADMIN_UPGRADE:
		reload(admin, CONTROL_UPGRADE);
		return;
	case ADMIN_BOOK_STATUS:
	case ADMIN_BOOK_BACKUP:
	case ADMIN_BOOK_SHRED:
		command_book(admin);
		return;
	case ADMIN_UNSEAL:
		command_unseal_pass(admin);
		reload(admin, CONTROL_RELOAD);
		return;
	case ADMIN_RECIPIENT_ASK:
	case ADMIN_RECIPIENT_ADD:
	case ADMIN_RECIPIENT_REMOVE:
	case ADMIN_RECIPIENT_LIST:
		command_recipient(admin, index);
		return;
	case ADMIN_REVIEW: /* its record is all of it */
		command_say_end(admin, 0, "");
		return;
	case ADMIN_STATUS:
	case ADMIN_TRANSFORM:
	case ADMIN_PREVIEW:
	case ADMIN_REVEAL:
	case ADMIN_TAKEN:
	case ADMIN_LINE:
	case ADMIN_END:
		break;
	}
}

void
command_failed(struct admin *admin, const char *why)
{
	command_say_end(admin, EXIT_AGAIN, why);
}

/* What is served to nobody has no slots, and may have no opener. */
static void
say_waits(struct admin *admin, const struct agreement *a)
{
	struct buf text CLEANUP(buf_done) = {.max = WAITS_MAX};

	if (buf_append_str(&text, "the agreement is not served, and waits for ")
		    .code == ERR_OK &&
	    waits_sentence(&text, a->waits).code == ERR_OK &&
	    buf_put_u8(&text, '\0').code == ERR_OK)
		command_say_end(admin, EXIT_NOT_FOUND, (const char *)text.data);
	else
		command_say_end(admin, EXIT_NOT_FOUND, "it is not served");
}

/* False: the command has ended. */
static bool
take_agreement(struct admin *admin, struct span id)
{
	const struct policy *policy = &admin->seam->keeper->policy;

	admin->agreement = by_id_find(policy, id);
	if (admin->agreement == NO_INDEX) {
		command_say_end(admin, EXIT_NOT_FOUND,
		    "the policy in force has no such agreement");
		return false;
	}
	if (policy->agreements[admin->agreement].waits == 0)
		return true;
	say_waits(admin, &policy->agreements[admin->agreement]);
	return false;
}

/* It is about an agreement, and has to name it. */
static bool
is_of_one(enum admin_type type)
{
	return type == ADMIN_SPOOL_WARM || type == ADMIN_SPOOL_DROP ||
	    type == ADMIN_SPOOL_VERIFY;
}

static struct admin *
admin_of(const struct seam *seam)
{
	return &seam->keeper->commands[seam - seam->keeper->admins];
}

/* What it asks for; of one connection there is one question. */
static struct err
begin(struct admin *admin, const struct frame *frame)
{
	if (admin->type != 0)
		return ERR(MALFORMED, "keeper: a second question");
	metric_count(METRIC_COMMANDS);
	admin->type = (enum admin_type)frame->type;
	admin->id = frame->id;
	return OK;
}

static void
record_first(struct admin *admin)
{
	if (record(admin).code != ERR_OK)
		command_failed(admin, "no record can be kept");
}

struct err
command_ask(struct seam *seam, struct frame *frame)
{
	struct admin *admin = admin_of(seam);
	struct admin_question question;

	TRY(admin_take_question(&question, frame->body));
	TRY(begin(admin, frame));
	admin->number = question.number;
	for (size_t i = 0; i < frame->num_fds && i < ADMIN_MAX_FDS; i++)
		admin->passed[i] = frame_take_fd(frame, i);
	if (command_unseal_refuses(admin))
		return OK;
	if (admin->type == ADMIN_STATUS) {
		command_status(admin);
		return OK;
	}
	if (question.agreement.len > 0) {
		if (!take_agreement(admin, question.agreement))
			return OK;
	} else if (is_of_one(admin->type)) {
		return ERR(MALFORMED, "keeper: of which agreement?");
	}
	TRY(buf_append(&admin->object, question.object));
	record_first(admin);
	return OK;
}

struct err
command_whose(struct seam *seam, struct frame *frame)
{
	struct admin *admin = admin_of(seam);
	bool known = false;

	TRY(begin(admin, frame));
	if (command_unseal_refuses(admin))
		return OK;
	TRY(admin->type == ADMIN_BOOK_SHRED
		? command_book_whose(admin, frame->body, &known)
		: command_recipient_whose(admin, frame->body, &known));
	if (known)
		record_first(admin);
	return OK;
}

struct err
command_form(struct seam *seam, struct frame *frame)
{
	struct admin *admin = admin_of(seam);

	TRY(begin(admin, frame));
	if (command_unseal_refuses(admin))
		return OK;
	return form_begin(admin, names[admin->type], frame);
}

struct err
command_reveal(struct seam *seam, struct frame *frame)
{
	struct admin *admin =
	    &seam->keeper->commands[seam - seam->keeper->admins];

	if (admin->type != 0)
		return ERR(MALFORMED, "keeper: a second question");
	metric_count(METRIC_COMMANDS);
	admin->type = ADMIN_REVEAL;
	admin->id = frame->id;
	if (command_unseal_refuses(admin))
		return OK;
	return shown_begin(admin, frame);
}

struct err
command_taken(struct seam *seam, const struct frame *frame)
{
	struct admin *admin = admin_of(seam);

	if (admin->type != ADMIN_TRANSFORM && admin->type != ADMIN_PREVIEW)
		return ERR(MALFORMED, "keeper: nothing was asked for");
	/* It may cross the end that we said. */
	return admin->form == NULL ? OK : form_taken(admin->form, frame->body);
}

struct err
command_begin(struct seam *seam, struct span uid)
{
	struct admin *admin = admin_of(seam);

	*admin = (struct admin){.seam = seam,
	    .agreement = NO_INDEX,
	    .object = {.max = ADMIN_MAX_KEY},
	    .passed = {-1, -1}};
	arena_init(&admin->arena, COMMAND_ARENA);
	return span_u64(uid, &admin->uid, UINT32_MAX);
}

void
command_lost(struct seam *seam)
{
	struct admin *admin = admin_of(seam);

	seam_close(seam);
	pending_forget(seam->keeper, admin);
	slot_verify_forget(seam->keeper, &admin->verify);
	command_list_done(&admin->list, seam->keeper);
	if (admin->form != NULL)
		form_left(admin->form);
	for (size_t i = 0; i < ADMIN_MAX_FDS; i++)
		sysio_close(&admin->passed[i]);
	if (admin->shown != NULL)
		shown_left(admin->shown);
	buf_done(&admin->object);
	arena_done(&admin->arena);
	*admin = (struct admin){.type = 0};
}

struct err
command_init(struct keeper *keeper)
{
	keeper->commands = calloc(ADMIN_MAX_AT_ONCE, sizeof(struct admin));
	return keeper->commands != NULL
	    ? OK
	    : ERR(NO_MEMORY, "keeper: no memory for commands");
}
