#ifndef GATEHOUSE_BOOK_H
#define GATEHOUSE_BOOK_H

#include "gateway/ipc/draw.h"

/*
 * book: the seam between keeper (client) and codebook (server). Each question
 * is answered with the same frame id; BOOK_FAILED answers any of them.
 *
 *   codebook  BOOK_IS        16 bytes: which codebook it is; at once
 *   keeper    BOOK_OPEN      u64 budget: so many indexes may be asked for
 *   codebook  BOOK_OPENED    1 fd: the mill's end of a draw seam (draw.h)
 *   keeper    BOOK_CLOSE     id: of its BOOK_OPEN: that fill is over; no answer
 *   codebook  BOOK_BROKEN    id likewise, unasked: its mill asked for more than
 *                            its budget, or broke the protocol; it is closed
 *   keeper    BOOK_RESOLVE   16 bytes: a code
 *   codebook  BOOK_RESOLVED  what is sealed under it (token_open)
 *   keeper    BOOK_SHRED     16 bytes: a subject (token_subjects)
 *   codebook  BOOK_SHREDDED  u64: so many entries are gone for ever
 *   keeper    BOOK_STATUS    -
 *   codebook  BOOK_STATUS_IS struct book_status
 *   keeper    BOOK_BACKUP    2 fds: empty files, for codes and for keys
 *   codebook  BOOK_COPIED    -: both are whole, and on their disk
 *   codebook  BOOK_FAILED    u8 enum err_code
 */
enum book_type {
	BOOK_IS = 1,
	BOOK_OPEN,
	BOOK_OPENED,
	BOOK_CLOSE,
	BOOK_BROKEN,
	BOOK_RESOLVE,
	BOOK_RESOLVED,
	BOOK_SHRED,
	BOOK_SHREDDED,
	BOOK_STATUS,
	BOOK_STATUS_IS,
	BOOK_BACKUP,
	BOOK_COPIED,
	BOOK_FAILED,
};

enum {
	BOOK_ID = 16,
	/* A value has a byte, and one parts it from the next: so a source has
	   no more values than half of its bytes. */
	BOOK_LEAST_VALUE = 2,
	BOOK_MAX_FORM = 1 << 24, /* indexes, where a source has no known size */
};

struct book_status {
	uint64_t num_entries;
	uint64_t num_subjects;
	bool is_shared; /* in PostgreSQL, with other gateways */
};

/* Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED, TOO_BIG. */
MUST_USE struct err book_put_status(
    struct buf *out, const struct book_status *status);
MUST_USE struct err book_take_status(struct book_status *out, struct span body);

/* book_take_bytes: a body that is 16 bytes. */
MUST_USE struct err book_take_bytes(uint8_t out[16], struct span body);

/* The code of BOOK_FAILED as an error of ours. Errors: that, or MALFORMED. */
MUST_USE struct err book_failed(struct span body);

#endif
