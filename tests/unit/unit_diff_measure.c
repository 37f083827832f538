/* What the whole language has beside columns and callers, before and after. */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/diff.h"
#include "tests/harness/vectors.h"

enum {
	TODAY = 20780, /* 2026-11-23 */
	MAX_TEXT = 1 << 20,
};

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	(void)path;
	*out_bytes = span_str("code,chapter\nB20,a\n");
	return OK;
}

static void
read_policy(struct policy *out, struct arena *arena, const struct buf *yaml)
{
	static struct diagnostics d;
	struct source_file file = {span_str("policy.yaml"), buf_span(yaml)};
	struct check_options options = {
	    .today = TODAY, .load_table = load_table};

	diagnostic_init(&d, &file, 1);
	struct err err = check_policy(out, arena, &d, &file, 1, &options);
	for (size_t i = 0; err.code != ERR_OK && i < d.num_items; i++)
		if (d.items[i].code[0] == 'E')
			fail_msg("%s", d.items[i].text);
	expect_ok(err);
	diagnostic_done(&d);
}

/* The whole language with one text replaced; line ends stay where they are. */
static void
change(
    struct buf *out, const struct buf *base, const char *from, const char *to)
{
	const uint8_t *at = memmem(base->data, base->len, from, strlen(from));

	if (at == NULL)
		fail_msg("the base has no `%s`", from);
	size_t before = (size_t)(at - base->data);
	expect_ok(buf_append(out, span_sub(buf_span(base), 0, before)));
	expect_ok(buf_append_str(out, to));
	expect_ok(buf_append(
	    out, span_sub(buf_span(base), before + strlen(from), base->len)));
}

/* All rows are about `what`, and the worst of them is the verdict. */
static void
expect_diff(const struct policy *old, const struct policy *new,
    const char *what, enum diff_verdict want)
{
	struct arena arena;
	struct diff diff;

	arena_init(&arena, 64 << 20);
	expect_ok(diff_policies(&diff, &arena, old, new));
	if (diff.num_rows == 0)
		fail_msg("%s: no change is seen", what);
	for (size_t i = 0; i < diff.num_rows; i++) {
		if (!span_equal_str(diff.rows[i].what, what))
			fail_msg("%.*s changes, and not %s",
			    (int)diff.rows[i].what.len,
			    (const char *)diff.rows[i].what.data, what);
		if (diff.rows[i].verdict != want)
			fail_msg("%s: %.*s -> %.*s is %s", what,
			    (int)diff.rows[i].before.len,
			    (const char *)diff.rows[i].before.data,
			    (int)diff.rows[i].after.len,
			    (const char *)diff.rows[i].after.data,
			    diff_verdict_name(diff.rows[i].verdict));
	}
	assert_int_equal(diff.num_signers > 0, want == DIFF_WIDER);
	arena_done(&arena);
}

/* Each change one way, and back. */
static void
diff_policies__weighs_every_term(void **state)
{
	static const struct {
		const char *from, *to, *what;
		enum diff_verdict there, back;
	} rows[] = {
	    {"rows-per-day: 2000000", "rows-per-day: 2000001",
		"limits: rows-per-day", DIFF_WIDER, DIFF_NARROWER},
	    {"      bytes-per-day: 20 GB\n", "", "limits: bytes-per-day",
		DIFF_WIDER, DIFF_NARROWER},
	    {"requests-per-minute: 6000", "requests-per-minute: 600",
		"limits: requests-per-minute", DIFF_NARROWER, DIFF_WIDER},
	    {"    per-caller: {rows-per-day: 500000}\n", "",
		"per-caller: rows-per-day", DIFF_WIDER, DIFF_NARROWER},
	    {"smallest-group: 5", "smallest-group: 6", "smallest-group",
		DIFF_NARROWER, DIFF_WIDER},
	    {"{k: 10, l: 2}", "{k: 10, l: 3}", "smallest-group: l",
		DIFF_NARROWER, DIFF_WIDER},
	    {"small-groups: suppress", "small-groups: hold", "small-groups",
		DIFF_WIDER, DIFF_WIDER},
	    {"listing: as-ready", "listing: complete", "listing", DIFF_WIDER,
		DIFF_WIDER},
	    {"module: 2", "module: 3", "transfer", DIFF_WIDER, DIFF_WIDER},
	    {"why: case 2026-14\n        until: 2027-01-31",
		"why: case 2026-14\n        until: 2027-02-28", "exceptions",
		DIFF_WIDER, DIFF_WIDER},
	    {"        groups: [ml-stroke, ml-lead]",
		"        groups: [ml-stroke]", "people", DIFF_NARROWER,
		DIFF_WIDER},
	    {"        sub: robot-7", "        sub: robot-7\n        aud: x",
		"people", DIFF_NARROWER, DIFF_WIDER},
	    /* Back, who is elsewhere as well is there: that is wider too. */
	    {"hwmodel: GCP_INTEL_TDX", "hwmodel: [GCP_INTEL_TDX, GCP_AMD]",
		"place", DIFF_WIDER, NUM_DIFF_VERDICTS},
	    {"wider: each controller concerned", "wider: any signer", "signers",
		DIFF_WIDER, DIFF_NARROWER},
	    {"      id: DUA-2026-3", "      id: DUA-2026-4",
		"purpose: agreement", DIFF_WIDER, DIFF_WIDER},
	};
	struct buf base;

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/whole.yaml");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf yaml = {.max = MAX_TEXT};
		struct arena arena;
		struct policy old, new;

		arena_init(&arena, 128 << 20);
		change(&yaml, &base, rows[i].from, rows[i].to);
		read_policy(&old, &arena, &base);
		read_policy(&new, &arena, &yaml);
		expect_diff(&old, &new, rows[i].what, rows[i].there);
		if (rows[i].back != NUM_DIFF_VERDICTS)
			expect_diff(&new, &old, rows[i].what, rows[i].back);
		arena_done(&arena);
		buf_done(&yaml);
	}
	buf_done(&base);
}

/* A list that goes is wider, one that comes is not. */
static void
diff_policies__sees_lists_of_the_erased(void **state)
{
	static const char section[] =
	    "erasure:\n  - dataset: insurer/claims\n    column: policy_no\n"
	    "    list: erased/insured.list\n";
	struct buf base, yaml = {.max = MAX_TEXT};
	struct arena arena;
	struct policy old, new;

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/whole.yaml");
	arena_init(&arena, 128 << 20);
	change(&yaml, &base, section, "");
	read_policy(&old, &arena, &base);
	read_policy(&new, &arena, &yaml);
	expect_diff(&old, &new, "erasure", DIFF_WIDER);
	expect_diff(&new, &old, "erasure", DIFF_NARROWER);
	arena_done(&arena);
	buf_done(&yaml);
	buf_done(&base);
}

/* What only stops to wait is as it was agreed: nobody signs for it again. */
static void
diff_policies__takes_what_waits_as_agreed(void **state)
{
	struct buf base, yaml = {.max = MAX_TEXT};
	struct arena arena;
	struct policy old, new;
	struct diff diff;

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/whole.yaml");
	arena_init(&arena, 128 << 20);
	read_policy(&old, &arena, &base);
	read_policy(&new, &arena, &base);
	for (uint32_t i = 0; i < new.num_agreements; i++)
		new.agreements[i].waits = 0;
	expect_ok(diff_policies(&diff, &arena, &old, &new));
	assert_int_equal(diff.num_rows, 0);
	arena_done(&arena);
	buf_done(&yaml);
	buf_done(&base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(diff_policies__weighs_every_term),
	    cmocka_unit_test(diff_policies__sees_lists_of_the_erased),
	    cmocka_unit_test(diff_policies__takes_what_waits_as_agreed),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
