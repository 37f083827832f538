#ifndef GATEHOUSE_JSONL_H
#define GATEHOUSE_JSONL_H

#include "gateway/pipe/batch.h"
#include "gateway/record/jsonl_shape.h"
#include "gateway/record/jsonl_tree.h"

/*
 * jsonl: JSON Lines read strictly, blocks in, batches out; to be used as csv.h
 * shows.
 *
 * The rules: a record is a line, ended by LF or CRLF, the last line end may be
 * missing; each is one object of RFC 8259, in UTF-8. A line of blanks is
 * passed over, but counts as a line; so is a byte order mark before the first
 * line. Refused, as with CSV, is what another reader could read otherwise: a
 * name twice in an object (escapes are undone first), half of a surrogate
 * pair, more than JSONL_MAX_DEPTH objects and arrays in each other.
 *
 * Of the members those are read that the plan asks for. The others are checked
 * and dropped. In an object that holds declared members, a member that is not
 * declared obeys the rules of bind.h for a file's other columns.
 *
 * What is there otherwise than it is declared (an array where a value should
 * be, a number where an object should be) is a misfit for every column in that
 * place; null is no value for any of them.
 *
 * Nothing is allocated after jsonl_new and the first batch. Memory: a record,
 * a block, the shape of a batch.
 */
struct jsonl;

/*
 * jsonl_new
 *
 * out        owned by the caller; jsonl_free
 * plan       borrowed until jsonl_free
 * block_len  bytes that jsonl_room offers, 1 to CSV_MAX_BLOCK
 * Errors     as jsonl_tree_init; NO_MEMORY
 */
MUST_USE struct err jsonl_new(
    struct jsonl **out, const struct plan *plan, size_t block_len);
void jsonl_free(struct jsonl *jsonl); /* accepts NULL */

/* jsonl_tree, jsonl_shape: for the encoder; the shape is that of the last
 * batch. jsonl_capacity: bytes of the buffer into which all cells point. */
const struct jsonl_tree *jsonl_get_tree(const struct jsonl *jsonl);
const struct jsonl_shape *jsonl_get_shape(const struct jsonl *jsonl);
size_t jsonl_capacity(const struct jsonl *jsonl);

/* jsonl_list_cells: cells that the lists of one batch may hold; 0: none. */
uint32_t jsonl_list_cells(const struct jsonl *jsonl);

/* jsonl_room, jsonl_fill, jsonl_finish: as those of csv.h. */
void jsonl_room(struct jsonl *jsonl, uint8_t **out, size_t *out_len);
void jsonl_fill(struct jsonl *jsonl, size_t len);
void jsonl_finish(struct jsonl *jsonl);

/*
 * jsonl_batch: a batch for this decoder; batch_done.
 *
 * Errors   NO_MEMORY, TOO_BIG
 */
MUST_USE struct err jsonl_batch(const struct jsonl *jsonl, struct batch *out);

/*
 * jsonl_next: the next rows.
 *
 * batch    of jsonl_batch; on success one row or more, valid until jsonl_room
 * Errors   AGAIN: more bytes are needed; CLOSED: that was all. Others stay:
 *          MALFORMED; TOO_BIG: a cap of limits.h
 */
MUST_USE struct err jsonl_next(struct jsonl *jsonl, struct batch *batch);

/* jsonl_record: the line at hand, from 1. */
uint64_t jsonl_record(const struct jsonl *jsonl);

/* jsonl_num_dropped: names that were not declared, each counted once; the
 * count ends at JSONL_MAX_NEW. */
uint32_t jsonl_num_dropped(const struct jsonl *jsonl);

#endif
