#include "tests/harness/expect.h"

#include "gateway/keeper/object_key.h"

static struct arena arena;
static struct dataset dataset;
static struct agreement agreement;
static const struct policy policy = {.datasets = &dataset, .num_datasets = 1};

static void
set(const char *pattern, enum compression compress, enum encrypt encrypt)
{
	dataset.pattern = span_str(pattern);
	dataset.compression = model_compression_of(dataset.pattern);
	agreement.compress = compress;
	agreement.encrypt = encrypt;
}

/* There and back. */
static void
expect_pair(const char *file, const char *object)
{
	struct span got;

	expect_ok(
	    object_key_of(&got, &arena, &policy, &agreement, span_str(file)));
	assert_int_equal(got.len, strlen(object));
	assert_memory_equal(got.data, object, got.len);
	expect_ok(object_key_file(
	    &got, &arena, &policy, &agreement, span_str(object)));
	assert_int_equal(got.len, strlen(file));
	assert_memory_equal(got.data, file, got.len);
}

static void
expect_no_object(const char *object)
{
	struct span got = span_str("untouched");

	expect_err(NOT_FOUND,
	    object_key_file(
		&got, &arena, &policy, &agreement, span_str(object)));
	expect_span(got, "untouched");
}

static void
object_key_of__says_what_the_object_is(void **state)
{
	(void)state;
	set("*.csv", COMPRESSION_NONE, ENCRYPT_TLS);
	expect_pair("a.csv", "a.csv");
	set("*.csv", COMPRESSION_ZSTD, ENCRYPT_TLS);
	expect_pair("x/a.csv", "x/a.csv.zst");
	set("*.csv.gz", COMPRESSION_GZIP, ENCRYPT_TLS);
	expect_pair("a.csv.gz", "a.csv.gz");
	set("*.csv.gz", COMPRESSION_NONE, ENCRYPT_TLS);
	expect_pair("a.csv.gz", "a.csv");
	set("*.csv.gz", COMPRESSION_ZSTD, ENCRYPT_AGE);
	expect_pair("a.csv.gz", "a.csv.zst.age");
	set("*.csv", COMPRESSION_NONE, ENCRYPT_AGE);
	expect_pair("a.csv", "a.csv.age");
	set("*.gz", COMPRESSION_NONE, ENCRYPT_TLS);
	expect_pair("x/a.gz.gz", "x/a.gz");
}

/* Where the origin tells no ending, none of a name is one. */
static void
object_key_of__takes_no_ending_that_not_all_have(void **state)
{
	(void)state;
	set("part-*", COMPRESSION_GZIP, ENCRYPT_TLS);
	dataset.compression = COMPRESSION_GZIP;
	expect_pair("part-7", "part-7.gz");
	expect_pair("part-7.gz", "part-7.gz.gz");
	set("part-*", COMPRESSION_NONE, ENCRYPT_TLS);
	dataset.compression = COMPRESSION_GZIP;
	expect_pair("part-7.gz", "part-7.gz");
}

static void
object_key_file__knows_no_other_names(void **state)
{
	struct span got = span_str("untouched");

	(void)state;
	set("*.csv.gz", COMPRESSION_ZSTD, ENCRYPT_AGE);
	expect_no_object("");
	expect_no_object("a.csv");
	expect_no_object("a.csv.gz");
	expect_no_object("a.csv.zst");
	expect_no_object("a.csv.age");
	expect_no_object("a.csv.age.zst");
	expect_no_object(".zst.age");
	expect_no_object("x/.zst.age");
	set("*", COMPRESSION_NONE, ENCRYPT_AGE);
	expect_no_object(".age");
	set("*.gz", COMPRESSION_NONE, ENCRYPT_TLS);
	expect_err(MALFORMED,
	    object_key_of(&got, &arena, &policy, &agreement, span_str(".gz")));
	expect_err(MALFORMED,
	    object_key_of(
		&got, &arena, &policy, &agreement, span_str("x/.gz")));
	expect_span(got, "untouched");
}

static int
done(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(object_key_of__says_what_the_object_is),
	    cmocka_unit_test(object_key_of__takes_no_ending_that_not_all_have),
	    cmocka_unit_test(object_key_file__knows_no_other_names),
	};

	arena_init(&arena, 1 << 20);
	return cmocka_run_group_tests(tests, NULL, done);
}
