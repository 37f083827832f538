/*
 * Targets unpack_take, for each compression: given at once, and in pieces whose
 * length the first byte says. Both give the same bytes and the same result, but
 * for the budget, which counts pieces. What pack_put makes of any bytes unpacks
 * to them.
 */
#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/pipe/pack.h"
#include "gateway/pipe/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	MAX_LEN = 65536
};

/* Up to the error or the end, whose code is returned. */
static enum err_code
run(enum compression compression, struct span in, size_t piece_len,
    uint8_t digest[32])
{
	static uint8_t room[MAX_LEN];
	struct unpack *unpack;
	struct hash_stream *plain;
	struct err err = unpack_new(&unpack, compression);
	size_t num;

	if (err.code != ERR_OK || hash_stream_new(&plain).code != ERR_OK)
		abort();
	for (;;) {
		err = unpack_take(unpack, room, sizeof(room), &num);
		if (err.code == ERR_OK) {
			if (hash_stream_update(plain, span_of(room, num))
				.code != ERR_OK)
				abort();
			continue;
		}
		if (err.code != ERR_AGAIN)
			break;
		if (in.len == 0)
			unpack_finish(unpack);
		else
			unpack_give(unpack, span_sub(in, 0, piece_len));
		in = span_sub(in, piece_len, in.len);
	}
	if (hash_stream_final(plain, digest).code != ERR_OK)
		abort();
	hash_stream_free(plain);
	unpack_free(unpack);
	return err.code;
}

static void
try_unpack(enum compression compression, struct span in)
{
	size_t piece_len = in.len == 0 ? 1 : in.data[0] % 9 + 1;
	uint8_t whole[32], pieces[32];
	enum err_code code = run(compression, in, MAX_LEN, whole);
	enum err_code again = run(compression, in, piece_len, pieces);

	if (code == ERR_TOO_BIG || again == ERR_TOO_BIG)
		return;
	if (code != again ||
	    (code == ERR_CLOSED &&
		!span_equal(span_of(whole, 32), span_of(pieces, 32))))
		abort();
}

static void
try_pack(enum compression compression, struct span in)
{
	static uint8_t packed[2 * MAX_LEN];
	struct span rest = in;
	struct pack *pack;
	uint8_t want[32], got[32];
	size_t len, num;
	bool done;

	if (pack_new(&pack, compression).code != ERR_OK ||
	    pack_put(pack, &rest, packed, sizeof(packed), &len).code !=
		ERR_OK ||
	    rest.len > 0 ||
	    pack_finish(pack, packed + len, sizeof(packed) - len, &num, &done)
		    .code != ERR_OK ||
	    !done)
		abort();
	pack_free(pack);
	if (run(compression, span_of(packed, len + num), MAX_LEN, got) !=
		ERR_CLOSED ||
	    hash_sha256(want, in).code != ERR_OK ||
	    !span_equal(span_of(want, 32), span_of(got, 32)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);

	if (size > MAX_LEN)
		return 0;
	if (crypto_init().code != ERR_OK)
		abort();
	for (unsigned c = COMPRESSION_NONE + 1; c < NUM_COMPRESSIONS; c++) {
		try_unpack((enum compression)c, in);
		/* It takes most of the time, and the least surprises. */
		if (size % 16 == 0)
			try_pack((enum compression)c, in);
	}
	return 0;
}
