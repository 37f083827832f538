#include "gateway/ipc/ask.h"

#include "gateway/base/address.h"

/* Most requests have none of them: a bit for each that is there. */
static struct err
put_headers(struct buf *out, const struct span headers[NUM_ASK_HEADERS])
{
	uint8_t there = 0;

	for (unsigned i = 0; i < NUM_ASK_HEADERS; i++)
		if (headers[i].data != NULL)
			there |= (uint8_t)(1u << i);
	TRY(buf_put_u8(out, there));
	for (unsigned i = 0; i < NUM_ASK_HEADERS; i++)
		if (headers[i].data != NULL)
			TRY(buf_put_field(out, headers[i]));
	return OK;
}

static struct err
take_headers(struct span *in, struct span out[NUM_ASK_HEADERS])
{
	uint8_t there;

	TRY(span_take_u8(in, &there));
	if (there >> NUM_ASK_HEADERS != 0)
		return ERR(MALFORMED, "ask: no such header");
	for (unsigned i = 0; i < NUM_ASK_HEADERS; i++)
		if ((there >> i & 1) != 0)
			TRY(span_take_field(in, &out[i], HTTP_MAX_HEAD));
	return OK;
}

struct err
ask_put_request(struct buf *out, const struct ask_request *request)
{
	TRY(buf_append(
	    out, span_of(request->address, sizeof(request->address))));
	TRY(buf_put_u16be(out, request->port));
	TRY(buf_put_bool(out, request->whole));
	TRY(buf_put_field(out, request->certificate));
	TRY(buf_put_field(out, request->certificate_digest));
	TRY(buf_put_field(out, request->canonical));
	TRY(buf_put_field(out, request->authorization));
	TRY(buf_put_field(out, request->trace));
	return put_headers(out, request->headers);
}

/* One of W3C trace context, or none; zeros are none of it. */
static struct err
take_trace(struct span *in, struct span *out)
{
	static const uint8_t zeros[ASK_TRACE];
	struct span trace;

	TRY(span_take_field(in, &trace, ASK_TRACE));
	if (trace.len % ASK_TRACE != 0 ||
	    span_equal(trace, span_of(zeros, ASK_TRACE)))
		return ERR(MALFORMED, "ask: not a trace id");
	*out = trace;
	return OK;
}

/* A fixed number of bytes into an array of ours. */
static struct err
take_bytes(struct span *in, void *out, size_t len)
{
	struct span bytes;

	TRY(span_take(in, &bytes, len));
	memcpy(out, bytes.data, len);
	return OK;
}

struct err
ask_take_request(struct ask_request *out, struct span body)
{
	struct ask_request request = {0};

	TRY(take_bytes(&body, request.address, sizeof(request.address)));
	TRY(span_take_u16be(&body, &request.port));
	TRY(span_take_bool(&body, &request.whole));
	TRY(span_take_field(&body, &request.certificate, ASK_MAX_URI));
	TRY(span_take_field(&body, &request.certificate_digest, 32));
	TRY(span_take_field(&body, &request.canonical, ASK_MAX_CANONICAL));
	TRY(span_take_field(
	    &body, &request.authorization, ASK_MAX_AUTHORIZATION));
	TRY(take_trace(&body, &request.trace));
	TRY(take_headers(&body, request.headers));
	TRY(span_end(body));
	if (request.certificate_digest.len % 32 != 0)
		return ERR(MALFORMED, "ask: a digest has 32 bytes");
	if ((request.certificate_digest.len == 0) !=
	    (request.certificate.len == 0))
		return ERR(MALFORMED, "ask: half a certificate");
	*out = request;
	return OK;
}

/* A NUL-terminated text that fills its array, or is empty. */
static struct err
put_text(struct buf *out, const char *text)
{
	return buf_put_field(out, span_str(text));
}

static struct err
take_text(struct span *in, char *out, size_t size)
{
	struct span text;

	TRY(span_take_field(in, &text, size - 1));
	if (span_find(text, '\0') != text.len)
		return ERR(MALFORMED, "ask: a NUL in a text");
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return OK;
}

static struct err
put_object(struct buf *out, const struct ask_answer *answer)
{
	TRY(buf_put_bool(out, answer->age));
	TRY(buf_put_field(out, answer->header));
	TRY(buf_append(
	    out, span_of(answer->file_key, sizeof(answer->file_key))));
	TRY(buf_put_u64be(out, answer->payload_at));
	TRY(buf_put_u64be(out, answer->payload_len));
	TRY(buf_put_u64be(out, answer->bytes_most));
	TRY(buf_put_i64be(out, answer->modified));
	TRY(put_text(out, answer->etag));
	return buf_put_field(out, answer->sha256);
}

struct err
ask_put_answer(struct buf *out, const struct ask_answer *answer)
{
	TRY(buf_put_u8(out, (uint8_t)answer->kind));
	TRY(put_text(out, answer->request));
	TRY(buf_put_u64be(out, answer->record));
	TRY(buf_put_bool(out, answer->party));
	TRY(buf_put_u8(out, (uint8_t)answer->refusal));
	TRY(buf_put_field(out, answer->sentence));
	TRY(buf_put_u32be(out, answer->retry_after_s));
	TRY(buf_put_u32be(out, answer->num_ready));
	TRY(buf_put_u32be(out, answer->num_total));
	return put_object(out, answer);
}

static struct err
take_kind(struct span *in, struct ask_answer *out)
{
	uint8_t kind;

	TRY(span_take_u8(in, &kind));
	if (kind == 0 || kind >= NUM_ASK_KINDS)
		return ERR(MALFORMED, "ask: no such kind of answer");
	out->kind = (enum ask_kind)kind;
	return OK;
}

static struct err
take_refusal(struct span *in, struct ask_answer *out)
{
	uint8_t refusal;

	TRY(span_take_u8(in, &refusal));
	if (refusal >= NUM_ASK_REFUSALS)
		return ERR(MALFORMED, "ask: no such refusal");
	if ((refusal != 0) != (out->kind == ASK_REFUSED))
		return ERR(MALFORMED, "ask: refused without a reason");
	out->refusal = (enum ask_refusal)refusal;
	TRY(span_take_field(in, &out->sentence, ASK_MAX_TEXT));
	TRY(span_take_u32be(in, &out->retry_after_s));
	TRY(span_take_u32be(in, &out->num_ready));
	return span_take_u32be(in, &out->num_total);
}

static struct err
take_object(struct span *in, struct ask_answer *out)
{
	TRY(span_take_bool(in, &out->age));
	TRY(span_take_field(in, &out->header, ASK_MAX_HEADER));
	TRY(take_bytes(in, out->file_key, sizeof(out->file_key)));
	TRY(span_take_u64be(in, &out->payload_at));
	TRY(span_take_u64be(in, &out->payload_len));
	TRY(span_take_u64be(in, &out->bytes_most));
	TRY(span_take_i64be(in, &out->modified));
	TRY(take_text(in, out->etag, sizeof(out->etag)));
	TRY(span_take_field(in, &out->sha256, 32));
	if (out->sha256.len % 32 != 0)
		return ERR(MALFORMED, "ask: a digest has 32 bytes");
	return OK;
}

struct err
ask_take_answer(struct ask_answer *out, struct span body)
{
	struct ask_answer answer = {0};

	TRY(take_kind(&body, &answer));
	TRY(take_text(&body, answer.request, sizeof(answer.request)));
	TRY(span_take_u64be(&body, &answer.record));
	TRY(span_take_bool(&body, &answer.party));
	TRY(take_refusal(&body, &answer));
	TRY(take_object(&body, &answer));
	TRY(span_end(body));
	*out = answer;
	return OK;
}

struct err
ask_put_progress(struct buf *out, const struct ask_progress *progress)
{
	TRY(buf_put_u8(out, (uint8_t)progress->growth));
	return buf_put_u64be(out, progress->payload_len);
}

struct err
ask_take_progress(struct ask_progress *out, struct span body)
{
	uint64_t len;
	uint8_t growth;

	TRY(span_take_u8(&body, &growth));
	TRY(span_take_u64be(&body, &len));
	TRY(span_end(body));
	if (growth > ASK_SPOILT)
		return ERR(MALFORMED, "ask: no such growth");
	out->growth = (enum ask_growth)growth;
	out->payload_len = len;
	return OK;
}

struct err
ask_put_done(struct buf *out, const struct ask_done *done)
{
	TRY(buf_put_u8(out, (uint8_t)done->outcome));
	TRY(buf_put_u64be(out, done->bytes));
	TRY(buf_put_u32be(out, done->num_ranges));
	for (size_t i = 0; i < done->num_ranges; i++) {
		TRY(buf_put_u64be(out, done->ranges[i].first));
		TRY(buf_put_u64be(out, done->ranges[i].last));
	}
	return OK;
}

struct err
ask_take_done(struct ask_done *out, struct span body)
{
	struct ask_done done = {0};
	uint8_t outcome;

	TRY(span_take_u8(&body, &outcome));
	TRY(span_take_u64be(&body, &done.bytes));
	TRY(span_take_u32be(&body, &done.num_ranges));
	if (outcome == 0 || outcome >= NUM_ASK_OUTCOMES)
		return ERR(MALFORMED, "ask: no such outcome");
	if (done.num_ranges > ASK_MAX_RANGES)
		return ERR(TOO_BIG, "ask: too many ranges");
	done.outcome = (enum ask_outcome)outcome;
	for (size_t i = 0; i < done.num_ranges; i++) {
		struct ask_range *range = &done.ranges[i];
		TRY(span_take_u64be(&body, &range->first));
		TRY(span_take_u64be(&body, &range->last));
		if (range->first > range->last)
			return ERR(
			    MALFORMED, "ask: a range ends before it begins");
	}
	TRY(span_end(body));
	*out = done;
	return OK;
}

struct err
ask_put_refusals(struct buf *out, const struct tally *refusals)
{
	TRY(buf_put_u32be(out, (uint32_t)refusals->num_places));
	for (size_t i = 0; i < refusals->num_places; i++) {
		const struct tally_place *place = &refusals->places[i];
		TRY(buf_append(out, span_of(place->prefix, 16)));
		TRY(buf_put_u64be(out, place->count));
	}
	return buf_put_u64be(out, refusals->others);
}

static struct err
take_place(struct span *in, struct tally_place *out)
{
	uint8_t prefix[16];

	TRY(take_bytes(in, out->prefix, sizeof(out->prefix)));
	TRY(span_take_u64be(in, &out->count));
	address_prefix(prefix, out->prefix);
	if (!span_equal(span_of(prefix, 16), span_of(out->prefix, 16)) ||
	    out->count == 0)
		return ERR(MALFORMED, "ask: not a prefix and its count");
	return OK;
}

struct err
ask_take_refusals(struct tally *out, struct span body)
{
	struct tally refusals = {.num_places = 0};
	uint32_t num;

	TRY(span_take_u32be(&body, &num));
	if (num > TALLY_PLACES)
		return ERR(TOO_BIG, "ask: too many prefixes");
	for (; refusals.num_places < num; refusals.num_places++)
		TRY(take_place(&body, &refusals.places[refusals.num_places]));
	TRY(span_take_u64be(&body, &refusals.others));
	TRY(span_end(body));
	*out = refusals;
	return OK;
}

struct err
ask_put_item(struct buf *out, const struct ask_item *item)
{
	TRY(buf_put_bool(out, item->prefix));
	TRY(buf_put_field(out, item->name));
	TRY(buf_put_field(out, item->etag));
	TRY(buf_put_u64be(out, item->size));
	return buf_put_i64be(out, item->modified);
}

struct err
ask_take_item(struct span *in, struct ask_item *out)
{
	struct span rest = *in;
	struct ask_item item;

	TRY(span_take_bool(&rest, &item.prefix));
	TRY(span_take_field(&rest, &item.name, ASK_MAX_TEXT));
	TRY(span_take_field(&rest, &item.etag, ASK_MAX_TEXT));
	TRY(span_take_u64be(&rest, &item.size));
	TRY(span_take_i64be(&rest, &item.modified));
	*in = rest;
	*out = item;
	return OK;
}

struct err
ask_put_part(struct buf *out, const struct ask_part *part)
{
	TRY(buf_put_bool(out, part->last));
	TRY(buf_put_bool(out, part->truncated));
	TRY(buf_put_field(out, part->token));
	TRY(buf_put_u32be(out, part->num_items));
	return buf_append(out, part->items);
}

struct err
ask_take_part(struct ask_part *out, struct span body)
{
	struct ask_part part;

	TRY(span_take_bool(&body, &part.last));
	TRY(span_take_bool(&body, &part.truncated));
	TRY(span_take_field(&body, &part.token, ASK_MAX_TEXT));
	TRY(span_take_u32be(&body, &part.num_items));
	part.items = body;
	*out = part;
	return OK;
}
