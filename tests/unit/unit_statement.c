#include "tests/harness/expect.h"

#include "crypto/encode.h"
#include "crypto/init.h"
#include "policy/statement.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/sweep.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static struct source_file
file(const char *name, const char *bytes)
{
	return (struct source_file){
	    .name = span_str(name), .bytes = span_str(bytes)};
}

/* What the command in statement.h prints for these two. */
static void
statement_digest__is_that_of_sha256sum(void **state)
{
	static const char expected[] = "ff2c26039e49b1925fc1dafab74eb428"
				       "243d9c57c50694c2c9b9ade35fba6265";
	const struct source_file files[] = {file("policy.yaml", "a: 1\n"),
	    file("codes/icd.csv", "code,group\nA,B\n")};
	const struct source_file turned[] = {files[1], files[0]};
	uint8_t digest[32], again[32];
	struct buf hex CLEANUP(buf_done) = {.max = 64};

	(void)state;
	expect_ok(statement_digest(digest, files, 2));
	expect_ok(statement_digest(again, turned, 2));
	assert_memory_equal(digest, again, sizeof(digest));
	expect_ok(encode_hex(&hex, span_of(digest, sizeof(digest))));
	assert_true(span_equal_str(buf_span(&hex), expected));
}

/* Names, contents, and where one ends and the other begins. */
static void
statement_digest__covers_names_and_contents(void **state)
{
	const struct source_file rows[][2] = {
	    {file("a", "x"), file("b", "y")},
	    {file("a", "y"), file("b", "x")},
	    {file("a", "x"), file("c", "y")},
	    {file("a", "xy"), file("b", "")},
	    {file("ab", "x"), file("b", "y")},
	};
	enum {
		NUM = sizeof(rows) / sizeof(rows[0])
	};
	uint8_t digests[NUM][32];

	(void)state;
	for (size_t i = 0; i < NUM; i++) {
		expect_ok(statement_digest(digests[i], rows[i], 2));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(digests[i], digests[j], 32);
	}
}

static void
statement_digest__refuses_names_that_can_be_read_twice(void **state)
{
	static const char *const names[] = {
	    "", "a b", "a\nb", "a\\b", "-a", ".a", "a'b", "a\"b", "a\x7fz"};
	struct source_file many[STATEMENT_MAX_FILES + 1];
	uint8_t digest[32];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct source_file one = file(names[i], "x");
		expect_err(MALFORMED, statement_digest(digest, &one, 1));
	}
	many[0] = many[1] = file("a", "x");
	expect_err(MALFORMED, statement_digest(digest, many, 2));
	expect_err(TOO_BIG, statement_digest(digest, many, 0));
	expect_err(
	    TOO_BIG, statement_digest(digest, many, STATEMENT_MAX_FILES + 1));
}

static void
statement_put__is_these_lines(void **state)
{
	struct statement s = {.policy = span_str("st-anna"), .version = 12};
	struct buf out CLEANUP(buf_done) = {.max = STATEMENT_MAX};

	(void)state;
	memset(s.before, 0x0a, sizeof(s.before));
	memset(s.after, 0xb0, sizeof(s.after));
	expect_ok(statement_put(&out, &s));
	assert_true(span_equal_str(buf_span(&out),
	    "gatehouse policy change\npolicy: st-anna\nversion: 12\n"
	    "before: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
	    "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\n"
	    "after: b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"
	    "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0\n"));
	s.policy = span_str("a\nversion: 9");
	expect_err(MALFORMED, statement_put(&out, &s));
}

static struct err
put_once(void *context, struct buf *out, struct arena *arena)
{
	(void)arena;
	return statement_put(out, context);
}

static void
statement_put__ends_at_any_ceiling(void **state)
{
	struct statement s = {.policy = span_str("st-anna"), .version = 12};

	(void)state;
	assert_true(sweep_allocations(put_once, &s) > 0 || !failalloc_works());
	assert_int_equal(sweep_ceilings(put_once, &s), 197);
}

/* Files whose names are of that length, as many as there may be. */
static struct err
digest_once(void *context, struct buf *out, struct arena *arena)
{
	static char names[STATEMENT_MAX_FILES][64];
	struct source_file files[STATEMENT_MAX_FILES];
	const int *len = context;
	uint8_t digest[32];

	(void)arena;
	for (int i = 0; i < STATEMENT_MAX_FILES; i++) {
		(void)snprintf(
		    names[i], sizeof(names[i]), "%0*d", *len + i % 7, i);
		files[i] = file(names[i], "x");
	}
	TRY(statement_digest(digest, files, STATEMENT_MAX_FILES));
	return buf_append(out, span_of(digest, sizeof(digest)));
}

/* No digest of half of the files, whichever line memory ends in. */
static void
statement_digest__says_when_there_is_no_memory(void **state)
{
	(void)state;
	for (int len = 3; len < 40; len++)
		assert_true(sweep_allocations(digest_once, &len) > 1 ||
		    !failalloc_works());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statement_digest__is_that_of_sha256sum),
	    cmocka_unit_test(statement_digest__covers_names_and_contents),
	    cmocka_unit_test(
		statement_digest__refuses_names_that_can_be_read_twice),
	    cmocka_unit_test(statement_put__is_these_lines),
	    cmocka_unit_test(statement_put__ends_at_any_ceiling),
	    cmocka_unit_test(statement_digest__says_when_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
