/*
 * A whole file on its way, with each allocation failing in turn: unpacked, read
 * as CSV or JSON Lines, bound, transformed, written, packed, encrypted. It ends
 * with NO_MEMORY and gives all back; what was written before is how the
 * right file begins.
 */
#include "tests/harness/expect.h"

#include <sys/mman.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/flow/flow.h"
#include "gateway/pipe/pack.h"
#include "gateway/pipe/pack_name.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/sweep.h"

enum {
	MAX = 1 << 20,
	BLOCK = 512,
};

static struct span yes = {(const uint8_t *)"yes", 3};
static struct group_row rows[] = {
    {{(const uint8_t *)"a", 1}, {(const uint8_t *)"first", 5}},
    {{(const uint8_t *)"b", 1}, {(const uint8_t *)"second", 6}}};
static struct group_table group_table = {.rows = rows, .num_rows = 2};
static struct span listed[] = {
    {(const uint8_t *)"b", 1}, {(const uint8_t *)"a", 1}};
static struct plan_column columns[] = {
    {.kind = KIND_RECORD_NUMBER, .how = {.op = PROTECT_PSEUDONYM}},
    {.kind = KIND_DATE,
	.how = {.op = PROTECT_YEAR},
	.unfit = UNFIT_WITHHOLD_ROW},
    {.kind = KIND_CODE, .how = {.op = PROTECT_GROUP}, .unfit = UNFIT_DROP},
    {.kind = KIND_CODE,
	.how = {.op = PROTECT_KEEP},
	.values = listed,
	.num_values = 2,
	.unfit = UNFIT_DROP},
};
static struct plan_condition condition = {
    .test = PLAN_CONSENT, .values = &yes, .num_values = 1};
static struct span declared[5];
static const uint8_t keys[4][32] = {{7}};

/* A file, its plan, and whether what leaves is encrypted. */
struct journey {
	struct plan plan;
	struct buf source;
	bool encrypt;
};

static struct plan
plan_of_test(enum file_kind kind, enum compression compression)
{
	static const char *const names[] = {"mrn", "born", "code", "kept"};

	for (size_t i = 0; i < 4; i++)
		columns[i].name = declared[i] = span_str(names[i]);
	condition.name = declared[4] = span_str("ok");
	return (struct plan){.version = PLAN_VERSION,
	    .format = {.kind = kind, .delimiter = ','},
	    .source_compression = compression,
	    .compression = compression,
	    .compressor = pack_name(compression),
	    .as_of = 2026,
	    .key_epoch = 1,
	    .tables = &group_table,
	    .num_tables = 1,
	    .declared = declared,
	    .num_declared = 5,
	    .columns = columns,
	    .num_columns = 4,
	    .conditions = &condition,
	    .num_conditions = 1};
}

static void
put_records(struct buf *out, enum file_kind kind)
{
	if (kind == FILE_CSV)
		expect_ok(buf_append_str(out, "mrn,born,code,kept,ok\n"));
	for (int i = 0; i < 40; i++) {
		char code = (char)('a' + i % 3);

		expect_ok(buf_append_format(out,
		    kind == FILE_CSV ? "M%d,%d-03-04,%c,\"%c\",yes\n"
				     : "{\"mrn\":\"M%d\",\"born\":\"%d-03-04\","
				       "\"code\":\"%c\",\"kept\":\"\\u006%c\","
				       "\"ok\":\"yes\"}\n",
		    i, 1950 + i % 60, code,
		    kind == FILE_CSV ? code : (char)('1' + i % 3)));
	}
}

static void
pack_all(struct buf *bytes, enum compression compression)
{
	struct span in = buf_span(bytes);
	struct buf packed;
	struct pack *pack;
	size_t num;
	bool done;

	if (compression == COMPRESSION_NONE)
		return;
	buf_init(&packed, MAX);
	expect_ok(buf_reserve(&packed, MAX));
	expect_ok(pack_new(&pack, compression));
	expect_ok(pack_put(pack, &in, packed.data, MAX, &packed.len));
	expect_ok(pack_finish(
	    pack, packed.data + packed.len, MAX - packed.len, &num, &done));
	assert_true(done);
	packed.len += num;
	pack_free(pack);
	buf_done(bytes);
	*bytes = packed;
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

static struct err
run(const struct journey *journey, int in_fd, int out_fd)
{
	struct flow_options options = {.in_fd = in_fd,
	    .block_len = BLOCK,
	    .sink = {.fd = out_fd, .encrypt = journey->encrypt}};
	const struct flow_keys with = {keys, 4};
	struct flow *flow;
	struct err err = OK;
	bool done = false;

	TRY(flow_new(&flow, &journey->plan, &with, &options));
	while (!done && err.code == ERR_OK)
		err = flow_step(flow, &done);
	flow_free(flow);
	return err;
}

static struct buf right; /* of the journey that is swept */

static struct err
travel_once(void *context, struct buf *out, struct arena *arena)
{
	const struct journey *journey = context;
	uint8_t bytes[65536];

	(void)arena;
	failalloc_pause();
	int in_fd = file_of(buf_span(&journey->source));
	int out_fd = file_of(span_of(NULL, 0));
	failalloc_resume();
	struct err err = run(journey, in_fd, out_fd);
	failalloc_pause();
	/* OpenSSL does not tell why a cipher does not start. */
	if (err.code == ERR_CRYPTO && journey->encrypt)
		err = ERR(NO_MEMORY, "test: no cipher");
	ssize_t len = pread(out_fd, bytes, sizeof(bytes), 0);
	assert_true(len >= 0 && (size_t)len < sizeof(bytes));
	if (right.len == 0 && err.code == ERR_OK)
		expect_ok(buf_append(&right, span_of(bytes, (size_t)len)));
	assert_true(
	    span_starts_with(buf_span(&right), span_of(bytes, (size_t)len)));
	if (err.code == ERR_OK)
		err = buf_append(out, span_of(bytes, (size_t)len));
	close(in_fd);
	close(out_fd);
	failalloc_resume();
	return err;
}

static void
sweep(enum file_kind kind, enum compression compression, bool encrypt)
{
	struct journey journey = {
	    .plan = plan_of_test(kind, compression), .encrypt = encrypt};

	buf_init(&journey.source, MAX);
	put_records(&journey.source, kind);
	pack_all(&journey.source, compression);
	buf_init(&right, MAX);
	/* The one that all are held against; not to be counted as a leak. */
	struct buf first = {.max = MAX};
	expect_ok(travel_once(&journey, &first, NULL));
	buf_done(&first);
	size_t num = sweep_allocations(travel_once, &journey);
	assert_true(num > 10 || !failalloc_works());
	assert_true(right.len > 200);
	buf_done(&right);
	buf_done(&journey.source);
}

static void
flow_step__says_when_there_is_no_memory(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < NUM_FILE_KINDS; kind++)
		for (unsigned i = 0; i < NUM_COMPRESSIONS; i++)
			sweep((enum file_kind)kind, (enum compression)i,
			    i % 2 == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flow_step__says_when_there_is_no_memory),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
