#include "gateway/http/http_trace.h"

enum {
	PARENT = 8,
	VERSION_NONE = 0xff, /* which no version may have */
};

static struct err
digit(uint8_t *out, uint8_t c)
{
	if (c >= '0' && c <= '9')
		*out = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*out = (uint8_t)(c - 'a' + 10);
	else
		return ERR(MALFORMED, "trace: not a lower-case hex digit");
	return OK;
}

static struct err
take_hex(struct span *in, uint8_t *out, size_t len)
{
	struct span digits;

	TRY(span_take(in, &digits, 2 * len));
	for (size_t i = 0; i < len; i++) {
		uint8_t high, low;
		TRY(digit(&high, digits.data[2 * i]));
		TRY(digit(&low, digits.data[2 * i + 1]));
		out[i] = (uint8_t)(high << 4 | low);
	}
	return OK;
}

static struct err
take_dash(struct span *in)
{
	uint8_t c;

	TRY(span_take_u8(in, &c));
	if (c != '-')
		return ERR(MALFORMED, "trace: a dash is missing");
	return OK;
}

/* An id: `len` bytes, not all of them zero, and the dash behind it. */
static struct err
take_id(struct span *in, uint8_t *out, size_t len)
{
	uint8_t any = 0;

	TRY(take_hex(in, out, len));
	for (size_t i = 0; i < len; i++)
		any |= out[i];
	if (any == 0)
		return ERR(MALFORMED, "trace: an id of zeros");
	return take_dash(in);
}

static struct err
take_all(struct span in, uint8_t id[HTTP_TRACE_ID])
{
	uint8_t version, flags, parent[PARENT];

	TRY(take_hex(&in, &version, 1));
	if (version == VERSION_NONE)
		return ERR(MALFORMED, "trace: version ff");
	TRY(take_dash(&in));
	TRY(take_id(&in, id, HTTP_TRACE_ID));
	TRY(take_id(&in, parent, PARENT));
	TRY(take_hex(&in, &flags, 1));
	/* A later version may say more, behind a dash. */
	if (version == 0 || in.len == 0)
		return span_end(in);
	return take_dash(&in);
}

struct err
http_trace_parse(uint8_t out_id[HTTP_TRACE_ID], struct span value)
{
	uint8_t id[HTTP_TRACE_ID];
	struct err err = take_all(value, id);

	if (err.code != ERR_OK)
		return ERR(MALFORMED, "trace: not a traceparent");
	memcpy(out_id, id, sizeof(id));
	return OK;
}

bool
http_trace_find(uint8_t out_id[HTTP_TRACE_ID], const struct http_head *head)
{
	struct span found = {0};
	size_t num = 0;

	for (size_t i = 0; i < head->num_headers; i++) {
		if (!span_equal_fold(
			head->headers[i].name, span_str("traceparent")))
			continue;
		found = head->headers[i].value;
		num++;
	}
	return num == 1 && http_trace_parse(out_id, found).code == ERR_OK;
}
