#include "gateway/keeper/slot_table.h"

#include <assert.h>

#include "gateway/base/sysio.h"
#include "gateway/keeper/pending.h"
#include "gateway/metric/metric.h"

static_assert(SLOT_AWAY + 1 == KEEPER_SLOT_STATES, "a count of each state");

static size_t
bucket_of(const char *name)
{
	size_t hash = 0;

	for (size_t i = 0; i < 8; i++) /* a keyed hash already */
		hash = hash * 31 + (uint8_t)name[i];
	return hash % KEEPER_SLOT_BUCKETS;
}

/* FNV-1a, without a key: whoever could choose files to collide needs as many
 * files, and makes only his own reads slower. */
static size_t
known_bucket_of(uint32_t agreement, struct span key)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ agreement;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ key.data[i]) * UINT64_C(1099511628211);
	return (size_t)(hash % KEEPER_SLOT_BUCKETS);
}

static bool
is_idle(const struct slot *slot)
{
	return slot->num_waiters == 0 && slot->num_holders == 0 &&
	    slot->state >= SLOT_READY;
}

/* What an operator calls it. */
static unsigned
word_of(enum slot_state state)
{
	switch (state) {
	case SLOT_QUEUED:
		return METRIC_SLOT_WAITING;
	case SLOT_FILLING:
		return METRIC_SLOT_FILLING;
	case SLOT_READY:
		return METRIC_SLOT_READY;
	case SLOT_GONE:
		return METRIC_SLOT_EVICTED;
	case SLOT_BAD:
		return METRIC_SLOT_REFUSED;
	case SLOT_LOOKING:
	case SLOT_PREPARING:
	case SLOT_CHECKING:
	case SLOT_PUBLISHING:
	case SLOT_AWAY:
		break;
	}
	return METRIC_SLOT_OTHER;
}

static void
count(struct keeper *keeper, enum slot_state state)
{
	keeper->slots_in[state]++;
	metric_count(METRIC_SLOTS + word_of(state));
}

static void
discount(struct keeper *keeper, enum slot_state state)
{
	keeper->slots_in[state]--;
	metric_add(METRIC_SLOTS + word_of(state), UINT64_MAX);
}

void
slot_table_state(struct slot *slot, enum slot_state state)
{
	discount(slot->keeper, slot->state);
	slot->state = state;
	count(slot->keeper, state);
}

static void
forget(struct slot *slot)
{
	struct keeper *keeper = slot->keeper;

	pending_forget(keeper, slot);
	LIST_REMOVE(slot, next);
	if (slot->is_known)
		LIST_REMOVE(slot, known);
	TAILQ_REMOVE(&keeper->used, slot, used);
	keeper->num_slots--;
	discount(keeper, slot->state);
	sysio_close(&slot->read_fd);
	sysio_close(&slot->write_fd);
	explicit_bzero(slot->file_key, sizeof(slot->file_key));
	slot_counts_done(&slot->counts);
	free(slot);
}

static bool
forget_oldest(struct keeper *keeper)
{
	struct slot *slot;

	TAILQ_FOREACH(slot, &keeper->used, used)
	{
		if (!is_idle(slot))
			continue;
		forget(slot);
		return true;
	}
	return false;
}

void
slot_table_init(struct keeper *keeper)
{
	TAILQ_INIT(&keeper->used);
	TAILQ_INIT(&keeper->queue);
	TAILQ_INIT(&keeper->unlooked);
}

struct slot *
slot_table_find(struct keeper *keeper, const char name[65])
{
	struct slot *slot;

	LIST_FOREACH(slot, &keeper->slots[bucket_of(name)], next)
	{
		if (memcmp(slot->name, name, 64) == 0)
			return slot;
	}
	return NULL;
}

struct err
slot_table_add(struct slot **out, struct keeper *keeper, const char name[65])
{
	if (keeper->num_slots >= KEEPER_MAX_SLOTS && !forget_oldest(keeper))
		return ERR(TOO_BIG, "keeper: too many slots in use");
	struct slot *slot = calloc(1, sizeof(*slot));
	if (slot == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a slot");
	slot->keeper = keeper;
	slot->state = SLOT_AWAY;
	slot->read_fd = slot->write_fd = slot->source_fd = -1;
	memcpy(slot->name, name, sizeof(slot->name));
	TAILQ_INIT(&slot->waiters);
	TAILQ_INIT(&slot->watches);
	LIST_INSERT_HEAD(&keeper->slots[bucket_of(name)], slot, next);
	TAILQ_INSERT_TAIL(&keeper->used, slot, used);
	keeper->num_slots++;
	count(keeper, slot->state);
	*out = slot;
	return OK;
}

void
slot_table_know(struct slot *slot, const uint8_t plan_digest[32])
{
	size_t bucket = known_bucket_of(slot->agreement, span_str(slot->key));

	assert(!slot->is_known && !slot->is_trial);
	memcpy(slot->named_by, plan_digest, sizeof(slot->named_by));
	LIST_INSERT_HEAD(&slot->keeper->known[bucket], slot, known);
	slot->is_known = true;
}

struct slot *
slot_table_find_known(struct keeper *keeper, const struct slot_origin *origin)
{
	size_t bucket = known_bucket_of(origin->agreement, origin->key);
	struct slot *slot;

	LIST_FOREACH(slot, &keeper->known[bucket], known)
	{
		if (slot->agreement == origin->agreement &&
		    span_equal_str(origin->key, slot->key) &&
		    span_equal(span_of(slot->source.version, 32),
			span_of(origin->version, 32)) &&
		    span_equal(span_of(slot->named_by, 32),
			span_of(origin->plan_digest, 32)))
			return slot;
	}
	return NULL;
}

void
slot_table_use(struct slot *slot)
{
	TAILQ_REMOVE(&slot->keeper->used, slot, used);
	TAILQ_INSERT_TAIL(&slot->keeper->used, slot, used);
}

void
slot_table_disuse(struct slot *slot)
{
	TAILQ_REMOVE(&slot->keeper->used, slot, used);
	TAILQ_INSERT_HEAD(&slot->keeper->used, slot, used);
}

void
slot_table_hold(struct slot *slot)
{
	slot->num_holders++;
}

void
slot_table_release(struct slot *slot)
{
	assert(slot->num_holders > 0);
	slot->num_holders--;
}

void
slot_table_forget_all(struct keeper *keeper)
{
	struct slot *slot = TAILQ_FIRST(&keeper->used);

	while (slot != NULL) {
		struct slot *after = TAILQ_NEXT(slot, used);
		assert(slot->num_waiters == 0 && slot->num_holders == 0);
		forget(slot);
		slot = after;
	}
}
