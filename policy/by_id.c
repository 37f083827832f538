#include "policy/by_id.h"

enum {
	/* At most half of the slots are taken, so that a free one ends a walk.
	 */
	SLOTS_PER_ID = 2,
};

/* FNV-1a. The ids are the policy's; who asks cannot make walks longer. */
static uint32_t
hash_of(struct span id)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < id.len; i++)
		hash = (hash ^ id.data[i]) * UINT64_C(1099511628211);
	return (uint32_t)(hash ^ hash >> 32);
}

/* The slot that holds the id, or the free one where it would stand. */
static uint32_t
slot_of(const struct policy *p, struct span id, uint32_t hash)
{
	const struct id_index *index = &p->by_id;
	uint32_t mask = index->num_slots - 1, at = hash & mask;

	while (index->slots[at].agreement != NO_INDEX &&
	    (index->slots[at].hash != hash ||
		!span_equal(p->agreements[index->slots[at].agreement].id, id)))
		at = (at + 1) & mask;
	return at;
}

uint32_t
by_id_fill(struct policy *p, struct id_slot *slots, uint32_t num_slots)
{
	uint32_t twice = NO_INDEX;

	p->by_id = (struct id_index){slots, num_slots};
	for (uint32_t i = 0; i < num_slots; i++)
		slots[i] = (struct id_slot){0, NO_INDEX};
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		struct span id = p->agreements[i].id;
		uint32_t hash = hash_of(id);
		struct id_slot *slot = &slots[slot_of(p, id, hash)];

		if (slot->agreement == NO_INDEX)
			*slot = (struct id_slot){hash, i};
		else if (twice == NO_INDEX)
			twice = i;
	}
	return twice;
}

struct err
by_id_build(struct policy *p, struct arena *arena, uint32_t *out_twice)
{
	struct id_slot *slots;
	uint32_t num = 1;

	if (p->num_agreements > UINT32_MAX / 2 / SLOTS_PER_ID)
		return ERR(TOO_BIG, "policy: too many agreements");
	while (num < p->num_agreements * SLOTS_PER_ID + 1)
		num *= 2;
	TRY(arena_alloc(arena, &slots, num, sizeof(*slots)));
	*out_twice = by_id_fill(p, slots, num);
	return OK;
}

uint32_t
by_id_find(const struct policy *p, struct span id)
{
	if (p->by_id.num_slots == 0)
		return NO_INDEX;
	return p->by_id.slots[slot_of(p, id, hash_of(id))].agreement;
}
