#include "tests/harness/expect.h"

#include "policy/node.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

enum {
	MAX_YAML = 2 << 20,
};

struct reading {
	struct arena arena;
	struct diagnostics d;
	struct node *root;
};

static void
read_yaml(struct reading *r, struct span yaml)
{
	const struct source_file file = {span_str("p.yaml"), yaml};

	*r = (struct reading){.arena = {.max = 64 << 20}};
	diagnostic_init(&r->d, &file, 1);
	expect_ok(node_read(&r->root, &r->arena, &r->d, &file, 0));
}

static void
done(struct reading *r)
{
	diagnostic_done(&r->d);
	arena_done(&r->arena);
}

/* \n, \t and \\ of a vector. */
static void
unescape(struct buf *out, struct span text)
{
	buf_reset(out);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '\\' && i + 1 < text.len) {
			c = text.data[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		expect_ok(buf_put_u8(out, c));
	}
}

static void
node_read__refuses_what_the_suite_says_must_fail(void **state)
{
	static struct reading r;
	struct vectors *v = vectors_open("tests/vectors/policy/yaml_fail.txt");
	struct buf yaml = {.max = MAX_YAML};
	size_t num = 0, num_read = 0;

	(void)state;
	while (vectors_next(v)) {
		struct span id = vectors_text(v, "Case");
		bool lenient = vectors_has(v, "Read");

		vectors_skip(v, "Title");
		if (lenient)
			vectors_skip(v, "Read");
		unescape(&yaml, vectors_text(v, "Yaml"));
		read_yaml(&r, buf_span(&yaml));
		if ((r.d.num_errors > 0) == lenient)
			fail_msg("%.*s is %s", (int)id.len,
			    (const char *)id.data,
			    lenient ? "refused" : "read");
		for (size_t i = 0; i < r.d.num_items; i++)
			assert_int_equal(
			    strncmp(r.d.items[i].code, "E00", 3), 0);
		num++;
		num_read += lenient;
		done(&r);
	}
	assert_in_range(num, 80, 1000);
	assert_in_range(num_read, 0, 10);
	vectors_close(v);
	buf_done(&yaml);
}

/* Some text, over and over, and how many allocations it takes to refuse it. */
static size_t
count_work(const char *before, const char *again, size_t len, const char *code)
{
	static struct reading r;
	struct buf yaml = {.max = MAX_YAML};
	size_t num;

	expect_ok(buf_append_str(&yaml, before));
	while (yaml.len < len)
		expect_ok(buf_append_str(&yaml, again));
	failalloc_arm(SIZE_MAX);
	read_yaml(&r, buf_span(&yaml));
	num = failalloc_count();
	(void)failalloc_disarm();
	if (r.d.num_items != 1 || strcmp(r.d.items[0].code, code) != 0)
		fail_msg("%s… is %s, not %s", again,
		    r.d.num_items > 0 ? r.d.items[0].code : "read", code);
	assert_null(r.root);
	done(&r);
	buf_done(&yaml);
	return num;
}

/*
 * libyaml takes half a minute for 160 kB of `[`. We stop it at depth 16: ten
 * times the text is not one allocation more, and so not one event.
 */
static void
node_read__work_does_not_grow_with_what_is_refused(void **state)
{
	static const struct {
		const char *before, *again, *code;
	} cases[] = {
	    {"", "[", "E003"},
	    {"", "[\n", "E003"},
	    {"a: ", "{", "E009"},
	    {"a: ", "{b: ", "E003"},
	    {"", "- ", "E003"},
	    {"", "? ", "E009"},
	    {"a: [", "b, ", "E002"},
	    {"a: [", "{\"b\": []}, ", "E002"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t once = count_work(
		    cases[i].before, cases[i].again, 100000, cases[i].code);
		size_t more = count_work(
		    cases[i].before, cases[i].again, 1000000, cases[i].code);

		if (failalloc_works())
			assert_in_range(once, 1, 100000);
		assert_int_equal(once, more);
	}
}

/* A NUL that is spelt is one as well. */
static void
node_read__refuses_nul_in_texts_and_keys(void **state)
{
	static const char *const cases[] = {
	    "a: \"b\\0c\"\n", "a: [\"\\x00\"]\n", "\"a\\u0000\": b\n"};
	static struct reading r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_yaml(&r, span_str(cases[i]));
		assert_int_equal(r.d.num_items, 1);
		assert_string_equal(r.d.items[0].code, "E007");
		assert_null(r.root);
		done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(node_read__refuses_what_the_suite_says_must_fail),
	    cmocka_unit_test(
		node_read__work_does_not_grow_with_what_is_refused),
	    cmocka_unit_test(node_read__refuses_nul_in_texts_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
