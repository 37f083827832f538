#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "crypto/memory/buf.h"
#include "gateway/base/limits.h"
#include "gateway/pipe/pack.h"
#include "gateway/pipe/pack_name.h"
#include "gateway/pipe/unpack.h"
#include "tests/harness/failalloc.h"

enum {
	MAX = 4 << 20
};

static const enum compression each[] = {COMPRESSION_GZIP, COMPRESSION_ZSTD};

/* A table, then bytes that do not shrink, so that all kinds of blocks occur. */
static void
make_plain(struct buf *out, size_t len)
{
	uint64_t random = 1;

	buf_init(out, MAX);
	for (int i = 0; out->len < len / 2; i++)
		expect_ok(buf_append_format(
		    out, "p1_%d,19%d,0%d\n", i * 7919 % 99991, i % 90, i % 7));
	while (out->len < len) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		expect_ok(buf_put_u8(out, (uint8_t)(random >> 56)));
	}
	out->len = len;
}

/* In pieces of `piece_len`, into rooms of `room_len`. */
static void
pack_all(enum compression compression, struct span plain, size_t piece_len,
    size_t room_len, struct buf *out)
{
	static uint8_t room[MAX];
	struct pack *pack;
	bool done = false;
	size_t num;

	buf_init(out, MAX);
	expect_ok(pack_new(&pack, compression));
	while (plain.len > 0) {
		struct span piece = span_sub(plain, 0, piece_len);

		plain = span_sub(plain, piece_len, plain.len);
		while (piece.len > 0) {
			expect_ok(pack_put(pack, &piece, room, room_len, &num));
			assert_true(piece.len == 0 || num == room_len);
			expect_ok(buf_append(out, span_of(room, num)));
		}
	}
	/* No room is no progress, and no error. */
	expect_ok(pack_finish(pack, room, 0, &num, &done));
	assert_true(num == 0 && !done);
	while (!done) {
		expect_ok(pack_finish(pack, room, room_len, &num, &done));
		assert_true(done || num == room_len);
		assert_true(num > 0);
		expect_ok(buf_append(out, span_of(room, num)));
	}
	pack_free(pack);
}

static void
expect_unpacks(enum compression compression, struct span packed, struct span to)
{
	static uint8_t room[64 * 1024];
	struct unpack *unpack;
	struct err err;
	size_t num;

	expect_ok(unpack_new(&unpack, compression));
	unpack_give(unpack, packed);
	while ((err = unpack_take(unpack, room, sizeof(room), &num)).code ==
	    ERR_OK) {
		assert_true(span_starts_with(to, span_of(room, num)));
		to = span_sub(to, num, to.len);
	}
	expect_err(AGAIN, err);
	unpack_finish(unpack);
	expect_err(CLOSED, unpack_take(unpack, room, sizeof(room), &num));
	assert_int_equal(to.len, 0);
	unpack_free(unpack);
}

static void
pack_put__makes_the_same_of_the_same(void **state)
{
	static const size_t lens[] = {0, 1, 1000, PACK_BLOCK - 1, PACK_BLOCK,
	    PACK_BLOCK + 1, 2 * PACK_BLOCK, 1500000};
	static const size_t pieces[] = {1000, 4096, PACK_BLOCK, 300001};
	static const size_t rooms[] = {1, 13, 65536, 1000, MAX};
	struct buf plain, want, got;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		make_plain(&plain, lens[i]);
		for (size_t c = 0; c < 2; c++) {
			pack_all(each[c], buf_span(&plain), MAX, MAX, &want);
			expect_unpacks(
			    each[c], buf_span(&want), buf_span(&plain));
			for (size_t k = 0; k < 4; k++) {
				pack_all(each[c], buf_span(&plain), pieces[k],
				    rooms[k], &got);
				assert_true(span_equal(
				    buf_span(&want), buf_span(&got)));
				buf_done(&got);
			}
			buf_done(&want);
		}
		buf_done(&plain);
	}
}

static void
pack_put__is_split_at_every_byte(void **state)
{
	struct buf plain, want, got;

	(void)state;
	make_plain(&plain, 300);
	for (size_t c = 0; c < 2; c++) {
		pack_all(each[c], buf_span(&plain), MAX, MAX, &want);
		for (size_t len = 1; len < plain.len; len++) {
			pack_all(each[c], buf_span(&plain), len, len, &got);
			assert_true(
			    span_equal(buf_span(&want), buf_span(&got)));
			buf_done(&got);
		}
		buf_done(&want);
	}
	buf_done(&plain);
}

/* No time, no name, no system (RFC 1952 s.2.3); and what the plan promises. */
static void
pack_finish__tells_nothing_but_the_content(void **state)
{
	static const uint8_t gzip[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
	static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04};
	struct buf plain, packed;

	(void)state;
	make_plain(&plain, 1000);
	pack_all(COMPRESSION_GZIP, buf_span(&plain), MAX, MAX, &packed);
	assert_memory_equal(packed.data, gzip, sizeof(gzip));
	buf_done(&packed);
	pack_all(COMPRESSION_ZSTD, buf_span(&plain), MAX, MAX, &packed);
	assert_memory_equal(packed.data, zstd, sizeof(zstd));
	buf_done(&packed);
	buf_done(&plain);
}

static void
pack_name__tells_library_version_and_level(void **state)
{
	(void)state;
	assert_int_equal(pack_name(COMPRESSION_NONE).len, 0);
	assert_true(
	    span_starts_with(pack_name(COMPRESSION_GZIP), span_str("zlib 1.")));
	assert_true(
	    span_ends_with(pack_name(COMPRESSION_GZIP), span_str(" level 6")));
	assert_true(
	    span_starts_with(pack_name(COMPRESSION_ZSTD), span_str("zstd 1.")));
	assert_true(
	    span_ends_with(pack_name(COMPRESSION_ZSTD), span_str(" level 3")));
}

static void
pack_new__survives_a_lack_of_memory(void **state)
{
	(void)state;
	for (size_t c = 0; c < 2; c++) {
		size_t n;

		for (n = 0;; n++) {
			struct pack *pack = NULL;
			struct err err;

			failalloc_arm(n);
			err = pack_new(&pack, each[c]);
			bool failed = failalloc_disarm();
			pack_free(pack);
			if (!failed)
				break;
			expect_err(NO_MEMORY, err);
		}
		assert_true(!failalloc_works() || n > 1);
	}
}

/* What is taken, is taken at the start: the mill's promise to its jail. */
static void
pack_put__allocates_nothing(void **state)
{
	static uint8_t room[MAX];
	struct buf plain;

	(void)state;
	make_plain(&plain, 1500000);
	for (size_t c = 0; c < 2; c++) {
		struct span in = buf_span(&plain);
		struct pack *pack;
		size_t num;
		bool done;

		expect_ok(pack_new(&pack, each[c]));
		failalloc_arm(SIZE_MAX);
		expect_ok(pack_put(pack, &in, room, sizeof(room), &num));
		expect_ok(pack_finish(pack, room, sizeof(room), &num, &done));
		assert_int_equal(failalloc_count(), 0);
		(void)failalloc_disarm();
		assert_true(done);
		pack_free(pack);
	}
	buf_done(&plain);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pack_put__makes_the_same_of_the_same),
	    cmocka_unit_test(pack_put__is_split_at_every_byte),
	    cmocka_unit_test(pack_finish__tells_nothing_but_the_content),
	    cmocka_unit_test(pack_put__allocates_nothing),
	    cmocka_unit_test(pack_name__tells_library_version_and_level),
	    cmocka_unit_test(pack_new__survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
