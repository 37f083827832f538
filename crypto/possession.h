#ifndef GATEHOUSE_POSSESSION_H
#define GATEHOUSE_POSSESSION_H

#include "crypto/memory/buf.h"

/*
 * possession: whether somebody holds the identity of an age recipient. A
 * challenge is an age file for that recipient alone; the text inside is the
 * proof, which who opens it gives back:
 *
 *	gatehouse-proof-v1 EXPIRES MAC
 *
 * EXPIRES is Unix time in decimal, MAC 64 hexadecimal digits under a key that
 * only the gateway has. It makes the MAC again, so nothing is kept of a
 * challenge (FORMATS.md, section 8c).
 */
enum {
	POSSESSION_TEXT = 128, /* bytes of a proof, at most */
	POSSESSION_CHALLENGE =
	    1024, /* bytes of an age file with one, at most */
};

/* What is claimed. The spans are borrowed. */
struct possession {
	struct span gateway; /* whose proof it is: the name of its ledger */
	struct span party;   /* who is said to hold it */
	const uint8_t *recipient; /* 32 bytes, X25519 */
	uint64_t expires_s; /* Unix time: from then on it proves nothing */
};

/*
 * possession_challenge: append the age file.
 *
 * root     the key for proofs is derived from it
 * Errors   CRYPTO: a recipient of low order; TOO_BIG, NO_MEMORY
 */
MUST_USE struct err possession_challenge(
    struct buf *out, const uint8_t root[32], const struct possession *claim);

/*
 * possession_verify: whether the text, with or without LF at its end, is what
 * was in a challenge of this claim; its own expiry takes the place of the
 * claim's.
 *
 * now_s    Unix time
 * Errors   MALFORMED: it is no proof, or not all of one; CRYPTO: it is of
 *          another party, recipient or gateway; DENIED: it has expired
 */
MUST_USE struct err possession_verify(const uint8_t root[32],
    const struct possession *claim, struct span text, uint64_t now_s);

#endif
