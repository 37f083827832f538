#ifndef GATEHOUSE_FILL_H
#define GATEHOUSE_FILL_H

#include "gateway/ipc/channel.h"
#include "policy/plan.h"

/*
 * fill: the seam between keeper (client) and mill (server). A mill serves one
 * plan in its life, one fill at a time. The plan comes once, before the first
 * order, in as many pieces as it takes.
 *
 *   keeper  FILL_PLAN      struct fill_piece; none after the last
 *   keeper  FILL_ORDER     struct fill_order; descriptors: source (read-only),
 *                          slot (write-only, empty), and where the plan has
 *                          random codes, the draw seam of this fill (draw.h)
 *   mill    FILL_PROGRESS  u64: bytes of the slot that may be read by now; as
 *                          often as limits.h says
 *   mill    FILL_DONE      struct fill_done; the slot's descriptor is closed
 *   mill    FILL_FAILED    struct fill_failed; likewise
 *   keeper  FILL_STOP      give up the running fill; answered FILL_FAILED
 */
enum fill_type {
	FILL_ORDER = 1,
	FILL_PROGRESS,
	FILL_DONE,
	FILL_FAILED,
	FILL_STOP,
	FILL_PLAN,
};

enum {
	FILL_MAX_PLAN = PLAN_MAX_LEN + 256, /* and the compressor's name */
	FILL_MAX_PIECE = 40 * 1024,	    /* of it, in one message */
	FILL_MAX_HEADER = 1024, /* the age header for the spool identity */
	FILL_MAX_KEYS = PLAN_MAX_KEYED,
	FILL_MAX_REASONS = 32, /* reasons for withholding, a count */
	FILL_MAX_TEXT = 128,   /* bytes of one reason */
};

struct fill_key {
	uint32_t column; /* of the plan */
	uint8_t key[32];
};

/* A piece of a plan (policy/plan.h). */
struct fill_piece {
	bool last;
	struct span bytes; /* not empty */
};

struct fill_order {
	struct span header;   /* written first */
	uint8_t file_key[16]; /* of the age payload that follows, */
	uint8_t nonce[16];    /* and its nonce: a mill has no randomness */
	struct fill_key keys[FILL_MAX_KEYS];
	uint32_t num_keys;
	uint8_t subject_key[32]; /* of random codes; zero, if it has none */
};

struct fill_reason {
	struct span reason; /* e.g. "consent research" */
	uint64_t rows;
};

struct fill_done {
	uint64_t slot_len;  /* header and payload */
	uint64_t plain_len; /* before encryption */
	uint8_t sha256[32]; /* of the plaintext */
	uint64_t rows_read, rows_released;
	struct fill_reason withheld[FILL_MAX_REASONS];
	uint32_t num_withheld;
};

struct fill_failed {
	uint8_t code;	 /* enum err_code */
	struct span why; /* the broken rule; holds no data */
	uint64_t record; /* of the source, from 1; 0: not of a record */
};

/* Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED, TOO_BIG. */
MUST_USE struct err fill_put_piece(
    struct buf *out, const struct fill_piece *piece);
MUST_USE struct err fill_take_piece(struct fill_piece *out, struct span body);
MUST_USE struct err fill_put_order(
    struct buf *out, const struct fill_order *order);
MUST_USE struct err fill_take_order(struct fill_order *out, struct span body);
void fill_wipe_order(struct fill_order *order);
MUST_USE struct err fill_put_done(
    struct buf *out, const struct fill_done *done);
MUST_USE struct err fill_take_done(struct fill_done *out, struct span body);
MUST_USE struct err fill_put_failed(
    struct buf *out, const struct fill_failed *failed);
MUST_USE struct err fill_take_failed(struct fill_failed *out, struct span body);

#endif
