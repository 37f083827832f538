#ifndef GATEHOUSE_SLOT_RECIPIENTS_H
#define GATEHOUSE_SLOT_RECIPIENTS_H

#include "crypto/memory/buf.h"

struct agreement;

/*
 * slot_recipients: to whom a generation's file key may go. A header gives it
 * to every recipient for good, so the meta beside a slot remembers them, and
 * a generation is served only while all of them are recipients still
 * (crypto/FORMATS.md, section 3).
 */
enum {
	SLOT_MAX_RECIPIENTS = 128
}; /* of one agreement */

/* A set: in byte order, each once. Under `encrypt: tls` it is empty. */
struct slot_recipients {
	uint8_t keys[SLOT_MAX_RECIPIENTS][32];
	size_t num;
};

/*
 * slot_recipients_of: those of an agreement now.
 *
 * Errors   TOO_BIG: over SLOT_MAX_RECIPIENTS
 */
MUST_USE struct err slot_recipients_of(
    struct slot_recipients *out, const struct agreement *agreement);

/* The set as bytes: u32 n, n × 32. Errors of buf. */
MUST_USE struct err slot_recipients_put(
    struct buf *out, const struct slot_recipients *set);

/* Errors: TRUNCATED; TOO_BIG; MALFORMED: not in order, or one twice. */
MUST_USE struct err slot_recipients_take(
    struct span *in, struct slot_recipients *out);

/* slot_recipients_cover: each of `known` is in `set`. */
bool slot_recipients_cover(
    const struct slot_recipients *set, const struct slot_recipients *known);

#endif
