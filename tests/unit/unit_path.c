#include "tests/harness/expect.h"

#include "policy/path.h"

static void
path_take__gives_names_and_arrays(void **state)
{
	struct span path = span_str("a.b\\.c[][].\\[\\\\[]");
	struct path_step step;
	uint8_t name[16];

	(void)state;
	expect_ok(path_take(&path, &step));
	expect_span(step.name, "a");
	assert_int_equal(step.num_arrays, 0);
	expect_ok(path_take(&path, &step));
	expect_span(step.name, "b\\.c");
	assert_int_equal(step.num_arrays, 2);
	expect_span(span_of(name, path_name(name, step.name)), "b.c");
	expect_ok(path_take(&path, &step));
	assert_int_equal(step.num_arrays, 1);
	expect_span(span_of(name, path_name(name, step.name)), "[\\");
	assert_int_equal(path.len, 0);
}

static void
path_check__refuses_what_is_no_path(void **state)
{
	static const char *const right[] = {
	    "a", "a b", "a]", "\\\\", "a[]", "a[].b", "a[][]", "\xc3\xa4.b"};
	static const char *const wrong[] = {"", ".", "a.", ".a", "a..b", "[]",
	    "a[", "a[0]", "a[]b", "a[]]", "a\\", "a\\b", "a.[]",
	    "a[][][][][][][][][]"};
	char deep[2 * PATH_MAX_STEPS + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		expect_ok(path_check(span_str(right[i])));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_err(MALFORMED, path_check(span_str(wrong[i])));
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 == 0 ? 'a' : '.';
	expect_ok(path_check(span_of(deep, 2 * PATH_MAX_STEPS - 1)));
	expect_err(
	    MALFORMED, path_check(span_of(deep, 2 * PATH_MAX_STEPS + 1)));
	assert_true(path_has_array(span_str("a.b[].c")));
	assert_false(path_has_array(span_str("a.b\\[].c")));
}

static void
path_conflict__tells_places_apart(void **state)
{
	static const struct {
		const char *a, *b;
		bool conflict;
	} cases[] = {
	    {"a", "b", false},
	    {"a.b", "a.c", false},
	    {"a.b", "a\\.b", false},
	    {"ab", "a.b", false},
	    {"a[].b", "a[].c[]", false},
	    {"a.b", "b.a", false},
	    {"a", "a.b", true},
	    {"a[]", "a[].b", true},
	    {"a[]", "a", true},
	    {"a[].b", "a.c", true},
	    {"a", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span a = span_str(cases[i].a), b = span_str(cases[i].b);

		assert_int_equal(path_conflict(a, b), cases[i].conflict);
		assert_int_equal(path_conflict(b, a), cases[i].conflict);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(path_take__gives_names_and_arrays),
	    cmocka_unit_test(path_check__refuses_what_is_no_path),
	    cmocka_unit_test(path_conflict__tells_places_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
