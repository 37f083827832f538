#include "tests/harness/expect.h"

#include <sys/resource.h>
#include <time.h>
#include <zlib.h>

#include "gateway/base/limits.h"
#include "gateway/pipe/unpack.h"
#include "gateway/pipe/unpack_budget.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

enum {
	ROOM = 256 * 1024,
#ifdef GATEHOUSE_SANITIZED
	MAX_RESIDENT_KIB = 256 * 1024, /* with the sanitizer's own */
#else
	MAX_RESIDENT_KIB = 16 * 1024,
#endif
};

/* Unpack all of it, given in pieces, taken into `room_len` bytes. */
static enum err_code
unpack_all(enum compression compression, struct span packed, size_t piece_len,
    size_t room_len, struct buf *out)
{
	static uint8_t room[ROOM];
	struct unpack *unpack;
	struct err err = OK;
	bool finished = false;
	size_t num;

	buf_reset(out);
	expect_ok(unpack_new(&unpack, compression));
	while (err.code == ERR_OK || err.code == ERR_AGAIN) {
		err = unpack_take(unpack, room, room_len, &num);
		if (err.code == ERR_OK) {
			assert_in_range(num, 1, room_len);
			expect_ok(buf_append(out, span_of(room, num)));
		}
		if (err.code != ERR_AGAIN)
			continue;
		assert_false(finished);
		finished = packed.len == 0;
		if (finished)
			unpack_finish(unpack);
		else
			unpack_give(unpack, span_sub(packed, 0, piece_len));
		packed = span_sub(packed, piece_len, packed.len);
	}
	assert_int_equal(
	    unpack_take(unpack, room, room_len, &num).code, err.code);
	unpack_free(unpack);
	return err.code;
}

/* A block of the vectors. */
struct packed {
	struct span name;
	enum compression compression;
	struct buf packed, plain;
	enum err_code result;
};

static void
read_block(struct vectors *v, struct packed *p)
{
	struct span word;
	struct buf piece;

	*p = (struct packed){
	    .packed = {.max = 1 << 20}, .plain = {.max = 1 << 20}};
	buf_init(&piece, 1 << 20);
	p->name = vectors_text(v, "Name");
	word = vectors_text(v, "Compression");
	p->compression =
	    span_equal_str(word, "gzip") ? COMPRESSION_GZIP : COMPRESSION_ZSTD;
	vectors_hex(v, "Packed", &p->packed);
	word = vectors_text(v, "Result");
	p->result = span_equal_str(word, "ok")	? ERR_CLOSED
	    : span_equal_str(word, "truncated") ? ERR_TRUNCATED
						: ERR_MALFORMED;
	if (p->result == ERR_CLOSED) {
		vectors_hex(v, "Plain", &piece);
		for (uint64_t i = vectors_u64(v, "Times"); i > 0; i--)
			expect_ok(buf_append(&p->plain, buf_span(&piece)));
	}
	buf_done(&piece);
}

static void
expect_result(const struct packed *p, size_t piece_len, size_t room_len)
{
	struct buf out;
	enum err_code code;

	buf_init(&out, 1 << 20);
	code = unpack_all(
	    p->compression, buf_span(&p->packed), piece_len, room_len, &out);
	if (code != p->result)
		fail_msg("%.*s, in pieces of %zu: %s", (int)p->name.len,
		    (const char *)p->name.data, piece_len, err_name(code));
	if (code == ERR_CLOSED)
		assert_true(span_equal(buf_span(&out), buf_span(&p->plain)));
	buf_done(&out);
}

static void
unpack_take__reads_what_is_whole_however_it_comes(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/packed.txt");
	struct packed p;

	(void)state;
	while (vectors_next(v)) {
		read_block(v, &p);
		expect_result(&p, SIZE_MAX, ROOM);
		for (size_t len = 1; len < 20; len++)
			expect_result(&p, len, len == 1 ? 1 : ROOM);
		if (p.packed.len > 0)
			expect_result(&p, p.packed.len - 1, 7);
		buf_done(&p.packed);
		buf_done(&p.plain);
	}
	vectors_close(v);
}

/*
 * A cut file is whole only where a member or frame ends, and then it gives the
 * plain bytes so far: none of those of the one that was cut.
 */
static void
unpack_take__refuses_every_cut(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/packed.txt");
	struct packed p;
	size_t num_whole = 0, num_cut = 0;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	while (vectors_next(v)) {
		read_block(v, &p);
		for (size_t len = 0; len < p.packed.len; len++) {
			enum err_code code = unpack_all(p.compression,
			    span_sub(buf_span(&p.packed), 0, len), SIZE_MAX,
			    ROOM, &out);

			if (code == ERR_CLOSED)
				num_whole++;
			else if (p.result == ERR_CLOSED)
				assert_int_equal(code, ERR_TRUNCATED);
			num_cut += code == ERR_TRUNCATED;
			if (p.result == ERR_CLOSED)
				assert_true(span_starts_with(
				    buf_span(&p.plain), buf_span(&out)));
		}
		buf_done(&p.packed);
		buf_done(&p.plain);
	}
	vectors_close(v);
	buf_done(&out);
	/* Between members, and in front of what is wrong behind one. */
	assert_int_equal(num_whole, 16);
	assert_true(num_cut > 1000);
}

/* --- Bombs --- */

/* 100 MiB of zeros, by gzip: about 102 kB. */
static void
make_gzip_bomb(struct buf *out)
{
	static const uint8_t zeros[1024 * 1024];
	z_stream z = {0};

	expect_ok(buf_reserve(out, 200 * 1024));
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9,
			     Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_out = out->data;
	z.avail_out = (unsigned)out->cap;
	for (int i = 0; i < 100; i++) {
		z.next_in = (unsigned char *)(uintptr_t)zeros;
		z.avail_in = sizeof(zeros);
		assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
	}
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len = out->cap - z.avail_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
	assert_in_range(out->len, 100000, 104000);
}

/* 1 GiB of zeros: 8,192 blocks, each of one byte 131,072 times. */
static void
make_zstd_bomb(struct buf *out, uint8_t window_log)
{
	static const uint8_t head[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00};
	uint32_t block = 1u << 1 | (128u * 1024) << 3;

	expect_ok(buf_append(out, span_of(head, sizeof(head))));
	expect_ok(buf_put_u8(out, (uint8_t)((window_log - 10) << 3)));
	for (int i = 0; i < 8192; i++) {
		const uint8_t bytes[] = {(uint8_t)(block | (i == 8191)),
		    (uint8_t)(block >> 8), (uint8_t)(block >> 16), 0};

		expect_ok(buf_append(out, span_of(bytes, sizeof(bytes))));
	}
	assert_int_equal(out->len, 32774);
}

static double
cpu_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long
resident_kib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* What it costs to find out, in all. Blocks as the source gives them. */
static void
expect_refused(enum compression compression, struct span bomb)
{
	static uint8_t room[ROOM];
	struct unpack *unpack;
	uint64_t taken_len = 0, given_len = 0;
	double cpu;
	long before;
	struct err err;
	size_t num;

	memset(room, 1, sizeof(room));
	before = resident_kib();
	cpu = cpu_ms();
	expect_ok(unpack_new(&unpack, compression));
	do {
		err = unpack_take(unpack, room, sizeof(room), &num);
		if (err.code == ERR_OK)
			taken_len += num;
		if (err.code != ERR_AGAIN)
			continue;
		assert_true(bomb.len > 0);
		unpack_give(unpack, span_sub(bomb, 0, UNPACK_BLOCK));
		given_len += span_sub(bomb, 0, UNPACK_BLOCK).len;
		bomb = span_sub(bomb, UNPACK_BLOCK, bomb.len);
	} while (err.code == ERR_OK || err.code == ERR_AGAIN);
	expect_err(TOO_BIG, err);
	assert_true(taken_len <= unpack_budget(compression, given_len));
	assert_true(taken_len > UNPACK_FREE);
	unpack_free(unpack);
	assert_true(cpu_ms() - cpu < 100);
	assert_true(resident_kib() - before < MAX_RESIDENT_KIB);
}

static void
unpack_take__refuses_bombs_at_once(void **state)
{
	struct buf bomb;

	(void)state;
	for (uint8_t window_log = 17; window_log <= 23; window_log += 6) {
		buf_init(&bomb, 1 << 20);
		make_zstd_bomb(&bomb, window_log);
		expect_refused(COMPRESSION_ZSTD, buf_span(&bomb));
		buf_done(&bomb);
	}
	buf_init(&bomb, 1 << 20);
	make_gzip_bomb(&bomb);
	expect_refused(COMPRESSION_GZIP, buf_span(&bomb));
	buf_done(&bomb);
}

/* A member of nothing costs its bytes, and however many stay cheap. */
static void
unpack_take__survives_many_empty_members(void **state)
{
	static const uint8_t member[20] = {0x1f, 0x8b, 8, [9] = 0xff, [10] = 3};
	static const uint8_t frame[] = {
	    0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0};
	struct buf many, out;

	(void)state;
	buf_init(&many, 8 << 20);
	buf_init(&out, 1);
	for (int i = 0; i < 100000; i++)
		expect_ok(buf_append(&many, span_of(member, sizeof(member))));
	assert_int_equal(unpack_all(COMPRESSION_GZIP, buf_span(&many),
			     UNPACK_BLOCK, ROOM, &out),
	    ERR_CLOSED);
	buf_reset(&many);
	for (int i = 0; i < 100000; i++)
		expect_ok(buf_append(&many, span_of(frame, sizeof(frame))));
	assert_int_equal(unpack_all(COMPRESSION_ZSTD, buf_span(&many),
			     UNPACK_BLOCK, ROOM, &out),
	    ERR_CLOSED);
	buf_done(&many);
	buf_done(&out);
}

static void
unpack_budget__never_overflows(void **state)
{
	(void)state;
	assert_int_equal(unpack_budget(COMPRESSION_NONE, 7), 7);
	assert_int_equal(unpack_budget(COMPRESSION_GZIP, 0), UNPACK_FREE);
	assert_int_equal(unpack_budget(COMPRESSION_ZSTD, 1000),
	    UNPACK_FREE + 1000 * UNPACK_RATIO);
	assert_true(unpack_budget(COMPRESSION_ZSTD, UINT64_MAX) == UNPACK_MAX);
	for (uint64_t len = 1; len < UINT64_MAX / 3; len *= 3)
		assert_true(unpack_budget(COMPRESSION_GZIP, len) <=
		    unpack_budget(COMPRESSION_GZIP, len * 3));
}

static void
unpack_new__survives_a_lack_of_memory(void **state)
{
	(void)state;
	for (unsigned c = COMPRESSION_NONE + 1; c < NUM_COMPRESSIONS; c++) {
		size_t n;

		for (n = 0;; n++) {
			struct unpack *unpack = NULL;
			struct err err;

			failalloc_arm(n);
			err = unpack_new(&unpack, (enum compression)c);
			bool failed = failalloc_disarm();
			unpack_free(unpack);
			if (!failed)
				break;
			expect_err(NO_MEMORY, err);
		}
		assert_true(!failalloc_works() || n > 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    /* First: what the others take stays in the measure. */
	    cmocka_unit_test(unpack_take__refuses_bombs_at_once),
	    cmocka_unit_test(unpack_take__reads_what_is_whole_however_it_comes),
	    cmocka_unit_test(unpack_take__refuses_every_cut),
	    cmocka_unit_test(unpack_take__survives_many_empty_members),
	    cmocka_unit_test(unpack_budget__never_overflows),
	    cmocka_unit_test(unpack_new__survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
