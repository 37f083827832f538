/*
 * Targets decode_hex, decode_base64, decode_base64_raw: what is taken is
 * written back as the same text, so each value has one text.
 */
#include <stdlib.h>

#include "crypto/encode.h"
#include "crypto/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct span in, struct err (*decode)(struct buf *, struct span),
    struct err (*encode)(struct buf *, struct span))
{
	struct buf bytes, text;

	buf_init(&bytes, in.len);
	buf_init(&text, in.len);
	if (decode(&bytes, in).code == ERR_OK &&
	    (encode(&text, buf_span(&bytes)).code != ERR_OK ||
		!span_equal(buf_span(&text), in)))
		abort();
	buf_done(&bytes);
	buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span in = span_of(data, size);

	if (crypto_init().code != ERR_OK)
		abort();
	check(in, decode_hex, encode_hex);
	check(in, decode_base64, encode_base64);
	check(in, decode_base64_raw, encode_base64_raw);
	return 0;
}
