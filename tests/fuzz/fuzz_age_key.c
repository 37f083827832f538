/*
 * Targets age_recipient_parse, age_identity_parse: what is taken is written
 * back as the same text, but for its case.
 */
#include <stdlib.h>

#include "crypto/age_key.h"
#include "crypto/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span in = span_of(data, size);
	uint8_t key[32];
	struct buf text;

	if (crypto_init().code != ERR_OK)
		abort();
	buf_init(&text, AGE_IDENTITY_TEXT);
	if (age_recipient_parse(key, in).code == ERR_OK &&
	    (age_recipient_format(&text, key).code != ERR_OK ||
		!span_equal_fold(buf_span(&text), in)))
		abort();
	buf_reset(&text);
	if (age_identity_parse(key, in).code == ERR_OK &&
	    (age_identity_format(&text, key).code != ERR_OK ||
		!span_equal_fold(buf_span(&text), in)))
		abort();
	buf_wipe(&text);
	return 0;
}
