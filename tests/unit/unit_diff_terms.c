#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/diff.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

enum {
	TODAY = 20780, /* 2026-11-23 */
};

static const char *table = "code,chapter\nB20,one\nA41,two\n";

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	(void)path;
	*out_bytes = span_str(table);
	return OK;
}

struct loaded {
	struct arena arena;
	struct diagnostics d;
	struct source_file file;
	struct policy policy;
};

static void
load(struct loaded *out, struct span yaml)
{
	const struct check_options options = {
	    .today = TODAY, .load_table = load_table};

	*out = (struct loaded){.arena = {.max = 64 << 20},
	    .file = {span_str("policy.yaml"), yaml}};
	diagnostic_init(&out->d, &out->file, 1);
	struct err err = check_policy(
	    &out->policy, &out->arena, &out->d, &out->file, 1, &options);
	for (size_t i = 0; err.code != ERR_OK && i < out->d.num_items; i++)
		if (out->d.items[i].code[0] == 'E')
			fail_msg("%s: %s", out->d.items[i].code,
			    out->d.items[i].text);
	expect_ok(err);
}

static void
unload(struct loaded *l)
{
	diagnostic_done(&l->d);
	arena_done(&l->arena);
}

static void
mutate(struct buf *out, struct span base, const char *from, const char *to)
{
	const uint8_t *at = memmem(base.data, base.len, from, strlen(from));
	size_t before;

	if (at == NULL) {
		fail_msg("the base has no `%s`", from);
		return;
	}
	before = (size_t)(at - base.data);
	buf_reset(out);
	expect_ok(buf_append(out, span_sub(base, 0, before)));
	expect_ok(buf_append_str(out, to));
	expect_ok(
	    buf_append(out, span_sub(base, before + strlen(from), base.len)));
}

enum {
	BOTH = NUM_DIFF_VERDICTS + 1, /* something comes, and something goes */
};

/*
 * Every row is about this, and is called so; but for what then serves it.
 * BOTH: some are wider, some narrower.
 */
static void
expect_rows(const struct policy *old, const struct policy *new,
    const char *what, unsigned want)
{
	struct arena arena = {.max = 64 << 20};
	struct diff diff;

	expect_ok(diff_policies(&diff, &arena, old, new));
	if (diff.num_rows == 0)
		fail_msg("nothing is said of %s", what);
	for (size_t i = 0; i < diff.num_rows; i++) {
		const struct diff_row *row = &diff.rows[i];

		if (span_equal_str(row->what, "service") &&
		    row->verdict == DIFF_OTHER)
			continue;
		if (!span_equal_str(row->what, what) ||
		    (want != BOTH && row->verdict != want))
			fail_msg("%.*s -> %.*s: %s of %.*s, not %s of %s",
			    (int)row->before.len,
			    (const char *)row->before.data, (int)row->after.len,
			    (const char *)row->after.data,
			    diff_verdict_name(row->verdict), (int)row->what.len,
			    (const char *)row->what.data,
			    want == BOTH
				? "either"
				: diff_verdict_name((enum diff_verdict)want),
			    what);
	}
	if (want == BOTH)
		assert_true(diff.counts[DIFF_WIDER] > 0 &&
		    diff.counts[DIFF_NARROWER] > 0);
	arena_done(&arena);
}

#define WIDE DIFF_WIDER
#define LESS DIFF_NARROWER
#define ELSE DIFF_OTHER
#define ANY NUM_DIFF_VERDICTS

#define HEADER                                                                 \
	"policy_no, card, iban, birth, postcode, reported, injury, story, "    \
	"amount, shop, objected, fraud"

/* One change of the whole policy; what it is called, and what its undoing. */
static const struct {
	const char *from, *to, *what;
	unsigned there, back;
} changes[] = {
    {"contract: DPA-2026-5\n    dataset: insurer/claims\n"
     "    purpose: claims-fraud\n    places: madrid",
	"contract: DPA-2026-6\n    dataset: insurer/claims\n"
	"    purpose: claims-fraud\n    places: madrid",
	"contract", WIDE, WIDE},
    {"recipient-deletes-after: 180 days", "recipient-deletes-after: 90 days",
	"recipient-deletes-after", WIDE, WIDE},
    {"rows-per-day: 2000000", "rows-per-day: 3000000", "limits: rows-per-day",
	WIDE, LESS},
    {"      rows-per-day: 2000000\n", "", "limits: rows-per-day", WIDE, LESS},
    {"bytes-per-day: 20 GB", "bytes-per-day: 10 GB", "limits: bytes-per-day",
	LESS, WIDE},
    {"requests-per-minute: 6000", "requests-per-minute: 6001",
	"limits: requests-per-minute", WIDE, LESS},
    {"    per-caller: {rows-per-day: 500000}\n", "", "per-caller: rows-per-day",
	WIDE, LESS},
    {"listing: as-ready", "listing: complete", "listing", ELSE, ELSE},
    {"    smallest-group: 5\n", "    smallest-group: 6\n", "smallest-group",
	LESS, WIDE},
    {"    smallest-group: {k: 10, l: 2}", "    smallest-group: {k: 10, l: 3}",
	"smallest-group: l", LESS, WIDE},
    {"small-groups: suppress", "small-groups: hold", "small-groups", LESS,
	WIDE},
    {"tia: TIA-2026-8", "tia: TIA-2026-9", "transfer: tia", WIDE, WIDE},
    {"      - who: claims-leads\n        why: case 2026-14\n",
	"      - who: claims-leads\n        why: case 2026-15\n", "exceptions",
	WIDE, WIDE},
    {"columns: {birth: year}", "columns: {birth: quarter}", "exceptions", WIDE,
	WIDE},
    {"  - dataset: insurer/claims\n    column: policy_no\n"
     "    list: erased/insured.list\n",
	"  - dataset: insurer/claims\n    column: policy_no\n"
	"    list: erased/insured.list\n"
	"  - dataset: insurer/claims\n    column: iban\n"
	"    list: erased/ibans.list\n",
	"erasure", LESS, WIDE},
    {"expires: 2027-12-31", "expires: 2028-01-31", "purpose: agreement", WIDE,
	WIDE},
    {"sha256: 9f86", "sha256: 9f87", "purpose: report", WIDE, WIDE},
    {"as-of: 2026", "as-of: 2025", "as-of", WIDE, WIDE},
    {"    encrypt: age\n    recipients: "
     "[age19g8nja2katpahpqu8my7xfqyj3vnf2c9gkvx6z5h65mnfglfk4nsmpd2gc]\n",
	"", "encrypt", WIDE, LESS},
    {"compress: zstd", "compress: gzip", "compress", ELSE, ELSE},
    {"until: 2027-03-31\n    review-by: 2027-01-31",
	"until: 2027-04-30\n    review-by: 2027-01-31", "until", WIDE, LESS},
    {"review-by: 2027-01-31", "review-by: 2027-02-28", "review-by", WIDE, WIDE},
    {"    from: 2026-10-01\n", "    from: 2026-11-01\n", "from", LESS, WIDE},
    {"    from: 2026-10-01\n", "", "from", WIDE, LESS},
    {"    as-of: 2026\n", "", "as-of", WIDE, WIDE},
    {"recipients: [age19g8nja2katpahpqu8my7xfqyj3vnf2c9gkvx6z5h65mnfglfk4nsmpd2"
     "gc]",
	"recipients: "
	"[age19g8nja2katpahpqu8my7xfqyj3vnf2c9gkvx6z5h65mnfglfk4nsmpd2gc, "
	"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef]",
	"recipients", WIDE, LESS},
    {"      - birth before 2008-01-01\n", "", "rows", WIDE, LESS},
    {"birth before 2008-01-01", "birth before 2007-01-01", "rows", LESS, WIDE},
    {"birth before 2008-01-01", "birth on or after 2007-01-01", "rows", BOTH,
	BOTH},
    {"nights at least 1", "nights at least 2", "rows", LESS, WIDE},
    {"      - nights at least 1\n",
	"      - nights at least 1\n      - nights under 50\n", "rows", LESS,
	WIDE},
    {"      - nights at least 1\n",
	"      - nights at least 1\n      - sex is not X\n", "rows", LESS,
	WIDE},
    {"      - nights at least 1\n",
	"      - nights at least 1\n      - sex one of (F, M)\n", "rows", LESS,
	WIDE},
    {"{is: consent, for: [stroke-risk, stroke-research]}",
	"{is: consent, for: [stroke-risk, stroke-research], yes: [signed]}",
	"rows", BOTH, BOTH},
    {"{is: consent, for: [stroke-risk, stroke-research]}",
	"{is: consent, for: [stroke-risk, stroke-research], yes: [yes]}",
	"rows", LESS, WIDE},
    {"{is: consent, for: [stroke-risk, stroke-research]}",
	"{is: consent, for: stroke-research}", "rows", WIDE, LESS},
    {"no: [no, \"\"]}", "no: [no]}", "rows", LESS, WIDE},
    {"category: health\n    origin", "category: genetic\n    origin",
	"dataset: category", WIDE, WIDE},
    {"about: insured persons\n    origin: file:///data/insurer/claims",
	"about: clients\n    origin: file:///data/insurer/claims",
	"dataset: about", WIDE, WIDE},
    {"/strokes/*.csv", "/strokes/*/*.csv", "dataset: files", WIDE, WIDE},
    {"/clinic/strokes/*.csv", "/clinic/other/*.csv", "dataset: folder", WIDE,
	WIDE},
    {"missing: [\"\", NA]", "missing: [\"\", NA, NULL]", "dataset: missing",
	WIDE, WIDE},
    {"    missing: [\"\", NA]\n",
	"    missing: [\"\", NA]\n    new-column: refuse\n",
	"dataset: new-column", LESS, WIDE},
    {"    missing: [\"\", NA]\n",
	"    missing: [\"\", NA]\n    missing-column: empty\n",
	"dataset: missing-column", WIDE, LESS},
    {"values: [F, M, X]", "values: [F, M]", "sex", LESS, WIDE},
    {"values: [F, M, X]", "values: [F, M, U]", "sex", WIDE, WIDE},
    {"sex: {is: quasi-identifier code, values: [F, M, X]}",
	"sex: quasi-identifier code", "sex", WIDE, LESS},
    {"diagnosis: sensitive code", "diagnosis: quasi-identifier code",
	"diagnosis", WIDE, WIDE},
    {"diagnosis: sensitive code",
	"diagnosis: {is: sensitive code, category: health}", "diagnosis", WIDE,
	WIDE},
    {"note: free-text", "note: plain text", "note", WIDE, WIDE},
    {"protect: [gdpr-pseudonymous@1, pci-cardholder@1]",
	"protect: gdpr-pseudonymous@1", "dataset: protect", WIDE, LESS},
    {"format: {tsv: {quote: no}}", "format: tsv", "dataset: format", WIDE,
	WIDE},
    {"mrn: direct-identifier record-number, subject\n"
     "      name: direct-identifier name",
	"mrn: direct-identifier record-number\n"
	"      name: direct-identifier name, subject",
	"dataset: subject", WIDE, WIDE},
    {"controller: riverside\n    about: patients\n    origin: s3:",
	"controller: mutua\n    about: patients\n    origin: s3:",
	"dataset: controller", WIDE, WIDE},
    {"dpia: DPIA-2026-2", "dpia: DPIA-2026-3", "purpose: dpia", WIDE, WIDE},
    {"assessment: LIA-2026-9", "assessment: LIA-2026-8", "purpose: assessment",
	WIDE, WIDE},
    {"collected-for: settling", "collected-for: paying",
	"purpose: collected-for", WIDE, WIDE},
    {"GDPR Art. 6(4), fraud", "GDPR Art. 6(4), that",
	"purpose: compatible-because", WIDE, WIDE},
    {"    art9: g\n", "    art9: j\n", "purpose: art9", WIDE, WIDE},
    {"    art9: g\n", "    art9: g\n    art10: Section 26\n", "purpose: art10",
	WIDE, WIDE},
    {"undertakes: not to identify or contact", "undertakes: not to identify",
	"undertakes", WIDE, WIDE},
    {"transfer: adequacy", "transfer: {tool: adequacy, certified: x}",
	"transfer: certified", WIDE, WIDE},
    {"name: Pulse Research Inc\n    country: US\n    role: recipient",
	"name: Pulse Research Inc\n    country: US\n    role: processor",
	"recipient: role", WIDE, WIDE},
    {"name: Albion Models Ltd\n    country: GB",
	"name: Albion Models Ltd\n    country: CH", "recipient: country", WIDE,
	WIDE},
    {"ohio:\n    country: US", "ohio:\n    country: CA", "place", WIDE, WIDE},
    {"linkable-because: one model of both, DPA-2026-5 section 4\n    "
     "exceptions",
	"linkable-because: two models\n    exceptions", "linkable-because",
	WIDE, WIDE},
    {"transfer: adequacy", "transfer: {tool: adequacy, because: it is}",
	"transfer: because", WIDE, WIDE},
    {"tool: scc, module: 2", "tool: scc, module: 3", "transfer: module", WIDE,
	WIDE},
    {"tool: scc, module: 2, tia", "tool: bcr, module: 2, tia", "transfer", WIDE,
	WIDE},
    {"      recipients: pulse\n", "      recipients: [pulse, albion]\n",
	"purpose: agreement", WIDE, WIDE},
    {"use: research", "use: public-health", "purpose: agreement", WIDE, WIDE},
    {"id: DUA-2026-3", "id: DUA-2026-4", "purpose: agreement", WIDE, WIDE},
    {"expert: Dr. Jane Roe", "expert: Dr. John Roe", "purpose: report", WIDE,
	WIDE},
    {"on: 2026-09-01", "on: 2026-09-02", "purpose: report", WIDE, WIDE},
    {"recipients: [pulse]", "recipients: [pulse, mutua]", "purpose: report",
	WIDE, WIDE},
    {"seen_on: [year, month]", "seen_on: [quarter, month]", "purpose: report",
	WIDE, WIDE},
    {"seen_on: [year, month]", "seen_on: month", "purpose: report", WIDE, WIDE},
    {"          region: prefix 2\n",
	"          region: prefix 2\n          stays[].nights: keep\n",
	"purpose: report", WIDE, WIDE},
    {"  - agreement: claims\n    who: [claims-leads]",
	"  - agreement: claims\n    who: [claims-team]", "exceptions", WIDE,
	WIDE},
    {"  - agreement: claims\n    who: [claims-leads]",
	"  - agreement: claims\n    who: [claims-leads, claims-team]",
	"exceptions", WIDE, WIDE},
    {"until: 2026-12-31\n    columns: {amount: keep}",
	"until: 2026-12-30\n    columns: {amount: keep}", "exceptions", WIDE,
	WIDE},
    {"columns: {amount: keep}", "columns: {amount: keep, shop: drop}",
	"exceptions", WIDE, WIDE},
    {"columns: {amount: keep}", "columns: {fraud: keep}", "exceptions", WIDE,
	WIDE},
    {"  - id: treat-now", "  - id: treat-soon", "emergency", BOTH, BOTH},
    {"    who: doctors\n", "    who: [doctors, privacy-office]\n", "emergency",
	WIDE, LESS},
    {"    who: doctors\n", "    who: claims-team\n", "emergency", WIDE, WIDE},
    {"approvers: privacy-office", "approvers: [privacy-office, partners]",
	"emergency", WIDE, LESS},
    {"review-within: 5 days", "review-within: 4 days", "emergency", LESS, WIDE},
    {"    purpose: treatment\n", "    purpose: claims-fraud\n", "emergency",
	WIDE, WIDE},
    {"  narrower: any signer\n", "  narrower: each controller concerned\n",
	"signers", LESS, WIDE},
    {"say: Train the model of stroke risk", "say: Sell it", "purpose: say",
	WIDE, WIDE},
    {"  wider: each controller concerned\n", "  wider: any signer\n", "signers",
	WIDE, LESS},
    {"  rosa:\n    of: riverside\n    key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
	"  ada:\n    of: riverside\n    key: ssh-ed25519 "
	"AAAAC3NzaC1lZDI1NTE5AAAAIFOthc6vG1tMOf9wdif28U69xQgZ9cPtu/u7+huQWwkx\n"
	"  rosa:\n    of: riverside\n    key: ssh-ed25519 "
	"AAAAC3NzaC1lZDI1NTE5",
	"signers", WIDE, LESS},
    {"expires-after: 24 hours", "expires-after: 12 hours", "emergency", LESS,
	WIDE},
    {"columns: [name, phone]", "columns: [name]", "emergency", LESS, WIDE},
    {"    - access-key: MUTUACLAIMS01\n",
	"    - access-key: MUTUACLAIMS01\n    - access-key: MUTUACLAIMS02\n",
	"people", WIDE, LESS},
    {"groups: [ml-stroke, ml-lead]", "groups: [ml-stroke]", "people", LESS,
	WIDE},
    {"        sub: robot-7\n", "        sub: [robot-7, robot-8]\n", "people",
	WIDE, LESS},
    {"        sub: robot-7\n", "        sub: robot-7\n        env: prod\n",
	"people", LESS, WIDE},
    {"hwmodel: GCP_INTEL_TDX", "hwmodel: [GCP_INTEL_TDX, GCP_AMD_SEV]", "place",
	/* and back: who is at another place too is no longer at two */
	WIDE, ANY},
    {"seen-as: 198.51.100.0/25", "seen-as: 198.51.100.0/24", "place", WIDE,
	ANY},
    {"operator: AWS eu-west-2", "operator: AWS eu-west-9", "place", WIDE, WIDE},
    {"contact: security@albion.example", "contact: sec@albion.example",
	"recipient: contact", ELSE, ELSE},
    {"name: Albion Models Ltd", "name: Albion Two Ltd", "recipient: name", WIDE,
	WIDE},
    {"warm: ahead", "warm: on-read", "warm", ELSE, ELSE},
    {"per-caller: {rows-per-day: 500000}",
	"per-caller: {rows-per-day: 500000, bytes-per-day: 10 GB}",
	"per-caller: bytes-per-day", LESS, WIDE},
    {"ohio:\n    country: US",
	"ohio:\n    country: US\n    recipient-country: CA", "place", WIDE,
	WIDE},
    {"  madrid:\n    country: ES\n",
	"  madrid:\n    country: ES\n    on-premises: yes\n", "place", WIDE,
	WIDE},
    {"format: {tsv: {quote: no}}", "format: {csv: {quote: no}}",
	"dataset: format", WIDE, WIDE},
    {"format: {tsv: {quote: no}}",
	"format: {tsv: {quote: no, header: [" HEADER "]}}", "dataset: format",
	WIDE, WIDE},
};

/* The same columns, in files that have them in another order. */
static void
diff_policies__knows_the_order_of_columns(void **state)
{
	static struct loaded old, new;
	struct buf base, yaml = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/whole.yaml");
	mutate(&yaml, buf_span(&base), "format: {tsv: {quote: no}}",
	    "format: {tsv: {quote: no, header: [" HEADER "]}}");
	load(&old, buf_span(&yaml));
	buf_reset(&yaml);
	mutate(&yaml, buf_span(&base), "format: {tsv: {quote: no}}",
	    "format: {tsv: {quote: no, header: [fraud, objected, shop, amount, "
	    "story, injury, reported, postcode, birth, iban, card, "
	    "policy_no]}}");
	load(&new, buf_span(&yaml));
	expect_rows(&old.policy, &new.policy, "dataset: format", WIDE);
	unload(&new);
	unload(&old);
	buf_done(&yaml);
	buf_done(&base);
}

static void
diff_policies__knows_every_term(void **state)
{
	static struct loaded old, new;
	struct buf base, yaml = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/whole.yaml");
	load(&old, buf_span(&base));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		mutate(&yaml, buf_span(&base), changes[i].from, changes[i].to);
		load(&new, buf_span(&yaml));
		expect_rows(&old.policy, &new.policy, changes[i].what,
		    changes[i].there);
		if (changes[i].back != ANY)
			expect_rows(&new.policy, &old.policy, changes[i].what,
			    changes[i].back);
		unload(&new);
	}
	unload(&old);
	buf_done(&yaml);
	buf_done(&base);
}

/* Two policies, and what is said of going from the one to the other. */
struct step {
	const struct policy *from, *to;
};

static struct err
diff_once(void *context, struct buf *out, struct arena *arena)
{
	const struct step *step = context;
	struct diff diff;

	TRY(diff_policies(&diff, arena, step->from, step->to));
	for (size_t i = 0; i < diff.num_rows; i++) {
		TRY(buf_append(out, diff.rows[i].before));
		TRY(buf_append(out, diff.rows[i].after));
	}
	return OK;
}

static void
sweep(const struct policy *from, const struct policy *to)
{
	struct step step = {from, to};

	(void)sweep_allocations(diff_once, &step);
	assert_true(sweep_arenas(diff_once, &step) > 0);
}

/* Each change again, there and back, with too little to say it with. */
static void
diff_policies__ends_at_any_ceiling(void **state)
{
	static struct loaded old, new;
	struct buf base, yaml = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/whole.yaml");
	load(&old, buf_span(&base));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		mutate(&yaml, buf_span(&base), changes[i].from, changes[i].to);
		load(&new, buf_span(&yaml));
		sweep(&old.policy, &new.policy);
		sweep(&new.policy, &old.policy);
		unload(&new);
	}
	unload(&old);
	buf_done(&yaml);
	buf_done(&base);
}

/* The same words and another file behind them. */
static void
diff_policies__looks_into_tables(void **state)
{
	static struct loaded old, new;
	struct buf base;

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	load(&old, buf_span(&base));
	table = "code,chapter\nB20,one\nA41,one\n";
	load(&new, buf_span(&base));
	expect_rows(&old.policy, &new.policy, "diagnosis", DIFF_WIDER);
	unload(&new);
	unload(&old);
	buf_done(&base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(diff_policies__knows_every_term),
	    cmocka_unit_test(diff_policies__knows_the_order_of_columns),
	    cmocka_unit_test(diff_policies__ends_at_any_ceiling),
	    cmocka_unit_test(diff_policies__looks_into_tables),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
