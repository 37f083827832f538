#ifndef GATEHOUSE_AGE_HEADER_H
#define GATEHOUSE_AGE_HEADER_H

#include "crypto/memory/buf.h"

/*
 * age_header: the header of an age v1 file with X25519 recipients.
 *
 * Source   c2sp.org/age; the reader refuses all that its testkit refuses
 */
enum {
	AGE_FILE_KEY = 16,
	AGE_HEADER_MAX = 65536,	    /* bytes of a header that we read */
	AGE_HEADER_RECIPIENTS = 512 /* recipients that we write */
};

/* One recipient, and the scalar that hides the file key from the others. */
struct age_wrap {
	uint8_t recipient[32];
	uint8_t ephemeral[32]; /* secret; random, or by derive_ephemeral */
};

/* age_header_len: bytes of a header for that many recipients: 70 + 98 n. */
size_t age_header_len(size_t num_recipients);

/*
 * age_header_write: append a header.
 *
 * wraps    1 to AGE_HEADER_RECIPIENTS of them, in the order of the file
 * Errors   MALFORMED: none, or too many; CRYPTO: a recipient of low order;
 *          TOO_BIG, NO_MEMORY of the buf; on failure `out` is as before
 */
MUST_USE struct err age_header_write(struct buf *out,
    const uint8_t file_key[16], const struct age_wrap *wraps, size_t num);

/*
 * age_header_read: the file key, if one of its recipients is us.
 *
 * in            borrowed; on success shortened by the header, else untouched
 * out_file_key  secret; written on success only
 * Errors        TRUNCATED: it may go on (a file that ends so is malformed)
 *               MALFORMED: it breaks the format
 *               TOO_BIG: over AGE_HEADER_MAX
 *               NOT_FOUND: no stanza for us
 *               CRYPTO: the MAC is wrong, or a share is of low order
 */
MUST_USE struct err age_header_read(
    struct span *in, uint8_t out_file_key[16], const uint8_t identity[32]);

/* age_header_read_any: the same with several identities, tried in order. */
MUST_USE struct err age_header_read_any(struct span *in,
    uint8_t out_file_key[16], const uint8_t (*identities)[32], size_t num);

#endif
