#ifndef GATEHOUSE_DRAW_H
#define GATEHOUSE_DRAW_H

#include "crypto/token.h"
#include "gateway/base/limits.h"
#include "gateway/ipc/channel.h"

/*
 * draw: the seam between a mill (client) and the codebook (server), for one
 * fill: as long as that runs, and as much as its budget allows (book.h). One
 * question at a time; each answer has the id of its question.
 *
 *   mill      DRAW_ASK      1 to DRAW_BATCH × 16 bytes: indexes, each once
 *   codebook  DRAW_KNOWN    struct draw_known: which of them have a code
 *   mill      DRAW_MAKE     1 to DRAW_BATCH × struct draw_new, of indexes that
 *                           had none
 *   codebook  DRAW_MADE     u64 seq; per entry 16 bytes: its code
 *   mill      DRAW_SETTLE   u64 seq: tell me when what was answered by then
 *                           cannot be lost any more
 *   codebook  DRAW_SETTLED  u64: it is so up to this one
 *
 * A code is provisional until the codebook has said that its seq is settled:
 * before that, a crash may forget it, and the value would get another one.
 */
enum draw_type {
	DRAW_ASK = 1,
	DRAW_KNOWN,
	DRAW_MAKE,
	DRAW_MADE,
	DRAW_SETTLE,
	DRAW_SETTLED,
};

enum {
	DRAW_BATCH = BATCH_MAX_ROWS, /* entries in one message, a count */
	DRAW_MAX_SEALED = TOKEN_MAX_VALUE + TOKEN_SEAL,
	DRAW_NEW = 2 * TOKEN_INDEX + 4, /* of one entry, beside what it seals */
};

struct draw_ask {
	size_t num;
	uint8_t indexes[DRAW_BATCH][TOKEN_INDEX];
};

struct draw_known {
	uint64_t seq;
	size_t num;
	bool known[DRAW_BATCH];
	uint8_t codes[DRAW_BATCH][TOKEN_CODE]; /* zeros, if it has none */
};

/* An entry to be made. All borrowed. */
struct draw_new {
	const uint8_t *index, *subject; /* TOKEN_INDEX bytes each */
	struct span sealed;		/* 1 to DRAW_MAX_SEALED bytes */
};

struct draw_made {
	uint64_t seq;
	size_t num;
	uint8_t codes[DRAW_BATCH][TOKEN_CODE];
};

/*
 * Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED, TOO_BIG; outputs
 * are written on success only.
 */
MUST_USE struct err draw_put_ask(
    struct buf *out, const uint8_t (*indexes)[TOKEN_INDEX], size_t num);
MUST_USE struct err draw_take_ask(struct draw_ask *out, struct span body);
MUST_USE struct err draw_put_known(
    struct buf *out, const struct draw_known *known);
MUST_USE struct err draw_take_known(struct draw_known *out, struct span body);

/* draw_put_new: one of them. draw_take_new: the next one; the end of a body is
 * an empty span. */
MUST_USE struct err draw_put_new(struct buf *out, const struct draw_new *entry);
MUST_USE struct err draw_take_new(struct span *in, struct draw_new *out);

MUST_USE struct err draw_put_made(
    struct buf *out, const struct draw_made *made);
MUST_USE struct err draw_take_made(struct draw_made *out, struct span body);

/* Of DRAW_SETTLE and DRAW_SETTLED. */
MUST_USE struct err draw_put_seq(struct buf *out, uint64_t seq);
MUST_USE struct err draw_take_seq(uint64_t *out_seq, struct span body);

#endif
