#ifndef GATEHOUSE_NOTE_H
#define GATEHOUSE_NOTE_H

#include "crypto/memory/buf.h"
#include "crypto/memory/secret.h"

/*
 * note: signed notes with Ed25519 keys: a text, an empty line, signatures.
 *
 * Source   c2sp.org/signed-note; secret keys as golang.org/x/mod/sumdb/note
 */
enum {
	NOTE_NAME_MAX = 255,   /* bytes of a key's name */
	NOTE_TEXT_MAX = 65535, /* bytes of a text that is signed or read */
	NOTE_SIGNATURES = 100, /* signatures of a note that we read */
	NOTE_LINE_MAX = 1024   /* bytes of one signature line */
};

/* A public key. The zero value verifies nothing. */
struct note_key {
	char name[NOTE_NAME_MAX + 1]; /* NUL-terminated; no space, no '+' */
	uint8_t id[4];		      /* SHA-256(name 0A 01 public_key)[:4] */
	uint8_t public_key[32];
};

/* A key that signs. The zero value is empty; end it with note_signer_done. */
struct note_signer {
	struct note_key key;
	struct secret *secret; /* seed and public key, 64 bytes */
};

void note_signer_done(struct note_signer *signer); /* accepts NULL */

/*
 * note_vkey_parse: "<name>+<id as 8 hex digits>+<base64(01 public_key)>".
 *
 * Errors   MALFORMED: also when the id is not that of name and key
 *          UNSUPPORTED: a key of another algorithm
 */
MUST_USE struct err note_vkey_parse(struct note_key *out, struct span text);

/* note_vkey_format: append the same, no LF. Errors as buf_append. */
MUST_USE struct err note_vkey_format(
    struct buf *out, const struct note_key *key);

/*
 * note_secret_parse: "PRIVATE+KEY+<name>+<id>+<base64(01 seed)>".
 *
 * out      owned by the caller; note_signer_done
 * Errors   MALFORMED, UNSUPPORTED as note_vkey_parse; NO_MEMORY
 */
MUST_USE struct err note_secret_parse(
    struct note_signer *out, struct span text);

/* note_secret_format: append the same; end `out` with buf_wipe. */
MUST_USE struct err note_secret_format(
    struct buf *out, const struct note_signer *signer);

/*
 * note_keygen: a new random key of that name.
 *
 * Errors   MALFORMED: not a name for a key; NO_MEMORY
 */
MUST_USE struct err note_keygen(struct note_signer *out, struct span name);

/*
 * note_sign: append text, empty line, one signature line.
 *
 * text     ends with LF; UTF-8; no control character but LF
 * Errors   MALFORMED: not such a text; TOO_BIG; NO_MEMORY; on failure `out`
 *          is as before
 */
MUST_USE struct err note_sign(
    struct buf *out, const struct note_signer *signer, struct span text);

/*
 * note_verify: the text, if `key` signed it. Signatures of other keys are not
 * looked into.
 *
 * out_text  borrowed from `note`, its final LF included; on success only
 * Errors    MALFORMED: not a note; TOO_BIG
 *           NOT_FOUND: `key` has not signed it
 *           CRYPTO: a signature in the name of `key` is false
 */
MUST_USE struct err note_verify(
    struct span note, const struct note_key *key, struct span *out_text);

#endif
