#ifndef GATEHOUSE_OPEN_H
#define GATEHOUSE_OPEN_H

#include "gateway/ipc/channel.h"

/*
 * open: the seam between keeper (client) and opener (server). One opener has
 * one folder: that of an origin, or the spool. It answers each question with
 * the same frame id; OPEN_FAILED answers any of them.
 *
 * Of an origin:
 *   OPEN_SOURCE    field key             OPEN_SOURCE_IS  struct open_file; fd
 *   OPEN_LOOK      field key             OPEN_LOOKED     struct open_file
 *   OPEN_LIST      -                     OPEN_LISTED     u8 last, u32 n, then
 *                                        n × (field key, struct open_file);
 *                                        as many frames as it takes
 * Of the spool:
 *   OPEN_CREATE    field generation,     OPEN_CREATED    2 fds: write-only,
 *                  u64 expected bytes                    read-only
 *   OPEN_PUBLISH   field generation, field slot, field meta
 *                                        OPEN_SLOT_IS    struct open_slot; fd
 *   OPEN_DISCARD   field generation      OPEN_DISCARDED  -
 *   OPEN_SLOT      field slot            OPEN_SLOT_IS    struct open_slot; fd
 *   OPEN_REPLACE_META  field slot, field meta
 *                                        OPEN_SLOT_IS    struct open_slot; fd
 *   OPEN_REMOVE    field slot            OPEN_REMOVED    -
 *   OPEN_STOCK     -                     OPEN_STOCK_IS   u64 bytes, u64 slots
 *   OPEN_USED      field slot            no answer
 * Unasked, of the spool: OPEN_EVICTED, field slot: it had to go. Descriptors
 * of it stay readable.
 */
enum open_type {
	OPEN_SOURCE = 1,
	OPEN_SOURCE_IS,
	OPEN_LOOK,
	OPEN_LOOKED,
	OPEN_LIST,
	OPEN_LISTED,
	OPEN_CREATE,
	OPEN_CREATED,
	OPEN_PUBLISH,
	OPEN_DISCARD,
	OPEN_DISCARDED,
	OPEN_SLOT,
	OPEN_SLOT_IS,
	OPEN_REPLACE_META,
	OPEN_REMOVE,
	OPEN_REMOVED,
	OPEN_STOCK,
	OPEN_STOCK_IS,
	OPEN_USED,
	OPEN_EVICTED,
	OPEN_FAILED, /* u8 enum err_code */
};

enum {
	OPEN_MAX_KEY = 1024,
	OPEN_MAX_NAME = 64, /* a slot or a generation, hex digits */
	OPEN_MAX_META = 16 * 1024,
	OPEN_FILE_LEN = 48, /* of a struct open_file as it is put */
};

struct open_file {
	uint8_t version[32]; /* changes when the file may have changed */
	uint64_t len;	     /* bytes */
	int64_t modified;    /* Unix time, s */
};

struct open_slot {
	uint8_t sha256[32]; /* OPEN_PUBLISH: of the slot's bytes; else zero */
	uint64_t len;	    /* bytes */
	struct span meta;   /* as it was published */
};

/* Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED, TOO_BIG. */
MUST_USE struct err open_put_file(
    struct buf *out, const struct open_file *file);
MUST_USE struct err open_take_file(struct span *in, struct open_file *out);
MUST_USE struct err open_put_slot(
    struct buf *out, const struct open_slot *slot);
MUST_USE struct err open_take_slot(struct open_slot *out, struct span body);

/* OPEN_LISTED: its head; then one file after the other, `num_files` times. */
struct open_listing {
	bool last;
	uint32_t num_files;
	struct span files;
};
MUST_USE struct err open_take_listing(
    struct open_listing *out, struct span body);

/* open_take_listed: the next of them. After the last one nothing may follow. */
MUST_USE struct err open_take_listed(
    struct open_listing *in, struct span *out_key, struct open_file *out);

/* open_take_name: a slot or a generation: 1 to 64 lower-case hex digits. */
MUST_USE struct err open_take_name(struct span *in, struct span *out);

/* The code of OPEN_FAILED as an error of ours. Errors: that, or MALFORMED. */
MUST_USE struct err open_failed(struct span body);

#endif
