#include "gateway/auditor/keyset.h"

#include <stdlib.h>
#include <string.h>

struct err
keyset_init(struct keyset *set, uint32_t max)
{
	uint32_t num_places = 2;

	/* Half of them stay free, so that a search is short. */
	while (num_places < 2 * max)
		num_places *= 2;
	*set = (struct keyset){.max = max, .mask = num_places - 1};
	set->keys = calloc(max, sizeof(set->keys[0]));
	set->places = calloc(num_places, sizeof(set->places[0]));
	if (set->keys != NULL && set->places != NULL)
		return OK;
	keyset_done(set);
	return ERR(NO_MEMORY, "keyset: no memory");
}

void
keyset_done(struct keyset *set)
{
	free(set->keys);
	free(set->places);
	*set = (struct keyset){.num = 0};
}

/* The place of a key, or the free one where it would be. */
static uint32_t *
place_of(const struct keyset *set, const uint8_t key[KEYSET_LEN])
{
	uint32_t at;

	memcpy(&at, key, sizeof(at));
	for (;; at++) {
		uint32_t *place = &set->places[at & set->mask];
		if (*place == 0 ||
		    span_equal(span_of(set->keys[*place - 1], KEYSET_LEN),
			span_of(key, KEYSET_LEN)))
			return place;
	}
}

uint32_t
keyset_find(const struct keyset *set, const uint8_t key[KEYSET_LEN])
{
	/* Of a free place it is KEYSET_NONE. */
	return *place_of(set, key) - 1;
}

uint32_t
keyset_add(struct keyset *set, const uint8_t key[KEYSET_LEN])
{
	uint32_t *place = place_of(set, key);

	if (*place == 0) {
		if (set->num == set->max)
			return KEYSET_NONE;
		memcpy(set->keys[set->num], key, KEYSET_LEN);
		*place = ++set->num;
	}
	return *place - 1;
}

void
keyset_keep(struct keyset *set, const bool *keep)
{
	uint32_t num = set->num;

	memset(set->places, 0, (set->mask + 1ul) * sizeof(set->places[0]));
	set->num = 0;
	for (uint32_t i = 0; keep != NULL && i < num; i++) {
		uint8_t key[KEYSET_LEN];
		if (!keep[i])
			continue;
		memcpy(key, set->keys[i], KEYSET_LEN);
		(void)keyset_add(set, key);
	}
}

struct err
keyset_put_key(const struct keyset *set, uint32_t number, struct buf *out)
{
	return buf_append(out, span_of(set->keys[number], KEYSET_LEN));
}

struct err
keyset_take_key(struct keyset *set, struct span *in)
{
	uint32_t number = set->num;
	struct span key;

	TRY(span_take(in, &key, KEYSET_LEN));
	return keyset_add(set, key.data) == number
	    ? OK
	    : ERR(MALFORMED, "keyset: a key twice, or too many");
}
