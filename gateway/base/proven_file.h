#ifndef GATEHOUSE_PROVEN_FILE_H
#define GATEHOUSE_PROVEN_FILE_H

#include "crypto/memory/buf.h"

/*
 * proven_file: what keys/recipients says: which keys somebody has proven to
 * hold, and for which party of the policy (FORMATS.md, 8c; file_text.h). Who
 * owns the folder writes it, with `gatehouse recipient`.
 *
 *	gatehouse-recipients-v1
 *	recipient PARTY age1... SINCE RECORD
 *	sha256 HEX
 *
 * Lines are in the order of party and then of key, none twice; RECORD is the
 * number of the ledger's record. Spans are borrowed from the text.
 */
enum {
	PROVEN_FILE_MAX = 1024,	       /* lines of recipients */
	PROVEN_FILE_TEXT = 256 * 1024, /* bytes */
};

struct proven_entry {
	struct span party;
	uint8_t key[32]; /* X25519 */
	int64_t since_s; /* Unix time */
	uint64_t record;
};

struct proven_file {
	struct proven_entry *entries; /* owned */
	size_t num_entries, cap;
};

/*
 * proven_file_parse
 *
 * out       owned by the caller: proven_file_done
 * out_line  written on failure: which line it is, from 1
 * Errors    MALFORMED, UNSUPPORTED: another version; TRUNCATED: it is torn;
 *           TOO_BIG; NO_MEMORY
 */
MUST_USE struct err proven_file_parse(
    struct proven_file *out, size_t *out_line, struct span text);
void proven_file_done(struct proven_file *file); /* accepts the zero state */

/* proven_file_write: append the text. Errors: TOO_BIG, NO_MEMORY; MALFORMED: a
 * time before 1970 or after 9999. */
MUST_USE struct err proven_file_write(
    struct buf *out, const struct proven_file *file);

/* proven_file_find: what was proven of this key for this party; NULL: nothing.
 */
const struct proven_entry *proven_file_find(
    const struct proven_file *file, struct span party, const uint8_t key[32]);

/* proven_file_add: in its place. Errors: EXISTS; TOO_BIG: over PROVEN_FILE_MAX;
 * NO_MEMORY; MALFORMED: no id of a party. */
MUST_USE struct err proven_file_add(
    struct proven_file *file, const struct proven_entry *entry);

/* proven_file_remove: the entry at this place. */
void proven_file_remove(struct proven_file *file, size_t at);

#endif
