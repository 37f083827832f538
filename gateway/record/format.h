#ifndef GATEHOUSE_FORMAT_H
#define GATEHOUSE_FORMAT_H

#include "crypto/memory/buf.h"
#include "gateway/pipe/batch.h"
#include "gateway/record/bind.h"

/*
 * format: how records are read and written. A format is one row here and one
 * file, <name>_format.c; the flow knows no other way to records. What leaves
 * has the format of what came in.
 *
 *     format->open(&file, plan, block_len);
 *     format->room(file, &room, &len);  n = read(fd, room, len);
 *     n > 0 ? format->fill(file, n) : format->finish(file);
 *     format->bind(file, &bind, &raw);  format->begin(file, &out);    once
 *     while (format->next(file, &raw) is OK)      until AGAIN: the next block
 *             format->write(file, &out, &delivered, verdicts);
 *
 * Memory of a file: fixed by its caps, not by its length.
 */

/* What a batch of raw cells may hold. */
struct format_size {
	size_t source_len;   /* bytes into which the cells point */
	uint32_t list_cells; /* cells beyond one per row and column */
};

struct format {
	const char *name;

	/*
	 * open: a file of the plan's format; nothing is read yet.
	 *
	 * out     owned by the caller; close, which accepts NULL
	 * plan    borrowed until close
	 * Errors  NO_MEMORY; MALFORMED: column names that the format lacks
	 */
	struct err (*open)(
	    void **out, const struct plan *plan, size_t block_len);
	void (*close)(void *file);
	struct format_size (*size)(const void *file);

	/*
	 * room: where the next bytes go; ends the life of all cells. To be
	 * called when bind or next said AGAIN. fill: `len` bytes were put
	 * there. finish: the source has no more.
	 */
	void (*room)(void *file, uint8_t **out, size_t *out_len);
	void (*fill)(void *file, size_t len);
	void (*finish)(void *file);

	/*
	 * bind: the plan meets the file.
	 *
	 * out     its arrays live until close
	 * raw     made here: batch_done
	 * Errors  AGAIN: more bytes are needed; as bind_header; of the format
	 */
	struct err (*bind)(void *file, struct bind *out, struct batch *raw);

	/*
	 * next: the next rows.
	 *
	 * raw     on success one row or more, valid until room
	 * Errors  AGAIN: more bytes are needed; CLOSED: that was all;
	 *         MALFORMED, TRUNCATED, TOO_BIG, which stay
	 */
	struct err (*next)(void *file, struct batch *raw);

	/* record: the one at hand, which an error is about, from 1.
	   num_dropped: undeclared columns so far. */
	uint64_t (*record)(const void *file);
	uint32_t (*num_dropped)(const void *file);

	/*
	 * begin: what stands before the first record. write: the rows of the
	 * last batch of `next` that `left_out` does not mark, as `delivered`
	 * has them. written_max: what one of both can take at most, when the
	 * delivered cells and the column names hold `len` bytes together.
	 *
	 * Errors  as buf_append; MALFORMED: a value that the format cannot
	 *         hold
	 */
	struct err (*begin)(void *file, struct buf *out);
	struct err (*write)(void *file, struct buf *out,
	    const struct batch *delivered, const uint8_t *left_out);
	size_t (*written_max)(const void *file, size_t len);
};

/* format_of: the row for the plan's files. */
const struct format *format_of(const struct plan *plan);

#endif
