#include "tests/harness/expect.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/age_stream.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/record/bind.h"
#include "gateway/flow/flow.h"
#include "gateway/transform/trial_codes.h"

static struct span yes = {(const uint8_t *)"yes", 3};
static struct plan_column columns[] = {
    {.kind = KIND_RECORD_NUMBER, .how = {.op = PROTECT_PSEUDONYM}},
    {.kind = KIND_DATE, .how = {.op = PROTECT_YEAR}},
    {.kind = KIND_TEXT, .how = {.op = PROTECT_KEEP}},
};
static struct plan_condition condition = {
    .test = PLAN_CONSENT, .values = &yes, .num_values = 1};
static struct span declared[4], required[2];
static const uint8_t keys[3][32] = {{7}};
static const struct flow_keys flow_keys = {keys, 3};

static struct plan
plan_of_test(void)
{
	columns[0].name = declared[0] = required[0] = span_str("mrn");
	columns[1].name = declared[1] = span_str("born");
	columns[2].name = declared[2] = span_str("note");
	condition.name = declared[3] = required[1] = span_str("research");
	columns[1].unfit = UNFIT_WITHHOLD_ROW;
	return (struct plan){.version = PLAN_VERSION,
	    .format = {.kind = FILE_CSV, .delimiter = ','},
	    .as_of = 2026,
	    .key_epoch = 1,
	    .declared = declared,
	    .num_declared = 4,
	    .required = required,
	    .num_required = 2,
	    .columns = columns,
	    .num_columns = 3,
	    .conditions = &condition,
	    .num_conditions = 1};
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

/* Run a source; what was written is in `out`. */
static struct err
run_with(const struct plan *plan, const struct flow_keys *with,
    struct span source, struct flow_options options, struct buf *out,
    struct flow_stats *stats)
{
	struct flow *flow;
	struct err err = OK;
	bool done = false;
	ssize_t num;

	options.in_fd = file_of(source);
	options.sink.fd = file_of(span_of(NULL, 0));
	expect_ok(flow_new(&flow, plan, with, &options));
	while (!done && err.code == ERR_OK)
		err = flow_step(flow, &done);
	if (err.code != ERR_OK)
		assert_int_equal(flow_step(flow, &done).code, err.code);
	flow_counted(flow, stats);
	flow_free(flow);
	buf_reset(out);
	expect_ok(buf_reserve(out, (size_t)stats->sink.written_len + 1));
	num = pread(options.sink.fd, out->data, out->cap, 0);
	assert_int_equal(num, stats->sink.written_len);
	out->len = (size_t)num;
	close(options.in_fd);
	close(options.sink.fd);
	return err;
}

static struct err
run(const struct plan *plan, struct span source, struct flow_options options,
    struct buf *out, struct flow_stats *stats)
{
	return run_with(plan, &flow_keys, source, options, out, stats);
}

static void
make_source(struct buf *out, int num)
{
	buf_init(out, 4 << 20);
	expect_ok(buf_append_str(out, "note,extra,research,born,mrn\r\n"));
	for (int i = 0; i < num; i++)
		expect_ok(buf_append_format(out,
		    "\"n \"\"%d\"\", x\",secret,%s,%s%d-01-02,M%d\n", i,
		    i % 3 == 0 ? "no" : "Yes", i % 7 == 0 ? "x" : "",
		    1950 + i % 60, i % 100));
}

static void
flow_step__gives_the_same_for_every_chunking(void **state)
{
	static const size_t blocks[] = {1, 2, 3, 7, 64, 1000, 4096, 1 << 20};
	const struct plan plan = plan_of_test();
	struct flow_options options = {0};
	struct flow_stats first, stats;
	struct buf source, want, got;
	uint8_t digest[32];

	(void)state;
	make_source(&source, 1300);
	buf_init(&want, 4 << 20);
	buf_init(&got, 4 << 20);
	expect_ok(run(&plan, buf_span(&source), options, &want, &first));
	assert_int_equal(first.rows_read, 1300);
	assert_int_equal(first.in_len, source.len);
	assert_int_equal(first.num_dropped, 1);
	assert_int_equal(first.counts.rows[VERDICT_CONSENT], 434);
	assert_int_equal(first.counts.rows[VERDICT_UNFIT], 124);
	assert_int_equal(first.counts.unfit[FIT_NOT_A_DATE], 124);
	assert_int_equal(first.counts.rows[VERDICT_RELEASED], 742);
	assert_null(memmem(want.data, want.len, "secret", 6));
	assert_null(memmem(want.data, want.len, ",M", 2));
	assert_memory_equal(want.data, "mrn,born,note\np1_", 17);
	expect_ok(hash_sha256(digest, buf_span(&want)));
	assert_memory_equal(first.plain_sha256, digest, 32);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		options.block_len = blocks[i];
		expect_ok(run(&plan, buf_span(&source), options, &got, &stats));
		assert_true(span_equal(buf_span(&got), buf_span(&want)));
		assert_memory_equal(
		    &stats.counts, &first.counts, sizeof(stats.counts));
		assert_memory_equal(stats.plain_sha256, digest, 32);
	}
	buf_done(&source);
	buf_done(&want);
	buf_done(&got);
}

/* A codebook that loses what it has not settled: how much of the output was
 * there when it was asked to. */
static struct {
	int out;
	uint64_t len[64];
	size_t num, fails_at;
} settled;

static struct err
settle(void *context)
{
	(void)context;
	if (settled.num == settled.fails_at)
		return ERR(UNAVAILABLE, "it went away");
	assert_true(settled.num < 64);
	settled.len[settled.num++] = (uint64_t)lseek(settled.out, 0, SEEK_END);
	return OK;
}

/* Each chunk waits for the codebook; one that goes away keeps it back. */
static void
flow_step__writes_nothing_before_its_codes_are_settled(void **state)
{
	const struct plan plan = plan_of_test();
	struct codes codes = *trial_codes();
	struct flow_options options = {.codes = &codes,
	    .subject_key = trial_codes_subject_key(),
	    .block_len = 5000};
	struct flow_stats stats;
	struct buf source;
	bool done = false;
	struct flow *flow;

	(void)state;
	codes.settle = settle;
	make_source(&source, 9000);
	columns[0].how.op = PROTECT_TOKEN;
	expect_err(UNAVAILABLE,
	    flow_new(&flow, &plan, &flow_keys, &(struct flow_options){0}));
	for (size_t fails_at = 0; !done; fails_at++) {
		struct err err = OK;

		settled.num = 0;
		settled.fails_at = fails_at;
		options.in_fd = file_of(buf_span(&source));
		options.sink.fd = settled.out = file_of(span_of(NULL, 0));
		expect_ok(flow_new(&flow, &plan, &flow_keys, &options));
		while (!done && err.code == ERR_OK)
			err = flow_step(flow, &done);
		flow_counted(flow, &stats);
		assert_int_equal(
		    stats.sink.written_len, (uint64_t)lseek(settled.out, 0, 2));
		for (size_t i = 0; i < settled.num; i++)
			assert_int_equal(settled.len[i], i * AGE_CHUNK);
		if (!done) {
			assert_int_equal(err.code, ERR_UNAVAILABLE);
			assert_int_equal(
			    stats.sink.written_len, fails_at * AGE_CHUNK);
		}
		flow_free(flow);
		close(options.in_fd);
		close(options.sink.fd);
	}
	assert_true(settled.num >= 3);
	columns[0].how.op = PROTECT_PSEUDONYM;
	buf_done(&source);
}

static struct plan_column coded[] = {
    {.kind = KIND_RECORD_NUMBER, .how = {.op = PROTECT_PSEUDONYM}},
    {.kind = KIND_TEXT, .how = {.op = PROTECT_SEALED}},
    {.kind = KIND_NONE, .how = {.op = PROTECT_FORMAT}, .unfit = UNFIT_DROP},
    {.kind = KIND_DATE, .how = {.op = PROTECT_SHIFT}, .unfit = UNFIT_DROP},
    {.kind = KIND_RECORD_NUMBER, .how = {.op = PROTECT_TOKEN}},
};

enum {
	NUM_CODED = sizeof(coded) / sizeof(coded[0])
};

/* Every form of code, by blocks of few bytes and by whole batches. */
static void
flow_step__gives_the_same_codes_for_every_chunking(void **state)
{
	static const uint8_t coded_keys[NUM_CODED][32] = {
	    {7}, {8}, {9}, {6}, {5}};
	static const struct flow_keys with = {coded_keys, NUM_CODED};
	static const size_t blocks[] = {1, 3, 64, 1000, 1 << 20};
	struct plan plan = plan_of_test();
	struct plan_condition conditions[] = {condition,
	    {.test = PLAN_SUBJECT,
		.name = columns[0].name,
		.kind = KIND_RECORD_NUMBER}};
	struct flow_options options = {
	    .codes = trial_codes(), .subject_key = trial_codes_subject_key()};
	struct flow_stats first, stats;
	struct buf source, want, got;

	(void)state;
	coded[0].name = coded[4].name = columns[0].name;
	coded[1].name = columns[2].name;
	coded[2].name = coded[3].name = columns[1].name;
	plan.columns = coded;
	plan.num_columns = NUM_CODED;
	plan.conditions = conditions;
	plan.num_conditions = 2;
	make_source(&source, 1300);
	buf_init(&want, 4 << 20);
	buf_init(&got, 4 << 20);
	expect_ok(
	    run_with(&plan, &with, buf_span(&source), options, &want, &first));
	assert_int_equal(first.counts.rows[VERDICT_RELEASED], 866);
	assert_memory_equal(want.data, "mrn,note,born,born,mrn\np1_", 26);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		options.block_len = blocks[i];
		expect_ok(run_with(
		    &plan, &with, buf_span(&source), options, &got, &stats));
		assert_true(span_equal(buf_span(&got), buf_span(&want)));
	}
	buf_done(&source);
	buf_done(&want);
	buf_done(&got);
}

/* The payload opens chunk by chunk, and holds the plaintext. */
static void
expect_payload(
    struct span payload, struct span plain, const struct sink_options *sink)
{
	static uint8_t chunk[AGE_CHUNK];
	struct age_stream *stream;
	struct span part;

	expect_ok(age_stream_new(&stream, sink->file_key, sink->nonce));
	assert_int_equal(payload.len, age_payload_len(plain.len));
	expect_ok(span_take(&payload, &part, AGE_NONCE));
	assert_memory_equal(part.data, sink->nonce, AGE_NONCE);
	for (uint64_t i = 0; payload.len > 0; i++) {
		part = span_sub(payload, 0, AGE_CHUNK + AGE_TAG);
		payload = span_sub(payload, part.len, payload.len);
		expect_ok(
		    age_stream_open(stream, i, payload.len == 0, part, chunk));
		assert_true(span_starts_with(
		    plain, span_of(chunk, part.len - AGE_TAG)));
		plain = span_sub(plain, part.len - AGE_TAG, plain.len);
	}
	assert_int_equal(plain.len, 0);
	age_stream_free(stream);
}

static void
flow_step__encrypts_as_age_does(void **state)
{
	static const int nums[] = {0, 1, 3000, 9000};
	const struct plan plan = plan_of_test();
	struct buf source, plain, sealed;

	(void)state;
	buf_init(&plain, 4 << 20);
	buf_init(&sealed, 4 << 20);
	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		struct flow_options options = {0};
		struct flow_stats stats;

		make_source(&source, nums[i]);
		expect_ok(
		    run(&plan, buf_span(&source), options, &plain, &stats));
		options.sink.encrypt = true;
		options.sink.file_key[3] = 9;
		options.sink.nonce[2] = 5;
		options.sink.header = span_str("header\n");
		expect_ok(
		    run(&plan, buf_span(&source), options, &sealed, &stats));
		assert_memory_equal(sealed.data, "header\n", 7);
		assert_int_equal(stats.sink.plain_len, plain.len);
		assert_int_equal(stats.sink.payload_len, sealed.len - 7);
		expect_payload(span_sub(buf_span(&sealed), 7, sealed.len),
		    buf_span(&plain), &options.sink);
		buf_done(&source);
	}
	buf_done(&plain);
	buf_done(&sealed);
}

/* Exactly one chunk, and the bytes next to it: where the last one ends. */
static void
sink_finish__seals_full_chunks_once(void **state)
{
	static uint8_t plain[2 * AGE_CHUNK + 1];

	(void)state;
	for (size_t len = 0; len <= sizeof(plain); len++) {
		struct sink_options options = {.encrypt = true};
		struct sink *sink;
		uint8_t digest[32];
		struct buf out;

		if (len % AGE_CHUNK > 1 && len % AGE_CHUNK < AGE_CHUNK - 1)
			len += AGE_CHUNK - 1 - len % AGE_CHUNK;
		options.fd = file_of(span_of(NULL, 0));
		expect_ok(sink_new(&sink, &options, COMPRESSION_NONE));
		expect_ok(sink_put(sink, span_of(plain, len / 2)));
		expect_ok(
		    sink_put(sink, span_of(plain + len / 2, len - len / 2)));
		expect_ok(sink_finish(sink, digest));
		expect_err(CLOSED, sink_put(sink, span_str("x")));
		buf_init(&out, 4 << 20);
		expect_ok(buf_reserve(&out, 3 * AGE_CHUNK));
		out.len = (size_t)pread(options.fd, out.data, out.cap, 0);
		expect_payload(buf_span(&out), span_of(plain, len), &options);
		close(options.fd);
		buf_done(&out);
		sink_free(sink);
	}
}

static void
sink_put__says_that_there_is_no_room(void **state)
{
	static uint8_t plain[4 * AGE_CHUNK];
	struct sink_options options = {.fd = file_of(span_of(NULL, 0))};
	struct rlimit before, limit;
	struct sink *sink;
	struct err err;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){2 * AGE_CHUNK, before.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	expect_ok(sink_new(&sink, &options, COMPRESSION_NONE));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	err = sink_put(sink, span_of(plain, sizeof(plain)));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	expect_err(NO_SPACE, err);
	assert_int_equal(sink_counted(sink).written_len, 2 * AGE_CHUNK);
	sink_free(sink);
	close(options.fd);
}

static void
flow_step__writes_nothing_after_an_error(void **state)
{
	struct plan plan = plan_of_test();
	struct flow_options options = {.block_len = 16};
	struct flow_stats stats;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	expect_err(MALFORMED,
	    run(&plan,
		span_str("mrn,born,note,research\n1,2001-01-01,a,no\n"
			 "2,2001-01-01,\"b\"c,yes\n3,2001-01-01,d,yes\n"),
		options, &out, &stats));
	assert_int_equal(stats.record, 3);
	assert_int_equal(out.len, 0);
	columns[1].unfit = UNFIT_REFUSE;
	expect_err(MALFORMED,
	    run(&plan, span_str("mrn,born,note,research\n1,x,a,yes\n"), options,
		&out, &stats));
	assert_int_equal(out.len, 0);
	/* A row that is withheld anyway refuses nothing. */
	expect_ok(run(&plan, span_str("mrn,born,note,research\n1,x,a,no\n"),
	    options, &out, &stats));
	expect_span(buf_span(&out), "mrn,born,note\n");
	buf_done(&out);
}

/* One object in JSON Lines, its values as their forms make them. */
static void
flow_step__writes_numbers_as_numbers(void **state)
{
	static struct span paths[] = {{0}, {0}, {0}, {0}, {0}, {0}, {0}};
	static const char *const names[] = {
	    "id", "v.keep", "v.band", "v.age", "v.mask", "v.blank", "list[].n"};
	struct plan_column forms[] = {
	    {.kind = KIND_RECORD_NUMBER, .how = {.op = PROTECT_PSEUDONYM}},
	    {.kind = KIND_NUMBER, .how = {.op = PROTECT_KEEP}},
	    {.kind = KIND_NUMBER, .how = {.op = PROTECT_BAND, .step = {5, 1}}},
	    {.kind = KIND_AGE, .how = {.op = PROTECT_AGE_90}},
	    {.kind = KIND_CODE, .how = {.op = PROTECT_MASK, .last = 1}},
	    {.kind = KIND_CODE, .how = {.op = PROTECT_BLANK}},
	    {.kind = KIND_NUMBER,
		.how = {.op = PROTECT_ROUND, .step = {1, 0}},
		.unfit = UNFIT_DROP},
	};
	static const uint8_t form_keys[7][32] = {{7}};
	const struct flow_keys form_flow_keys = {form_keys, 7};
	struct span missing = span_str("NA");
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .key_epoch = 1,
	    .format = {.kind = FILE_JSONL},
	    .missing = &missing,
	    .num_missing = 1,
	    .declared = paths,
	    .num_declared = 7,
	    .columns = forms,
	    .num_columns = 7};
	struct flow_options options = {.block_len = 7};
	struct flow_stats stats;
	struct buf out;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		paths[i] = forms[i].name = span_str(names[i]);
	buf_init(&out, 1 << 20);
	expect_ok(run_with(&plan, &form_flow_keys,
	    span_str("{\"v\":{\"keep\":1e2,\"band\":-0.7,\"age\":44.5,"
		     "\"mask\":1234,\"blank\":7,\"x\":0},"
		     "\"list\":[{\"n\":1.5},{\"n\":\"2.5\"},{\"n\":true},"
		     "{\"n\":[9]},{\"n\":null},{}],\"x\":[]}\n"
		     "{\"v\":{\"keep\":\"1e2\",\"band\":\"3\",\"age\":91,"
		     "\"mask\":true,\"blank\":\"\"}}\n"
		     "{\"v\":{\"keep\":\"NA\",\"band\":\"\",\"age\":null,"
		     "\"mask\":\"\"},\"id\":null}"),
	    options, &out, &stats));
	expect_span(buf_span(&out),
	    "{\"v\":{\"keep\":1e2,\"band\":-1.0,\"age\":44,"
	    "\"mask\":\"****\",\"blank\":null},"
	    "\"list\":[{\"n\":2},{\"n\":\"3\"},{\"n\":null},"
	    "{\"n\":null},{\"n\":null},{}]}\n"
	    "{\"v\":{\"keep\":\"1e2\",\"band\":\"3.0\",\"age\":\"90+\","
	    "\"mask\":\"****\",\"blank\":null}}\n"
	    "{\"v\":{\"keep\":null,\"band\":\"\",\"age\":null,"
	    "\"mask\":\"\"},\"id\":null}\n");
	assert_int_equal(stats.rows_read, 3);
	assert_int_equal(stats.counts.unfit[FIT_NESTED], 1);
	assert_int_equal(stats.num_dropped, 2);
	/* A misfit in a row, by the column's own word. */
	forms[6].unfit = UNFIT_WITHHOLD_ROW;
	expect_ok(run_with(&plan, &form_flow_keys,
	    span_str("{\"list\":[{\"n\":1},{\"n\":{}}]}\n{\"list\":[7]}\n"
		     "{\"list\":{\"n\":1}}\n{\"list\":[]}\n"),
	    options, &out, &stats));
	expect_span(buf_span(&out), "{\"list\":[]}\n");
	assert_int_equal(stats.counts.rows[VERDICT_UNFIT], 3);
	forms[6].unfit = UNFIT_REFUSE;
	expect_err(MALFORMED,
	    run_with(&plan, &form_flow_keys,
		span_str("{}\n{\"list\":[{\"n\":{}}]}\n"), options, &out,
		&stats));
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

/* A dialect comes out as it went in. */
static void
flow_step__keeps_the_dialect(void **state)
{
	struct plan plan = plan_of_test();
	struct span header[] = {span_str("research"), span_str("note"),
	    span_str("x"), span_str("born"), span_str("mrn")};
	struct flow_options options = {.block_len = 5};
	struct flow_stats stats;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	plan.format = (struct file_format){.kind = FILE_CSV,
	    .delimiter = '\t',
	    .unquoted = true,
	    .header = header,
	    .num_header = 5};
	expect_ok(run(&plan,
	    span_str("yes\t\"a,b\"\tx\t2001-02-03\t\nyes\t;\tx\t\t\r\n"),
	    options, &out, &stats));
	expect_span(buf_span(&out), "\t2001\t\"a,b\"\n\t\t;\n");
	expect_err(MALFORMED,
	    run(&plan, span_str("yes\ta\tx\t2001-02-03\n"), options, &out,
		&stats));
	assert_int_equal(stats.record, 1);
	plan.format = (struct file_format){.kind = FILE_CSV, .delimiter = ';'};
	expect_ok(run(&plan,
	    span_str("mrn;note;research;born\n;\"a;b\";yes;2001-02-03\n"),
	    options, &out, &stats));
	expect_span(buf_span(&out), "mrn;born;note\n;2001;\"a;b\"\n");
	buf_done(&out);
}

static struct err
bind_of(const struct plan *plan, const char *header)
{
	struct span names[16], left = span_str(header);
	struct arena arena;
	struct bind bind;
	uint32_t num = 0;
	struct err err;

	while (span_take_until(&left, &names[num], ','))
		num++;
	arena_init(&arena, 1 << 20);
	err = bind_header(&bind, &arena, plan, names, num);
	arena_done(&arena);
	return err;
}

static void
bind_header__refuses_what_is_not_plain(void **state)
{
	struct plan plan = plan_of_test();

	(void)state;
	expect_ok(bind_of(&plan, "mrn,born,note,research"));
	expect_ok(bind_of(&plan, "x,research,,note,mrn,Notes,born"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,research"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note,research,mrn"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note,research,x,x"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note,research,MRN"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note,research,m_r-n "));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note,research,not\te"));
	expect_err(
	    MALFORMED, bind_of(&plan, "mrn,born,note,research,n\xd0\xbete"));
	plan.empty_missing_column = true;
	expect_ok(bind_of(&plan, "mrn,born,research"));
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note"));
	expect_err(MALFORMED, bind_of(&plan, "born,note,research"));
	plan.refuse_new_column = true;
	expect_err(MALFORMED, bind_of(&plan, "mrn,born,note,research,x"));
	expect_ok(bind_of(&plan, "mrn,born,note,research"));
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
	    cmocka_unit_test(flow_step__gives_the_same_for_every_chunking),
	    cmocka_unit_test(
		flow_step__writes_nothing_before_its_codes_are_settled),
	    cmocka_unit_test(
		flow_step__gives_the_same_codes_for_every_chunking),
	    cmocka_unit_test(flow_step__encrypts_as_age_does),
	    cmocka_unit_test(sink_finish__seals_full_chunks_once),
	    cmocka_unit_test(sink_put__says_that_there_is_no_room),
	    cmocka_unit_test(flow_step__writes_nothing_after_an_error),
	    cmocka_unit_test(flow_step__writes_numbers_as_numbers),
	    cmocka_unit_test(flow_step__keeps_the_dialect),
	    cmocka_unit_test(bind_header__refuses_what_is_not_plain),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
