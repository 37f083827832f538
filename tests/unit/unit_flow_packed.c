#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/age_stream.h"
#include "crypto/init.h"
#include "crypto/memory/buf.h"
#include "gateway/base/limits.h"
#include "gateway/flow/flow.h"
#include "gateway/flow/source.h"
#include "gateway/pipe/pack.h"
#include "gateway/pipe/pack_name.h"
#include "gateway/pipe/unpack.h"

/* Compressed bytes at both ends of a flow. */

enum {
	MAX = 8 << 20
};

static struct plan_column columns[] = {
    {.kind = KIND_DATE, .how = {.op = PROTECT_YEAR}},
    {.kind = KIND_TEXT, .how = {.op = PROTECT_KEEP}},
};
static struct span declared[3];

static struct plan
plan_of_test(enum compression source, enum compression object)
{
	columns[0].name = declared[0] = span_str("born");
	columns[1].name = declared[1] = span_str("note");
	declared[2] = span_str("mrn");
	return (struct plan){.version = PLAN_VERSION,
	    .format = {.kind = FILE_CSV, .delimiter = ','},
	    .as_of = 2026,
	    .key_epoch = 1,
	    .source_compression = source,
	    .compression = object,
	    .compressor = pack_name(object),
	    .declared = declared,
	    .num_declared = 3,
	    .columns = columns,
	    .num_columns = 2};
}

static int
file_of(struct span bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
read_file(int fd, struct buf *out)
{
	ssize_t num;

	buf_init(out, MAX);
	expect_ok(buf_reserve(out, MAX));
	num = pread(fd, out->data, out->cap, 0);
	assert_true(num >= 0);
	out->len = (size_t)num;
}

static struct err
run(const struct plan *plan, struct span source, size_t block_len,
    struct buf *out, struct flow_stats *stats)
{
	struct flow_options options = {.block_len = block_len};
	const struct flow_keys keys = {0};
	struct flow *flow;
	struct err err = OK;
	bool done = false;

	options.in_fd = file_of(source);
	options.sink.fd = file_of(span_of(NULL, 0));
	expect_ok(flow_new(&flow, plan, &keys, &options));
	while (!done && err.code == ERR_OK)
		err = flow_step(flow, &done);
	flow_counted(flow, stats);
	flow_free(flow);
	read_file(options.sink.fd, out);
	close(options.in_fd);
	close(options.sink.fd);
	return err;
}

static void
pack_all(enum compression compression, struct span plain, struct buf *out)
{
	struct pack *pack;
	size_t num;
	bool done;

	buf_init(out, MAX);
	if (compression == COMPRESSION_NONE) {
		expect_ok(buf_append(out, plain));
		return;
	}
	expect_ok(buf_reserve(out, MAX));
	expect_ok(pack_new(&pack, compression));
	expect_ok(pack_put(pack, &plain, out->data, MAX, &num));
	out->len = num;
	expect_ok(
	    pack_finish(pack, out->data + num, MAX - out->len, &num, &done));
	assert_true(done);
	out->len += num;
	pack_free(pack);
}

static void
unpack_all(enum compression compression, struct span packed, struct buf *out)
{
	struct unpack *unpack;
	struct err err;
	size_t num;

	buf_init(out, MAX);
	if (compression == COMPRESSION_NONE) {
		expect_ok(buf_append(out, packed));
		return;
	}
	expect_ok(buf_reserve(out, MAX));
	expect_ok(unpack_new(&unpack, compression));
	unpack_give(unpack, packed);
	while ((err = unpack_take(
		    unpack, out->data + out->len, MAX - out->len, &num))
		   .code == ERR_OK)
		out->len += num;
	expect_err(AGAIN, err);
	unpack_finish(unpack);
	expect_err(CLOSED, unpack_take(unpack, out->data, MAX, &num));
	unpack_free(unpack);
}

static void
make_table(struct buf *out, int num)
{
	buf_init(out, MAX);
	expect_ok(buf_append_str(out, "note,mrn,born\n"));
	for (int i = 0; i < num; i++)
		expect_ok(buf_append_format(out, "n%d,M%d,%d-01-02\n",
		    i * 7919 % 9973, i, 1950 + i % 60));
}

/* From every compression to every other one: the same table. */
static void
flow_step__goes_between_all_compressions(void **state)
{
	struct buf table, want, packed, got, plain;
	struct plan plan = plan_of_test(COMPRESSION_NONE, COMPRESSION_NONE);
	struct flow_stats stats;

	(void)state;
	make_table(&table, 30000);
	expect_ok(run(&plan, buf_span(&table), 0, &want, &stats));
	for (unsigned i = 0; i < NUM_COMPRESSIONS * NUM_COMPRESSIONS; i++) {
		enum compression from = (enum compression)(i / 3);
		enum compression to = (enum compression)(i % 3);

		plan = plan_of_test(from, to);
		pack_all(from, buf_span(&table), &packed);
		expect_ok(run(&plan, buf_span(&packed), 0, &got, &stats));
		assert_int_equal(stats.in_len, packed.len);
		assert_int_equal(stats.rows_read, 30000);
		assert_int_equal(stats.sink.plain_len, got.len);
		unpack_all(to, buf_span(&got), &plain);
		assert_true(span_equal(buf_span(&plain), buf_span(&want)));
		buf_done(&packed);
		buf_done(&got);
		buf_done(&plain);
	}
	buf_done(&want);
	buf_done(&table);
}

static void
flow_step__gives_the_same_for_every_chunking(void **state)
{
	static const size_t blocks[] = {1, 7, 1000, 65536, 1 << 20};
	const struct plan plan =
	    plan_of_test(COMPRESSION_ZSTD, COMPRESSION_GZIP);
	struct buf table, packed, want, got;
	struct flow_stats first, stats;

	(void)state;
	make_table(&table, 5000);
	pack_all(COMPRESSION_ZSTD, buf_span(&table), &packed);
	expect_ok(run(&plan, buf_span(&packed), 0, &want, &first));
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		expect_ok(
		    run(&plan, buf_span(&packed), blocks[i], &got, &stats));
		assert_true(span_equal(buf_span(&got), buf_span(&want)));
		assert_memory_equal(stats.plain_sha256, first.plain_sha256, 32);
		buf_done(&got);
	}
	buf_done(&want);
	buf_done(&packed);
	buf_done(&table);
}

/* A bomb that the decoder likes: rows that differ in nothing. */
static void
flow_step__refuses_what_swells_or_is_spoilt(void **state)
{
	struct buf table, packed, got;
	struct flow_stats stats;
	struct plan plan;

	(void)state;
	buf_init(&table, MAX);
	expect_ok(buf_append_str(&table, "note,mrn,born\n"));
	for (int i = 0; i < 400000; i++)
		expect_ok(buf_append_str(&table, "n,M,1950-01-02\n"));
	for (unsigned c = COMPRESSION_GZIP; c < NUM_COMPRESSIONS; c++) {
		struct buf twice;

		plan = plan_of_test((enum compression)c, COMPRESSION_NONE);
		pack_all((enum compression)c, buf_span(&table), &packed);
		/* Honest, if dull: below what any source may become. */
		expect_ok(run(&plan, buf_span(&packed), 0, &got, &stats));
		buf_done(&got);
		buf_init(&twice, MAX);
		for (int i = 0; i < 8; i++)
			expect_ok(buf_append(&twice, buf_span(&packed)));
		expect_err(
		    TOO_BIG, run(&plan, buf_span(&twice), 0, &got, &stats));
		assert_true(stats.in_len <= 4 * packed.len + UNPACK_BLOCK);
		buf_done(&got);
		packed.data[packed.len - 3] ^= 1;
		expect_err(
		    MALFORMED, run(&plan, buf_span(&packed), 0, &got, &stats));
		buf_done(&got);
		packed.len -= 5;
		expect_err(
		    TRUNCATED, run(&plan, buf_span(&packed), 0, &got, &stats));
		buf_done(&got);
		expect_err(
		    MALFORMED, run(&plan, buf_span(&table), 0, &got, &stats));
		assert_int_equal(got.len, 0);
		buf_done(&got);
		buf_done(&twice);
		buf_done(&packed);
	}
	buf_done(&table);
}

static void
flow_new__refuses_a_plan_of_another_compressor(void **state)
{
	struct plan plan = plan_of_test(COMPRESSION_NONE, COMPRESSION_ZSTD);
	const struct flow_options options = {.in_fd = -1};
	const struct flow_keys keys = {0};
	struct flow *flow = NULL;

	(void)state;
	plan.compressor = span_str("zstd 0.9.9 level 3");
	expect_err(UNSUPPORTED, flow_new(&flow, &plan, &keys, &options));
	plan.compressor = pack_name(COMPRESSION_GZIP);
	expect_err(UNSUPPORTED, flow_new(&flow, &plan, &keys, &options));
	assert_null(flow);
	plan.compressor = pack_name(COMPRESSION_ZSTD);
	expect_ok(flow_new(&flow, &plan, &keys, &options));
	flow_free(flow);
}

/* A pipe that is read while it is written: AGAIN, and nothing is lost. */
static void
source_read__waits_for_whole_blocks(void **state)
{
	static uint8_t room[4096];
	struct source *source;
	struct buf table, packed, got;
	struct err err = OK;
	size_t num = 1, at = 0, num_again = 0;
	int ends[2];

	(void)state;
	make_table(&table, 20000);
	pack_all(COMPRESSION_GZIP, buf_span(&table), &packed);
	buf_init(&got, MAX);
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	expect_ok(source_new(&source, ends[0], COMPRESSION_GZIP));
	for (;;) {
		err = source_read(source, room, sizeof(room), &num);
		if (err.code == ERR_AGAIN) {
			struct span part = span_sub(buf_span(&packed), at, 777);

			num_again++;
			assert_int_equal(
			    write(ends[1], part.data, part.len), part.len);
			at += part.len;
			if (at == packed.len)
				close(ends[1]);
			continue;
		}
		expect_ok(err);
		if (num == 0)
			break;
		expect_ok(buf_append(&got, span_of(room, num)));
	}
	assert_true(num_again > 20);
	assert_int_equal(source_read_len(source), packed.len);
	assert_true(span_equal(buf_span(&got), buf_span(&table)));
	source_free(source);
	close(ends[0]);
	buf_done(&got);
	buf_done(&packed);
	buf_done(&table);
}

/* The payload opens, and holds a whole packed file. */
static void
expect_sealed(const struct sink_options *options, enum compression compression,
    struct span sealed, struct span file)
{
	static uint8_t chunk[AGE_CHUNK];
	struct age_stream *stream;
	struct buf packed, plain;
	struct span part;

	buf_init(&packed, MAX);
	expect_ok(age_stream_new(&stream, options->file_key, options->nonce));
	expect_ok(span_take(&sealed, &part, AGE_NONCE));
	for (uint64_t i = 0; sealed.len > 0; i++) {
		part = span_sub(sealed, 0, AGE_CHUNK + AGE_TAG);
		sealed = span_sub(sealed, part.len, sealed.len);
		/* An empty last chunk behind another would be no age file. */
		assert_true(part.len > AGE_TAG);
		expect_ok(
		    age_stream_open(stream, i, sealed.len == 0, part, chunk));
		expect_ok(
		    buf_append(&packed, span_of(chunk, part.len - AGE_TAG)));
	}
	age_stream_free(stream);
	unpack_all(compression, buf_span(&packed), &plain);
	assert_true(span_equal(buf_span(&plain), file));
	buf_done(&packed);
	buf_done(&plain);
}

/* Packed lengths around that of a chunk, each of them. */
static void
sink_finish__ends_packed_chunks_rightly(void **state)
{
	static uint8_t noise[AGE_CHUNK];
	uint64_t random = 1;
	size_t num_full = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		noise[i] = (uint8_t)(random >> 56);
	}
	for (unsigned i = 0; i < 2 * 60; i++) {
		struct span file = span_of(noise, sizeof(noise) - i / 2);
		enum compression compression =
		    i % 2 == 0 ? COMPRESSION_GZIP : COMPRESSION_ZSTD;
		struct sink_options options = {.encrypt = true};
		struct sink *sink;
		uint8_t digest[32];
		struct buf out;

		options.fd = file_of(span_of(NULL, 0));
		expect_ok(sink_new(&sink, &options, compression));
		expect_ok(sink_put(sink, file));
		expect_ok(sink_finish(sink, digest));
		num_full += sink_counted(sink).plain_len == AGE_CHUNK;
		read_file(options.fd, &out);
		assert_int_equal(
		    out.len, age_payload_len(sink_counted(sink).plain_len));
		expect_sealed(&options, compression, buf_span(&out), file);
		close(options.fd);
		buf_done(&out);
		sink_free(sink);
	}
	assert_int_equal(num_full, 2);
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
	    cmocka_unit_test(flow_step__goes_between_all_compressions),
	    cmocka_unit_test(flow_step__gives_the_same_for_every_chunking),
	    cmocka_unit_test(flow_step__refuses_what_swells_or_is_spoilt),
	    cmocka_unit_test(flow_new__refuses_a_plan_of_another_compressor),
	    cmocka_unit_test(source_read__waits_for_whole_blocks),
	    cmocka_unit_test(sink_finish__ends_packed_chunks_rightly),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
