#ifndef GATEHOUSE_STOREBOX_H
#define GATEHOUSE_STOREBOX_H

#include "gateway/store/store.h"

/*
 * storebox: a store in a folder of its own, for tests. Entries have numbers:
 * index, subject and value follow from it, so that a test can say afterwards
 * what should be there.
 */
struct storebox {
	char path[200];
	int dir;
	struct store *store; /* NULL: closed */
};

enum {
	STOREBOX_VALUE = 48 /* bytes of a value, as a mill would seal it */
};

/* storebox_init: an empty folder below $GATEHOUSE_TEST_TMP or /tmp;
 * storebox_at: of a folder that is there. Both exit on failure. */
void storebox_init(struct storebox *box);
void storebox_at(struct storebox *box, const char *path);

/* storebox_done: storebox_close, and the folder is removed. */
void storebox_done(struct storebox *box);

/* storebox_open: open and start the store. storebox_close: close it. */
struct err storebox_open(struct storebox *box) MUST_USE;
void storebox_close(struct storebox *box);

/* storebox_hash: the index of an entry ('i'), a subject ('s'). */
void storebox_hash(uint8_t out[16], char what, uint64_t number);

/* storebox_value: what lies under the entry. */
void storebox_value(uint8_t out[STOREBOX_VALUE], uint64_t number);

/*
 * storebox_insert: entries [from, from + num), at most STORE_BATCH; each `per`
 * of them are of one subject. out_codes and out_seq may be NULL.
 */
struct err storebox_insert(struct storebox *box, uint64_t from, size_t num,
    uint64_t per, uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq) MUST_USE;

/* storebox_lookup: the codes of [from, from + num); returns how many are known,
 * or the test fails. */
size_t storebox_lookup(struct storebox *box, uint64_t from, size_t num,
    uint8_t (*out_codes)[STORE_CODE]);

#endif
