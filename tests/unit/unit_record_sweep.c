/*
 * What the ledger writes and reads, with less and less room, and with each
 * part replaced by what it cannot be. An entry is whole or there is none.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/record.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/sweep.h"

enum {
	MAX = 1 << 16,
};

static const uint8_t digest[32] = {0xde, 0xad};
static const struct span texts[] = {
    {(const uint8_t *)"trainers", 8}, {(const uint8_t *)"a\"b\n\xc3\xa9", 6}};
static const struct record_column columns[] = {
    {{(const uint8_t *)"zip", 3}, {(const uint8_t *)"zip3", 4}}};
static const struct record_range ranges[] = {{0, 99}, {200, 200}};
static const struct record_withheld withheld[] = {
    {{(const uint8_t *)"unfit", 5}, 3}, {{(const uint8_t *)"consent", 7}, 2}};

/* One member of each type. */
static struct record
make_record(void)
{
	return (struct record){.kind = RECORD_COMPLETE,
	    .time_ms = UINT64_C(1795417200123),
	    .request = span_str("r-1"),
	    .groups = {texts, 2},
	    .object = span_str("a\\b"),
	    .columns = {.items = columns, .num = 1},
	    .ranges = {ranges, 2},
	    .rows = {.read = record_number(10),
		.released = record_number(5),
		.withheld = withheld,
		.num_withheld = 2},
	    .intent = record_number(41),
	    .sha256 = span_of(digest, sizeof(digest)),
	    .generation = span_of("\x0a", 1),
	    .charge = {.known = true, .caller = span_str("k"), .day = 1},
	    .jail = {.known = true,
		.landlock = 7,
		.seccomp = true,
		.uids = span_str("shared")}};
}

static struct err
record_once(void *context, struct buf *out, struct arena *arena)
{
	struct record record = make_record();

	(void)context, (void)arena;
	TRY(record_encode(out, &record));
	record.rows.read.known = false;
	TRY(record_encode(out, &record));
	record.rows.released.known = false; /* reasons alone */
	TRY(record_encode(out, &record));
	record.rows.num_withheld = 0;
	TRY(record_encode(out, &record));
	record.rows.released = record_number(5);
	return record_encode(out, &record);
}

static void
record_encode__ends_at_any_ceiling(void **state)
{
	(void)state;
	assert_true(
	    sweep_allocations(record_once, NULL) > 0 || !failalloc_works());
	assert_true(sweep_ceilings(record_once, NULL) > 1000);
}

/* Of whatever order, they are written in theirs. */
static void
record_encode__sorts_its_reasons(void **state)
{
	static const struct record_withheld sorted[] = {
	    {{(const uint8_t *)"consent", 7}, 2},
	    {{(const uint8_t *)"unfit", 5}, 3}};
	struct buf one = {.max = MAX}, other = {.max = MAX};
	struct record record = make_record();

	(void)state;
	expect_ok(record_encode(&one, &record));
	record.rows.withheld = sorted;
	expect_ok(record_encode(&other, &record));
	assert_true(span_equal(buf_span(&one), buf_span(&other)));
	buf_done(&one);
	buf_done(&other);
}

static void
record_check__refuses_odd_digits_and_times(void **state)
{
	static const char time[] = "\"time\":\"1970-01-01T00:00:00.001Z\","
				   "\"time-ms\":1}";
	static const char *const digits[] = {"0", "0/", "0:", "0g", "0`", "G0"};
	static uint8_t much[RECORD_MAX + 1];
	struct record_brief brief;
	struct buf text = {.max = MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		buf_reset(&text);
		expect_ok(buf_append_format(&text,
		    "{\"generation\":\"%s\",\"kind\":\"stop\",%s", digits[i],
		    time));
		expect_err(MALFORMED, record_check(buf_span(&text), &brief));
	}
	buf_reset(&text);
	expect_ok(buf_append_format(
	    &text, "{\"generation\":\"0f\",\"kind\":\"stop\",%s", time));
	expect_ok(record_check(buf_span(&text), &brief));
	expect_err(MALFORMED,
	    record_check(span_str("{\"kind\":\"stop\",\"time\":\"x\","
				  "\"time-ms\":253402300800000}"),
		&brief));
	expect_err(TOO_BIG, record_check(span_of(much, sizeof(much)), &brief));
	buf_done(&text);
}

static void
record_encode__refuses_too_many_reasons(void **state)
{
	static struct record_withheld many[RECORD_REASONS + 1];
	struct record record = make_record();
	struct buf out = {.max = MAX};

	(void)state;
	record.rows.withheld = many;
	record.rows.num_withheld = RECORD_REASONS + 1;
	expect_err(TOO_BIG, record_encode(&out, &record));
	record = make_record();
	record.ranges.items = &(const struct record_range){.last = UINT64_MAX};
	record.ranges.num = 1;
	expect_err(TOO_BIG, record_encode(&out, &record));
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

/* Each value in turn gives way to one that no member can have. */
static void
record_check__refuses_what_no_member_is(void **state)
{
	static const char *const never[] = {"null", "-1", "[null]", "[{}]",
	    "[{\"name\":\"a\"}]", "[{\"name\":\"a\",\"protection\":1}]",
	    "[{\"first\":1,\"last\":\"x\"}]",
	    "[{\"first\":1,\"last\":2,\"more\":3}]", "{\"lost\":1}",
	    "{\"read\":\"x\"}", "{\"released\":null}", "{\"withheld\":1}",
	    "{\"withheld\":{\"a\":\"b\"}}", "{\"withheld\":{\"a\":1,}}",
	    "{\"landlock\":1,\"memfd-secret\":1,\"seccomp\":true,"
	    "\"uids\":\"\"}",
	    "{\"landlock\":1,\"memfd-secret\":true,\"seccomp\":true,"
	    "\"uids\":\"\",\"zoo\":1}",
	    "{\"read\":1,\"released\":2", "[\"a\",]", "[\"a\" \"b\"]", ""};
	struct record record = make_record();
	struct buf whole = {.max = MAX}, changed = {.max = MAX};
	struct span members, name, value;
	struct record_brief brief;
	size_t num = 0;

	(void)state;
	expect_ok(record_encode(&whole, &record));
	const struct span text = buf_span(&whole);
	expect_ok(record_check(text, &brief));
	expect_ok(jcs_read_object(text, &members));
	while (members.len > 0) {
		expect_ok(jcs_read_member(&members, &name, &value));
		size_t before = (size_t)(value.data - text.data);
		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
			buf_reset(&changed);
			expect_ok(
			    buf_append(&changed, span_sub(text, 0, before)));
			expect_ok(buf_append_str(&changed, never[i]));
			expect_ok(buf_append(&changed,
			    span_sub(text, before + value.len, text.len)));
			if (record_check(buf_span(&changed), &brief).code ==
			    ERR_OK)
				fail_msg("%.*s: %s", (int)name.len,
				    (const char *)name.data, never[i]);
			num++;
		}
	}
	assert_true(num > 200);
	buf_done(&changed);
	buf_done(&whole);
}

/* Cut anywhere, it is no entry; nor is what a reader stops in. */
static void
record_check__refuses_every_prefix(void **state)
{
	struct record record = make_record();
	struct buf whole = {.max = MAX};
	struct record_brief brief;

	(void)state;
	expect_ok(record_encode(&whole, &record));
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, whole.data, len);
		assert_int_not_equal(
		    record_check(span_of(copy, len), &brief).code, ERR_OK);
		/* What a reader needs stands in front of the time. */
		(void)record_brief_read(span_of(copy, len), &brief).code;
		free(copy);
	}
	buf_done(&whole);
}

static void
record_brief_read__refuses_what_it_needs_in_another_form(void **state)
{
	static const char *const bad[] = {"[]", "{\"bytes-most\":\"x\"}",
	    "{\"intent\":-1,\"kind\":\"complete\"}", "{\"kind\":1}",
	    "{\"kind\":\"halt\"}", "{\"kind\":\"stop\",\"request\":1}",
	    "{\"kind\":\"stop\" }", "{\"kind\"}", "{\"about\":tru}"};
	struct record_brief brief;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (record_brief_read(span_str(bad[i]), &brief).code == ERR_OK)
			fail_msg("taken: %s", bad[i]);
}

/* --- JSON ---------------------------------------------------------------- */

static struct err
jcs_once(void *context, struct buf *out, struct arena *arena)
{
	struct jcs jcs;

	(void)context, (void)arena;
	jcs_init(&jcs, out);
	TRY(jcs_open_object(&jcs));
	TRY(jcs_name(&jcs, span_str("a")));
	TRY(jcs_open_array(&jcs));
	TRY(jcs_bool(&jcs, false));
	TRY(jcs_int(&jcs, -JCS_INT_MAX));
	TRY(jcs_open_array(&jcs));
	TRY(jcs_close_array(&jcs));
	TRY(jcs_null(&jcs));
	TRY(jcs_string(&jcs, span_str("\x01\t\"\\\xff\xf0\x9f\x98\x80 plain")));
	TRY(jcs_hex(&jcs, span_str("hex")));
	TRY(jcs_bool(&jcs, true));
	TRY(jcs_written(&jcs, span_str("[7]")));
	TRY(jcs_close_array(&jcs));
	TRY(jcs_name(&jcs, span_str("\xc3\xa9")));
	TRY(jcs_open_object(&jcs));
	TRY(jcs_close_object(&jcs));
	TRY(jcs_close_object(&jcs));
	assert_true(jcs_is_whole(&jcs));
	return OK;
}

static void
jcs_name__takes_names_of_ours_alone(void **state)
{
	static char name[JCS_NAME_MAX + 2];
	struct buf out = {.max = MAX};
	struct jcs jcs;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	jcs_init(&jcs, &out);
	expect_ok(jcs_open_object(&jcs));
	expect_err(TOO_BIG, jcs_name(&jcs, span_str(name)));
	expect_err(MALFORMED, jcs_name(&jcs, span_str("\xc3\xa9\"")));
	expect_err(MALFORMED, jcs_name(&jcs, span_str("\xc3\xa9\\")));
	expect_err(MALFORMED, jcs_name(&jcs, span_str("\xc3")));
	expect_ok(jcs_name(&jcs, span_str("")));
	expect_ok(jcs_null(&jcs));
	expect_ok(jcs_name(&jcs, span_of(name, JCS_NAME_MAX)));
	expect_ok(jcs_null(&jcs));
	expect_ok(jcs_close_object(&jcs));
	expect_ok(jcs_read_check(buf_span(&out)));
	/* Nor is a longer one read. */
	buf_reset(&out);
	expect_ok(buf_append_format(&out, "{\"%s\":1}", name));
	expect_err(MALFORMED, jcs_read_check(buf_span(&out)));
	buf_done(&out);
}

static struct err
text_once(void *context, struct buf *out, struct arena *arena)
{
	static const char written[] =
	    "\"a\\u0001\\t\\\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"";

	(void)context, (void)arena;
	return jcs_read_text(span_str(written), out);
}

static void
jcs__ends_at_any_ceiling(void **state)
{
	(void)state;
	assert_true(sweep_ceilings(jcs_once, NULL) > 60);
	assert_int_equal(sweep_ceilings(text_once, NULL), 13);
}

static void
jcs_read_text__refuses_other_escapes(void **state)
{
	static const char *const bad[] = {"a", "\"", "\"\\\"", "\"\\u000\"",
	    "\"\\u00\"", "\"\\u0\"", "\"\\u0008\"", "\"\\u0009\"",
	    "\"\\u000a\"", "\"\\u000c\"", "\"\\u000d\"", "\"\\u001G\"",
	    "\"\\u001g\"", "\"\\u0020\"", "\"\\u001A\"", "\"\\x\"", "\"\x01\"",
	    "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xf8\x88\x80\x80\x80\"",
	    "\"\xc0\xaf\"", "\"\xf4\x90\x80\x80\""};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf out = {.max = MAX};

		if (jcs_read_text(span_str(bad[i]), &out).code == ERR_OK)
			fail_msg("taken: %s", bad[i]);
		if (jcs_read_check(span_str(bad[i])).code == ERR_OK)
			fail_msg("canonical: %s", bad[i]);
		buf_done(&out);
	}
}

static void
jcs_read_find__tells_what_is_missing(void **state)
{
	const struct span object = span_str("{\"b\":\"x\",\"d\":7}");
	struct span value, text, items;
	uint64_t number;

	(void)state;
	expect_ok(jcs_read_find_string(object, "b", &text));
	expect_span(text, "x");
	expect_ok(jcs_read_find_u64(object, "d", &number));
	assert_int_equal(number, 7);
	expect_err(NOT_FOUND, jcs_read_find_string(object, "a", &text));
	expect_err(NOT_FOUND, jcs_read_find_u64(object, "c", &number));
	expect_err(NOT_FOUND, jcs_read_find(object, "e", &value));
	expect_err(MALFORMED, jcs_read_find_string(object, "d", &text));
	expect_err(MALFORMED, jcs_read_find_u64(object, "b", &number));
	expect_err(MALFORMED, jcs_read_find(span_str("[1]"), "a", &value));
	expect_err(
	    MALFORMED, jcs_read_find(span_str("{\"a\" 1}"), "a", &value));
	items = span_str("");
	expect_err(NOT_FOUND, jcs_read_item(&items, &value));
	items = span_str("1 2");
	expect_err(MALFORMED, jcs_read_item(&items, &value));
	items = span_str("x");
	expect_err(MALFORMED, jcs_read_item(&items, &value));
	items = span_str("\"");
	expect_err(TRUNCATED, jcs_read_item(&items, &value));
}

/* --- checkpoints --------------------------------------------------------- */

static struct note_signer signer;

static struct err
checkpoint_once(void *context, struct buf *out, struct arena *arena)
{
	const struct merkle_tree tree = {.size = 17, .root = {1, 2, 3}};

	(void)context, (void)arena;
	return checkpoint_sign(out, &signer, CHECKPOINT_JOURNAL, &tree);
}

/* Of a name of any length, so that memory ends within each part of it. */
static void
checkpoint_sign__ends_at_any_ceiling(void **state)
{
	static char name[NOTE_NAME_MAX];

	(void)state;
	memset(name, 'n', sizeof(name));
	expect_ok(note_keygen(&signer, span_str("a.example/log")));
	assert_true(sweep_ceilings(checkpoint_once, NULL) > 100);
	note_signer_done(&signer);
	for (size_t len = 160; len <= sizeof(name); len++) {
		expect_ok(note_keygen(&signer, span_of(name, len)));
		assert_true(sweep_allocations(checkpoint_once, NULL) > 0 ||
		    !failalloc_works());
		note_signer_done(&signer);
	}
}

/* Signed by the right key, and all the same no checkpoint. */
static void
checkpoint_verify__refuses_what_is_signed_and_none(void **state)
{
#define ROOT "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	static const struct {
		const char *text;
		enum err_code code;
	} rows[] = {
	    {"a.example/log\n17\n" ROOT, ERR_OK},
	    {"a.example/log journal\n17\n" ROOT, ERR_MALFORMED},
	    {"a.example\n17\n" ROOT, ERR_MALFORMED},
	    {"b.example/log\n17\n" ROOT, ERR_MALFORMED},
	    {"a.example/log\n", ERR_TRUNCATED},
	    {"a.example/log\n017\n" ROOT, ERR_MALFORMED},
	    {"a.example/log\n17\n", ERR_TRUNCATED},
	    {"a.example/log\n17\nAQID\n", ERR_MALFORMED},
	    {"a.example/log\n17\n"
	     "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		ERR_MALFORMED},
	    {"a.example/log\n17\n"
	     "*QIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		ERR_MALFORMED},
	    {"a.example/log\n17\n" ROOT "more\n", ERR_MALFORMED},
	};
	struct merkle_tree tree;

	(void)state;
	expect_ok(note_keygen(&signer, span_str("a.example/log")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf note = {.max = MAX};

		expect_ok(note_sign(&note, &signer, span_str(rows[i].text)));
		struct err err = checkpoint_verify(
		    buf_span(&note), &signer.key, CHECKPOINT_PUBLIC, &tree);
		if (err.code != rows[i].code)
			fail_msg("%s: %s", rows[i].text, err_name(err.code));
		buf_done(&note);
	}
	note_signer_done(&signer);
}

static int
prepare(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(record_encode__ends_at_any_ceiling),
	    cmocka_unit_test(record_encode__sorts_its_reasons),
	    cmocka_unit_test(record_check__refuses_odd_digits_and_times),
	    cmocka_unit_test(record_encode__refuses_too_many_reasons),
	    cmocka_unit_test(record_check__refuses_what_no_member_is),
	    cmocka_unit_test(record_check__refuses_every_prefix),
	    cmocka_unit_test(
		record_brief_read__refuses_what_it_needs_in_another_form),
	    cmocka_unit_test(jcs__ends_at_any_ceiling),
	    cmocka_unit_test(jcs_name__takes_names_of_ours_alone),
	    cmocka_unit_test(jcs_read_text__refuses_other_escapes),
	    cmocka_unit_test(jcs_read_find__tells_what_is_missing),
	    cmocka_unit_test(checkpoint_sign__ends_at_any_ceiling),
	    cmocka_unit_test(
		checkpoint_verify__refuses_what_is_signed_and_none),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
