#include "tests/harness/expect.h"

#include "gateway/tool/policy_report.h"

/* A name with all that a format has to escape, and one that is absolute. */
static const struct source_file files[] = {
    {{(const uint8_t *)"a,b:c%\xff \".yaml", 14},
	{(const uint8_t *)"x: y\n", 5}},
    {{(const uint8_t *)"/etc/p.yaml", 11}, {(const uint8_t *)"x: y\n", 5}},
};

static struct diagnostics d;

static int
set_up(void **state)
{
	struct diagnostic *item;

	(void)state;
	diagnostic_init(&d, files, 2);
	item = diagnostic_add(&d,
	    (struct mark){.file = 0, .line = 3, .column = 5, .len = 4}, "E201",
	    "100%% of `%s`", "x, y: z");
	diagnostic_see(item,
	    (struct mark){.file = 1, .line = 1, .column = 2, .len = 1},
	    "the dataset's preset");
	diagnostic_help(&d, item, "use `drop`");
	(void)diagnostic_add(&d, (struct mark){0}, "W303", "old");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	diagnostic_done(&d);
	return 0;
}

/* Free it. */
static char *
reported(enum policy_format format)
{
	struct buf out = {.max = 1 << 20};

	expect_ok(policy_report(&out, format, &d));
	expect_ok(buf_put_u8(&out, 0));
	return (char *)out.data;
}

static void
policy_report__github_escapes_what_ends_a_command(void **state)
{
	char *text = reported(POLICY_FORMAT_GITHUB);

	(void)state;
	assert_string_equal(text,
	    "::error file=a%2Cb%3Ac%25\xff \".yaml,line=3,col=5,endColumn=9,"
	    "title=E201::100%25 of `x, y: z`%0Ause `drop`\n"
	    "::warning file=a%2Cb%3Ac%25\xff \".yaml,title=W303::old\n");
	free(text);
}

static void
policy_report__json_is_one_value(void **state)
{
	char *text = reported(POLICY_FORMAT_JSON);

	(void)state;
	assert_string_equal(text,
	    "{\"diagnostics\":[{\"code\":\"E201\",\"column\":5,"
	    "\"file\":\"a,b:c%\xef\xbf\xbd \\\".yaml\",\"help\":\"use `drop`\","
	    "\"length\":4,\"line\":3,\"message\":\"100% of `x, y: z`\","
	    "\"see\":{\"column\":2,\"file\":\"/etc/p.yaml\",\"length\":1,"
	    "\"line\":1,\"message\":\"the dataset's preset\"},"
	    "\"severity\":\"error\"},{\"code\":\"W303\",\"column\":0,"
	    "\"file\":\"a,b:c%\xef\xbf\xbd \\\".yaml\",\"length\":0,\"line\":0,"
	    "\"message\":\"old\",\"severity\":\"warning\"}],\"errors\":1,"
	    "\"loadable\":false,\"warnings\":1}\n");
	free(text);
}

static void
policy_report__sarif_has_results_and_rules(void **state)
{
	static const char *const pieces[] = {
	    "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",",
	    "\"columnKind\":\"unicodeCodePoints\"",
	    "{\"level\":\"error\",\"locations\":[{\"physicalLocation\":{"
	    "\"artifactLocation\":{\"uri\":\"a%2Cb%3Ac%25%FF%20%22.yaml\"},"
	    "\"region\":{\"endColumn\":9,\"startColumn\":5,\"startLine\":3}}}]",
	    "\"message\":{\"text\":\"100% of `x, y: z`\\nuse `drop`\"}",
	    "\"uri\":\"file:///etc/p.yaml\"",
	    "\"ruleId\":\"E201\"}",
	    /* a problem of no line stands at the begin */
	    "{\"uri\":\"a%2Cb%3Ac%25%FF%20%22.yaml\"},"
	    "\"region\":{\"endColumn\":2,\"startColumn\":1,\"startLine\":1}}}],"
	    "\"message\":",
	    "\"id\":\"E001\"",
	    "\"id\":\"W304\"",
	    "\"version\":\"2.1.0\"}\n",
	};
	char *text = reported(POLICY_FORMAT_SARIF);
	const char *at = text;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const char *found = strstr(at, pieces[i]);

		if (found == NULL)
			fail_msg("no %s in %s", pieces[i], at);
		else
			at = found + strlen(pieces[i]);
	}
	assert_string_equal(at, "");
	free(text);
}

static void
policy_report__knows_its_words(void **state)
{
	enum policy_format format = POLICY_FORMAT_TEXT;

	(void)state;
	assert_true(policy_report_find(&format, "sarif"));
	assert_int_equal(format, POLICY_FORMAT_SARIF);
	assert_false(policy_report_find(&format, "xml"));
	assert_int_equal(format, POLICY_FORMAT_SARIF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(policy_report__github_escapes_what_ends_a_command),
	    cmocka_unit_test(policy_report__json_is_one_value),
	    cmocka_unit_test(policy_report__sarif_has_results_and_rules),
	    cmocka_unit_test(policy_report__knows_its_words),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
