#ifndef GATEHOUSE_CSV_H
#define GATEHOUSE_CSV_H

#include "gateway/pipe/batch.h"
#include "policy/model.h"

/*
 * csv: RFC 4180 read strictly, blocks in, batches out.
 *
 *     csv_room(csv, &room, &len);  n = read(fd, room, len);
 *     n > 0 ? csv_fill(csv, n) : csv_finish(csv);
 *     csv_header(...); csv_select(...);      once
 *     while (csv_next(csv, &batch) is OK)    until AGAIN: then the next block
 *             use(&batch);
 *
 * The rules: fields are split by commas, records by LF or CRLF, the last line
 * end may be missing. A field is quoted from its first byte to its last or not
 * at all; a quote inside is doubled. Quoted fields hold commas and line ends
 * as they are. The first record is the header; a UTF-8 byte order mark before
 * it is skipped. Every record has as many fields as the header: an empty line
 * is one empty field. What breaks a rule is an error, never a guess, for a
 * reader that guesses puts one column's bytes into another. So are refused: a
 * quote in an unquoted field, bytes after a closing quote, a CR without its
 * LF outside quotes, NUL (the mark of UTF-16), an open quote at the end, and
 * a first name with a byte order mark of its own, which the next reader skips.
 *
 * The dialects: another delimiter than the comma; quotes that mean nothing, so
 * that a field holds neither delimiter nor line end; names that are given
 * because the file has no line of them, and then its first record is a row.
 *
 * The bytes of a record are looked at once, however they come in; nothing is
 * allocated after csv_new and csv_select. Memory: a record and a block.
 *
 * Source   RFC 4180 s.2
 */
#define CSV_NO_COLUMN UINT32_MAX

struct csv;

/*
 * csv_new
 *
 * out        owned by the caller; csv_free
 * dialect    of FILE_CSV; its header is borrowed until csv_free
 * block_len  bytes that csv_room offers, 1 to CSV_MAX_BLOCK
 * Errors     NO_MEMORY; TOO_BIG: a header of over CSV_MAX_FIELDS names
 */
MUST_USE struct err csv_new(
    struct csv **out, const struct file_format *dialect, size_t block_len);
void csv_free(struct csv *csv); /* accepts NULL */

/* csv_capacity: bytes of the buffer into which all cells point. */
size_t csv_capacity(const struct csv *csv);

/*
 * csv_room: where the next bytes go. Ends the life of every span that was
 * handed out before. To be called when csv_header or csv_next said AGAIN; then
 * there is room for a block.
 */
void csv_room(struct csv *csv, uint8_t **out, size_t *out_len);

/* csv_fill: `len` bytes were put there. */
void csv_fill(struct csv *csv, size_t len);

/* csv_finish: the source has no more bytes. */
void csv_finish(struct csv *csv);

/*
 * csv_header: the names in the first record, or those of the dialect.
 *
 * out      valid until csv_room
 * Errors   AGAIN: it is not complete; MALFORMED, TRUNCATED, TOO_BIG. An
 *          error other than AGAIN stays: every later call returns it.
 */
MUST_USE struct err csv_header(
    struct csv *csv, const struct span **out, uint32_t *out_num);

/*
 * csv_select: which field goes to which column of the batches; after
 * csv_header. The others are checked, and dropped.
 *
 * column_of  borrowed for the call: per field of the header a column, each
 *            at most once, or CSV_NO_COLUMN
 */
void csv_select(struct csv *csv, const uint32_t *column_of);

/*
 * csv_next: the next rows.
 *
 * batch    on success one row or more, valid until csv_room; a column that no
 *          field goes to is left as it is
 * Errors   AGAIN: more bytes are needed; CLOSED: that was all; MALFORMED,
 *          TRUNCATED, TOO_BIG as csv_header
 */
MUST_USE struct err csv_next(struct csv *csv, struct batch *batch);

/* csv_record: the record at hand, which an error is about, from 1. */
uint64_t csv_record(const struct csv *csv);

#endif
