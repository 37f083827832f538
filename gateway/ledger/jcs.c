#include "gateway/ledger/jcs.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "crypto/encode.h"
#include "gateway/ledger/codepoint.h"
#include "gateway/ledger/plain.h"

void
jcs_init(struct jcs *jcs, struct buf *out)
{
	*jcs = (struct jcs){.out = out};
}

/* --- Order and text --- */

/*
 * UTF-8 sorts as code points do. UTF-16 differs in one place: characters
 * beyond U+FFFF (first byte F0 and up) are pairs of surrogates, which lie
 * below U+E000 (first bytes EE and EF).
 */
static int
rank_byte(uint8_t byte)
{
	return byte == 0xee || byte == 0xef ? byte + 0x10 : byte;
}

int
jcs_compare(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < len; i++)
		if (a.data[i] != b.data[i])
			return rank_byte(a.data[i]) - rank_byte(b.data[i]);
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Only what JSON forces to be escaped is, and in the shortest way. */
static struct err
put_character(struct buf *out, uint32_t value)
{
	static const char SHORT[] = "\bb\tt\nn\ff\rr\"\"\\\\";

	for (size_t i = 0; i < sizeof(SHORT) - 1; i += 2)
		if (value == (uint8_t)SHORT[i]) {
			const char pair[2] = {'\\', SHORT[i + 1]};
			return buf_append(out, span_of(pair, 2));
		}
	if (value < 0x20)
		return buf_append_format(out, "\\u%04" PRIx32, value);
	return codepoint_put(out, value);
}

/* The first character, which is not plain. */
static struct err
escape_one(struct buf *out, struct span *text)
{
	uint32_t value;

	if (codepoint_take(text, &value).code != ERR_OK) {
		value = 0xfffd;
		*text = span_sub(*text, 1, text->len);
	}
	return put_character(out, value);
}

/* Most texts are plain: then it is one copy. */
struct err
jcs_escape(struct buf *out, struct span text)
{
	for (;;) {
		size_t len = plain_count(text);

		TRY(buf_append(out, span_sub(text, 0, len)));
		text = span_sub(text, len, text.len);
		if (text.len == 0)
			return OK;
		TRY(escape_one(out, &text));
	}
}

/* --- Structure --- */

/* Before any value: the place must want one. */
static struct err
begin_value(struct jcs *jcs)
{
	bool comma = false;

	if (jcs->level[jcs->depth].is_object) {
		assert(jcs->level[jcs->depth].wants_value);
		jcs->level[jcs->depth].wants_value = false;
	} else {
		comma = jcs->level[jcs->depth].has_items;
		assert(jcs->depth > 0 || !comma);
	}
	jcs->level[jcs->depth].has_items = true;
	return comma ? buf_put_u8(jcs->out, ',') : OK;
}

static struct err
open_level(struct jcs *jcs, bool is_object)
{
	TRY(begin_value(jcs));
	assert(jcs->depth < JCS_DEPTH_OUT);
	jcs->depth++;
	jcs->level[jcs->depth].is_object = is_object;
	jcs->level[jcs->depth].wants_value = false;
	jcs->level[jcs->depth].has_items = false;
	return buf_put_u8(jcs->out, is_object ? '{' : '[');
}

static struct err
close_level(struct jcs *jcs, bool is_object)
{
	assert(jcs->depth > 0);
	assert(jcs->level[jcs->depth].is_object == is_object);
	assert(!jcs->level[jcs->depth].wants_value);
	jcs->depth--;
	return buf_put_u8(jcs->out, is_object ? '}' : ']');
}

struct err
jcs_open_object(struct jcs *jcs)
{
	return open_level(jcs, true);
}

struct err
jcs_close_object(struct jcs *jcs)
{
	return close_level(jcs, true);
}

struct err
jcs_open_array(struct jcs *jcs)
{
	return open_level(jcs, false);
}

struct err
jcs_close_array(struct jcs *jcs)
{
	return close_level(jcs, false);
}

/* Names are ours: one that would need an escape is refused on both sides. */
static struct err
check_name(struct span name)
{
	uint32_t value;

	if (name.len > JCS_NAME_MAX)
		return ERR(TOO_BIG, "json: a name is over its cap");
	name = span_sub(name, plain_count(name), name.len);
	while (name.len > 0) {
		TRY(codepoint_take(&name, &value));
		if (value < 0x20 || value == '"' || value == '\\')
			return ERR(MALFORMED, "json: a name needs an escape");
	}
	return OK;
}

struct err
jcs_name(struct jcs *jcs, struct span name)
{
	unsigned depth = jcs->depth;
	bool first = !jcs->level[depth].has_items;

	TRY(check_name(name));
	assert(jcs->level[depth].is_object && !jcs->level[depth].wants_value);
	assert(first || jcs_compare(jcs->level[depth].name, name) < 0);
	jcs->level[depth].name = name;
	jcs->level[depth].wants_value = true;
	TRY(buf_append_str(jcs->out, first ? "\"" : ",\""));
	TRY(buf_append(jcs->out, name));
	return buf_append_str(jcs->out, "\":");
}

struct err
jcs_name_written(struct jcs *jcs, struct span written)
{
	bool first = !jcs->level[jcs->depth].has_items;

	assert(jcs->level[jcs->depth].is_object);
	jcs->level[jcs->depth].wants_value = true;
	if (!first)
		TRY(buf_put_u8(jcs->out, ','));
	return buf_append(jcs->out, written);
}

/* --- Values --- */

struct err
jcs_string(struct jcs *jcs, struct span text)
{
	TRY(begin_value(jcs));
	TRY(buf_put_u8(jcs->out, '"'));
	TRY(jcs_escape(jcs->out, text));
	return buf_put_u8(jcs->out, '"');
}

struct err
jcs_hex(struct jcs *jcs, struct span bytes)
{
	TRY(begin_value(jcs));
	TRY(buf_put_u8(jcs->out, '"'));
	TRY(encode_hex(jcs->out, bytes));
	return buf_put_u8(jcs->out, '"');
}

struct err
jcs_int(struct jcs *jcs, int64_t value)
{
	if (value > JCS_INT_MAX || value < -JCS_INT_MAX)
		return ERR(TOO_BIG, "json: a number of more than 53 bits");
	TRY(begin_value(jcs));
	if (value < 0) {
		TRY(buf_put_u8(jcs->out, '-'));
		value = -value;
	}
	return buf_append_u64(jcs->out, (uint64_t)value);
}

struct err
jcs_bool(struct jcs *jcs, bool value)
{
	TRY(begin_value(jcs));
	return buf_append_str(jcs->out, value ? "true" : "false");
}

struct err
jcs_null(struct jcs *jcs)
{
	TRY(begin_value(jcs));
	return buf_append_str(jcs->out, "null");
}

struct err
jcs_written(struct jcs *jcs, struct span value)
{
	TRY(begin_value(jcs));
	return buf_append(jcs->out, value);
}

bool
jcs_is_whole(const struct jcs *jcs)
{
	return jcs->depth == 0 && jcs->level[0].has_items;
}
