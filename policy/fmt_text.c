#include "policy/fmt_text.h"

enum style {
	STYLE_PLAIN,
	STYLE_SINGLE,
	STYLE_DOUBLE,
	STYLE_BLOCK, /* `|` and lines */
};

/* --- What is in a text --- */

/* What cannot stand in a file as it is: controls, breaks of other scripts,
 * byte order marks, what is no character. */
static size_t
special_len(struct span rest)
{
	uint8_t c = rest.data[0];

	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && rest.len > 1 && rest.data[1] < 0xa0)
		return 2;
	if (span_starts_with(rest, span_str("\xe2\x80\xa8")) ||
	    span_starts_with(rest, span_str("\xe2\x80\xa9")) ||
	    span_starts_with(rest, span_str("\xef\xbb\xbf")) ||
	    span_starts_with(rest, span_str("\xef\xbf\xbe")) ||
	    span_starts_with(rest, span_str("\xef\xbf\xbf")))
		return 3;
	return 0;
}

static bool
has_special(struct span text, bool but_lines)
{
	for (; text.len > 0; text = span_sub(text, 1, text.len))
		if (special_len(text) > 0 &&
		    !(but_lines && text.data[0] == '\n'))
			return true;
	return false;
}

static bool
has_byte(struct span text, uint8_t byte)
{
	return span_find(text, byte) != text.len;
}

/* YAML 1.1 s.5.3: what a plain text cannot begin with. */
static bool
begins_plain(struct span text)
{
	static const char never[] = ",[]{}#&*!|>'\"%@` ";
	static const char not_alone[] = "-?:";
	uint8_t first = text.data[0];

	if (span_starts_with(text, span_str("---")) ||
	    span_starts_with(text, span_str("...")) ||
	    memchr(never, first, sizeof(never) - 1) != NULL)
		return false;
	return memchr(not_alone, first, sizeof(not_alone) - 1) == NULL ||
	    (text.len > 1 && text.data[1] != ' ');
}

static bool
is_plain(struct span text)
{
	if (text.len == 0 || has_special(text, false) || !begins_plain(text) ||
	    text.data[text.len - 1] == ' ' || text.data[text.len - 1] == ':')
		return false;
	for (size_t i = 0; i + 1 < text.len; i++)
		if ((text.data[i] == ':' && text.data[i + 1] == ' ') ||
		    (text.data[i] == ' ' && text.data[i + 1] == '#'))
			return false;
	return true;
}

/* Lines that a block keeps: none ends in blanks, which nobody would see. */
static bool
is_block(struct span text)
{
	if (!has_byte(text, '\n') || has_special(text, true) ||
	    text.data[0] == ' ' || text.data[0] == '\n')
		return false;
	if (text.len > 1 && text.data[text.len - 1] == '\n' &&
	    text.data[text.len - 2] == '\n')
		return false;
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.data[i] == ' ' && text.data[i + 1] == '\n')
			return false;
	return text.data[text.len - 1] != ' ';
}

static enum style
style_of(struct span text, bool is_key)
{
	if (is_plain(text))
		return STYLE_PLAIN;
	if (!is_key && is_block(text))
		return STYLE_BLOCK;
	if (!has_special(text, false) &&
	    (has_byte(text, '"') || has_byte(text, '\\')))
		return STYLE_SINGLE;
	return STYLE_DOUBLE;
}

/* --- Writing --- */

static struct err
put_single(struct buf *out, struct span text)
{
	TRY(buf_put_u8(out, '\''));
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\'')
			TRY(buf_put_u8(out, '\''));
		TRY(buf_put_u8(out, text.data[i]));
	}
	return buf_put_u8(out, '\'');
}

/* The number of a special character of two or three bytes. */
static unsigned
number_of(struct span rest, size_t len)
{
	unsigned number = rest.data[0] & (len == 2 ? 0x1fu : 0x0fu);

	for (size_t i = 1; i < len; i++)
		number = number << 6 | (rest.data[i] & 0x3fu);
	return number;
}

static struct err
put_special(struct buf *out, struct span rest, size_t len)
{
	if (len > 1)
		return buf_append_format(out, "\\u%04X", number_of(rest, len));
	if (rest.data[0] == '\n')
		return buf_append_str(out, "\\n");
	if (rest.data[0] == '\t')
		return buf_append_str(out, "\\t");
	return buf_append_format(out, "\\x%02X", (unsigned)rest.data[0]);
}

static struct err
put_double(struct buf *out, struct span text)
{
	TRY(buf_put_u8(out, '"'));
	while (text.len > 0) {
		size_t len = special_len(text);

		if (len > 0) {
			TRY(put_special(out, text, len));
		} else {
			if (text.data[0] == '"' || text.data[0] == '\\')
				TRY(buf_put_u8(out, '\\'));
			TRY(buf_put_u8(out, text.data[0]));
			len = 1;
		}
		text = span_sub(text, len, text.len);
	}
	return buf_put_u8(out, '"');
}

static struct err
put_block(struct buf *out, struct span text, unsigned indent)
{
	bool ends = text.data[text.len - 1] == '\n';
	struct span line;

	if (ends)
		text.len--;
	TRY(buf_append_str(out, ends ? "|" : "|-"));
	while (span_take_until(&text, &line, '\n')) {
		TRY(buf_append_str(out, "\n"));
		for (unsigned i = 0; i < indent && line.len > 0; i++)
			TRY(buf_put_u8(out, ' '));
		TRY(buf_append(out, line));
	}
	return OK;
}

struct err
fmt_text_put(struct buf *out, bool *out_block, struct span text,
    unsigned indent, bool is_key)
{
	*out_block = false;
	switch (style_of(text, is_key)) {
	case STYLE_PLAIN:
		return buf_append(out, text);
	case STYLE_SINGLE:
		return put_single(out, text);
	case STYLE_DOUBLE:
		return put_double(out, text);
	case STYLE_BLOCK:
		*out_block = true;
		return put_block(out, text, indent);
	}
	return OK;
}
