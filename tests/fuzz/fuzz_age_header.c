/*
 * Targets age_header_read_any.
 *
 * What is read is either refused with the input untouched, or shortened; a
 * header that ends early is TRUNCATED or refused, never taken.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/age_header.h"
#include "crypto/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The identities of the age testkit's first cases, and one of nobody. */
static const uint8_t IDENTITIES[2][32] = {
    {0xca, 0x16, 0x26, 0x25, 0x2c, 0x53, 0xcf, 0x1a, 0x4d, 0xc4, 0x66, 0x95,
	0xe7, 0xfc, 0xc4, 0x65, 0x94, 0xcb, 0x4c, 0xca, 0xde, 0xdb, 0x67, 0x12,
	0xdf, 0xda, 0x07, 0x53, 0xf3, 0xae, 0x35, 0x5e},
    {1},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span whole = span_of(data, size);
	struct span in = whole;
	uint8_t file_key[16], again[16];

	if (crypto_init().code != ERR_OK)
		abort();
	struct err err = age_header_read_any(&in, file_key, IDENTITIES, 2);
	if (err.code != ERR_OK) {
		if (in.data != whole.data || in.len != whole.len)
			abort();
		return 0;
	}
	size_t len = whole.len - in.len;
	struct span cut = span_of(data, len - 1);
	if (age_header_read_any(&cut, again, IDENTITIES, 2).code !=
	    ERR_TRUNCATED)
		abort();
	struct span exact = span_of(data, len);
	if (age_header_read_any(&exact, again, IDENTITIES, 2).code != ERR_OK ||
	    exact.len != 0 || memcmp(file_key, again, 16) != 0)
		abort();
	return 0;
}
