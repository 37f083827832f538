#include "gateway/transform/cell_text.h"

/* Bytes of the well-formed character at the front, or 0. */
static size_t
char_len(struct span in)
{
	uint8_t lead = in.data[0], low = 0x80, high = 0xbf;
	size_t len;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	/* The second byte rules out overlong forms and surrogates. */
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (in.len < len || in.data[1] < low || in.data[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((in.data[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
cell_text_count(struct span text, size_t *out)
{
	size_t num = 0;

	/* Most texts are ASCII, and one look at a byte is enough. */
	while (num < text.len && text.data[num] < 0x80)
		num++;
	text = span_sub(text, num, text.len);
	while (text.len > 0) {
		size_t len = char_len(text);

		if (len == 0)
			return false;
		text = span_sub(text, len, text.len);
		num++;
	}
	*out = num;
	return true;
}

size_t
cell_text_offset(struct span text, size_t num)
{
	size_t at = 0;

	while (at < text.len) {
		/* Every byte that does not go on begins a character. */
		if ((text.data[at] & 0xc0) != 0x80 && num-- == 0)
			break;
		at++;
	}
	return at;
}
