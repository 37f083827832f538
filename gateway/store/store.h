#ifndef GATEHOUSE_STORE_H
#define GATEHOUSE_STORE_H

#include "crypto/memory/buf.h"

/*
 * store: the codebook's tables, in SQLite or in PostgreSQL: which code stands
 * for which keyed hash, and the value under it, sealed by a mill and again
 * under the random key of its subject (crypto/FORMATS.md, 4e). Single-threaded;
 * nothing here knows a mill, or sees a value.
 *
 * Whatever fails (but where a call says otherwise) is for good: a write that
 * failed may have left anything, and a sync that failed may report success the
 * next time. Each later call gives the first error; who has the store ends.
 *
 * Errors   NO_SPACE: the disk is full; IO: it failed, or the connection is
 *          lost; MALFORMED: a file is damaged; NO_MEMORY; CRYPTO
 */
struct store;

enum {
	STORE_ID = 16,
	STORE_INDEX = 16,   /* a keyed hash of kind and value */
	STORE_SUBJECT = 16, /* a keyed hash of the person */
	STORE_CODE = 16,
	STORE_MAX_SEALED = 1024 + 16, /* a value as a mill sealed it */
	STORE_BATCH = 512,	      /* entries of one call, a count */
};

/* An entry to be made; borrowed during the call. */
struct store_new {
	const uint8_t *index;	/* STORE_INDEX bytes */
	const uint8_t *subject; /* STORE_SUBJECT bytes */
	struct span sealed;	/* at most STORE_MAX_SEALED */
};

/* What a store holds. */
struct store_report {
	uint64_t num_entries;
	uint64_t num_subjects; /* that have a key */
};

/*
 * store_open_sqlite: open the files of the folder `dir`, and make them where
 * there are none yet; before the jail. It reads nothing of files that are
 * there. `dir` stays the caller's.
 *
 * out      owned by the caller; store_close
 * Errors   UNAVAILABLE: another process makes or restores them just now;
 *          NOT_FOUND: one of the two files is missing
 */
MUST_USE struct err store_open_sqlite(struct store **out, int dir);

/*
 * store_open_postgres: connect to the server that `conninfo` (libpq's) names;
 * before the jail.
 *
 * password  NULL: what the conninfo says is enough; not borrowed
 * said     why there is no connection, in the server's or libpq's words, cut to
 *          what there is room for; for a log, nothing in it is secret
 * Errors   UNAVAILABLE: no connection; NO_MEMORY
 */
MUST_USE struct err store_open_postgres(struct store **out,
    const char *conninfo, const char *password, struct buf *said);

/*
 * store_start: take the lock, look whether all is whole and of a version that
 * we know, and end what was cut off. May be called in the jail, once it is
 * UNAVAILABLE no more, and before every other call.
 *
 * Errors   UNAVAILABLE: another process has the lock; nothing has failed, so
 *          call again
 *          UNSUPPORTED: of a version that these programs do not know, or a
 *          server that does not write durably
 *          NOT_FOUND, MALFORMED, TRUNCATED, CHANGED: why names the file and
 * what to do
 */
MUST_USE struct err store_start(struct store *store);

/* store_close: what was not committed is gone. Gives the lock up. Accepts NULL.
 */
void store_close(struct store *store);

/* store_id: STORE_ID bytes, drawn when the store was made or restored; valid
 * until store_close. Of a started store, as all that follows. */
const uint8_t *store_id(const struct store *store);

/*
 * store_lookup: the codes of `num` indexes (at most STORE_BATCH).
 *
 * indexes    STORE_INDEX bytes each, one after the other
 * out_codes  out_codes[i] is written where out_known[i]
 * out_seq    none of these codes may leave before store_durable() is as much
 */
MUST_USE struct err store_lookup(struct store *store, const uint8_t *indexes,
    size_t num, uint8_t (*out_codes)[STORE_CODE], bool *out_known,
    uint64_t *out_seq);

/*
 * store_insert: entries for `num` indexes (at most STORE_BATCH). Where there is
 * one already, of whomever, it stays and its code is the answer.
 *
 * out_codes  a code for each
 * out_seq    none of these codes may leave before store_durable() is as much
 * Errors     TOO_BIG: a sealed value over its cap; nothing was done (not for
 *            good)
 */
MUST_USE struct err store_insert(struct store *store,
    const struct store_new *entries, size_t num,
    uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq);

/* store_commit: all that was inserted is durable when it returns OK. */
MUST_USE struct err store_commit(struct store *store);

/* store_durable: what was answered up to this number is durable. */
uint64_t store_durable(const struct store *store);

/*
 * store_resolve: append the value under a code, as the mill sealed it.
 *
 * Errors   (not for good) NOT_FOUND: no such code, or its subject was shredded;
 *          CRYPTO: it does not open with its subject's key; TOO_BIG of the buf
 */
MUST_USE struct err store_resolve(
    struct store *store, const uint8_t code[STORE_CODE], struct buf *out);

/*
 * store_shred: erase the subject's key and all its entries; durable when it
 * returns. All that was inserted before is committed.
 *
 * out_entries  how many there were; 0 for a subject that is not known
 */
MUST_USE struct err store_shred(struct store *store,
    const uint8_t subject[STORE_SUBJECT], uint64_t *out_entries);

/* store_is_shared: others may write it too: it is in PostgreSQL. */
bool store_is_shared(const struct store *store);

/* store_estimate: about what it holds, at no cost: in PostgreSQL, what that has
 * noticed lately. store_count: what it holds, which may take a while. */
MUST_USE struct err store_estimate(
    struct store *store, struct store_report *out);
MUST_USE struct err store_count(struct store *store, struct store_report *out);

/*
 * store_check: look at every entry: the tables are whole, each code is there
 * once, each subject has its key, each entry opens with it. Takes minutes for
 * millions of entries, and answers nothing else meanwhile.
 *
 * Errors   MALFORMED: why says what is wrong
 */
MUST_USE struct err store_check(struct store *store, struct store_report *out);

/*
 * store_backup_begin: copy the tables into two files, which the caller opened
 * for reading and writing, empty, and may close now; store_backup_step goes on
 * with it, in steps of about a megabyte, between which all else may be done.
 * What is committed meanwhile is in the copy.
 *
 * Errors   (of both, not for good: the store goes on, the copy is over)
 *          UNSUPPORTED: of PostgreSQL; EXISTS: one is being made;
 *          NO_SPACE, IO: of the copy
 */
MUST_USE struct err store_backup_begin(
    struct store *store, int codes_fd, int keys_fd);

/* store_backup_step: *out_done: the copy is whole and on its disk. */
MUST_USE struct err store_backup_step(struct store *store, bool *out_done);

/* store_backup_end: no more of it. Nothing, if none is being made. */
void store_backup_end(struct store *store);

/*
 * store_check_backup: store_check, of the two files of a backup, or of what
 * store_restore may make one store of. They are not changed.
 *
 * out_id   STORE_ID bytes
 * Errors   as store_start and store_check
 */
MUST_USE struct err store_check_backup(int codes_fd, int keys_fd,
    uint8_t out_id[STORE_ID], struct store_report *out);

/*
 * store_restore: make the store of an empty folder out of the two files of a
 * backup, or the codes of an old one and the keys of a later one: then nothing
 * is left of who was shredded between the two. It gets an id of its own: codes
 * that were given after the backup are lost, so nothing that holds one may be
 * mixed with what is made from now on.
 *
 * Errors   EXISTS: there is a store in the folder; UNAVAILABLE: a process has
 *          the folder's lock; else as store_start, of the backup's files
 */
MUST_USE struct err store_restore(int dir, int codes_fd, int keys_fd);

#endif
