#ifndef GATEHOUSE_KEYSET_H
#define GATEHOUSE_KEYSET_H

#include "crypto/memory/buf.h"

/*
 * keyset: keys of a fixed length, each with a number from 0, in the order in
 * which they came. All of its memory is there from the start. Keys are
 * digests, which nobody can choose: their first bytes say where they lie.
 */
enum {
	KEYSET_LEN = 16
};
#define KEYSET_NONE UINT32_MAX /* a number of no key */

struct keyset {
	uint8_t (*keys)[KEYSET_LEN]; /* by number */
	uint32_t *places;	     /* numbers plus one; 0: free */
	uint32_t num, max, mask;
};

/* keyset_init: room for `max`, 1 to 2^20. Errors: NO_MEMORY. */
MUST_USE struct err keyset_init(struct keyset *set, uint32_t max);
void keyset_done(struct keyset *set); /* accepts the zero state */

/* keyset_find: its number, or KEYSET_NONE. keyset_add: the same, and a new one
 * gets the next; KEYSET_NONE: it is new, and there is no room. */
uint32_t keyset_find(const struct keyset *set, const uint8_t key[KEYSET_LEN]);
uint32_t keyset_add(struct keyset *set, const uint8_t key[KEYSET_LEN]);

/*
 * keyset_keep: only the keys whose numbers `keep` has, in their order: they
 * are numbered anew.
 *
 * keep   a bool of each number; NULL: none is kept
 */
void keyset_keep(struct keyset *set, const bool *keep);

/*
 * keyset_put_key: append one, by its number. keyset_take_key: the next one that
 * was put, into a set that has those before it.
 *
 * Errors   of the buf; TRUNCATED, MALFORMED: it is there already, or has no
 *          room
 */
MUST_USE struct err keyset_put_key(
    const struct keyset *set, uint32_t number, struct buf *out);
MUST_USE struct err keyset_take_key(struct keyset *set, struct span *in);

#endif
