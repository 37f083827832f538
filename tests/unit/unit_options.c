#include "tests/harness/expect.h"

#include <stdio.h>

#include "gateway/tool/options.h"

enum {
	BAD_USAGE = 2,
	MAX_WORDS = 10,
};

static const char usage[] =
    "verb [--config FILE] [-o OUT] [--column NAME] [--json] [-f]\n"
    "           [--epoch N] [--even WORD] OPERAND [OPERAND]";

/* What a verb was told, and what it said to stderr. */
static struct told {
	const char *config, *out;
	struct span column;
	bool json, follow;
	uint64_t epoch;
	char line[128];
	char *operands[MAX_WORDS];
	int num_operands;
	char said[512];
} told;

static struct err
take_even(void *into, const char *value)
{
	*(size_t *)into += strlen(value);
	return strlen(value) % 2 == 0 ? OK : ERR(USAGE, "it is odd");
}

/* Words are behind one space each. */
static int
read_line(const char *use, const char *line)
{
	char name[] = "verb", *rest = told.line;
	char *argv[MAX_WORDS + 2] = {name};
	int argc = 1;
	size_t even = 0;
	struct options options = {
	    .usage = use,
	    .rows = {{"config", .text = &told.config},
		{"output", 'o', .text = &told.out},
		{"column", .span = &told.column}, {"json", .flag = &told.json},
		{.letter = 'f', .flag = &told.follow},
		{"epoch", .number = &told.epoch, .least = 1, .most = 9},
		{"even", .take = take_even, .into = &even}},
	    .least = 1,
	    .most = 2,
	};

	memset(&told, 0, sizeof(told));
	(void)snprintf(told.line, sizeof(told.line), "%s", line);
	while (argc <= MAX_WORDS && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	FILE *before = stderr;
	stderr = fmemopen(told.said, sizeof(told.said), "w");
	assert_non_null(stderr);
	int code = options_read(&options, argc, argv);
	(void)fclose(stderr);
	stderr = before;
	told.num_operands = options.num_operands;
	for (int i = 0; i < options.num_operands && i < MAX_WORDS; i++)
		told.operands[i] = options.operands[i];
	return code;
}

static void
options_read__takes_each_kind_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(
	    read_line(usage, "a --config c.yaml --json -f --column=mrn b"), 0);
	assert_string_equal(told.said, "");
	assert_int_equal(told.num_operands, 2);
	assert_string_equal(told.operands[0], "a");
	assert_string_equal(told.operands[1], "b");
	assert_string_equal(told.config, "c.yaml");
	assert_true(told.json && told.follow);
	expect_span(told.column, "mrn");
	assert_int_equal(told.epoch, 0);
	assert_null(told.out);
	assert_int_equal(
	    read_line(usage, "--epoch 9 -oA -o B --even ab -- -f"), 0);
	assert_int_equal(told.epoch, 9);
	assert_string_equal(told.out, "B");
	assert_false(told.follow);
	assert_string_equal(told.operands[0], "-f");
}

/* The long name of a letter that the usage names is one, too. */
static void
options_read__goes_by_what_the_usage_names(void **state)
{
	(void)state;
	assert_int_equal(read_line(usage, "--output A x"), 0);
	assert_string_equal(told.out, "A");
	assert_int_equal(
	    read_line("verb [--config FILE] X", "--json x"), BAD_USAGE);
	assert_false(told.json);
	assert_int_equal(
	    read_line("verb [--configs] [x-o] X", "--config a x"), BAD_USAGE);
	assert_int_equal(
	    read_line("verb [--configs] [x-o] X", "-o a x"), BAD_USAGE);
	assert_null(told.config);
	assert_null(told.out);
}

static const struct {
	const char *line, *said;
} wrong[] = {
    {"--bogus=secret x", "gatehouse: --bogus: no option of this verb\n"},
    {"--co x", "gatehouse: --co: no option of this verb\n"},
    {"-x x", "gatehouse: -x: no option of this verb\n"},
    {"x --config", "gatehouse: --config: its value is missing\n"},
    {"x -o", "gatehouse: --output: its value is missing\n"},
    {"--json=yes x", "gatehouse: --json: it takes no value\n"},
    {"--epoch 0 x", "gatehouse: --epoch: no number that it takes\n"},
    {"--epoch 10 x", "gatehouse: --epoch: no number that it takes\n"},
    {"--epoch ten x", "gatehouse: --epoch: no number that it takes\n"},
    {"--even abc x", "gatehouse: --even: it is odd\n"},
    {"--json", ""},
    {"x y z", ""},
};

static void
options_read__says_which_option_is_wrong(void **state)
{
	char expected[sizeof(told.said)];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(read_line(usage, wrong[i].line), BAD_USAGE);
		(void)snprintf(expected, sizeof(expected),
		    "%susage: gatehouse %s\n", wrong[i].said, usage);
		assert_string_equal(told.said, expected);
		assert_int_equal(told.epoch, 0);
	}
}

static void
options_read__tells_the_usage_who_asks(void **state)
{
	static const char *const lines[] = {
	    "--help", "-h", "x y z --help", "--json -h --bogus", "x --he"};
	char shown[512], expected[512];

	(void)state;
	(void)snprintf(
	    expected, sizeof(expected), "usage: gatehouse %s\n", usage);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		FILE *before = stdout;
		stdout = fmemopen(shown, sizeof(shown), "w");
		assert_non_null(stdout);
		int code = read_line(usage, lines[i]);
		(void)fclose(stdout);
		stdout = before;
		assert_int_equal(code, OPTIONS_HELP);
		assert_string_equal(shown, expected);
		assert_string_equal(told.said, "");
	}
	assert_int_equal(read_line(usage, "x -- --help"), 0);
	assert_string_equal(told.operands[1], "--help");
	assert_int_equal(read_line(usage, "x --help=me"), BAD_USAGE);
	assert_non_null(strstr(told.said, "--help: it takes no value"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_read__takes_each_kind_in_any_order),
	    cmocka_unit_test(options_read__goes_by_what_the_usage_names),
	    cmocka_unit_test(options_read__says_which_option_is_wrong),
	    cmocka_unit_test(options_read__tells_the_usage_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
