#include "gateway/ledger/codepoint.h"

#include <assert.h>

/* The smallest character that needs each length, by bytes after the first. */
static const uint32_t SMALLEST[4] = {0, 0x80, 0x800, 0x10000};

/* How many bytes follow this first one; 4: no character begins so. */
static unsigned
count_tail(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first < 0xc0)
		return 4;
	if (first < 0xe0)
		return 1;
	if (first < 0xf0)
		return 2;
	return first < 0xf8 ? 3 : 4;
}

struct err
codepoint_take(struct span *in, uint32_t *out_value)
{
	if (in->len == 0)
		return ERR(TRUNCATED, "utf-8: no character is left");
	unsigned tail = count_tail(in->data[0]);
	if (tail == 4 || tail >= in->len)
		return ERR(MALFORMED, "utf-8: a broken character");
	uint32_t value = in->data[0];
	if (tail > 0)
		value &= 0x3fU >> tail;
	for (unsigned i = 1; i <= tail; i++) {
		if ((in->data[i] & 0xc0) != 0x80)
			return ERR(MALFORMED, "utf-8: a broken character");
		value = value << 6 | (in->data[i] & 0x3f);
	}
	if (value < SMALLEST[tail] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return ERR(MALFORMED, "utf-8: a forbidden character");
	in->data += tail + 1;
	in->len -= tail + 1;
	*out_value = value;
	return OK;
}

struct err
codepoint_put(struct buf *out, uint32_t value)
{
	uint8_t bytes[4];
	size_t len = 0;

	assert(value <= 0x10ffff);
	if (value < 0x80) {
		bytes[len++] = (uint8_t)value;
	} else if (value < 0x800) {
		bytes[len++] = (uint8_t)(0xc0 | value >> 6);
	} else if (value < 0x10000) {
		bytes[len++] = (uint8_t)(0xe0 | value >> 12);
		bytes[len++] = (uint8_t)(0x80 | (value >> 6 & 0x3f));
	} else {
		bytes[len++] = (uint8_t)(0xf0 | value >> 18);
		bytes[len++] = (uint8_t)(0x80 | (value >> 12 & 0x3f));
		bytes[len++] = (uint8_t)(0x80 | (value >> 6 & 0x3f));
	}
	if (value >= 0x80)
		bytes[len++] = (uint8_t)(0x80 | (value & 0x3f));
	return buf_append(out, span_of(bytes, len));
}

bool
codepoint_is_visible(uint32_t value)
{
	/* First and last of each range: controls, format characters, tags. */
	static const struct {
		uint32_t first, last;
	} HIDDEN[] = {
	    {0x0000, 0x001f},
	    {0x007f, 0x009f},
	    {0x00ad, 0x00ad},
	    {0x034f, 0x034f},
	    {0x0600, 0x0605},
	    {0x061c, 0x061c},
	    {0x06dd, 0x06dd},
	    {0x070f, 0x070f},
	    {0x115f, 0x1160},
	    {0x17b4, 0x17b5},
	    {0x180b, 0x180f},
	    {0x200b, 0x200f},
	    {0x2028, 0x202e},
	    {0x2060, 0x206f},
	    {0x3164, 0x3164},
	    {0xd800, 0xf8ff},
	    {0xfdd0, 0xfdef},
	    {0xfe00, 0xfe0f},
	    {0xfeff, 0xfeff},
	    {0xffa0, 0xffa0},
	    {0xfff0, 0xfffb},
	    {0xfffe, 0xffff},
	    {0x1bca0, 0x1bca3},
	    {0x1d173, 0x1d17a},
	    {0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(HIDDEN[0]); i++)
		if (value >= HIDDEN[i].first && value <= HIDDEN[i].last)
			return false;
	return true;
}
