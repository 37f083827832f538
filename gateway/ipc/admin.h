#ifndef GATEHOUSE_ADMIN_H
#define GATEHOUSE_ADMIN_H

#include "gateway/ipc/channel.h"
#include "policy/reveal.h"

/*
 * admin: the seam between a command that somebody types (client) and the
 * keeper (server), over run/admin.sock. The supervisor accepts, and tells the
 * keeper the uid that the kernel names; only root and the gateway's own uid
 * are let in. One question per connection:
 *
 *   command  ADMIN_STATUS        struct admin_question, empty
 *   command  ADMIN_SPOOL_LIST    agreement, or all of them
 *   command  ADMIN_SPOOL_WARM    agreement, and one object or all
 *   command  ADMIN_SPOOL_DROP    likewise
 *   command  ADMIN_SPOOL_VERIFY  agreement, one object or all, of these
 *                                `number` taken by chance
 *   command  ADMIN_RELOAD        empty
 *   command  ADMIN_UPGRADE       empty
 *   command  ADMIN_STAGE         empty: a reload, since a candidate was staged
 *   command  ADMIN_STAGE_END     empty: likewise, since none is any more
 *   command  ADMIN_STAGED        empty: what the candidate says otherwise
 *   command  ADMIN_LIMITS        empty: what is used of them
 *   command  ADMIN_KEY_LIST      empty: each epoch of each scope
 *   command  ADMIN_KEY_STATUS    empty: how the keys are kept
 *   command  ADMIN_KEY_PUBLIC    empty: what others may know of them
 *   command  ADMIN_KEY_ROTATE    object: a scope, or all: a reload, since
 *                                keys/scopes has the next epoch
 *   command  ADMIN_KEY_DESTROY   object: a scope: likewise, since a seed of it
 *                                is no more
 *   command  ADMIN_TRANSFORM     struct admin_form; descriptors: the ends of
 *                                two pipes: to read raw bytes from, to write
 *                                an age file for its recipient to
 *   command  ADMIN_PREVIEW       likewise, of which it wants the first rows
 *   command  ADMIN_TAKEN         struct admin_taken; of these two the last
 *   command  ADMIN_UNSEAL        empty; descriptor: the root, as a secret_fd
 *   command  ADMIN_BOOK_STATUS   empty: how much the codebook holds
 *   command  ADMIN_BOOK_BACKUP   empty; descriptors: two empty files to read
 *                                and write, for its codes and for its keys
 *   command  ADMIN_BOOK_SHRED    struct admin_shred
 *   command  ADMIN_REVEAL        struct admin_reveal; a descriptor: the end of
 *                                a pipe that holds ADMIN_REVEAL_PIPE bytes, for
 *                                values
 *   command  ADMIN_REVIEW        object: SHA-256 of a request that values were
 *                                shown for, as hex: somebody has looked at it
 *   command  ADMIN_RECIPIENT_ASK     struct admin_recipient: a challenge for
 *                                    who is said to hold this key
 *   command  ADMIN_RECIPIENT_ADD     likewise, with what was inside
 *   command  ADMIN_RECIPIENT_REMOVE  likewise, without
 *   command  ADMIN_RECIPIENT_LIST    empty: the keys that the policy names
 *   keeper   ADMIN_LINE          u32 n, n × field: one line of the result
 *   keeper   ADMIN_END           struct admin_end; the last
 *
 * Whatever shows names or changes something is in the ledger first.
 */
enum admin_type {
	ADMIN_STATUS = 1,
	ADMIN_SPOOL_LIST,
	ADMIN_SPOOL_WARM,
	ADMIN_SPOOL_DROP,
	ADMIN_SPOOL_VERIFY,
	ADMIN_RELOAD,
	ADMIN_TRANSFORM,
	ADMIN_PREVIEW,
	ADMIN_TAKEN,
	ADMIN_LINE,
	ADMIN_END,
	ADMIN_UPGRADE,
	ADMIN_STAGE,
	ADMIN_STAGE_END,
	ADMIN_STAGED,
	ADMIN_LIMITS,
	ADMIN_UNSEAL,
	ADMIN_KEY_LIST,
	ADMIN_KEY_STATUS,
	ADMIN_KEY_PUBLIC,
	ADMIN_KEY_ROTATE,
	ADMIN_KEY_DESTROY,
	ADMIN_BOOK_STATUS,
	ADMIN_BOOK_BACKUP,
	ADMIN_BOOK_SHRED,
	ADMIN_REVEAL,
	ADMIN_REVIEW,
	ADMIN_RECIPIENT_ASK,
	ADMIN_RECIPIENT_ADD,
	ADMIN_RECIPIENT_REMOVE,
	ADMIN_RECIPIENT_LIST,
};

enum {
	ADMIN_MAX_AT_ONCE = 8, /* commands; a ninth ends the first */
	ADMIN_MAX_KEY = 1024,
	ADMIN_MAX_AGREEMENT = 64,
	ADMIN_MAX_PLACE = 128,
	ADMIN_MAX_DATASET = 128,
	ADMIN_MAX_COLUMN = 1024,
	ADMIN_MAX_SUBJECT = 4096, /* as it is typed */
	ADMIN_MAX_PARTY = 64,
	ADMIN_MAX_PROOF = 1024, /* longer ones are none */
	ADMIN_MAX_FDS = 2,	/* that one question passes */
	ADMIN_MAX_FIELDS = 8,
	ADMIN_MAX_TEXT = 2048,		/* one field of a line, one reason */
	ADMIN_REVEAL_PIPE = 128 * 1024, /* bytes; what is shown fits in */
};

struct admin_question {
	struct span agreement; /* empty: all */
	struct span object;    /* empty: all */
	uint32_t number;
};

/* The form of a file that is no origin's. */
struct admin_form {
	struct span agreement;
	struct span place;     /* where it would be read */
	uint8_t recipient[32]; /* X25519: what is written is for it alone */
};

/* Values of codes; what was signed is judged where the policy is. */
struct admin_reveal {
	struct span text; /* of a struct reveal_request */
	struct span signatures[REVEAL_MAX_SIGNATURES];
	uint32_t num_signatures;
};

/* What the command made of it, when it wants no more. */
struct admin_taken {
	uint64_t bytes; /* of plaintext that it passed on */
	bool whole;	/* the pipe was at its end; if not, it has enough */
};

/* Of whom nothing may be left in the codebook. */
struct admin_shred {
	struct span dataset; /* empty: `subject` is the keyed hash of one */
	struct span column;  /* empty: the dataset's column of subjects */
	struct span subject; /* as somebody types it */
};

/* Who is said to hold a key. */
struct admin_recipient {
	struct span party;
	uint8_t key[32];   /* X25519 */
	struct span proof; /* possession.h; or empty */
};

struct admin_line {
	struct span fields[ADMIN_MAX_FIELDS];
	uint32_t num_fields;
};

struct admin_end {
	uint8_t status;	 /* the command's exit status */
	struct span why; /* unless 0 */
};

/* Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED, TOO_BIG; spans
 * point into `body`. */
MUST_USE struct err admin_put_question(
    struct buf *out, const struct admin_question *question);
MUST_USE struct err admin_take_question(
    struct admin_question *out, struct span body);
MUST_USE struct err admin_put_form(
    struct buf *out, const struct admin_form *form);
MUST_USE struct err admin_take_form(struct admin_form *out, struct span body);
MUST_USE struct err admin_put_reveal(
    struct buf *out, const struct admin_reveal *reveal);
MUST_USE struct err admin_take_reveal(
    struct admin_reveal *out, struct span body);
MUST_USE struct err admin_put_taken(
    struct buf *out, const struct admin_taken *taken);
MUST_USE struct err admin_take_taken(struct admin_taken *out, struct span body);
MUST_USE struct err admin_put_shred(
    struct buf *out, const struct admin_shred *shred);
MUST_USE struct err admin_take_shred(struct admin_shred *out, struct span body);
MUST_USE struct err admin_put_recipient(
    struct buf *out, const struct admin_recipient *recipient);
MUST_USE struct err admin_take_recipient(
    struct admin_recipient *out, struct span body);
MUST_USE struct err admin_put_line(
    struct buf *out, const struct admin_line *line);
MUST_USE struct err admin_take_line(struct admin_line *out, struct span body);
MUST_USE struct err admin_put_end(struct buf *out, const struct admin_end *end);
MUST_USE struct err admin_take_end(struct admin_end *out, struct span body);

#endif
