#include "tests/harness/expect.h"

#include <stdio.h>

#include "gateway/record/format.h"
#include "gateway/record/jsonl_text.h"
#include "tests/harness/vectors.h"

static const char *const names[] = {
    "a", "b.c", "b.d", "l[].x", "l[].y.z", "m[][]", "s[]", "e\\.f", "note"};

enum {
	NUM_NAMES = sizeof(names) / sizeof(names[0]),
	NUM_DELIVERED = NUM_NAMES - 1, /* all but the note */
};

static struct span declared[NUM_NAMES];
static struct plan_column columns[NUM_NAMES];
static struct plan plan;

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_NAMES; i++) {
		declared[i] = columns[i].name = span_str(names[i]);
		columns[i].how.op = PROTECT_KEEP;
	}
	plan = (struct plan){.version = PLAN_VERSION,
	    .format = {.kind = FILE_JSONL},
	    .declared = declared,
	    .num_declared = NUM_NAMES,
	    .columns = columns,
	    .num_columns = NUM_DELIVERED};
	return 0;
}

/*
 * A file as it is written when every value is kept; behind it the error, if
 * there is one. The first `first` bytes come alone, then `piece` at a time.
 */
static void
run(struct buf *out, struct span in, size_t first, size_t piece)
{
	static const uint8_t none[BATCH_MAX_ROWS];
	const struct format *format = format_of(&plan);
	struct batch raw = {0};
	struct bind bind;
	struct err err;
	void *file;
	size_t take = first;

	buf_reset(out);
	expect_ok(format->open(&file, &plan, 1 << 20));
	expect_ok(format->bind(file, &bind, &raw));
	expect_ok(format->begin(file, out));
	for (;;) {
		uint8_t *room;
		size_t len;

		format->room(file, &room, &len);
		assert_true(len > 0);
		if (take > len)
			take = len;
		if (take > in.len)
			take = in.len;
		if (in.len == 0) {
			format->finish(file);
		} else {
			memcpy(room, in.data, take);
			format->fill(file, take);
			in = span_sub(in, take, in.len);
		}
		take = piece;
		/* With no condition, raw columns are those of the plan. */
		while ((err = format->next(file, &raw)).code == ERR_OK)
			expect_ok(format->write(file, out, &raw, none));
		if (err.code != ERR_AGAIN)
			break;
	}
	if (err.code != ERR_CLOSED) {
		expect_ok(buf_append_format(
		    out, "%s at %d", err.why, (int)format->record(file)));
		assert_int_equal(format->next(file, &raw).code, err.code);
	}
	batch_done(&raw);
	format->close(file);
}

/* What is written of an input, however it is cut. */
static void
expect_written(const char *in, size_t len, const char *want)
{
	struct buf got;

	buf_init(&got, 1 << 20);
	for (size_t first = 1; first <= len + 1; first++) {
		run(&got, span_of(in, len), first, first % 3 == 0 ? 1 : 4096);
		if (!span_equal_str(buf_span(&got), want))
			fail_msg("%s cut at %d: %.*s, not %s", in, (int)first,
			    (int)got.len, (const char *)got.data, want);
	}
	buf_done(&got);
}

#define expect_jsonl(in, want) expect_written(in, sizeof(in) - 1, want)

static void
jsonl_next__reads_lines(void **state)
{
	(void)state;
	expect_jsonl("{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":2}\n");
	expect_jsonl("{\"a\":1}\r\n{\"a\":2}", "{\"a\":1}\n{\"a\":2}\n");
	expect_jsonl(
	    "\n \t\n{\"a\":1}\n\r\n\n{\"a\":2}\n\n", "{\"a\":1}\n{\"a\":2}\n");
	expect_jsonl("\xef\xbb\xbf{\"a\":1}", "{\"a\":1}\n");
	expect_jsonl("", "");
	expect_jsonl("\n", "");
	expect_jsonl("{}\n", "{}\n");
	expect_jsonl(" { \"a\" :\t1 , \"s\":[ ] }\r\n", "{\"a\":1,\"s\":[]}\n");
	expect_jsonl("{\"a\":1}\n\n[]\n",
	    "{\"a\":1}\njson: a line that is no object at 3");
	expect_jsonl("{\"a\":1} {}", "json: text behind the object at 1");
	expect_jsonl("{\"a\":\n1}", "json: not a number at 1");
	expect_jsonl(
	    "{\"a\":1\n}", "json: no comma, or the line ends too early at 1");
	expect_jsonl(
	    "{}\n\xef\xbb\xbf{}", "{}\njson: a line that is no object at 2");
}

static void
jsonl_next__keeps_values_as_they_are(void **state)
{
	(void)state;
	expect_jsonl("{\"a\":-0.10e+05}", "{\"a\":-0.10e+05}\n");
	expect_jsonl("{\"a\":123456789012345678901234567890}",
	    "{\"a\":123456789012345678901234567890}\n");
	expect_jsonl(
	    "{\"a\":true,\"e.f\":false}", "{\"a\":true,\"e.f\":false}\n");
	expect_jsonl("{\"a\":null}", "{\"a\":null}\n");
	expect_jsonl("{\"a\":\"\"}", "{\"a\":\"\"}\n");
	expect_jsonl("{\"a\":\"1\"}", "{\"a\":\"1\"}\n");
	expect_jsonl(
	    "{\"a\":\"\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\\u001F\\u0000\"}",
	    "{\"a\":\"A/\\\"\\\\\\b\\f\\n\\r\\t\\u001f\\u0000\"}\n");
	expect_jsonl("{\"a\":\"\\u00e9\\u20AC\\ud834\\udd1E\x7f\"}",
	    "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\x7f\"}\n");
	expect_jsonl(
	    "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e long enough "
	    "for a word of plain bytes\"}",
	    "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e long enough for a "
	    "word of plain bytes\"}\n");
}

static void
jsonl_next__keeps_the_nesting_of_what_is_listed(void **state)
{
	(void)state;
	expect_jsonl("{\"b\":{\"x\":1,\"d\":2,\"c\":[]},\"z\":[{}]}",
	    "{\"b\":{\"d\":2,\"c\":null}}\n");
	expect_jsonl(
	    "{\"b\":{},\"note\":\"n\",\"b c\":{\"d\":1}}", "{\"b\":{}}\n");
	expect_jsonl("{\"l\":[{\"x\":1,\"w\":5},{},{\"y\":{\"z\":[]}},null,"
		     "{\"y\":null},{\"x\":\"q\",\"y\":{\"z\":2,\"w\":[1]}}]}",
	    "{\"l\":[{\"x\":1},{},{\"y\":{\"z\":null}},null,{\"y\":null},"
	    "{\"x\":\"q\",\"y\":{\"z\":2}}]}\n");
	expect_jsonl("{\"m\":[[1,2],[],null,[null,\"x\"]],\"s\":[true]}",
	    "{\"m\":[[1,2],[],null,[null,\"x\"]],\"s\":[true]}\n");
	expect_jsonl("{\"s\":null,\"l\":[],\"b\":null}",
	    "{\"s\":null,\"l\":[],\"b\":null}\n");
}

/* Of what is nested otherwise than declared, nothing is written. */
static void
jsonl_next__delivers_no_misfit(void **state)
{
	(void)state;
	expect_jsonl("{\"a\":{\"c\":1}}", "{\"a\":null}\n");
	expect_jsonl("{\"a\":[\"c\",[{\"a\":1}]]}", "{\"a\":null}\n");
	expect_jsonl("{\"b\":5}", "{\"b\":null}\n");
	expect_jsonl("{\"b\":[{\"c\":1}]}", "{\"b\":null}\n");
	expect_jsonl("{\"l\":{\"x\":1}}", "{\"l\":null}\n");
	expect_jsonl(
	    "{\"l\":[[{\"x\":1}],5,\"x\"]}", "{\"l\":[null,null,null]}\n");
	expect_jsonl("{\"s\":\"t\",\"m\":[1,[[2]],[3]]}",
	    "{\"s\":null,\"m\":[null,[null],[3]]}\n");
	expect_jsonl("{\"note\":{\"a\":[1]}}", "{}\n");
}

static void
jsonl_next__gives_misfits_to_every_column_in_the_place(void **state)
{
	static const char in[] = "{\"l\":[{\"x\":1},7],\"b\":[],\"a\":{}}\n";
	const struct format *format = format_of(&plan);
	struct batch raw;
	struct bind bind;
	uint8_t *room;
	size_t len;
	void *file;
	uint32_t at;

	(void)state;
	expect_ok(format->open(&file, &plan, 4096));
	expect_ok(format->bind(file, &bind, &raw));
	format->room(file, &room, &len);
	memcpy(room, in, sizeof(in) - 1);
	format->fill(file, sizeof(in) - 1);
	expect_ok(format->next(file, &raw));
	assert_int_equal(raw.num_rows, 1);
	assert_true(batch_is_misfit(batch_column(&raw, bind.columns[0])[0]));
	assert_true(batch_is_misfit(batch_column(&raw, bind.columns[1])[0]));
	assert_true(batch_is_misfit(batch_column(&raw, bind.columns[2])[0]));
	assert_true(batch_is_list(&raw, bind.columns[3]));
	at = raw.lists.first[bind.columns[3]];
	expect_span(raw.lists.cells[at], "1");
	at = raw.lists.next[at];
	assert_true(batch_is_misfit(raw.lists.cells[at]));
	assert_int_equal(raw.lists.next[at], BATCH_NO_CELL);
	at = raw.lists.first[bind.columns[4]];
	assert_true(batch_is_misfit(raw.lists.cells[at]));
	assert_int_equal(raw.lists.next[at], BATCH_NO_CELL);
	/* Not there is not the same. */
	assert_null(batch_column(&raw, bind.columns[7])[0].data);
	batch_done(&raw);
	format->close(file);
}

static void
jsonl_next__refuses_a_name_twice(void **state)
{
	(void)state;
	expect_jsonl("{\"a\":1,\"a\":1}", "json: a name twice at 1");
	expect_jsonl("{\"a\":1,\"\\u0061\":1}", "json: a name twice at 1");
	expect_jsonl("{\"z\":1,\"y\":2,\"z\":1}", "json: a name twice at 1");
	expect_jsonl(
	    "{\"z\":[{\"q\":{\"\":1,\"\":1}}]}", "json: a name twice at 1");
	expect_jsonl("{\"z\":{\"z\":{\"z\":1}},\"y\":{\"z\":1}}", "{}\n");
	expect_jsonl("{\"z\":1,\"Z\":1,\"_z\":1}", "{}\n");
}

static void
jsonl_next__refuses_names_that_look_declared(void **state)
{
	static const char alike[] =
	    "a column's name looks like a declared one at 1";

	(void)state;
	expect_jsonl("{\"A\":1}", alike);
	expect_jsonl("{\"\\u0041\":1}", alike);
	expect_jsonl("{\"a \":1,\"a\":1}", alike);
	expect_jsonl("{\"E-F\":1}", alike);
	expect_jsonl("{\"b\":{\"C\":1}}", alike);
	expect_jsonl("{\"l\":[{},{\"Y\":1}]}", alike);
	expect_jsonl("{\"B\":{\"x\":1}}", alike);
	expect_jsonl("{\"\xc3\xa4\":1}",
	    "an undeclared column's name is not plain ASCII at 1");
	expect_jsonl("{\"x\\n\":1}",
	    "an undeclared column's name is not plain ASCII at 1");
	/* In what is dropped as a whole, names are only names. */
	expect_jsonl("{\"x\":{\"A\":1,\"\xc3\xa4\":1}}", "{}\n");
	plan.refuse_new_column = true;
	expect_jsonl("{\"x\":1}", "the file has a new column at 1");
	expect_jsonl("{\"a\":1,\"note\":2}", "{\"a\":1}\n");
	plan.refuse_new_column = false;
}

static void
jsonl_next__refuses_what_is_no_json(void **state)
{
	static const char *const strings[] = {"\"\\x\"", "\"\\u12g4\"",
	    "\"\\u123\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
	    "\"\\ud800x\"", "\"\t\"", "\"\x01\"", "\"\x80\"", "\"\xc0\x80\"",
	    "\"\xc1\xbf\"", "\"\xe0\x9f\xbf\"", "\"\xed\xa0\x80\"",
	    "\"\xf0\x8f\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
	    "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\xc3\"", "\"abc",
	    "\"abc\\"};
	static const char *const values[] = {"01", "-", "1.", ".1", "1.e1",
	    "+1", "1e", "1e+", "0x1", "NaN", "Infinity", "-Infinity", "tru",
	    "nul", "True", "'a'", "[1,]", "[,1]", "[1 2]", "{\"x\"}",
	    "{\"x\":}", "{,}", "{\"x\":1,}", "{x:1}", "{1:1}", "[", "{", "]",
	    "}", "", "1 2", "/**/1", "[1}", "{\"x\":1]", "\357\273\2771"};
	struct buf got;
	char line[64];

	(void)state;
	buf_init(&got, 4096);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		for (int name = 0; name < 2; name++) {
			(void)snprintf(line, sizeof(line),
			    name ? "{%s:1}" : "{\"q\":%s}", strings[i]);
			run(&got, span_str(line), 100, 100);
			if (got.len < 5 || memcmp(got.data, "json:", 5) != 0)
				fail_msg("%s is taken", line);
		}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		(void)snprintf(line, sizeof(line), "{\"q\":%s}", values[i]);
		run(&got, span_str(line), 100, 100);
		if (got.len < 5 || memcmp(got.data, "json:", 5) != 0)
			fail_msg("%s is taken", line);
	}
	buf_done(&got);
}

/* `times` times `piece` between two texts, to be read whole. */
static void
expect_repeated(const char *front, const char *piece, size_t times,
    const char *back, const char *want)
{
	struct buf in, got;
	size_t len = strlen(want);

	buf_init(&in, 4 << 20);
	buf_init(&got, 4 << 20);
	expect_ok(buf_append_str(&in, front));
	for (size_t i = 0; i < times; i++)
		expect_ok(buf_append_str(&in, piece));
	expect_ok(buf_append_str(&in, back));
	run(&got, buf_span(&in), 1, 1 << 20);
	if (got.len < len || memcmp(got.data, want, len) != 0)
		fail_msg("%zu times %s: %.*s, not %s", times, piece,
		    (int)(got.len < 80 ? got.len : 80), (const char *)got.data,
		    want);
	buf_done(&got);
	buf_done(&in);
}

static void
jsonl_next__has_caps(void **state)
{
	(void)state;
	/* The record is one level itself, and so is the innermost array. */
	expect_repeated("{\"q\":", "[", JSONL_MAX_DEPTH, "", "json: nested");
	expect_repeated("{\"q\":", "{\"x\":", JSONL_MAX_DEPTH - 1, "",
	    "json: not a number");
	expect_repeated("{\"q\":\"", "x", JSONL_MAX_STRING, "\"}", "{}\n");
	expect_repeated("{\"q\":\"", "x", JSONL_MAX_STRING + 1, "\"}",
	    "json: a string is too long");
	expect_repeated("{\"q\":", "1", JSONL_MAX_STRING, "}", "{}\n");
	expect_repeated("{\"q\":", "1", JSONL_MAX_STRING + 1, "}",
	    "json: a number is too long");
	expect_repeated("{", " ", JSONL_MAX_RECORD - 2, "}\r\n{}", "{}\n{}\n");
	expect_repeated("{", " ", JSONL_MAX_RECORD - 2, "}", "{}\n");
	expect_repeated(
	    "{", " ", JSONL_MAX_RECORD - 1, "}", "json: a line is too long");
	expect_repeated(
	    "{", " ", JSONL_MAX_RECORD + 5, "", "json: a line is too long");
	/* The array's two ends are places as well. */
	expect_repeated(
	    "{\"s\":[1", ",1", JSONL_MAX_PLACES - 3, "]}", "{\"s\":[1,1,");
	expect_repeated("{\"s\":[1", ",1", JSONL_MAX_PLACES - 2, "]}",
	    "json: too much is delivered");
}

/* Objects with more names than are compared one by one. */
static void
jsonl_next__finds_a_name_twice_among_many(void **state)
{
	struct buf in, got;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&got, 1 << 20);
	for (uint32_t num = 30; num < 4000; num = num * 3 / 2)
		for (uint32_t twice = 0; twice < num; twice += num / 7) {
			buf_reset(&in);
			expect_ok(buf_append_str(&in, "{\"a\":1"));
			for (uint32_t i = 0; i < num; i++)
				expect_ok(buf_append_format(
				    &in, ",\"n%u\":0", i * 7919 % 100003));
			expect_ok(buf_append_str(&in, "}\n"));
			run(&got, buf_span(&in), 10, 1 << 20);
			expect_span(buf_span(&got), "{\"a\":1}\n");
			in.len -= 2;
			expect_ok(buf_append_format(
			    &in, ",\"n%u\":0}", twice * 7919 % 100003));
			run(&got, buf_span(&in), 10, 1 << 20);
			expect_span(buf_span(&got), "json: a name twice at 1");
		}
	buf_done(&got);
	buf_done(&in);
}

/* Batches end at 512 rows, at many cells, and at a blank line. */
static void
jsonl_next__cuts_batches(void **state)
{
	struct buf in, got;

	(void)state;
	buf_init(&in, 8 << 20);
	buf_init(&got, 8 << 20);
	for (int i = 0; i < 1500; i++)
		expect_ok(buf_append_format(&in,
		    "{\"a\":%d,\"s\":[%d,2,3],\"l\":[{\"x\":\"%d\"}]}\n", i, i,
		    i));
	for (int i = 0; i < 7; i++) {
		expect_ok(buf_append_str(&in, "{\"s\":[0"));
		for (int j = 0; j < 30000; j++)
			expect_ok(buf_append_format(&in, ",%d", j));
		expect_ok(buf_append_str(&in, "]}\n"));
	}
	run(&got, buf_span(&in), 70, 65536);
	assert_true(span_equal(buf_span(&got), buf_span(&in)));
	buf_done(&got);
	buf_done(&in);
}

static void
jsonl_next__numbers_records_by_lines(void **state)
{
	static const char in[] = "\n{}\n{}\n\n\n{}\n";
	static const uint64_t want[] = {2, 6};
	const struct format *format = format_of(&plan);
	struct batch raw;
	struct bind bind;
	uint8_t *room;
	size_t len;
	void *file;

	(void)state;
	expect_ok(format->open(&file, &plan, 4096));
	expect_ok(format->bind(file, &bind, &raw));
	format->room(file, &room, &len);
	memcpy(room, in, sizeof(in) - 1);
	format->fill(file, sizeof(in) - 1);
	for (size_t i = 0; i < 2; i++) {
		expect_ok(format->next(file, &raw));
		assert_int_equal(raw.first_record, want[i]);
		assert_int_equal(raw.num_rows, 2 - i);
	}
	expect_err(AGAIN, format->next(file, &raw));
	batch_done(&raw);
	format->close(file);
}

static void
jsonl_next__counts_undeclared_names_once(void **state)
{
	static const char in[] = "{\"x\":1,\"b\":{\"x\":{\"y\":1}}}\n"
				 "{\"x\":1,\"l\":[{\"w\":1},{\"w\":1}]}\n";
	const struct format *format = format_of(&plan);
	struct batch raw;
	struct bind bind;
	uint8_t *room;
	size_t len;
	void *file;

	(void)state;
	expect_ok(format->open(&file, &plan, 4096));
	expect_ok(format->bind(file, &bind, &raw));
	format->room(file, &room, &len);
	memcpy(room, in, sizeof(in) - 1);
	format->fill(file, sizeof(in) - 1);
	expect_ok(format->next(file, &raw));
	assert_int_equal(format->num_dropped(file), 3);
	batch_done(&raw);
	format->close(file);
}

static struct err
open_with(const char *one, const char *two, const char *condition)
{
	struct span paths[] = {span_str(one), span_str(two)};
	struct plan_condition test = {.name = span_str(condition)};
	struct plan other = plan;
	void *file = NULL;
	struct err err;

	other.declared = paths;
	other.num_declared = 2;
	other.num_columns = 0;
	other.conditions = &test;
	other.num_conditions = condition[0] != 0;
	err = format_of(&other)->open(&file, &other, 100);
	format_of(&other)->close(file);
	return err;
}

static void
jsonl_tree_init__refuses_what_no_checker_lets_through(void **state)
{
	struct plan other = plan;
	void *file;

	(void)state;
	expect_ok(open_with("a", "b", ""));
	expect_ok(open_with("a.b", "a.c", "a.c"));
	expect_err(MALFORMED, open_with("a", "a", ""));
	expect_err(MALFORMED, open_with("a", "a.b", ""));
	expect_err(MALFORMED, open_with("a.b", "a", ""));
	expect_err(MALFORMED, open_with("a[]", "a", ""));
	expect_err(MALFORMED, open_with("a[].b", "a.c", ""));
	expect_err(MALFORMED, open_with("a.", "b", ""));
	expect_err(MALFORMED, open_with("", "b", ""));
	expect_err(MALFORMED, open_with("a.b", "b", "a"));
	expect_err(MALFORMED, open_with("a.b", "b", "c"));
	expect_err(MALFORMED, open_with("a[].b", "b", "a[].b"));
	expect_err(MALFORMED, open_with("a[].b", "b", "a.b"));
	other.num_declared = 1;
	expect_err(MALFORMED, format_of(&other)->open(&file, &other, 100));
}

/* The file alone, or as the value of a member. */
static void
expect_verdict(struct span name, struct span in, struct span want)
{
	struct buf got;
	bool refused;

	buf_init(&got, 1 << 20);
	run(&got, in, 1000, 1 << 20);
	refused = got.len >= 2 && got.data[got.len - 1] != '\n';
	if (refused != span_equal_str(want, "refused") ||
	    (got.len == 0) != span_equal_str(want, "none"))
		fail_msg("%.*s: %.*s", (int)name.len, (const char *)name.data,
		    (int)got.len, (const char *)got.data);
	buf_done(&got);
}

static void
jsonl_next__agrees_with_the_suite(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/json_suite.txt");
	struct buf json, part, value;
	size_t num = 0;

	(void)state;
	buf_init(&json, 1 << 20);
	buf_init(&part, 1 << 20);
	buf_init(&value, 1 << 20);
	for (; vectors_next(v); num++) {
		struct span name = vectors_text(v, "Name");
		uint64_t times = 1;

		vectors_hex(v, "Json", &part);
		if (vectors_has(v, "Times"))
			times = vectors_u64(v, "Times");
		buf_reset(&json);
		for (uint64_t i = 0; i < times; i++)
			expect_ok(buf_append(&json, buf_span(&part)));
		if (times > 1) {
			vectors_hex(v, "Rest", &part);
			expect_ok(buf_append(&json, buf_span(&part)));
		}
		expect_verdict(
		    name, buf_span(&json), vectors_text(v, "Record"));
		for (size_t i = 0; i < json.len && name.data[0] != 'n'; i++)
			if (json.data[i] == '\n')
				json.data[i] = ' ';
		buf_reset(&value);
		expect_ok(buf_append_str(&value, "{\"v\":"));
		expect_ok(buf_append(&value, buf_span(&json)));
		expect_ok(buf_append_str(&value, "}"));
		expect_verdict(
		    name, buf_span(&value), vectors_text(v, "Value"));
	}
	assert_int_equal(num, 318);
	vectors_close(v);
	buf_done(&value);
	buf_done(&part);
	buf_done(&json);
}

static void
jsonl_text_is_number__takes_the_whole_text(void **state)
{
	(void)state;
	assert_true(jsonl_text_is_number(span_str("-12.50")));
	assert_true(jsonl_text_is_number(span_str("0")));
	assert_false(jsonl_text_is_number(span_str("90+")));
	assert_false(jsonl_text_is_number(span_str("")));
	assert_false(jsonl_text_is_number(span_str("1 ")));
	assert_false(jsonl_text_is_number(span_str("007")));
	assert_false(jsonl_text_is_number(span_str("1\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jsonl_next__reads_lines),
	    cmocka_unit_test(jsonl_next__keeps_values_as_they_are),
	    cmocka_unit_test(jsonl_next__keeps_the_nesting_of_what_is_listed),
	    cmocka_unit_test(jsonl_next__delivers_no_misfit),
	    cmocka_unit_test(
		jsonl_next__gives_misfits_to_every_column_in_the_place),
	    cmocka_unit_test(jsonl_next__refuses_a_name_twice),
	    cmocka_unit_test(jsonl_next__refuses_names_that_look_declared),
	    cmocka_unit_test(jsonl_next__refuses_what_is_no_json),
	    cmocka_unit_test(jsonl_next__has_caps),
	    cmocka_unit_test(jsonl_next__finds_a_name_twice_among_many),
	    cmocka_unit_test(jsonl_next__cuts_batches),
	    cmocka_unit_test(jsonl_next__numbers_records_by_lines),
	    cmocka_unit_test(jsonl_next__counts_undeclared_names_once),
	    cmocka_unit_test(
		jsonl_tree_init__refuses_what_no_checker_lets_through),
	    cmocka_unit_test(jsonl_next__agrees_with_the_suite),
	    cmocka_unit_test(jsonl_text_is_number__takes_the_whole_text),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
