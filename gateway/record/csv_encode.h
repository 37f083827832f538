#ifndef GATEHOUSE_CSV_ENCODE_H
#define GATEHOUSE_CSV_ENCODE_H

#include "crypto/memory/buf.h"
#include "gateway/pipe/batch.h"
#include "policy/model.h"

/*
 * csv_encode: RFC 4180 written in one way only, so that equal rows are equal
 * bytes: a field is quoted when it holds the delimiter, a quote, CR or LF, and
 * when it is empty and alone in its record (an empty line reads as no record
 * in many programs); lines end in LF. Where the dialect has no quotes, a field
 * that holds the delimiter, CR or LF is refused.
 */

/*
 * csv_encode_record: one record, e.g. the header.
 *
 * out      appended to; on failure it may hold a part of the record. Room is
 *          taken for the worst: csv_encode_max says how much that is
 * Errors   as buf_append; MALFORMED: a field that needs quotes, without them
 */
MUST_USE struct err csv_encode_record(struct buf *out,
    const struct file_format *dialect, const struct span *fields, uint32_t num);

/*
 * csv_encode_rows: the rows of the batch that `left_out` does not mark.
 *
 * left_out  per row of the batch; 0: it is written
 * Errors    as csv_encode_record
 */
MUST_USE struct err csv_encode_rows(struct buf *out,
    const struct file_format *dialect, const struct batch *batch,
    const uint8_t *left_out);

/*
 * csv_encode_max: what a batch of num_columns can take at most, when its cells
 * hold `len` bytes together.
 */
size_t csv_encode_max(uint32_t num_columns, size_t len);

#endif
