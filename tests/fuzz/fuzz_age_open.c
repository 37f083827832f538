/*
 * Targets age_open_feed, age_open_finish: fed at once, and in pieces whose
 * length the first byte says. Both give the same bytes and the same result.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/age_open.h"
#include "crypto/hash.h"
#include "crypto/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t IDENTITIES[1][32] = {
    {0xca, 0x16, 0x26, 0x25, 0x2c, 0x53, 0xcf, 0x1a, 0x4d, 0xc4, 0x66, 0x95,
	0xe7, 0xfc, 0xc4, 0x65, 0x94, 0xcb, 0x4c, 0xca, 0xde, 0xdb, 0x67, 0x12,
	0xdf, 0xda, 0x07, 0x53, 0xf3, 0xae, 0x35, 0x5e},
};

static enum err_code
run(struct span file, size_t piece_len, struct hash_stream *plain)
{
	struct age_open *open;
	struct span out = {0};
	struct err err = age_open_new(&open, IDENTITIES, 1);

	if (err.code != ERR_OK)
		abort();
	for (size_t at = 0; at < file.len; at += piece_len) {
		struct span in = span_sub(file, at, piece_len);
		while (in.len > 0 && err.code == ERR_OK) {
			err = age_open_feed(open, &in, &out);
			if (err.code == ERR_OK &&
			    hash_stream_update(plain, out).code != ERR_OK)
				abort();
		}
	}
	if (err.code == ERR_OK)
		err = age_open_finish(open, &out);
	if (err.code == ERR_OK && hash_stream_update(plain, out).code != ERR_OK)
		abort();
	age_open_free(open);
	return err.code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hash_stream *plain;
	uint8_t whole[32], pieces[32];

	if (size == 0)
		return 0;
	if (crypto_init().code != ERR_OK ||
	    hash_stream_new(&plain).code != ERR_OK)
		abort();
	struct span file = span_of(data + 1, size - 1);
	enum err_code one = run(file, file.len + 1, plain);
	if (hash_stream_final(plain, whole).code != ERR_OK)
		abort();
	enum err_code two = run(file, data[0] + 1u, plain);
	if (hash_stream_final(plain, pieces).code != ERR_OK)
		abort();
	if (one != two || memcmp(whole, pieces, sizeof(whole)) != 0)
		abort();
	hash_stream_free(plain);
	return 0;
}
