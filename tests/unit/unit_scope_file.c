#include "tests/harness/expect.h"

#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/base/scope_file.h"
#include "tests/harness/failalloc.h"

#define SEED_A                                                                 \
	"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define SEED_B                                                                 \
	"ff02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define HEAD "gatehouse-scopes-v1\nfirst-epoch 1\n"
#define SINCE " 2026-11-28T10:31:39Z "
#define LIVE(scope, epoch) "scope " scope " " epoch " live" SINCE SEED_A "\n"
#define GONE(scope, epoch)                                                     \
	"scope " scope " " epoch " destroyed" SINCE "2027-01-02T03:04:05Z\n"

/* With the digest that programs put behind it. */
static struct span
sealed(struct buf *out, const char *text)
{
	uint8_t digest[32];

	buf_reset(out);
	out->max = SCOPE_FILE_TEXT + 4096;
	expect_ok(hash_sha256(digest, span_str(text)));
	expect_ok(buf_append_str(out, text));
	expect_ok(buf_append_str(out, "sha256 "));
	expect_ok(encode_hex(out, span_of(digest, sizeof(digest))));
	expect_ok(buf_append_str(out, "\n"));
	return buf_span(out);
}

static struct scope
scope(const char *text)
{
	struct scope scope;

	expect_ok(scope_parse(&scope, span_str(text)));
	return scope;
}

static void
scope_file__is_text_and_back(void **state)
{
	static const char *const texts[] = {HEAD, HEAD LIVE("a:b:c", "1"),
	    HEAD GONE("a:b/c:d", "1") LIVE("a:b/c:d", "2") LIVE("b:a:a", "1")};
	struct buf text CLEANUP(buf_done) = {.max = 0}, again CLEANUP(buf_done);

	(void)state;
	buf_init(&again, SCOPE_FILE_TEXT);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scope_file file;
		size_t line;

		expect_ok(
		    scope_file_parse(&file, &line, sealed(&text, texts[i])));
		buf_reset(&again);
		expect_ok(scope_file_write(&again, &file));
		assert_true(span_equal(buf_span(&again), buf_span(&text)));
		scope_file_done(&file);
	}
}

/* Whatever is wrong has its line and its words. */
static void
scope_file_parse__says_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		enum err_code code;
		const char *why;
	} cases[] = {
	    {"", 1, ERR_MALFORMED, "no file of scopes"},
	    {"gatehouse-scopes-v2\n", 1, ERR_UNSUPPORTED, "other programs"},
	    {"gatehouse-root-v1 none\n", 1, ERR_MALFORMED, "no file of scopes"},
	    {"gatehouse-scopes-v1\n" LIVE("a:b:c", "1"), 2, ERR_MALFORMED,
		"first epoch is missing"},
	    {"gatehouse-scopes-v1\nfirst-epoch 0\n", 2, ERR_MALFORMED,
		"first epoch is 0"},
	    {"gatehouse-scopes-v1\nfirst-epoch 1001\n", 2, ERR_TOO_BIG, ""},
	    {HEAD "\n", 3, ERR_MALFORMED, "part of the line"},
	    {HEAD "epoch a:b:c 1 live\n", 3, ERR_MALFORMED, "not a line"},
	    {HEAD LIVE("a:b", "1"), 3, ERR_MALFORMED, "PURPOSE:DATASET"},
	    {HEAD LIVE("a:b:c:d", "1"), 3, ERR_MALFORMED, "PURPOSE:DATASET"},
	    {HEAD LIVE("A:b:c", "1"), 3, ERR_MALFORMED, "PURPOSE:DATASET"},
	    {HEAD LIVE("a:b:c", "01"), 3, ERR_MALFORMED, ""},
	    {HEAD "scope a:b:c 1 open" SINCE SEED_A "\n", 3, ERR_MALFORMED,
		"live or destroyed"},
	    {HEAD "scope a:b:c 1 live" SINCE "\n", 3, ERR_MALFORMED,
		"part of the line"},
	    {HEAD "scope a:b:c 1 live" SINCE "0102\n", 3, ERR_MALFORMED,
		"64 hexadecimal"},
	    {HEAD "scope a:b:c 1 destroyed" SINCE SEED_A "\n", 3, ERR_MALFORMED,
		"not a time"},
	    {HEAD "scope a:b:c 1 live 2026-11-28 " SEED_A "\n", 3,
		ERR_MALFORMED, "not a time"},
	    {HEAD "scope a:b:c 1 live 2026-11-28T24:00:00Z " SEED_A "\n", 3,
		ERR_MALFORMED, "not a time"},
	    {HEAD "scope a:b:c 1 live 2026-11-28T10.00:00Z " SEED_A "\n", 3,
		ERR_MALFORMED, "not a time"},
	    {HEAD "scope a:b:c 1 live 1969-11-28T10:00:00Z " SEED_A "\n", 3,
		ERR_MALFORMED, "before 1970"},
	    {HEAD "scope a:b:c 1 live" SINCE SEED_A " x\n", 3, ERR_MALFORMED,
		"more than"},
	    {HEAD "scope a:b:c 1 live" SINCE "000000000000000000000000000000000"
		  "0000000000000000000000000000000\n",
		3, ERR_MALFORMED, "of zeros"},
	    {HEAD LIVE("a:b:c", "1") LIVE("a:b:c", "1"), 4, ERR_MALFORMED,
		"there twice"},
	    {HEAD LIVE("a:b:c", "1") GONE("a:b:c", "1"), 4, ERR_MALFORMED,
		"there twice"},
	    {HEAD LIVE("a:b:c", "1") LIVE("a:b:c", "2") LIVE("a:b:c", "1"), 5,
		ERR_MALFORMED, "goes back"},
	    {HEAD LIVE("a:b:c", "1") LIVE("a:b:c", "3"), 4, ERR_MALFORMED,
		"is missing"},
	    {HEAD LIVE("a:b:c", "2"), 3, ERR_MALFORMED, "its first epoch"},
	    {HEAD LIVE("a:b:d", "1") LIVE("a:b:c", "1"), 4, ERR_MALFORMED,
		"in their order"},
	};
	struct buf text CLEANUP(buf_done) = {.max = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scope_file file = {.num_entries = 77};
		size_t line = 0;
		struct err err = scope_file_parse(
		    &file, &line, sealed(&text, cases[i].text));

		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(line, cases[i].line);
		assert_non_null(strstr(err.why, cases[i].why));
		assert_int_equal(file.num_entries, 77);
	}
}

/* Cut anywhere, or with any bit of it flipped, it is not taken. */
static void
scope_file_parse__finds_each_change(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = 0};
	struct scope_file file = {.num_entries = 77};
	size_t line;
	struct span whole =
	    sealed(&text, HEAD GONE("a:b:c", "1") LIVE("a:b:c", "2"));

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_int_not_equal(
		    scope_file_parse(&file, &line, span_sub(whole, 0, len))
			.code,
		    ERR_OK);
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		text.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(
		    scope_file_parse(&file, &line, whole).code, ERR_OK);
		text.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	expect_ok(buf_append_str(&text, "\n"));
	expect_err(MALFORMED, scope_file_parse(&file, &line, buf_span(&text)));
	assert_int_equal(file.num_entries, 77);
}

static void
scope_file__opens_and_destroys(void **state)
{
	struct scope_file file = {.first_epoch = 2};
	struct scope a = scope("a:b:c"), b = scope("a:b:d"), c = scope("b:a:a");

	(void)state;
	assert_null(scope_file_current(&file, &a));
	expect_ok(scope_file_open(&file, &c, span_str(SEED_A), 1));
	expect_ok(scope_file_open(&file, &a, span_str(SEED_A), 2));
	for (int64_t i = 0; i < 40; i++)
		expect_ok(scope_file_open(&file, &b, span_str(SEED_B), 3 + i));
	assert_int_equal(scope_file_current(&file, &a)->epoch, 2);
	assert_int_equal(scope_file_current(&file, &b)->epoch, 41);
	assert_int_equal(scope_file_current(&file, &b)->since_s, 42);
	assert_int_equal(scope_file_current(&file, &c)->epoch, 2);
	assert_int_equal(scope_file_find(&file, &b, 7)->since_s, 8);
	assert_null(scope_file_find(&file, &b, 1));
	assert_null(scope_file_find(&file, &b, 42));
	assert_null(scope_file_find(&file, &a, 3));
	scope_file_destroy(scope_file_current(&file, &b), 99);
	assert_int_equal(scope_file_current(&file, &b)->seed.len, 0);
	expect_ok(scope_file_open(&file, &b, span_str(SEED_A), 100));
	assert_int_equal(scope_file_current(&file, &b)->epoch, 42);

	struct buf text CLEANUP(buf_done), again CLEANUP(buf_done);
	struct scope_file parsed;
	size_t line;
	buf_init(&text, SCOPE_FILE_TEXT);
	buf_init(&again, SCOPE_FILE_TEXT);
	expect_ok(scope_file_write(&text, &file));
	expect_ok(scope_file_parse(&parsed, &line, buf_span(&text)));
	assert_int_equal(scope_file_find(&parsed, &b, 41)->destroyed_s, 99);
	expect_ok(scope_file_write(&again, &parsed));
	assert_true(span_equal(buf_span(&text), buf_span(&again)));
	scope_file_done(&parsed);
	scope_file_done(&file);
}

static void
scope_file__has_a_cap(void **state)
{
	struct scope_file file = {.first_epoch = 1};
	struct scope a = scope("a:b:c");

	(void)state;
	for (size_t i = 0; i < SCOPE_FILE_MAX; i++)
		expect_ok(scope_file_open(&file, &a, span_str(SEED_A), 1));
	expect_err(TOO_BIG, scope_file_open(&file, &a, span_str(SEED_A), 1));
	assert_int_equal(scope_file_current(&file, &a)->epoch, SCOPE_FILE_MAX);
	scope_file_done(&file);
}

static void
scope_file_parse__survives_a_failed_allocation(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = 0};
	struct span whole = sealed(&text, HEAD LIVE("a:b:c", "1"));
	bool failed = true;

	(void)state;
	for (size_t nth = 0; failed; nth++) {
		struct scope_file file = {.first_epoch = 0};
		size_t line;

		failalloc_arm(nth);
		struct err err = scope_file_parse(&file, &line, whole);
		failed = failalloc_disarm();
		assert_int_equal(err.code == ERR_OK, !failed);
		scope_file_done(&file);
		assert_true(nth < 100);
	}
}

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scope_file__is_text_and_back),
	    cmocka_unit_test(scope_file_parse__says_what_is_wrong),
	    cmocka_unit_test(scope_file_parse__finds_each_change),
	    cmocka_unit_test(scope_file__opens_and_destroys),
	    cmocka_unit_test(scope_file__has_a_cap),
	    cmocka_unit_test(scope_file_parse__survives_a_failed_allocation),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
