#ifndef GATEHOUSE_JSONL_ENCODE_H
#define GATEHOUSE_JSONL_ENCODE_H

#include "crypto/memory/buf.h"
#include "gateway/pipe/batch.h"
#include "gateway/record/jsonl_shape.h"
#include "gateway/record/jsonl_tree.h"

/*
 * jsonl_encode: JSON Lines written in one way only: no blanks, members in the
 * order of the source, lines end in LF, in strings escapes only where RFC 8259
 * asks for them (\n, \t, ... where there is a short one, else \u00xx).
 *
 * A kept value is written as what it was: string, number as it was written,
 * flag. What band, round, cap and age-90 make of a number is a number if it
 * reads as one. Everything else is a string. A missing value is null, and so
 * is one that was dropped or is delivered blank; the empty string stays. A
 * member that is not there stays away.
 */

/* jsonl_encode_string: with its quotes. Errors: as buf_append. */
MUST_USE struct err jsonl_encode_string(struct buf *out, struct span text);

/*
 * jsonl_encode_rows: the rows of the batch that `left_out` does not mark.
 *
 * shape      of the raw batch from which `batch` was made
 * left_out   per row of the batch; 0: it is written
 * Errors     as buf_append
 */
MUST_USE struct err jsonl_encode_rows(struct buf *out, const struct plan *plan,
    const struct jsonl_tree *tree, const struct jsonl_shape *shape,
    const struct batch *batch, const uint8_t *left_out);

/*
 * jsonl_encode_max: what a batch can take at most, when its cells and the
 * names of its members hold `len` bytes together.
 */
size_t jsonl_encode_max(size_t len);

#endif
