#include "gateway/worker/crowd.h"

#include <stdlib.h>

#include "crypto/random.h"

struct crowd_place {
	LIST_ENTRY(crowd_place) next;
	uint8_t address[16];
	size_t num;
	struct crowd_guests lines[NUM_CROWD_LINES];
};

static void
init_lines(struct crowd_guests lines[NUM_CROWD_LINES])
{
	for (size_t i = 0; i < NUM_CROWD_LINES; i++)
		TAILQ_INIT(&lines[i]);
}

void
crowd_init(struct crowd *crowd)
{
	for (size_t i = 0; i < CROWD_BUCKETS; i++)
		LIST_INIT(&crowd->places[i]);
	random_bytes(&crowd->seed, sizeof(crowd->seed));
	init_lines(crowd->lines);
}

/* --- Addresses --- */

/* FNV-1a from a seed that nobody knows: whoever has many addresses does not
 * choose those of one bucket. */
static size_t
bucket_of(const struct crowd *crowd, const uint8_t address[16])
{
	uint64_t hash = crowd->seed;

	for (size_t i = 0; i < 16; i++) {
		hash ^= address[i];
		hash *= UINT64_C(0x100000001b3);
	}
	return (size_t)(hash >> 32) % CROWD_BUCKETS;
}

static struct crowd_place *
find(const struct crowd *crowd, const uint8_t address[16])
{
	struct crowd_place *place;

	LIST_FOREACH(place, &crowd->places[bucket_of(crowd, address)], next)
	{
		if (span_equal(
			span_of(place->address, 16), span_of(address, 16)))
			return place;
	}
	return NULL;
}

struct err
crowd_enter(
    struct crowd *crowd, struct crowd_guest *guest, const uint8_t address[16])
{
	struct crowd_place *place = find(crowd, address);

	if (place == NULL) {
		place = calloc(1, sizeof(*place));
		if (place == NULL)
			return ERR(NO_MEMORY, "crowd: no memory");
		memcpy(place->address, address, 16);
		init_lines(place->lines);
		LIST_INSERT_HEAD(
		    &crowd->places[bucket_of(crowd, address)], place, next);
	}
	place->num++;
	guest->place = place;
	return OK;
}

void
crowd_leave(struct crowd *crowd, struct crowd_guest *guest)
{
	struct crowd_place *place = guest->place;

	if (place == NULL)
		return;
	crowd_work(crowd, guest);
	guest->place = NULL;
	if (--place->num > 0)
		return;
	LIST_REMOVE(place, next);
	free(place);
}

size_t
crowd_count(const struct crowd *crowd, const uint8_t address[16])
{
	const struct crowd_place *place = find(crowd, address);

	return place == NULL ? 0 : place->num;
}

/* --- Who waits --- */

void
crowd_work(struct crowd *crowd, struct crowd_guest *guest)
{
	if (!guest->waits)
		return;
	TAILQ_REMOVE(&crowd->lines[guest->line], guest, of_all);
	TAILQ_REMOVE(&guest->place->lines[guest->line], guest, of_place);
	guest->waits = false;
}

void
crowd_wait(struct crowd *crowd, struct crowd_guest *guest, enum crowd_line line,
    int64_t deadline_ms)
{
	crowd_work(crowd, guest);
	if (guest->place == NULL)
		return;
	guest->waits = true;
	guest->line = line;
	guest->deadline_ms = deadline_ms;
	TAILQ_INSERT_TAIL(&crowd->lines[line], guest, of_all);
	TAILQ_INSERT_TAIL(&guest->place->lines[line], guest, of_place);
}

/* The first of each line has the next deadline of it. */
static void *
first_of(const struct crowd_guests lines[NUM_CROWD_LINES])
{
	const struct crowd_guest *first = NULL;

	for (size_t i = 0; i < NUM_CROWD_LINES; i++) {
		const struct crowd_guest *guest = TAILQ_FIRST(&lines[i]);
		if (guest != NULL &&
		    (first == NULL || guest->deadline_ms < first->deadline_ms))
			first = guest;
	}
	return first == NULL ? NULL : first->owner;
}

void *
crowd_first(const struct crowd *crowd, const uint8_t *address)
{
	if (address == NULL)
		return first_of(crowd->lines);
	const struct crowd_place *place = find(crowd, address);
	return place == NULL ? NULL : first_of(place->lines);
}
