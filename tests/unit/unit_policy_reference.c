/* policy/README.md: every example in it loads, every key is in it. */
#include "tests/harness/expect.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/schema_json.h"
#include "policy/schema_keys.h"
#include "policy/schema_reference.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

enum {
	TODAY = 20780, /* 2026-11-23 */
	MAX_TEXT = 1 << 20,
};

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	if (!span_equal_str(path, "icd.csv"))
		return ERR(NOT_FOUND, "there is no such file");
	*out_bytes = span_str("code,chapter\nB20,a\n");
	return OK;
}

/* It loads; of what it says only what is not served may be said. */
static void
expect_loads(struct span yaml, size_t most_waits)
{
	static struct diagnostics d;
	struct source_file file = {span_str("README.md"), yaml};
	struct check_options options = {
	    .today = TODAY, .load_table = load_table};
	struct arena arena;
	struct policy policy;

	arena_init(&arena, 64 << 20);
	diagnostic_init(&d, &file, 1);
	struct err err = check_policy(&policy, &arena, &d, &file, 1, &options);
	for (size_t i = 0; i < d.num_items; i++)
		if (strncmp(d.items[i].code, "W90", 3) != 0)
			fail_msg("%s: %s", d.items[i].code, d.items[i].text);
	expect_ok(err);
	assert_true(d.num_items <= most_waits);
	diagnostic_done(&d);
	arena_done(&arena);
}

/* The lines of all blocks that are fenced like this. */
static size_t
gather(struct buf *out, struct span rest, const char *fence)
{
	struct span line;
	size_t num = 0;
	bool in = false;

	while (span_take_line(&rest, &line).code == ERR_OK) {
		if (!in && span_equal_str(line, fence)) {
			in = true;
			num++;
		} else if (span_starts_with(line, span_str("```"))) {
			in = false;
		} else if (in) {
			expect_ok(buf_append(out, line));
			expect_ok(buf_put_u8(out, '\n'));
		}
	}
	return num;
}

/* base.yaml with a text replaced. */
static void
replace(struct buf *out, struct span base, const char *from, struct span to)
{
	const uint8_t *at = memmem(base.data, base.len, from, strlen(from));

	assert_non_null(at);
	size_t before = (size_t)(at - base.data);
	buf_reset(out);
	expect_ok(buf_append(out, span_sub(base, 0, before)));
	expect_ok(buf_append(out, to));
	expect_ok(
	    buf_append(out, span_sub(base, before + strlen(from), base.len)));
}

static void
reference__examples_are_one_policy(void **state)
{
	struct buf readme, yaml = {.max = MAX_TEXT};

	(void)state;
	vectors_read_file(&readme, "policy/README.md");
	assert_true(gather(&yaml, buf_span(&readme), "```yaml") >= 8);
	expect_loads(buf_span(&yaml), 5);
	buf_done(&yaml);
	buf_done(&readme);
}

/* Each line of the ways to say `format` is an example of its own. */
static void
reference__formats_load(void **state)
{
	struct buf readme, base, lines = {.max = MAX_TEXT};
	struct buf yaml = {.max = MAX_TEXT}, to = {.max = MAX_TEXT};
	struct span rest, line;
	size_t num = 0;

	(void)state;
	vectors_read_file(&readme, "policy/README.md");
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	assert_int_equal(
	    gather(&lines, buf_span(&readme), "```yaml format"), 1);
	rest = buf_span(&lines);
	while (span_take_line(&rest, &line).code == ERR_OK) {
		buf_reset(&to);
		expect_ok(buf_append_str(&to, "bank/*\n"));
		expect_ok(buf_append(&to, line));
		replace(&yaml, buf_span(&base), "bank/*.csv", buf_span(&to));
		expect_loads(buf_span(&yaml), 0);
		num++;
	}
	assert_true(num >= 5);
	buf_done(&to);
	buf_done(&yaml);
	buf_done(&lines);
	buf_done(&base);
	buf_done(&readme);
}

static void
reference__paths_load(void **state)
{
	struct buf readme, base, lines = {.max = MAX_TEXT};
	struct buf half = {.max = MAX_TEXT}, yaml = {.max = MAX_TEXT};

	(void)state;
	vectors_read_file(&readme, "policy/README.md");
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	expect_ok(buf_append_str(&lines, "objected: objection\n"));
	assert_int_equal(
	    gather(&lines, buf_span(&readme), "```yaml columns"), 1);
	replace(
	    &half, buf_span(&base), "objected: objection\n", buf_span(&lines));
	replace(&yaml, buf_span(&half), "bank/*.csv", span_str("bank/*.jsonl"));
	expect_loads(buf_span(&yaml), 0);
	buf_done(&yaml);
	buf_done(&half);
	buf_done(&lines);
	buf_done(&base);
	buf_done(&readme);
}

static void
reference__lists_every_key(void **state)
{
	static const char mark[] =
	    "<!-- made by `gatehouse policy schema --reference` -->\n";
	struct buf readme, want = {.max = MAX_TEXT};
	const uint8_t *at;

	(void)state;
	vectors_read_file(&readme, "policy/README.md");
	expect_ok(schema_reference_print(&want));
	at = memmem(readme.data, readme.len, mark, sizeof(mark) - 1);
	assert_non_null(at);
	at += sizeof(mark) - 1;
	assert_int_equal(readme.data + readme.len - at, want.len);
	assert_memory_equal(at, want.data, want.len);
	buf_done(&want);
	buf_done(&readme);
}

/* Each section is an object, and each reference leads to one. */
static void
schema_json__is_whole(void **state)
{
	struct buf text = {.max = MAX_TEXT};
	cJSON *root, *definitions;
	char *at;
	size_t num = 0;

	(void)state;
	expect_ok(schema_json_print(&text));
	expect_ok(buf_put_u8(&text, '\0'));
	root = cJSON_Parse((const char *)text.data);
	assert_non_null(root);
	definitions = cJSON_GetObjectItemCaseSensitive(root, "definitions");
	assert_int_equal(
	    cJSON_GetArraySize(definitions), NUM_SCHEMA_SECTIONS - 1);
	for (at = (char *)text.data;
	     (at = strstr(at, "#/definitions/")) != NULL; num++) {
		at += strlen("#/definitions/");
		char *end = strchr(at, '"');
		*end = '\0';
		if (cJSON_GetObjectItemCaseSensitive(definitions, at) == NULL)
			fail_msg("there is no definition %s", at);
		*end = '"';
	}
	assert_true(num > 20);
	cJSON_Delete(root);
	buf_done(&text);
}

static struct err
schema_once(void *context, struct buf *out, struct arena *arena)
{
	(void)context;
	(void)arena;
	return schema_json_print(out);
}

static struct err
reference_once(void *context, struct buf *out, struct arena *arena)
{
	(void)context;
	(void)arena;
	return schema_reference_print(out);
}

static void
reference__ends_at_any_ceiling(void **state)
{
	(void)state;
	assert_true(sweep_ceilings(schema_once, NULL) > 10000);
	assert_true(sweep_ceilings(reference_once, NULL) > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reference__examples_are_one_policy),
	    cmocka_unit_test(reference__formats_load),
	    cmocka_unit_test(reference__paths_load),
	    cmocka_unit_test(reference__lists_every_key),
	    cmocka_unit_test(schema_json__is_whole),
	    cmocka_unit_test(reference__ends_at_any_ceiling),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
