#include "policy/codec.h"

#include <assert.h>
#include <string.h>

enum {
	MIN_ITEM_BYTES = 4,
	MAX_SCALE = 9, /* of struct decimal */
};

_Static_assert(sizeof(enum column_class) == sizeof(unsigned int) &&
	sizeof(enum row_op) == sizeof(unsigned int),
    "codec_choice: an enum is an unsigned int");

struct codec
codec_writer(struct buf *out)
{
	return (struct codec){.out = out};
}

struct codec
codec_reader(struct arena *arena, struct span in)
{
	return (struct codec){.in = in, .arena = arena};
}

bool
codec_reading(const struct codec *codec)
{
	return codec->out == NULL;
}

struct err
codec_start(struct codec *codec, const char *magic, uint32_t version)
{
	struct span text = span_str(magic), got;
	uint32_t got_version = version;

	if (!codec_reading(codec)) {
		TRY(buf_append(codec->out, text));
		return buf_put_u32be(codec->out, version);
	}
	TRY(span_take(&codec->in, &got, text.len));
	if (!span_equal(got, text))
		return ERR(MALFORMED, "codec: not this format");
	TRY(codec_u32(codec, &got_version));
	if (got_version != version)
		return ERR(MALFORMED, "codec: another version");
	return OK;
}

struct err
codec_end(const struct codec *codec)
{
	return codec_reading(codec) ? span_end(codec->in) : OK;
}

struct err
codec_u8(struct codec *codec, uint8_t *value)
{
	if (codec_reading(codec))
		return span_take_u8(&codec->in, value);
	return buf_put_u8(codec->out, *value);
}

struct err
codec_u16(struct codec *codec, uint16_t *value)
{
	if (codec_reading(codec))
		return span_take_u16be(&codec->in, value);
	return buf_put_u16be(codec->out, *value);
}

struct err
codec_u32(struct codec *codec, uint32_t *value)
{
	if (codec_reading(codec))
		return span_take_u32be(&codec->in, value);
	return buf_put_u32be(codec->out, *value);
}

struct err
codec_u64(struct codec *codec, uint64_t *value)
{
	if (codec_reading(codec))
		return span_take_u64be(&codec->in, value);
	return buf_put_u64be(codec->out, *value);
}

struct err
codec_i64(struct codec *codec, int64_t *value)
{
	if (codec_reading(codec))
		return span_take_i64be(&codec->in, value);
	return buf_put_i64be(codec->out, *value);
}

struct err
codec_bool(struct codec *codec, bool *value)
{
	if (codec_reading(codec))
		return span_take_bool(&codec->in, value);
	return buf_put_bool(codec->out, *value);
}

struct err
codec_bytes(struct codec *codec, uint8_t *bytes, size_t len)
{
	struct span got;

	if (!codec_reading(codec))
		return buf_append(codec->out, span_of(bytes, len));
	TRY(span_take(&codec->in, &got, len));
	memcpy(bytes, got.data, len);
	return OK;
}

struct err
codec_text(struct codec *codec, struct span *text)
{
	struct span got;

	if (!codec_reading(codec))
		return buf_put_field(codec->out, *text);
	TRY(span_take_field(&codec->in, &got, codec->in.len));
	if (span_find(got, 0) != got.len)
		return ERR(MALFORMED, "codec: NUL in a text");
	*text = got;
	return OK;
}

struct err
codec_choice(struct codec *codec, void *choice, unsigned int num_choices)
{
	uint32_t value;

	_Static_assert(sizeof(value) == sizeof(num_choices), "32-bit int");
	memcpy(&value, choice, sizeof(value));
	assert(codec_reading(codec) || value < num_choices);
	TRY(codec_u32(codec, &value));
	if (value >= num_choices)
		return ERR(MALFORMED, "codec: no such choice");
	if (codec_reading(codec))
		memcpy(choice, &value, sizeof(value));
	return OK;
}

struct err
codec_index(struct codec *codec, uint32_t *index, uint32_t num)
{
	uint32_t value = *index;

	assert(codec_reading(codec) || value < num);
	TRY(codec_u32(codec, &value));
	if (value >= num)
		return ERR(MALFORMED, "codec: index out of bounds");
	if (codec_reading(codec))
		*index = value;
	return OK;
}

struct err
codec_items(struct codec *codec, void *items, uint32_t *num, size_t size)
{
	uint32_t count = *num;

	TRY(codec_u32(codec, &count));
	if (!codec_reading(codec))
		return OK;
	/* Before the allocation: a count must be paid for in input. */
	if (count > codec->in.len / MIN_ITEM_BYTES)
		return ERR(TRUNCATED, "codec: more items than bytes");
	if (count > 0)
		TRY(arena_alloc(codec->arena, items, count, size));
	*num = count;
	return OK;
}

struct err
codec_texts(struct codec *codec, struct span **texts, uint32_t *num)
{
	TRY(codec_items(codec, texts, num, sizeof(**texts)));
	for (size_t i = 0; i < *num; i++)
		TRY(codec_text(codec, &(*texts)[i]));
	return OK;
}

struct err
codec_indices(
    struct codec *codec, uint32_t **indices, uint32_t *num, uint32_t limit)
{
	TRY(codec_items(codec, indices, num, sizeof(**indices)));
	for (size_t i = 0; i < *num; i++)
		TRY(codec_index(codec, &(*indices)[i], limit));
	return OK;
}

static struct err
code_decimal(struct codec *codec, struct decimal *number)
{
	TRY(codec_i64(codec, &number->value));
	TRY(codec_u8(codec, &number->scale));
	if (codec_reading(codec) && number->scale > MAX_SCALE)
		return ERR(MALFORMED, "codec: scale of a number");
	return OK;
}

static struct err
code_step(struct codec *codec, struct decimal *step)
{
	TRY(code_decimal(codec, step));
	if (codec_reading(codec) && step->value <= 0)
		return ERR(MALFORMED, "codec: a step is above zero");
	return OK;
}

static struct err
code_prefix_len(struct codec *codec, uint32_t *prefix_len)
{
	TRY(codec_u32(codec, prefix_len));
	if (codec_reading(codec) && *prefix_len == 0)
		return ERR(MALFORMED, "codec: an empty prefix");
	return OK;
}

struct err
codec_protection(
    struct codec *codec, struct protection *how, uint32_t num_tables)
{
	TRY(codec_choice(codec, &how->op, NUM_PROTECTIONS));
	switch (how->op) {
	case PROTECT_KEEP:
		return codec_text(codec, &how->because);
	case PROTECT_MASK:
		TRY(codec_u32(codec, &how->first));
		return codec_u32(codec, &how->last);
	case PROTECT_PREFIX:
		return code_prefix_len(codec, &how->prefix_len);
	case PROTECT_CAP:
		TRY(code_decimal(codec, &how->low));
		return code_decimal(codec, &how->high);
	case PROTECT_BAND:
	case PROTECT_ROUND:
		return code_step(codec, &how->step);
	case PROTECT_CAPPED_BAND:
		TRY(code_decimal(codec, &how->low));
		TRY(code_decimal(codec, &how->high));
		return code_step(codec, &how->step);
	case PROTECT_GROUP:
		return codec_index(codec, &how->table, num_tables);
	case PROTECT_FORMAT:
		return codec_bool(codec, &how->check_digit);
	case PROTECT_DROP:
	case PROTECT_BLANK:
	case PROTECT_PSEUDONYM:
	case PROTECT_DECADE:
	case PROTECT_YEAR:
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
	case PROTECT_AGE_90:
	case PROTECT_ZIP3:
	case PROTECT_TOKEN:
	case PROTECT_SEALED:
	case PROTECT_SHIFT:
	case PROTECT_SCRUB:
	case NUM_PROTECTIONS:
		break;
	}
	return OK;
}

struct err
codec_day(struct codec *codec, int32_t *day)
{
	int64_t value = *day;

	TRY(codec_i64(codec, &value));
	if (value < INT32_MIN || value > INT32_MAX)
		return ERR(MALFORMED, "codec: a day out of range");
	if (codec_reading(codec))
		*day = (int32_t)value;
	return OK;
}

struct err
codec_comparison(struct codec *codec, struct row_rule *rule)
{
	TRY(codec_choice(codec, &rule->op, NUM_ROW_OPS));
	TRY(codec_bool(codec, &rule->age_of));
	switch (rule->op) {
	case ROW_IS:
	case ROW_IS_NOT:
		TRY(codec_texts(codec, &rule->values, &rule->num_values));
		if (codec_reading(codec) && rule->num_values != 1)
			return ERR(MALFORMED, "codec: a rule of one value");
		return OK;
	case ROW_ONE_OF:
		TRY(codec_texts(codec, &rule->values, &rule->num_values));
		if (codec_reading(codec) && rule->num_values == 0)
			return ERR(MALFORMED, "codec: a rule of no value");
		return OK;
	case ROW_BEFORE:
	case ROW_ON_OR_AFTER:
		return codec_day(codec, &rule->day);
	case ROW_UNDER:
	case ROW_AT_LEAST:
		return code_decimal(codec, &rule->number);
	case NUM_ROW_OPS:
		break;
	}
	return OK;
}

struct err
codec_format(struct codec *codec, struct file_format *format)
{
	TRY(codec_choice(codec, &format->kind, NUM_FILE_KINDS));
	if (format->kind != FILE_CSV)
		return OK;
	TRY(codec_u8(codec, &format->delimiter));
	if (codec_reading(codec) && format->delimiter != ',' &&
	    format->delimiter != ';' && format->delimiter != '|' &&
	    format->delimiter != '\t')
		return ERR(MALFORMED, "codec: not a delimiter");
	TRY(codec_bool(codec, &format->unquoted));
	return codec_texts(codec, &format->header, &format->num_header);
}

/* Lookups halve the rows: out of order, a value would miss its group. */
static struct err
check_order(const struct group_table *table)
{
	for (size_t i = 1; i < table->num_rows; i++)
		if (span_compare(
			table->rows[i - 1].value, table->rows[i].value) >= 0)
			return ERR(MALFORMED, "codec: group table not sorted");
	return OK;
}

static struct err
code_table(struct codec *codec, struct group_table *table)
{
	TRY(codec_text(codec, &table->name));
	TRY(codec_bytes(codec, table->digest, sizeof(table->digest)));
	TRY(codec_items(
	    codec, &table->rows, &table->num_rows, sizeof(*table->rows)));
	for (size_t i = 0; i < table->num_rows; i++) {
		TRY(codec_text(codec, &table->rows[i].value));
		TRY(codec_text(codec, &table->rows[i].group));
	}
	return codec_reading(codec) ? check_order(table) : OK;
}

struct err
codec_tables(struct codec *codec, struct group_table **tables, uint32_t *num)
{
	TRY(codec_items(codec, tables, num, sizeof(**tables)));
	for (size_t i = 0; i < *num; i++)
		TRY(code_table(codec, &(*tables)[i]));
	return OK;
}
