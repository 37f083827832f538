#ifndef GATEHOUSE_SUMMARY_H
#define GATEHOUSE_SUMMARY_H

#include "crypto/memory/buf.h"
#include "crypto/merkle.h"
#include "crypto/note.h"

/*
 * summary: what the entries up to some size come to, signed by the ledger's
 * key, so that a start has to read those after it only.
 *
 *	 0  8   "ghsumm01"
 *	 8  8   entries                        (all big-endian)
 *	16  32  root of the tree over them
 *	48  4   bytes of the body
 *	52      body: open intents (intents.h); then what the owner of the
 *		ledger sums up (ledger.h), to its end
 *		note: "<origin> summary" LF base64(SHA-256 of all before) LF,
 *		signed
 *
 * No origin has a space: the note passes for no checkpoint, and not for one of
 * the journal. Whoever changes what a body is changes the magic, too: one of
 * another magic is none.
 */
#define SUMMARY_PATH "summary"

enum {
	SUMMARY_HEADER = 52,
	SUMMARY_NOTE_MAX = 2 * NOTE_NAME_MAX + 256,
};

/* summary_begin: into an empty buffer; then its body is appended.
 * summary_end: the rest. Errors: of the buf, of note_sign; CRYPTO. */
MUST_USE struct err summary_begin(
    struct buf *out, const struct merkle_tree *tree);
MUST_USE struct err summary_end(
    struct buf *out, const struct note_signer *signer);

/*
 * summary_parse: one that the key signed.
 *
 * out_body  borrowed from `file`
 * Errors    MALFORMED, TRUNCATED: it is none, or not of this form; CRYPTO: not
 *           signed by this key; NO_MEMORY
 */
MUST_USE struct err summary_parse(struct span file, const struct note_key *key,
    struct merkle_tree *out_tree, struct span *out_body);

#endif
