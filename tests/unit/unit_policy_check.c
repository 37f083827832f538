#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/preset.h"
#include "policy/suggest.h"
#include "policy/waits.h"
#include "tests/harness/policybox.h"
#include "tests/harness/vectors.h"

/* The bank's files as JSON Lines, with more columns. */
#define JSON_COLUMNS(columns, code)                                            \
	{                                                                      \
		"bank/*.csv\n    protect: gdpr-pseudonymous@1\n    "           \
		"columns:\n",                                                  \
		    "bank/*.jsonl\n    protect: gdpr-pseudonymous@1\n"         \
		    "    columns:\n      " columns "\n",                       \
		    code                                                       \
	}

/* One change of a clean policy, and the one code that it must give. */
static const struct {
	const char *from, *to, *code;
} changes[] = {
    {"name: base", "name: &a base", "E004"},
    {"name: base", "name: !!str base", "E005"},
    {"name: base", "name: [base", "E001"},
    {"name: base", "name: base\n  name: base", "E008"},
    {"name: base", "<<: base", "E009"},
    {"assessment: LIA-1", "assessment: LIA-1\n    dpja: D-1", "E101"},
    {"    until: 2027-03-31\n", "", "E102"},
    {"role: controller", "role: kontroller", "E103"},
    {"who: trainers", "who: trainer", "E104"},
    {"purpose: readmission", "purpose: readmision", "E104"},
    {"  - id: fraud\n", "  - id: readmission\n", "E105"},
    {"  - id: fraud\n", "  - id: v1\n", "E106"},
    {"  - id: fraud\n", "  - id: Fraud\n", "E106"},
    {"sensitive code", "sensitive", "E107"},
    {"birth before 2008-01-01", "mrn is 5", "E108"},
    {"birth before 2008-01-01", "birth before 2008-01-02", "E109"},
    {"birth before 2008-01-01", "birth before 1930-01-01", "E109"},
    {"birth before 2008-01-01", "age(birth) at least 91", "E109"},
    {"birth before 2008-01-01", "zip is 60614", "E109"},
    {"birth before 2008-01-01", "nights under 7", "E109"},
    {"birth before 2008-01-01", "birth under 5", "E115"},
    {"birth before 2008-01-01", "birth was 5", "E115"},
    {"birth before 2008-01-01", "note is x", "E115"},
    {"zip: zip3", "zip: year", "E110"},
    {"zip: zip3", "zip: zip33", "E111"},
    {"nights: band 2", "nights: band 0", "E111"},
    {"nights: band 2", "nights: cap 5..5", "E111"},
    {"203.0.113.0/24", "10.1.0.0/16", "E112"},
    {"203.0.113.0/24", "0.0.0.0/0", "E112"},
    {"203.0.113.0/24", "203.0.113.1/24", "E103"},
    {"record-number, subject", "record-number", "E113"},
    {"file:///data/hospital/*.csv", "file:///data/../etc/*.csv", "E114"},
    {"file:///data/hospital/*.csv", "file:///*.csv", "E114"},
    {"file:///data/hospital/*.csv", "s3://data/x.csv", "W901"},
    {"hospital/*.csv", "hospital/*.csv.zst", NULL},
    {"hospital/*.csv", "hospital/*.csv\n    compression: gzip", NULL},
    {"hospital/*.csv", "hospital/*.csv\n    compression: lz4", "E103"},
    {"hospital/*.csv", "hospital/*.csv.gz\n    compression: zstd", "E114"},
    {"hospital/*.csv", "hospital/*.csv.gz\n    compression: none", "E114"},
    {"    encrypt: age\n", "    encrypt: age\n    compress: as-source\n", NULL},
    {"    encrypt: age\n", "    encrypt: age\n    compress: as-is\n", "E103"},
    {"dataset: bank/*", "dataset: bonk/*", "E116"},
    {"dataset: bank/cards", "dataset: bank/*", "E104"},
    {"    dataset: bank/*\n    place-not-in: EEA\n", "", "E116"},
    {"until: 2027-03-31", "until: 2027-02-29", "E117"},
    {"group icd.csv", "group icd9.csv", "E118"},
    {"group icd.csv", "group ../icd.csv", "E118"},
    {"encrypt: age", "encrypt: tls", "E119"},
    {"age19g8n", "age19g8m", "E119"},
    {"birth: year", "birth: month", "E201"},
    {"birth: year", "birth: keep because we like it", "E201"},
    {"zip: zip3", "zip: keep", "E201"},
    {"zip: zip3", "mrn: pseudonym", "E201"},
    {"zip: zip3", "mrn: mask last 4", "E201"},
    {"zip: zip3", "note: keep", "E201"},
    {"zip: zip3", "zip: group icd.csv", "E201"},
    {"zip: zip3", "mrn: token", NULL},
    {"age: age-90", "age: cap 0..91", "E201"},
    {"age: age-90", "age: band 5", "E201"},
    {"iban: pseudonym", "iban: keep because we must", "E201"},
    {"keep because companies are not people", "keep", "E202"},
    {"    no-actual-knowledge: {signed-by: anna, on: 2026-11-01}\n", "",
	"E203"},
    {"on: 2026-11-01", "on: 2026-12-01", "E203"},
    {"on: 2026-11-01", "on: 2025-11-01", "W303"},
    {"    hipaa: safe-harbor\n", "", "E204"},
    {"    assessment: LIA-1\n", "", "E205"},
    {"plain amount", "{is: plain amount, category: health}", "E206"},
    {"    places: [frankfurt]\n", "    places: [virginia]\n", "W302"},
    {"    dataset: bank/*\n    place-not-in: EEA\n",
	"    purpose: readmission\n    place: KP\n", NULL},
    {"country: DE\n    role: processor", "country: US\n    role: processor",
	"E207"},
    {"    until: 2027-03-31",
	"    smallest-group: 5\n"
	"    until: 2027-03-31",
	"W901"},
    {"    until: 2027-03-31", "    until: 2026-03-31", "W301"},
    {"bank/*.csv", "bank/*", "E120"},
    {"bank/*.csv", "bank/*.csv.gz", NULL},
    {"bank/*.csv", "bank/*.TSV.zst", NULL},
    {"bank/*.csv", "bank/*.gz", "E120"},
    {"bank/*.csv", "bank/*\n    format: tsv", NULL},
    {"bank/*.csv", "bank/*\n    format: cvs", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {delimiter: \";\"}}", NULL},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {delimiter: x}}", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {tsv: {delimiter: tab}}", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {tsv: {quote: no}}", NULL},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {quote: maybe}}", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {}, tsv: {}}", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {}", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {quotes: no}}", "E101"},
    {"bank/*.csv", "bank/*.csv\n    format: {jsonl: {}}", "E101"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: no}", "E100"},
    {"bank/*.csv",
	"bank/*.csv\n    format: {csv: {header: [x, iban, merchant, amount, "
	"objected]}}",
	NULL},
    {"bank/*.csv",
	"bank/*.csv\n    format: {csv: {header: [iban, merchant, amount]}}",
	"E120"},
    {"bank/*.csv",
	"bank/*.csv\n    format: {csv: {header: [iban, merchant, amount, "
	"objected, iban]}}",
	"E120"},
    {"bank/*.csv", "bank/*.ndjson", NULL},
    {"bank/*.csv", "bank/*.jsonl\n    missing-column: empty", "E120"},
    JSON_COLUMNS("a.b: plain text", NULL),
    JSON_COLUMNS("a[].b: plain text\n      a[].c[][]: plain text", NULL),
    JSON_COLUMNS("a: plain text\n      a\\.b: plain text", NULL),
    JSON_COLUMNS("a: plain text\n      a.b: plain text", "E107"),
    JSON_COLUMNS("a.b: plain text\n      a: plain text", "E107"),
    JSON_COLUMNS("a[]: plain text\n      a[].b: plain text", "E107"),
    JSON_COLUMNS("a[].c: plain text\n      a.b: plain text", "E107"),
    JSON_COLUMNS("a..b: plain text", "E107"),
    JSON_COLUMNS("a.: plain text", "E107"),
    JSON_COLUMNS("a[]b: plain text", "E107"),
    JSON_COLUMNS("a[0]: plain text", "E107"),
    JSON_COLUMNS("a\\b: plain text", "E107"),
    JSON_COLUMNS("\"[].a\": plain text", "E107"),
    JSON_COLUMNS("a[].no: objection", "E107"),
    JSON_COLUMNS("a.no: objection", NULL),
    {"birth before 2008-01-01", "birth on or after 1990-01-01", NULL},
    {"birth before 2008-01-01", "age(birth) at least 18", NULL},
    {"birth before 2008-01-01", "nights at least 4", NULL},
    {"birth before 2008-01-01", "sex one of (F, M)", NULL},
    {"203.0.113.0/24", "127.0.0.1/32", NULL},
};

/* What no mill takes does not load: it would be 503 to every reader. */
static void
check_policy__refuses_what_no_mill_takes(void **state)
{
	static const struct {
		unsigned columns, name_len;
		const char *class, *form, *code;
	} rows[] = {
	    /* iban is one already */
	    {63, 10, "direct-identifier other-id", "pseudonym", NULL},
	    {64, 10, "direct-identifier other-id", "pseudonym", "E121"},
	    {100, 100, "plain amount", "keep", NULL},
	    {400, 100, "plain amount", "keep", "E121"},
	};
	static struct policybox r;
	struct buf base, declared, yaml;

	(void)state;
	buf_init(&base, 1 << 20);
	buf_init(&declared, 1 << 20);
	buf_init(&yaml, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf lines = {.max = 1 << 20}, listed = {.max = 1 << 20};
		for (unsigned j = 0; j < rows[i].columns; j++) {
			expect_ok(buf_append_format(&lines, "      c%0*u: %s\n",
			    (int)rows[i].name_len, j, rows[i].class));
			expect_ok(
			    buf_append_format(&listed, "      c%0*u: %s\n",
				(int)rows[i].name_len, j, rows[i].form));
		}
		expect_ok(
		    buf_append_str(&lines, "      merchant: plain text\n"));
		expect_ok(buf_append_str(&listed, "      amount: keep\n"));
		expect_ok(buf_put_u8(&lines, 0));
		expect_ok(buf_put_u8(&listed, 0));
		policybox_change(&declared, buf_span(&base),
		    "      merchant: plain text\n", (const char *)lines.data);
		policybox_change(&yaml, buf_span(&declared),
		    "      amount: keep\n", (const char *)listed.data);
		policybox_run(&r, buf_span(&yaml));
		if (rows[i].code == NULL) {
			if (r.d.num_items > 0)
				fail_msg("%s", r.d.items[0].text);
			expect_ok(r.err);
		} else {
			expect_err(DENIED, r.err);
			assert_int_equal(r.d.num_items, 1);
			assert_string_equal(r.d.items[0].code, rows[i].code);
		}
		policybox_done(&r);
		buf_done(&lines);
		buf_done(&listed);
	}
	buf_done(&yaml);
	buf_done(&declared);
	buf_done(&base);
}

static void
check_policy__gives_one_code_for_one_mistake(void **state)
{
	static struct policybox r;
	struct buf base, yaml;

	(void)state;
	buf_init(&base, 1 << 20);
	buf_init(&yaml, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *want = changes[i].code, *got;

		policybox_change(
		    &yaml, buf_span(&base), changes[i].from, changes[i].to);
		policybox_run(&r, buf_span(&yaml));
		got = r.d.num_items == 0 ? NULL : r.d.items[0].code;
		if (r.d.num_items > 1 || (want == NULL) != (got == NULL) ||
		    (want != NULL && strcmp(want, got) != 0))
			fail_msg("%s -> %s: %s and %zu more, not %s: %s",
			    changes[i].from, changes[i].to,
			    got != NULL ? got : "none",
			    r.d.num_items > 0 ? r.d.num_items - 1 : 0,
			    want != NULL ? want : "none",
			    got != NULL ? r.d.items[r.d.num_items - 1].text
					: "");
		assert_int_equal(r.err.code,
		    want != NULL && want[0] == 'E' ? ERR_DENIED : ERR_OK);
		policybox_done(&r);
	}
	buf_done(&yaml);
	buf_done(&base);
}

/* What the source and the object of `readmission` are packed with. */
static void
expect_compression(const char *source, const char *object,
    enum compression want_source, enum compression want_object)
{
	static struct policybox r;
	struct buf base, half, yaml;

	buf_init(&base, 1 << 20);
	buf_init(&half, 1 << 20);
	buf_init(&yaml, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_change(&half, buf_span(&base), "hospital/*.csv", source);
	policybox_change(&yaml, buf_span(&half), "    encrypt: age\n", object);
	policybox_run(&r, buf_span(&yaml));
	expect_ok(r.err);
	assert_int_equal(r.policy.datasets[0].compression, want_source);
	assert_int_equal(r.policy.agreements[0].compress, want_object);
	assert_int_equal(r.policy.agreements[1].compress, COMPRESSION_NONE);
	policybox_done(&r);
	buf_done(&base);
	buf_done(&half);
	buf_done(&yaml);
}

static void
check_policy__resolves_compression(void **state)
{
	static const char same[] = "    encrypt: age\n";

	(void)state;
	expect_compression(
	    "hospital/*.csv", same, COMPRESSION_NONE, COMPRESSION_NONE);
	expect_compression(
	    "hospital/*.csv.gz", same, COMPRESSION_GZIP, COMPRESSION_GZIP);
	expect_compression("hospital/*.csv.zst",
	    "    encrypt: age\n    compress: as-source\n", COMPRESSION_ZSTD,
	    COMPRESSION_ZSTD);
	expect_compression("hospital/*.csv.zst",
	    "    encrypt: age\n    compress: none\n", COMPRESSION_ZSTD,
	    COMPRESSION_NONE);
	expect_compression(
	    "hospital/part-*\n    compression: gzip\n    format: csv",
	    "    encrypt: age\n    compress: zstd\n", COMPRESSION_GZIP,
	    COMPRESSION_ZSTD);
}

static void
check_policy__resolves_the_base(void **state)
{
	static struct policybox r;
	const struct agreement *a;
	struct buf base;

	(void)state;
	buf_init(&base, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_run(&r, buf_span(&base));
	expect_ok(r.err);
	assert_int_equal(r.d.num_items, 0);
	assert_int_equal(r.policy.num_agreements, 2);
	a = &r.policy.agreements[0];
	expect_span(a->id, "readmission");
	assert_int_equal(a->until, 1806537600); /* 2027-04-01 */
	assert_int_equal(a->from, INT64_MIN);
	assert_int_equal(a->rows[0].day, 13879);
	assert_int_equal(a->num_recipients, 1);
	expect_span(r.policy.datasets[0].root, "/data/hospital");
	expect_span(r.policy.datasets[0].pattern, "*.csv");
	assert_int_equal(r.policy.datasets[0].format.kind, FILE_CSV);
	assert_int_equal(r.policy.datasets[0].format.delimiter, ',');
	assert_int_equal(r.policy.places[0].seen_as[0].prefix_bits, 96 + 24);
	assert_int_equal(r.policy.guardrails[0].num_outside, 1);
	assert_int_equal(r.policy.tables[0].num_rows, 2);
	expect_span(r.policy.tables[0].rows[0].value, "A41");
	expect_span(r.policy.tables[0].rows[1].group, "a \"b\"");
	policybox_done(&r);
	buf_done(&base);
}

/* What the end of the origin says, and what `format` says. */
static void
check_policy__reads_formats(void **state)
{
	static const struct {
		const char *to;
		enum file_kind kind;
		uint8_t delimiter;
		bool unquoted;
		uint32_t num_header;
	} cases[] = {
	    {"bank/*.CSV", FILE_CSV, ',', false, 0},
	    {"bank/*.tsv", FILE_CSV, '\t', false, 0},
	    {"bank/*.tab.gz", FILE_CSV, '\t', false, 0},
	    {"bank/*.jsonl", FILE_JSONL, 0, false, 0},
	    {"bank/*.ndjson.zst", FILE_JSONL, 0, false, 0},
	    {"bank/*.csv\n    format: jsonl", FILE_JSONL, 0, false, 0},
	    {"bank/*\n    format: {tsv: {quote: no}}", FILE_CSV, '\t', true, 0},
	    {"bank/*\n    format: {csv: {delimiter: bar, quote: yes, header: "
	     "[objected, iban, merchant, amount]}}",
		FILE_CSV, '|', false, 4},
	};
	static struct policybox r;
	struct buf base, yaml;

	(void)state;
	buf_init(&base, 1 << 20);
	buf_init(&yaml, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct file_format *got;

		policybox_change(
		    &yaml, buf_span(&base), "bank/*.csv", cases[i].to);
		policybox_run(&r, buf_span(&yaml));
		expect_ok(r.err);
		got = &r.policy.datasets[1].format;
		assert_int_equal(got->kind, cases[i].kind);
		assert_int_equal(got->delimiter, cases[i].delimiter);
		assert_int_equal(got->unquoted, cases[i].unquoted);
		assert_int_equal(got->num_header, cases[i].num_header);
		if (got->num_header > 0)
			expect_span(got->header[1], "iban");
		policybox_done(&r);
	}
	buf_done(&yaml);
	buf_done(&base);
}

/* A row is judged by one value. */
static void
check_policy__takes_no_rule_on_an_array(void **state)
{
	static struct policybox r;
	struct buf base, yaml, again;

	(void)state;
	buf_init(&base, 1 << 20);
	buf_init(&yaml, 1 << 20);
	buf_init(&again, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_change(
	    &yaml, buf_span(&base), "hospital/*.csv", "hospital/*.jsonl");
	policybox_change(&again, buf_span(&yaml),
	    "      nights: plain interval",
	    "      stays[].nights: plain interval");
	policybox_change(&yaml, buf_span(&again), "      nights: band 2",
	    "      stays[].nights: band 2");
	policybox_run(&r, buf_span(&yaml));
	expect_ok(r.err);
	policybox_done(&r);
	policybox_change(&again, buf_span(&yaml), "birth before 2008-01-01",
	    "stays[].nights under 4");
	policybox_run(&r, buf_span(&again));
	expect_err(DENIED, r.err);
	assert_string_equal(r.d.items[0].code, "E115");
	policybox_done(&r);
	buf_done(&again);
	buf_done(&yaml);
	buf_done(&base);
}

/* The whole language in one policy: what is not served says so. */
static void
check_policy__reads_the_whole_language(void **state)
{
	static const struct {
		const char *id;
		uint32_t waits;
	} want[] = {
	    {"stroke-risk", 0},
	    {"stroke-codes", WAIT_BIT(WAIT_LISTING) | WAIT_BIT(WAIT_WARM)},
	    {"stroke-outcomes", WAIT_BIT(WAIT_S3)},
	    {"stroke-atlas", WAIT_BIT(WAIT_CLAIMS) | WAIT_BIT(WAIT_ATTESTED)},
	    {"claims",
		WAIT_BIT(WAIT_SCRUB) | WAIT_BIT(WAIT_ERASURE) |
		    WAIT_BIT(WAIT_GROUPS) | WAIT_BIT(WAIT_EXCEPTIONS)},
	    {"claims-eu", WAIT_BIT(WAIT_ERASURE)},
	    {"injuries",
		WAIT_BIT(WAIT_CAPPED_BAND) | WAIT_BIT(WAIT_GROUPS) |
		    WAIT_BIT(WAIT_REVIEW)},
	};
	static struct policybox r;
	const struct policy *p = &r.policy;
	struct buf yaml;
	uint32_t seen = 0;

	(void)state;
	buf_init(&yaml, 1 << 20);
	vectors_read_file(&yaml, "tests/vectors/policy/whole.yaml");
	policybox_run(&r, buf_span(&yaml));
	expect_ok(r.err);
	for (size_t i = 0; i < r.d.num_items; i++)
		assert_memory_equal(r.d.items[i].code, "W90", 3);
	assert_int_equal(p->num_agreements, sizeof(want) / sizeof(want[0]));
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		assert_true(span_equal_str(p->agreements[i].id, want[i].id));
		assert_int_equal(p->agreements[i].waits, want[i].waits);
		seen |= want[i].waits;
	}
	assert_int_equal(seen, WAIT_BIT(NUM_WAITS) - 1);
	/* Madrid is an hour ahead of UTC, two in summer. */
	assert_int_equal(p->agreements[0].from, 1790805600);
	assert_int_equal(p->agreements[0].until, 1806530400);
	assert_int_equal(p->num_signers, 2);
	assert_int_equal(p->num_tests, 3);
	assert_int_equal(p->num_emergencies, 1);
	assert_int_equal(p->agreements[1].limits.bytes_per_day, 20000000000);
	assert_int_equal(p->agreements[4].num_exceptions, 2);
	assert_int_equal(p->datasets[4].origin, ORIGIN_S3);
	policybox_done(&r);
	buf_done(&yaml);
}

static void
check_policy__survives_every_prefix(void **state)
{
	static struct policybox r;
	struct buf base;

	(void)state;
	buf_init(&base, 1 << 20);
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t len = 0; len < base.len; len += 7) {
		policybox_run(&r, span_sub(buf_span(&base), 0, len));
		assert_int_equal(
		    r.err.code, r.d.num_errors > 0 ? ERR_DENIED : ERR_OK);
		policybox_done(&r);
	}
	buf_done(&base);
}

/* What YAML must not be, each alone. */
static void
node_read__refuses_more_than_maps_lists_and_text(void **state)
{
	static const struct {
		const char *yaml, *code;
	} cases[] = {
	    {"policy: {}\n---\npolicy: {}\n", "E006"},
	    {"a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "E003"},
	    {"? [a]\n: b\n", "E009"},
	    {"a: *b\n", "E004"},
	    {"%TAG ! tag:x,2000:\n---\na: b\n", "E005"},
	    {"a: \xff\n", "E001"},
	};
	static struct policybox r;
	static const uint8_t nul[] = {'a', ':', 0, '\n'};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		policybox_run(&r, span_str(cases[i].yaml));
		expect_err(DENIED, r.err);
		assert_string_equal(r.d.items[0].code, cases[i].code);
		assert_int_equal(r.d.num_items, 1);
		policybox_done(&r);
	}
	policybox_run(&r, span_of(nul, sizeof(nul)));
	expect_err(DENIED, r.err);
	assert_string_equal(r.d.items[0].code, "E007");
	policybox_done(&r);
}

/* A section of another shape has nothing to look at, and must not crash. */
static void
check_policy__takes_any_shape_of_a_section(void **state)
{
	static const char *const sections[] = {"policy", "parties", "people",
	    "places", "purposes", "datasets", "never", "allow", "signers",
	    "changes", "exceptions", "erasure", "emergency", "tests"};
	static const char *const shapes[] = {
	    "x", "[x, [y], {z: 1}]", "{a: x, b: [y], c: {d: {e: f}}}"};
	static struct policybox r;

	(void)state;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		for (size_t j = 0; j < sizeof(shapes) / sizeof(shapes[0]);
		     j++) {
			char yaml[128];

			(void)snprintf(yaml, sizeof(yaml), "%s: %s\n",
			    sections[i], shapes[j]);
			policybox_run(&r, span_str(yaml));
			expect_err(DENIED, r.err);
			assert_true(r.d.num_errors > 0);
			policybox_done(&r);
		}
}

/* However much is asked for, it is the same, up to that. */
static void
suggest_distance__counts_up_to_most(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} pairs[] = {
	    {"smalest", "smallest", 1},
	    {"ab", "ba", 1},
	    {"", "abc", 3},
	    {"abc", "", 3},
	    {"kitten", "sitting", 3},
	    {"abcd", "badc", 2},
	    {"abcd", "cdef", 4},
	    {"xxab", "xxba", 1},
	    {"abcdefgh", "hgfedcba", 7},
	    {"same", "same", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (size_t most = 0; most < 10; most++) {
			size_t want = pairs[i].distance;

			assert_int_equal(suggest_distance(span_str(pairs[i].a),
					     span_str(pairs[i].b), most),
			    want < most ? want : most);
		}
}

static void
suggest__finds_the_near_word(void **state)
{
	struct suggest s;

	(void)state;
	suggest_init(&s, span_str("purpos"));
	suggest_offer(&s, span_str("places"));
	suggest_offer(&s, span_str("purpose"));
	expect_span(s.best, "purpose");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_policy__resolves_compression),
	    cmocka_unit_test(check_policy__resolves_the_base),
	    cmocka_unit_test(check_policy__reads_formats),
	    cmocka_unit_test(check_policy__takes_no_rule_on_an_array),
	    cmocka_unit_test(check_policy__gives_one_code_for_one_mistake),
	    cmocka_unit_test(check_policy__refuses_what_no_mill_takes),
	    cmocka_unit_test(check_policy__reads_the_whole_language),
	    cmocka_unit_test(check_policy__survives_every_prefix),
	    cmocka_unit_test(check_policy__takes_any_shape_of_a_section),
	    cmocka_unit_test(node_read__refuses_more_than_maps_lists_and_text),
	    cmocka_unit_test(suggest_distance__counts_up_to_most),
	    cmocka_unit_test(suggest__finds_the_near_word),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
