/* record: what is encoded, what is refused, what the ledger reads of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/record.h"
#include "gateway/ledger/record_charge.h"

static struct record_brief brief; /* what a check found, if it matters */

static void
assert_ok(struct err err)
{
	if (err.code != ERR_OK)
		fail_msg("%s: %s", err_name(err.code), err.why);
}

static struct span
text(const char *string)
{
	return span_str(string);
}

static const uint8_t DIGEST[32] = {0xde, 0xad, [31] = 0x01};
static const struct span GROUPS[] = {
    {(const uint8_t *)"trainers", 8}, {(const uint8_t *)"nightly", 7}};
static const struct record_column COLUMNS[] = {
    {{(const uint8_t *)"mrn", 3}, {(const uint8_t *)"token", 5}},
    {{(const uint8_t *)"zip", 3}, {(const uint8_t *)"zip3", 4}}};
static const struct record_range RANGES[] = {{0, 99}, {200, 200}};
static const struct record_withheld WITHHELD[] = {
    {{(const uint8_t *)"unfit", 5}, 3}, {{(const uint8_t *)"consent", 7}, 2}};

/* A record in which every field is known. */
static struct record
make_full(void)
{
	struct span digest = span_of(DIGEST, sizeof(DIGEST));

	return (struct record){.kind = RECORD_COMPLETE,
	    .time_ms = UINT64_C(1795417200123),
	    .request = text("r-1"),
	    .trace = digest,
	    .groups = {GROUPS, 2},
	    .access_key = text("GHAK1"),
	    .spiffe = text("spiffe://c/ns/t"),
	    .proof = text("sigv4+certificate"),
	    .certificate = digest,
	    .peer = text("192.0.2.7:4711"),
	    .place = text("virginia"),
	    .uid = record_number(1000),
	    .agreement = text("readmission"),
	    .recipient = text("lab"),
	    .recipient_name = text("Lab Inc."),
	    .contract = text("BAA-17"),
	    .deletes_after = text("180 days"),
	    .purpose = text("research"),
	    .purpose_text = text("predict \"return\""),
	    .basis = text("hipaa: safe-harbor"),
	    .controller = text("st-anna"),
	    .about = text("patients"),
	    .categories = {GROUPS, 1},
	    .method = text("GET"),
	    .dataset = text("encounters"),
	    .object = text("2026/a.csv"),
	    .source_version = span_of("\x17\x47", 2),
	    .decision = text("allowed"),
	    .rule = text("readmission"),
	    .rule_at = text("policy.yaml:91"),
	    .reason = text("why"),
	    .command = text("reload"),
	    .code = text("s1_abc"),
	    .reveal_request = digest,
	    .asked_by = text("rosa"),
	    .approvers = {GROUPS, 2},
	    .review_by = text("2026-12-01"),
	    .columns = {.items = COLUMNS, .num = 2},
	    .rows = {.read = record_number(10),
		.released = record_number(5),
		.withheld = WITHHELD,
		.num_withheld = 2},
	    .bytes = record_number(0),
	    .bytes_most = record_number(9007199254740991),
	    .ranges = {RANGES, 2},
	    .sha256 = digest,
	    .outcome = text("delivered"),
	    .encrypt = text("age"),
	    .recipient_keys = {GROUPS, 1},
	    .charge = {.known = true,
		.caller = text("access-key:GHAK1"),
		.day = 20785,
		.bytes = 1000,
		.rows = 3,
		.rows_most = 40},
	    .intent = record_number(41),
	    .count = record_number(6),
	    .since_ms = record_number(7),
	    .policy = digest,
	    .policy_version = record_number(4),
	    .policy_files = digest,
	    .policy_before = digest,
	    .signers = {GROUPS, 1},
	    .wider = record_number(3),
	    .narrower = record_number(5),
	    .plan = digest,
	    .config = digest,
	    .epoch = record_number(2),
	    .generation = span_of("\x0a", 1),
	    .version = text("0.1.0"),
	    .build = text("abc"),
	    .jail = {.known = true,
		.landlock = 7,
		.seccomp = true,
		.uids = text("shared")}};
}

#define DIGEST_HEX                                                             \
	"dead000000000000000000000000000000000000000000000000000000000001"

static const char FULL[] =
    "{\"about\":\"patients\",\"access-key\":\"GHAK1\","
    "\"agreement\":\"readmission\",\"approvers\":[\"trainers\","
    "\"nightly\"],\"asked-by\":\"rosa\",\"basis\":\"hipaa: safe-harbor\","
    "\"build\":\"abc\",\"bytes\":0,\"bytes-most\":9007199254740991,"
    "\"categories\":[\"trainers\"],\"certificate\":\"" DIGEST_HEX "\","
    "\"charge\":{\"bytes\":1000,\"caller\":\"access-key:GHAK1\","
    "\"day\":20785,\"rows\":3,\"rows-most\":40},"
    "\"code\":\"s1_abc\","
    "\"columns\":[{\"name\":\"mrn\",\"protection\":\"token\"},"
    "{\"name\":\"zip\",\"protection\":\"zip3\"}],\"command\":\"reload\","
    "\"config\":\"" DIGEST_HEX "\",\"contract\":\"BAA-17\","
    "\"controller\":\"st-anna\",\"count\":6,\"dataset\":\"encounters\","
    "\"decision\":\"allowed\",\"deletes-after\":\"180 days\","
    "\"encrypt\":\"age\",\"epoch\":2,"
    "\"generation\":\"0a\",\"groups\":[\"trainers\",\"nightly\"],"
    "\"intent\":41,\"jail\":{\"landlock\":7,\"memfd-secret\":false,"
    "\"seccomp\":true,\"uids\":\"shared\"},\"kind\":\"complete\","
    "\"method\":\"GET\",\"narrower\":5,\"object\":\"2026/a.csv\","
    "\"outcome\":\"delivered\",\"peer\":\"192.0.2.7:4711\","
    "\"place\":\"virginia\",\"plan\":\"" DIGEST_HEX "\","
    "\"policy\":\"" DIGEST_HEX "\",\"policy-before\":\"" DIGEST_HEX
    "\",\"policy-files\":\"" DIGEST_HEX
    "\",\"policy-version\":4,\"proof\":\"sigv4+certificate\","
    "\"purpose\":\"research\",\"purpose-text\":\"predict \\\"return\\\"\","
    "\"ranges\":[{\"first\":0,\"last\":99},{\"first\":200,\"last\":200}],"
    "\"reason\":\"why\",\"recipient\":\"lab\","
    "\"recipient-keys\":[\"trainers\"],\"recipient-name\":\"Lab Inc.\","
    "\"request\":\"r-1\",\"reveal-request\":\"" DIGEST_HEX "\","
    "\"review-by\":\"2026-12-01\",\"rows\":{\"read\":10,\"released\":5,"
    "\"withheld\":{\"consent\":2,\"unfit\":3}},\"rule\":\"readmission\","
    "\"rule-at\":\"policy.yaml:91\",\"sha256\":\"" DIGEST_HEX "\","
    "\"signers\":[\"trainers\"],\"since-ms\":7,\"source-version\":\"1747\","
    "\"spiffe\":\"spiffe://c/ns/t\",\"time\":\"2026-11-23T07:00:00.123Z\","
    "\"time-ms\":1795417200123,\"trace\":\"" DIGEST_HEX
    "\",\"uid\":1000,\"version\":\"0.1.0\",\"wider\":3}";

static void
record_encode__takes_columns_that_were_written_before(void **state)
{
	struct buf columns CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct buf out CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct record record = make_full();

	(void)state;
	assert_ok(record_write_columns(&columns, NULL, 0));
	assert_int_equal(columns.len, 0);
	assert_ok(record_write_columns(
	    &columns, record.columns.items, record.columns.num));
	record.columns = (struct record_columns){.written = buf_span(&columns)};
	assert_ok(record_encode(&out, &record));
	assert_true(span_equal_str(buf_span(&out), FULL));
}

static void
record_encode__writes_every_field_in_order(void **state)
{
	struct record record = make_full();
	struct buf out = {.max = 10000};

	(void)state;
	assert_ok(record_encode(&out, &record));
	assert_ok(buf_put_u8(&out, '\0'));
	assert_string_equal((const char *)out.data, FULL);
	assert_ok(record_check(span_str(FULL), &brief));
	buf_done(&out);
}

/* What the table says is not looked at again while a record is written. */
static void
record_encode__has_its_names_in_their_order(void **state)
{
	struct record record = make_full();
	struct buf out CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct span members, name, value, before = {0};

	(void)state;
	assert_ok(record_encode(&out, &record));
	assert_ok(jcs_read_object(buf_span(&out), &members));
	while (members.len > 0) {
		assert_ok(jcs_read_member(&members, &name, &value));
		assert_true(jcs_compare(before, name) < 0);
		before = name;
	}
	assert_true(span_equal_str(before, "wider"));
}

static void
record_encode__leaves_out_what_is_not_known(void **state)
{
	struct record record = {.kind = RECORD_STOP, .time_ms = 0};
	struct buf out = {.max = 10000};

	(void)state;
	assert_ok(record_encode(&out, &record));
	assert_true(span_equal_str(buf_span(&out),
	    "{\"kind\":\"stop\",\"time\":\"1970-01-01T00:00:00.000Z\","
	    "\"time-ms\":0}"));
	assert_ok(record_check(buf_span(&out), &brief));
	buf_done(&out);
}

static void
record_encode__refuses_wrong_values(void **state)
{
	static const struct record_withheld TWICE[] = {
	    {{(const uint8_t *)"a", 1}, 3}, {{(const uint8_t *)"a", 1}, 2}};
	struct buf out = {.max = 10000};
	struct record record = make_full();

	(void)state;
	assert_ok(buf_append_str(&out, "before"));
	record.sha256 = text("short");
	assert_int_equal(record_encode(&out, &record).code, ERR_MALFORMED);
	record = make_full();
	record.bytes = record_number(UINT64_C(9007199254740992));
	assert_int_equal(record_encode(&out, &record).code, ERR_TOO_BIG);
	record = make_full();
	record.rows.withheld = TWICE;
	assert_int_equal(record_encode(&out, &record).code, ERR_MALFORMED);
	record = make_full();
	record.time_ms = UINT64_C(253402300800000);
	assert_int_equal(record_encode(&out, &record).code, ERR_MALFORMED);
	assert_true(span_equal_str(buf_span(&out), "before"));
	buf_done(&out);
}

static void
record_encode__refuses_what_no_bundle_holds(void **state)
{
	static uint8_t long_text[RECORD_MAX];
	struct record record = {.kind = RECORD_ADMIN};
	struct buf out = {.max = 2 * RECORD_MAX};
	size_t rest;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	record.reason = span_of(long_text, 1);
	assert_ok(record_encode(&out, &record));
	rest = RECORD_MAX - out.len + 1;
	buf_reset(&out);
	record.reason = span_of(long_text, rest);
	assert_ok(record_encode(&out, &record));
	assert_int_equal(out.len, RECORD_MAX);
	assert_ok(record_check(buf_span(&out), &brief));
	buf_reset(&out);
	record.reason = span_of(long_text, rest + 1);
	assert_int_equal(record_encode(&out, &record).code, ERR_TOO_BIG);
	buf_done(&out);
}

#define TIME "\"time\":\"1970-01-01T00:00:00.001Z\",\"time-ms\":1"

static void
record_check__refuses_what_is_no_record(void **state)
{
	static const char *const BAD[] = {
	    "",
	    "[]",
	    "{}",
	    "null",
	    "{\"kind\":\"stop\"}",
	    "{" TIME "}",
	    "{\"kind\":\"halt\"," TIME "}",
	    "{\"kind\":1," TIME "}",
	    "{\"kind\":\"stop\"," TIME "} ",
	    "{\"kind\":\"stop\", " TIME "}",
	    "{\"kind\":\"stop\",\"zebra\":1," TIME "}",
	    "{\"kind\":\"stop\"," TIME ",\"zebra\":1}",
	    "{\"bytes\":\"1\",\"kind\":\"stop\"," TIME "}",
	    "{\"bytes\":-1,\"kind\":\"stop\"," TIME "}",
	    "{\"about\":1,\"kind\":\"stop\"," TIME "}",
	    "{\"kind\":\"stop\",\"sha256\":\"00\"," TIME "}",
	    "{\"kind\":\"stop\",\"sha256\":\"" DIGEST_HEX "0\"," TIME "}",
	    "{\"generation\":\"0\",\"kind\":\"stop\"," TIME "}",
	    "{\"generation\":\"0A\",\"kind\":\"stop\"," TIME "}",
	    "{\"groups\":[1],\"kind\":\"stop\"," TIME "}",
	    "{\"columns\":[{\"name\":\"a\"}],\"kind\":\"stop\"," TIME "}",
	    "{\"kind\":\"stop\",\"rows\":{\"lost\":1}," TIME "}",
	    "{\"kind\":\"stop\",\"rows\":{\"withheld\":{\"a\":\"b\"}}," TIME
	    "}",
	    "{\"jail\":{\"landlock\":1},\"kind\":\"stop\"," TIME "}",
	    "{\"charge\":{\"bytes\":1},\"kind\":\"stop\"," TIME "}",
	    "{\"charge\":{\"bytes\":1,\"caller\":\"a\",\"day\":1,"
	    "\"rows\":-1,\"rows-most\":1},\"kind\":\"stop\"," TIME "}",
	    "{\"jail\":{\"landlock\":1,\"memfd-secret\":1,\"seccomp\":true,"
	    "\"uids\":\"\"},\"kind\":\"stop\"," TIME "}",
	    "{\"kind\":\"stop\",\"time\":\"1970-01-01T00:00:00.001Z\","
	    "\"time-ms\":2}",
	    "{\"kind\":\"complete\"," TIME "}",
	    "{\"kind\":\"interrupted\"," TIME "}",
	    "{\"intent\":1,\"kind\":\"stop\"," TIME "}",
	    "{\"intent\":1,\"kind\":\"intent\"," TIME "}",
	};

	(void)state;
	assert_ok(
	    record_check(span_str("{\"kind\":\"stop\"," TIME "}"), &brief));
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		if (record_check(span_str(BAD[i]), &brief).code == ERR_OK)
			fail_msg("taken: %s", BAD[i]);
}

/* One byte changed anywhere: another record, or none; never a crash. */
static void
record_check__survives_every_changed_byte(void **state)
{
	char copy[sizeof(FULL)];
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(FULL) - 1; i++) {
		memcpy(copy, FULL, sizeof(FULL));
		copy[i] = (char)(copy[i] ^ 0x80);
		if (record_check(span_of(copy, sizeof(FULL) - 1), &brief)
			.code != ERR_OK)
			refused++;
	}
	/* A lone byte from 0x80 up is no UTF-8, wherever it stands. */
	assert_int_equal(refused, sizeof(FULL) - 1);
}

static void
record_brief_read__finds_what_the_ledger_needs(void **state)
{
	(void)state;
	assert_ok(record_brief_read(span_str(FULL), &brief));
	assert_int_equal(brief.kind, RECORD_COMPLETE);
	assert_true(span_equal_str(brief.request, "r-1"));
	assert_true(brief.intent.known);
	assert_int_equal(brief.intent.value, 41);
	assert_true(brief.bytes_most.known);
	assert_ok(record_brief_read(
	    span_str("{\"kind\":\"intent\",\"request\":\"x\"}"), &brief));
	assert_int_equal(brief.kind, RECORD_INTENT);
	assert_false(brief.bytes_most.known);
	assert_int_equal(
	    record_brief_read(span_str("{\"kind\":\"complete\"}"), &brief).code,
	    ERR_MALFORMED);
	assert_int_equal(
	    record_brief_read(span_str("{\"request\":\"x\"}"), &brief).code,
	    ERR_MALFORMED);
}

static void
record_charge_read__finds_what_sums_are_made_of(void **state)
{
	static const char *const NONE[] = {
	    "{}", "{\"agreement\":\"a\",\"kind\":\"intent\"," TIME "}"};
	static const char *const BAD[] = {"", "[]",
	    "{\"charge\":{\"bytes\":1,\"caller\":\"c\",\"day\":2,\"rows\":3,"
	    "\"rows-most\":4}," TIME "}",
	    "{\"agreement\":\"a\",\"charge\":{\"bytes\":1,\"caller\":\"c\","
	    "\"day\":2,\"rows\":3}," TIME "}",
	    "{\"agreement\":\"a\",\"charge\":{\"bytes\":1,\"caller\":\"c\","
	    "\"day\":2,\"rows\":3,\"rows-most\":4,\"z\":1}," TIME "}",
	    "{\"agreement\":\"a\",\"charge\":7," TIME "}"};
	struct record_charged charged;

	(void)state;
	assert_ok(record_charge_read(span_str(FULL), &charged));
	assert_true(span_equal_str(charged.agreement, "readmission"));
	assert_true(span_equal_str(charged.generation, "0a"));
	assert_int_equal(charged.time_ms, UINT64_C(1795417200123));
	assert_true(span_equal_str(charged.charge.caller, "access-key:GHAK1"));
	assert_int_equal(charged.charge.day, 20785);
	assert_int_equal(charged.charge.bytes, 1000);
	assert_int_equal(charged.charge.rows, 3);
	assert_int_equal(charged.charge.rows_most, 40);
	for (size_t i = 0; i < sizeof(NONE) / sizeof(NONE[0]); i++)
		assert_int_equal(
		    record_charge_read(span_str(NONE[i]), &charged).code,
		    ERR_NOT_FOUND);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_equal(
		    record_charge_read(span_str(BAD[i]), &charged).code,
		    ERR_MALFORMED);
}

/* Each part in turn is left out, has another name, or is what none can be. */
static void
record_charge_read__wants_every_part_of_a_charge(void **state)
{
	static const char *const NAMES[] = {
	    "bytes", "caller", "day", "rows", "rows-most"};
	static const char *const VALUES[] = {"1", "\"c\"", "2", "3", "4"};
	static const char *const WRONG[] = {NULL, "null", "[]"};
	static const char other[] = "x";
	enum {
		PARTS = sizeof(NAMES) / sizeof(NAMES[0]),
		WAYS = sizeof(WRONG) / sizeof(WRONG[0]) + 1,
	};
	struct record_charged charged = {.time_ms = 77};

	(void)state;
	for (size_t i = 0; i < PARTS * WAYS; i++) {
		struct buf text = {.max = 1024};
		const char *comma = "";

		assert_ok(
		    buf_append_str(&text, "{\"agreement\":\"a\",\"charge\":{"));
		for (size_t k = 0; k < PARTS; k++) {
			bool turn = k == i / WAYS;
			bool named = turn && i % WAYS + 1 == WAYS;
			const char *value =
			    turn && !named ? WRONG[i % WAYS] : VALUES[k];

			if (value == NULL)
				continue;
			assert_ok(buf_append_format(&text, "%s\"%s%s\":%s",
			    comma, NAMES[k], named ? other : "", value));
			comma = ",";
		}
		assert_ok(buf_append_str(&text, "}," TIME "}"));
		if (record_charge_read(buf_span(&text), &charged).code !=
		    ERR_MALFORMED)
			fail_msg("taken: %.*s", (int)text.len,
			    (const char *)text.data);
		buf_done(&text);
	}
	/* What lies before it is no member: nothing is charged by half. */
	assert_int_not_equal(
	    record_charge_read(span_str("{\"about\"}"), &charged).code, ERR_OK);
	assert_int_equal(charged.time_ms, 77);
}

static void
record_kind__names_and_parses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RECORD_KINDS; i++) {
		enum record_kind kind;
		const char *name = record_kind_name((enum record_kind)i);
		assert_ok(record_kind_parse(&kind, span_str(name)));
		assert_int_equal(kind, i);
	}
	assert_string_equal(
	    record_kind_name(RECORD_REFUSED_SUMMARY), "refused-summary");
}

/* Each day that the ledger can know, as the C library has it. */
static void
record_format_time__agrees_with_the_calendar(void **state)
{
	(void)state;
	for (uint64_t day = 0; day <= 2932896; day++) {
		uint64_t ms = day * 86400000 + day * 7919 % 86400000;
		char expected[64], got[RECORD_TIME_LEN];
		struct tm tm;
		time_t second = (time_t)(ms / 1000);
		assert_non_null(gmtime_r(&second, &tm));
		size_t len = strftime(expected, sizeof(expected), "%FT%T", &tm);
		(void)snprintf(expected + len, sizeof(expected) - len, ".%03uZ",
		    (unsigned)(ms % 1000));
		assert_ok(record_format_time(got, ms));
		assert_memory_equal(got, expected, sizeof(got));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(record_encode__writes_every_field_in_order),
	    cmocka_unit_test(record_encode__has_its_names_in_their_order),
	    cmocka_unit_test(
		record_encode__takes_columns_that_were_written_before),
	    cmocka_unit_test(record_encode__leaves_out_what_is_not_known),
	    cmocka_unit_test(record_encode__refuses_wrong_values),
	    cmocka_unit_test(record_encode__refuses_what_no_bundle_holds),
	    cmocka_unit_test(record_check__refuses_what_is_no_record),
	    cmocka_unit_test(record_check__survives_every_changed_byte),
	    cmocka_unit_test(record_brief_read__finds_what_the_ledger_needs),
	    cmocka_unit_test(record_charge_read__finds_what_sums_are_made_of),
	    cmocka_unit_test(record_charge_read__wants_every_part_of_a_charge),
	    cmocka_unit_test(record_kind__names_and_parses),
	    cmocka_unit_test(record_format_time__agrees_with_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
