#ifndef GATEHOUSE_ENCODE_H
#define GATEHOUSE_ENCODE_H

#include "crypto/memory/buf.h"

/*
 * encode: bytes as text. Each encoder has one text for one value; each decoder
 * takes that text and no other. They append to `out`; on failure `out` is as
 * before. Not in constant time by intent: the keys that pass through here
 * (age and note keys) are read once, at start.
 *
 * Errors of all   TOO_BIG, NO_MEMORY of the buf
 * Of decoders     MALFORMED: another length, character, padding, or bits
 *                 left over in the last digit that are not zero
 */

/* Lower case. */
MUST_USE struct err encode_hex(struct buf *out, struct span in);
MUST_USE struct err decode_hex(struct buf *out, struct span in);

/* The standard alphabet, padded (RFC 4648 s.4). */
MUST_USE struct err encode_base64(struct buf *out, struct span in);
MUST_USE struct err decode_base64(struct buf *out, struct span in);

/* The same, with padding neither written nor taken, as age does. */
MUST_USE struct err encode_base64_raw(struct buf *out, struct span in);
MUST_USE struct err decode_base64_raw(struct buf *out, struct span in);

/*
 * decode_base64_raw_exact: into a place of known length; allocates nothing.
 *
 * out      out_len bytes; may be written in part when it fails
 * Errors   MALFORMED: also when the text stands for another length
 */
MUST_USE struct err decode_base64_raw_exact(
    uint8_t *out, size_t out_len, struct span in);

/* encode_base32_len: characters of `len` bytes in base32 without padding. */
size_t encode_base32_len(size_t len);

/*
 * encode_base32: a-z2-7, no padding (RFC 4648 s.6 in lower case), no NUL.
 *
 * out      room for encode_base32_len(in.len) characters
 */
void encode_base32(char *out, struct span in);

/*
 * decode_base32: into a place of known length; allocates nothing.
 *
 * out      out_len bytes; may be written in part when it fails
 * Errors   MALFORMED: as above; also when the text stands for another length
 */
MUST_USE struct err decode_base32(uint8_t *out, size_t out_len, struct span in);

#endif
