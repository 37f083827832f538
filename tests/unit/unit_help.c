#include "tests/harness/expect.h"

#include <glob.h>
#include <stdio.h>

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/help.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

enum {
	TODAY = 20780, /* 2026-11-23 */
	MAX_CODES = 1000,
};

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	if (!span_equal_str(path, "icd.csv"))
		return ERR(NOT_FOUND, "there is no such file");
	*out_bytes = span_str("code,chapter\nB20,one\nA41,NY\n");
	return OK;
}

/* The number in a code; 'W' after 'E', as both families are sorted. */
static size_t
number_of(const char *code)
{
	return (size_t)(code[1] - '0') * 100 + (size_t)(code[2] - '0') * 10 +
	    (size_t)(code[3] - '0');
}

/* Every literal "E123" or "W123" of one source. */
static void
gather_codes(bool found[2][MAX_CODES], const char *path)
{
	struct buf source;

	vectors_read_file(&source, path);
	for (size_t i = 0; i + 6 <= source.len; i++) {
		const char *at = (const char *)source.data + i;

		if (at[0] != '"' || (at[1] != 'E' && at[1] != 'W') ||
		    at[5] != '"' || strspn(at + 2, "0123456789") != 3)
			continue;
		found[at[1] == 'W'][number_of(at + 1)] = true;
	}
	buf_done(&source);
}

/* The checker is policy/, but for the pages themselves. */
static void
gather_all(bool found[2][MAX_CODES])
{
	glob_t sources;

	assert_int_equal(glob("policy/*.c", 0, NULL, &sources), 0);
	for (size_t i = 0; i < sources.gl_pathc; i++)
		if (strncmp(sources.gl_pathv[i], "policy/help", 11) != 0)
			gather_codes(found, sources.gl_pathv[i]);
	globfree(&sources);
}

static void
help__has_a_page_for_every_code(void **state)
{
	static bool found[2][MAX_CODES];
	size_t num = 0;

	(void)state;
	gather_all(found);
	for (size_t w = 0; w < 2; w++)
		for (size_t i = 0; i < MAX_CODES; i++) {
			char code[8];

			if (!found[w][i])
				continue;
			num++;
			(void)snprintf(code, sizeof(code), "%c%03zu",
			    w == 0 ? 'E' : 'W', i);
			if (help_find(span_str(code)) == NULL)
				fail_msg("%s has no page", code);
		}
	/* A page that no source asks for is a page of nothing. */
	assert_int_equal(num, help_num());
}

static void
help__is_sorted_and_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < help_num(); i++) {
		const struct help_page *p = help_page(i);

		if (i > 0 && strcmp(help_page(i - 1)->code, p->code) >= 0)
			fail_msg("%s is not where it belongs", p->code);
		assert_true(p->title != NULL && p->meaning != NULL);
		assert_true(p->right != NULL && p->wrong != NULL);
		assert_true(p->remedy != NULL);
	}
	assert_null(help_page(help_num()));
	assert_null(help_find(span_str("E999")));
	assert_null(help_find(span_str("")));
	assert_ptr_equal(
	    help_find(span_str("e201")), help_find(span_str("E201")));
}

/* The base with the page's example in it. */
static void
make_example(struct buf *out, struct span base, const struct help_page *page)
{
	const uint8_t *at =
	    memmem(base.data, base.len, page->right, strlen(page->right));
	size_t before;

	if (at == NULL) {
		fail_msg("%s: the base has no `%s`", page->code, page->right);
		return;
	}
	before = (size_t)(at - base.data);
	buf_reset(out);
	expect_ok(buf_append(out, span_sub(base, 0, before)));
	expect_ok(help_example(out, page));
	expect_ok(buf_append(
	    out, span_sub(base, before + strlen(page->right), base.len)));
}

static void
expect_only(const struct diagnostics *d, const struct help_page *page)
{
	if (d->num_items == 0)
		fail_msg("the example of %s gives nothing", page->code);
	for (size_t i = 0; i < d->num_items; i++)
		if (strcmp(d->items[i].code, page->code) != 0)
			fail_msg("the example of %s gives %s: %s", page->code,
			    d->items[i].code, d->items[i].text);
}

static void
help__example_causes_its_code_and_no_other(void **state)
{
	static struct diagnostics d;
	const struct check_options options = {
	    .today = TODAY, .load_table = load_table};
	struct buf base, yaml = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < help_num(); i++) {
		const struct help_page *page = help_page(i);
		struct arena arena = {.max = 64 << 20};
		struct policy policy;

		make_example(&yaml, buf_span(&base), page);
		const struct source_file file = {
		    span_str("policy.yaml"), buf_span(&yaml)};
		diagnostic_init(&d, &file, 1);
		struct err err =
		    check_policy(&policy, &arena, &d, &file, 1, &options);
		expect_only(&d, page);
		assert_int_equal(
		    err.code, page->code[0] == 'W' ? ERR_OK : ERR_DENIED);
		diagnostic_done(&d);
		arena_done(&arena);
	}
	buf_done(&yaml);
	buf_done(&base);
}

static void
help_print__shows_the_page(void **state)
{
	struct buf text = {.max = 1 << 16};

	(void)state;
	expect_ok(help_print(&text, help_find(span_str("E203"))));
	expect_ok(buf_put_u8(&text, 0));
	const char *all = (const char *)text.data;
	assert_ptr_equal(strstr(all, "E203: no-actual-knowledge\n\n"), all);
	assert_non_null(strstr(all, "    (left out)\n"));
	assert_non_null(strstr(all, "\nThe law:\n\n  45 CFR 164.514(b)(2)"));
	for (const char *line = all; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		assert_in_range(len, 0, 80);
		line += len + 1;
	}
	buf_done(&text);
}

/* A page with all that a page can have. */
static const struct help_page whole = {.code = "E999",
    .title = "a title",
    .meaning = "A meaning that is long enough to be broken over several lines, "
	       "as they all are, for each of them has a sentence or two.",
    .right = "  a: b\n",
    .wrong = "  a: b\n#: a line\n  c: \u2400d\n",
    .remedy = "Leave it out.",
    .law = "A paragraph.",
    .repeat = 3};

static struct err
print_once(void *context, struct buf *out, struct arena *arena)
{
	(void)arena;
	return help_print(out, context);
}

static struct err
example_once(void *context, struct buf *out, struct arena *arena)
{
	(void)arena;
	return help_example(out, context);
}

static void
help_example__repeats_its_line_and_has_its_nul(void **state)
{
	struct buf out = {.max = 1 << 10};

	(void)state;
	expect_ok(help_example(&out, &whole));
	expect_span(buf_span(&out),
	    "  a: b\n1: a line\n2: a line\n3: a line\n  c: \0d\n");
	buf_done(&out);
}

static void
help__ends_at_any_ceiling(void **state)
{
	struct help_page page = whole;

	(void)state;
	(void)sweep_allocations(print_once, &page);
	assert_true(sweep_ceilings(print_once, &page) > 200);
	assert_true(sweep_ceilings(example_once, &page) > 30);
	page.law = NULL;
	page.repeat = 0;
	page.wrong = "";
	assert_true(sweep_ceilings(print_once, &page) > 200);
}

/* The reference has the same list, in the same words. */
static void
help__list_of_the_reference_is_the_same(void **state)
{
	struct buf readme, list = {.max = 1 << 16}, got = {.max = 1 << 16};
	static const char head[] = "\n## Codes\n\n";

	(void)state;
	vectors_read_file(&readme, "policy/README.md");
	for (size_t i = 0; i < help_num(); i++)
		expect_ok(
		    buf_append_format(&list, "%s%s %s", i == 0 ? "" : " · ",
			help_page(i)->code, help_page(i)->title));
	expect_ok(buf_append_str(&list, "."));
	const uint8_t *at =
	    memmem(readme.data, readme.len, head, sizeof(head) - 1);
	if (at == NULL) {
		fail_msg("the reference has no list of codes");
		return;
	}
	struct span rest = span_sub(buf_span(&readme),
	    (size_t)(at - readme.data) + sizeof(head) - 1, readme.len);
	struct span line;
	while (span_take_line(&rest, &line).code == ERR_OK && line.len > 0) {
		if (got.len > 0)
			expect_ok(buf_append_str(&got, " "));
		expect_ok(buf_append(&got, span_trim(line)));
	}
	if (!span_equal(buf_span(&got), buf_span(&list)))
		fail_msg("it should be:\n%.*s", (int)list.len,
		    (const char *)list.data);
	buf_done(&got);
	buf_done(&list);
	buf_done(&readme);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(help__has_a_page_for_every_code),
	    cmocka_unit_test(help__is_sorted_and_whole),
	    cmocka_unit_test(help__example_causes_its_code_and_no_other),
	    cmocka_unit_test(help_print__shows_the_page),
	    cmocka_unit_test(help_example__repeats_its_line_and_has_its_nul),
	    cmocka_unit_test(help__ends_at_any_ceiling),
	    cmocka_unit_test(help__list_of_the_reference_is_the_same),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
