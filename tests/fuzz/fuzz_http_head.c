#include <assert.h>

#include "gateway/http/http_head.h"

/*
 * fuzz_http_head: http_head_feed. The head comes in two pieces, cut where the
 * first byte says, and once more at once: both ways must end alike, and an
 * accepted head must keep its promises.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_promises(const struct http_head *head)
{
	assert(head->refused == 0);
	assert(head->target.len > 0 && head->target.data[0] == '/');
	assert(head->host.len > 0);
	assert(head->num_headers <= HTTP_MAX_HEADERS);
	assert(head->bytes.len <= HTTP_MAX_HEAD);
	for (size_t i = 0; i < head->bytes.len; i++)
		assert(head->bytes.data[i] != '\0');
	for (size_t i = 0; i < head->num_headers; i++) {
		struct span value = head->headers[i].value;

		assert(head->headers[i].name.len > 0);
		assert(span_find(value, '\n') == value.len);
		assert(span_find(value, '\r') == value.len);
	}
	assert(!(head->has_body && head->keep_alive));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_head whole, pieces;
	struct span in = span_of(data, len), first, rest;
	size_t cut;

	if (len == 0)
		return 0;
	cut = (size_t)data[0] * len / 256;
	in = span_sub(in, 1, len);
	first = span_sub(in, 0, cut);
	rest = span_sub(in, cut, in.len);
	http_head_init(&whole);
	http_head_init(&pieces);
	struct err err = http_head_feed(&whole, &in);
	struct err other = http_head_feed(&pieces, &first);
	if (other.code == ERR_AGAIN)
		other = http_head_feed(&pieces, &rest);
	assert(err.code == other.code && whole.refused == pieces.refused);
	assert(whole.num_headers == pieces.num_headers);
	if (err.code == ERR_OK)
		check_promises(&whole);
	http_head_done(&whole);
	http_head_done(&pieces);
	return 0;
}
