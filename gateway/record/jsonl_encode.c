#include "gateway/record/jsonl_encode.h"

#include <string.h>

#include "gateway/record/jsonl_text.h"

enum {
	MOST_ESCAPED = 6, /* bytes for one, \u00xx */
	AROUND = 8,	  /* comma, quotes or null */
};

/* What stands behind the backslash; 'u': \u00xx. */
static uint8_t
escape_of(uint8_t c)
{
	switch (c) {
	case '\b':
		return 'b';
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\f':
		return 'f';
	case '\r':
		return 'r';
	case '"':
	case '\\':
		return c;
	default:
		return 'u';
	}
}

static uint8_t *
put_text(uint8_t *to, struct span text)
{
	static const uint8_t digits[] = "0123456789abcdef";

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i], escape;

		if (c >= 0x20 && c != '"' && c != '\\') {
			*to++ = c;
			continue;
		}
		escape = escape_of(c);
		*to++ = '\\';
		*to++ = escape;
		if (escape == 'u') {
			*to++ = '0';
			*to++ = '0';
			*to++ = digits[c >> 4];
			*to++ = digits[c & 15];
		}
	}
	return to;
}

static struct err
put_string(struct buf *out, struct span text)
{
	uint8_t *to;

	/* Reserve the worst, so that the loop has no branch for room. */
	TRY(buf_reserve(out, MOST_ESCAPED * text.len + 2));
	to = out->data + out->len;
	*to++ = '"';
	to = put_text(to, text);
	*to++ = '"';
	out->len = (size_t)(to - out->data);
	return OK;
}

struct err
jsonl_encode_string(struct buf *out, struct span text)
{
	return put_string(out, text);
}

/* A comma, where something stands before it in the same object or array. */
static struct err
put_comma(struct buf *out)
{
	uint8_t last = out->data[out->len - 1];

	return last == '{' || last == '[' ? OK : buf_put_u8(out, ',');
}

/* A number or a flag, as far as it still is one. */
static bool
stays(const struct plan_column *column, enum jsonl_op op, struct span cell)
{
	switch (column->how.op) {
	case PROTECT_KEEP:
		return true;
	case PROTECT_AGE_90:
	case PROTECT_CAP:
	case PROTECT_BAND:
	case PROTECT_ROUND:
		return op == JSONL_NUMBER && jsonl_text_is_number(cell);
	case PROTECT_DROP:
	case PROTECT_BLANK:
	case PROTECT_PSEUDONYM:
	case PROTECT_MASK:
	case PROTECT_DECADE:
	case PROTECT_YEAR:
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
	case PROTECT_ZIP3:
	case PROTECT_PREFIX:
	case PROTECT_GROUP:
	case PROTECT_TOKEN:
	case PROTECT_SEALED:
	case PROTECT_FORMAT:
	case PROTECT_SHIFT:
	case PROTECT_SCRUB:
	case PROTECT_CAPPED_BAND:
	case NUM_PROTECTIONS:
		break;
	}
	return false;
}

static struct err
put_value(struct buf *out, const struct plan_column *column, enum jsonl_op op,
    struct span cell)
{
	if (op == JSONL_EMPTY && column->how.op != PROTECT_BLANK)
		return buf_append_str(out, "\"\"");
	if (cell.len == 0)
		return buf_append_str(out, "null");
	if (op == JSONL_STRING || !stays(column, op, cell))
		return put_string(out, cell);
	return buf_append(out, cell);
}

static struct err
put_mark(struct buf *out, const struct plan *plan,
    const struct jsonl_node *node, const struct jsonl_mark *mark,
    const struct batch *batch)
{
	enum jsonl_op op = (enum jsonl_op)mark->op;
	struct span cell;

	if (op == JSONL_CLOSE_OBJECT)
		return buf_put_u8(out, '}');
	if (op == JSONL_CLOSE_ARRAY)
		return buf_put_u8(out, ']');
	TRY(put_comma(out));
	if (mark->named)
		TRY(buf_append(out, node->label));
	if (op == JSONL_OPEN_OBJECT)
		return buf_put_u8(out, '{');
	if (op == JSONL_OPEN_ARRAY)
		return buf_put_u8(out, '[');
	if (op == JSONL_NULL)
		return buf_append_str(out, "null");
	cell = node->list ? batch->lists.cells[mark->cell]
			  : batch_column(batch, node->column)[mark->cell];
	return put_value(out, &plan->columns[node->column], op, cell);
}

struct err
jsonl_encode_rows(struct buf *out, const struct plan *plan,
    const struct jsonl_tree *tree, const struct jsonl_shape *shape,
    const struct batch *batch, const uint8_t *left_out)
{
	for (uint32_t row = 0; row < batch->num_rows; row++) {
		if (left_out[row] != 0)
			continue;
		TRY(buf_put_u8(out, '{'));
		for (uint32_t i = shape->rows[row]; i < shape->rows[row + 1];
		     i++) {
			const struct jsonl_mark *mark = &shape->marks[i];

			TRY(put_mark(
			    out, plan, &tree->nodes[mark->node], mark, batch));
		}
		TRY(buf_append_str(out, "}\n"));
	}
	return OK;
}

size_t
jsonl_encode_max(size_t len)
{
	return MOST_ESCAPED * len + AROUND * (size_t)JSONL_SHAPE_MARKS +
	    3 * (size_t)BATCH_MAX_ROWS;
}
