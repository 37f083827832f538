#ifndef GATEHOUSE_CODEC_H
#define GATEHOUSE_CODEC_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * codec: one description of a format for both directions. Each function
 * writes the value that it is given, or reads it from the input, checks it,
 * and stores it; so encoder and decoder cannot drift apart.
 *
 * Writing never changes the value: a shallow copy of a const struct may be
 * passed. Numbers are big-endian, texts and arrays have a 32-bit length in
 * front. There is one encoding of each value, and reading takes no other.
 *
 * Errors of all: writing TOO_BIG, NO_MEMORY; reading MALFORMED, TRUNCATED,
 * TOO_BIG, NO_MEMORY. After an error the output is of no use.
 */
struct codec {
	struct buf *out;     /* NULL: reading */
	struct span in;	     /* what is left to read */
	struct arena *arena; /* where arrays go */
};

/* codec_writer: appends to `out`, which outlives the codec. */
struct codec codec_writer(struct buf *out);

/* codec_reader: texts point into `in`, arrays into `arena`. */
struct codec codec_reader(struct arena *arena, struct span in);

/* codec_reading: the values come from the input. */
bool codec_reading(const struct codec *codec);

/* codec_start: the first bytes of a format, and its version. */
MUST_USE struct err codec_start(
    struct codec *codec, const char *magic, uint32_t version);

/* codec_end: reading, that nothing follows. */
MUST_USE struct err codec_end(const struct codec *codec);

MUST_USE struct err codec_u8(struct codec *codec, uint8_t *value);
MUST_USE struct err codec_u16(struct codec *codec, uint16_t *value);
MUST_USE struct err codec_u32(struct codec *codec, uint32_t *value);
MUST_USE struct err codec_u64(struct codec *codec, uint64_t *value);
MUST_USE struct err codec_i64(struct codec *codec, int64_t *value);
/* codec_day: days since 1970-01-01, as 64 bits. */
MUST_USE struct err codec_day(struct codec *codec, int32_t *day);
MUST_USE struct err codec_bool(struct codec *codec, bool *value);

/* codec_bytes: exactly `len` bytes, in place. */
MUST_USE struct err codec_bytes(
    struct codec *codec, uint8_t *bytes, size_t len);

/* codec_text: a text without NUL. */
MUST_USE struct err codec_text(struct codec *codec, struct span *text);

/*
 * codec_choice: an enum below `num_choices`. The enum has no negative value,
 * which makes it an unsigned int with our compilers.
 */
MUST_USE struct err codec_choice(
    struct codec *codec, void *choice, unsigned int num_choices);

/* codec_index: below `num`. */
MUST_USE struct err codec_index(
    struct codec *codec, uint32_t *index, uint32_t num);

/*
 * codec_items: the length of an array of items of `size` bytes; reading, the
 * array too, zeroed. `items` is the address of the array's pointer. No item
 * may encode to less than four bytes: the count is held against what is left.
 */
MUST_USE struct err codec_items(
    struct codec *codec, void *items, uint32_t *num, size_t size);

/* codec_texts, codec_indices: whole arrays. */
MUST_USE struct err codec_texts(
    struct codec *codec, struct span **texts, uint32_t *num);
MUST_USE struct err codec_indices(
    struct codec *codec, uint32_t **indices, uint32_t *num, uint32_t limit);

/* Parts that an image and a plan have in common. */

/* codec_protection: op, and only the parameters that the op has. */
MUST_USE struct err codec_protection(
    struct codec *codec, struct protection *how, uint32_t num_tables);

/* codec_comparison: of a row rule, all but its column and line. */
MUST_USE struct err codec_comparison(
    struct codec *codec, struct row_rule *rule);

/* codec_format: kind, and only the parameters that the kind has. */
MUST_USE struct err codec_format(
    struct codec *codec, struct file_format *format);

/* codec_tables: group tables; reading, that rows are sorted and unique. */
MUST_USE struct err codec_tables(
    struct codec *codec, struct group_table **tables, uint32_t *num);

#endif
