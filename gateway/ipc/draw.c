#include "gateway/ipc/draw.h"

#include <assert.h>

static_assert(DRAW_BATCH * (1 + TOKEN_CODE) + 8 <= (int)FRAME_MAX_BODY,
    "an answer is one message");
static_assert(
    DRAW_NEW + DRAW_MAX_SEALED <= (int)FRAME_MAX_BODY, "and so is an entry");

struct err
draw_put_ask(struct buf *out, const uint8_t (*indexes)[TOKEN_INDEX], size_t num)
{
	return buf_append(out, span_of(indexes, num * TOKEN_INDEX));
}

struct err
draw_take_ask(struct draw_ask *out, struct span body)
{
	if (body.len == 0 || body.len % TOKEN_INDEX != 0)
		return ERR(MALFORMED, "draw: not a list of indexes");
	if (body.len / TOKEN_INDEX > DRAW_BATCH)
		return ERR(TOO_BIG, "draw: too many indexes");
	memcpy(out->indexes, body.data, body.len);
	out->num = body.len / TOKEN_INDEX;
	return OK;
}

struct err
draw_put_known(struct buf *out, const struct draw_known *known)
{
	TRY(buf_put_u64be(out, known->seq));
	for (size_t i = 0; i < known->num; i++) {
		TRY(buf_put_bool(out, known->known[i]));
		TRY(buf_append(out, span_of(known->codes[i], TOKEN_CODE)));
	}
	return OK;
}

struct err
draw_take_known(struct draw_known *out, struct span body)
{
	static const uint8_t zeros[TOKEN_CODE];
	struct draw_known known = {.num = 0};
	struct span code;

	TRY(span_take_u64be(&body, &known.seq));
	for (; body.len > 0; known.num++) {
		if (known.num == DRAW_BATCH)
			return ERR(TOO_BIG, "draw: too many codes");
		TRY(span_take_bool(&body, &known.known[known.num]));
		TRY(span_take(&body, &code, TOKEN_CODE));
		if (!known.known[known.num] &&
		    !span_equal(code, span_of(zeros, sizeof(zeros))))
			return ERR(MALFORMED, "draw: a code that is none");
		memcpy(known.codes[known.num], code.data, code.len);
	}
	*out = known;
	return OK;
}

struct err
draw_put_new(struct buf *out, const struct draw_new *entry)
{
	TRY(buf_append(out, span_of(entry->index, TOKEN_INDEX)));
	TRY(buf_append(out, span_of(entry->subject, TOKEN_INDEX)));
	return buf_put_field(out, entry->sealed);
}

struct err
draw_take_new(struct span *in, struct draw_new *out)
{
	struct span rest = *in, index, subject, sealed;

	TRY(span_take(&rest, &index, TOKEN_INDEX));
	TRY(span_take(&rest, &subject, TOKEN_INDEX));
	TRY(span_take_field(&rest, &sealed, DRAW_MAX_SEALED));
	if (sealed.len <= TOKEN_SEAL)
		return ERR(MALFORMED, "draw: nothing is sealed");
	*out = (struct draw_new){index.data, subject.data, sealed};
	*in = rest;
	return OK;
}

struct err
draw_put_made(struct buf *out, const struct draw_made *made)
{
	TRY(buf_put_u64be(out, made->seq));
	return buf_append(out, span_of(made->codes, made->num * TOKEN_CODE));
}

struct err
draw_take_made(struct draw_made *out, struct span body)
{
	struct draw_made made = {.num = 0};

	TRY(span_take_u64be(&body, &made.seq));
	if (body.len % TOKEN_CODE != 0)
		return ERR(MALFORMED, "draw: not a list of codes");
	if (body.len / TOKEN_CODE > DRAW_BATCH)
		return ERR(TOO_BIG, "draw: too many codes");
	made.num = body.len / TOKEN_CODE;
	if (body.len > 0)
		memcpy(made.codes, body.data, body.len);
	*out = made;
	return OK;
}

struct err
draw_put_seq(struct buf *out, uint64_t seq)
{
	return buf_put_u64be(out, seq);
}

struct err
draw_take_seq(uint64_t *out_seq, struct span body)
{
	uint64_t seq;

	TRY(span_take_u64be(&body, &seq));
	TRY(span_end(body));
	*out_seq = seq;
	return OK;
}
