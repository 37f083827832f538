#include "gateway/keeper/slot_use.h"

#include <assert.h>

#include "crypto/derive.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/compiled.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/seeds.h"
#include "gateway/keeper/slot_look.h"
#include "gateway/keeper/slot_table.h"

enum {
	TELL_MS = 10000, /* the spool hears of a use as often */
};

static struct err
slot_name(char out[65], struct keeper *keeper, const struct slot_source *source,
    const struct compiled *plan, struct span key)
{
	const struct scope_entry *entry =
	    seeds_of(keeper->seeds, &keeper->policy, source->agreement);
	const struct keyring_keys *keys;
	struct derive_slot what = {
	    .source_version =
		span_of(source->file->version, sizeof(source->file->version)),
	    .plan_digest = plan->digest,
	    .codes = entry != NULL ? seeds_tag(keeper->seeds, entry) : NULL,
	    .object_key = key};

	/* A codebook that was lost, and made anew, has other codes. */
	if (plan_has_tokens(&plan->plan) && !keeper->knows_codebook)
		return ERR(UNAVAILABLE, "keeper: the codebook is away");
	if (plan_has_tokens(&plan->plan))
		what.codebook =
		    span_of(keeper->codebook_id, sizeof(keeper->codebook_id));
	keys = keyring_open(keeper->ring);
	struct err err = derive_slot_name(out, keys->slot, &what);

	keyring_close(keeper->ring);
	return err;
}

/* The spool keeps what was used last; it hears of that now and then. */
static void
note_use(struct slot *slot)
{
	struct buf body CLEANUP(buf_done) = {.max = 128};
	uint64_t now = sysio_monotonic_ms();

	slot_table_use(slot);
	if (slot->state != SLOT_READY || now < slot->told_used_ms + TELL_MS ||
	    slot->evicted)
		return;
	slot->told_used_ms = now;
	if (buf_put_field(&body, span_of(slot->name, 64)).code == ERR_OK)
		seam_send(&slot->keeper->spool, OPEN_USED, 0, buf_span(&body));
}

static struct err
find_or_add(struct slot **out, struct keeper *keeper,
    const struct slot_source *source, struct compiled *plan)
{
	const struct agreement *a =
	    &keeper->policy.agreements[source->agreement];
	struct buf named CLEANUP(buf_done) = {.max = 8192};
	char name[65];

	struct slot *known = slot_table_find_known(keeper,
	    &(struct slot_origin){.agreement = source->agreement,
		.key = source->key,
		.version = source->file->version,
		.plan_digest = plan->digest});
	if (known != NULL) {
		*out = known;
		return OK;
	}
	/* Two agreements with one plan may share nothing: keys differ. */
	TRY(buf_put_field(&named, a->id));
	TRY(buf_append(&named, source->key));
	TRY(slot_name(name, keeper, source, plan, buf_span(&named)));
	struct slot *slot = slot_table_find(keeper, name);
	if (slot == NULL) {
		TRY(slot_table_add(&slot, keeper, name));
		slot->agreement = source->agreement;
		slot->dataset = a->dataset;
		slot->plan = plan;
		slot->source = *source->file;
		memcpy(slot->key, source->key.data, source->key.len);
		slot_table_know(slot, plan->digest);
	}
	*out = slot;
	return OK;
}

struct err
slot_use_get(
    struct slot **out, struct keeper *keeper, const struct slot_source *source)
{
	struct compiled *plan;
	struct slot *slot;

	if (source->key.len > OPEN_MAX_KEY)
		return ERR(TOO_BIG, "keeper: a key over its cap");
	if (seeds_are_gone(keeper->seeds, &keeper->policy, source->agreement))
		return ERR(UNAVAILABLE,
		    "keeper: the key of these codes was destroyed");
	TRY(compiled_get(keeper, source->agreement, &plan));
	TRY(find_or_add(&slot, keeper, source, plan));
	if (source->want == SLOT_PAYLOAD)
		note_use(slot);
	bool begins = slot->state == SLOT_AWAY ||
	    (slot->state == SLOT_GONE && source->want == SLOT_PAYLOAD);
	if (source->want != SLOT_LOOK)
		slot->wanted = true;
	else if (begins)
		slot->wanted = false;
	if (begins)
		slot_look_begin(slot);
	*out = slot;
	return OK;
}

/* What is known of it stays: a listing needs no more. */
static void
let_go(struct slot *slot)
{
	slot->evicted = false;
	sysio_close(&slot->read_fd);
	explicit_bzero(slot->file_key, sizeof(slot->file_key));
	slot_table_state(slot, SLOT_GONE);
}

void
slot_use_dropped(struct slot *slot)
{
	slot->evicted = true;
	if (slot->num_waiters == 0)
		let_go(slot);
}

struct err
slot_use_evicted(struct keeper *keeper, struct span body)
{
	struct span name;
	char text[65] = "";

	TRY(open_take_name(&body, &name));
	TRY(span_end(body));
	if (name.len != 64)
		return ERR(MALFORMED, "keeper: not a slot's name");
	memcpy(text, name.data, 64);
	struct slot *slot = slot_table_find(keeper, text);
	if (slot == NULL || slot->state != SLOT_READY)
		return OK;
	slot_use_dropped(slot);
	return OK;
}

void
slot_use_wait(struct slot *slot, struct ask *ask)
{
	assert(ask->slot == NULL);
	ask->slot = slot;
	TAILQ_INSERT_TAIL(&slot->waiters, ask, waiter);
	slot->num_waiters++;
}

void
slot_use_watch(struct slot *slot, struct slot_watch *watch)
{
	assert(watch->slot == NULL);
	watch->slot = slot;
	slot_table_hold(slot);
	TAILQ_INSERT_TAIL(&slot->watches, watch, next);
}

void
slot_use_unwatch(struct slot_watch *watch)
{
	if (watch->slot == NULL)
		return;
	TAILQ_REMOVE(&watch->slot->watches, watch, next);
	slot_table_release(watch->slot);
	watch->slot = NULL;
}

void
slot_use_leave(struct ask *ask)
{
	if (ask->slot == NULL)
		return;
	struct slot *slot = ask->slot;
	TAILQ_REMOVE(&slot->waiters, ask, waiter);
	slot->num_waiters--;
	ask->slot = NULL;
	if (slot->evicted && slot->num_waiters == 0)
		let_go(slot);
}
