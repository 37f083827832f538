#ifndef GATEHOUSE_SLOT_H
#define GATEHOUSE_SLOT_H

#include "crypto/age_stream.h"
#include "gateway/ipc/ask.h"

/*
 * slot: the delivered form of one object, as bytes [0, len), out of a
 * granted slot of the spool. With `encrypt: age` that is the age header of
 * the grant and then the payload as it lies in the file; with `encrypt: tls`
 * the payload, opened chunk by chunk with the file key of the grant. A slot
 * may still grow.
 */
struct slot {
	int fd; /* borrowed */
	bool age;
	struct span header; /* borrowed from the grant */
	uint64_t payload_at;
	uint64_t payload_len;	   /* what there is of it by now */
	bool complete;		   /* and that is all */
	uint8_t file_key[16];	   /* tls, until the nonce is there */
	struct age_stream *stream; /* tls, once the nonce was read */
};

/* slot_init: of an answer with a slot; `fd` and the answer outlive it. */
void slot_init(struct slot *slot, const struct ask_answer *answer, int fd);
void slot_done(struct slot *slot); /* wipes; accepts the zero state */

/*
 * slot_progress: a growing slot has grown.
 *
 * Errors   CHANGED: it is spoilt, what was sent has to be cut
 */
MUST_USE struct err slot_progress(
    struct slot *slot, const struct ask_progress *progress);

/*
 * slot_len: bytes of the delivered form.
 *
 * Errors   AGAIN: it still grows; MALFORMED: no payload has this length
 */
MUST_USE struct err slot_len(const struct slot *slot, uint64_t *out_len);

/*
 * slot_read: some bytes from `offset` on.
 *
 * out       room for AGE_CHUNK + AGE_TAG bytes
 * max_len   how many are wanted at most; over 0, up to AGE_CHUNK
 * out_len   at least 1 on success
 * Errors    AGAIN: it has not grown so far; CLOSED: `offset` is the end;
 *           CRYPTO: a chunk is not authentic; CHANGED: the file is shorter
 *           than was said, or cannot be read; NO_MEMORY
 */
MUST_USE struct err slot_read(struct slot *slot, uint64_t offset, uint8_t *out,
    size_t max_len, size_t *out_len);

#endif
