/*
 * A policy, changed in one place: what is then said of it. One row each for
 * what the language of policy/README.md takes and does not take: who and what
 * there is. A row without a code loads.
 */
#include "tests/harness/expect.h"

#include <stdio.h>

#include "crypto/init.h"
#include "tests/harness/policybox.h"
#include "tests/harness/vectors.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Head, parties, people, places, purposes. */
static const struct policybox_row facts[] = {
    {"format: 1", "format: 2", "E103"},
    {"format: 1", "format: 1\n  time-zone: CET", "E103"},
    {"format: 1", "format: 1\n  time-zone: UTC", NULL},
    {"format: 1", "format: 1\n  contact: a@b.example", NULL},
    {"name: base", "name: \"\"", "E102"},
    {"name: base", "name: [base]", "E100"},
    {"  clinic: {name", "  Clinic!: {name", "E106"},
    {"  clinic: {name", "  \"\": {name", "E106"},
    {"  clinic: {name", "  -clinic: {name", "E106"},
    {"  clinic: {name", "  clinic-: {name", "E106"},
    {"  clinic: {name", "  clin_ic: {name", "E106"},
    {"role: processor", "role: [processor]", "E100"},
    {"country: DE\n    role", "country: [DE]\n    role", "E100"},
    {"country: DE\n    role", "country: de\n    role", "E103"},
    {"country: DE\n    role", "country: DEU\n    role", "E103"},
    {"{name: Lab, country: US, role: recipient, contact: a@lab.example}",
	"text", "E100"},
    {"access-key: TRAIN01", "access-key: T01", "E103"},
    {"access-key: TRAIN01", "access-key: Az09-_", NULL},
    {"access-key: TRAIN01", "access-key: \"TRAIN{01\"", "E103"},
    {"access-key: TRAIN01", "access-key: TRAIN:01", "E103"},
    {"access-key: TRAIN01", "access-key: TRAIN^01", "E103"},
    {"access-key: TRAIN01", "access-key: TRAIN/01", "E103"},
    {"access-key: TRAIN01",
	"access-key: "
	"TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
	"E103"},
    {"- access-key: TRAIN01", "- {}", "E102"},
    {"- access-key: TRAIN01", "- token: {issuer: x}", "W902"},
    {"- access-key: TRAIN01", "- text", "E100"},
    {"certificate: spiffe://bank/fraud", "certificate: \"\"", "E103"},
    {"trainers:\n    - access-key: TRAIN01", "trainers: []", "E100"},
    {"trainers:\n    - access-key: TRAIN01", "trainers: {a: b}", "E100"},
    {"trainers:\n", "Trainers:\n", "E106"},
    {"frankfurt: {country", "Frank_furt: {country", "E106"},
    {"seen-as: [203.0.113.0/24]",
	"seen-as: [203.0.113.0/24], certificate: \"\"", "E103"},
    {"seen-as: [203.0.113.0/24]", "certificate: spiffe://x", "E126"},
    {"seen-as: [203.0.113.0/24]", "recipient-country: DE", "E112"},
    {"seen-as: [203.0.113.0/24]", "attested: {x: y}", "E102"},
    {"seen-as: [203.0.113.0/24]",
	"seen-as: [10.1.0.0/16], certificate: spiffe://x", NULL},
    {"seen-as: [203.0.113.0/24]", "seen-as: [192.168.1.0/24]", "E112"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [fd00::/8]", "E112"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [fe80::/10]", "E112"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [\"2001:db8::/32\"]", NULL},
    {"seen-as: [203.0.113.0/24]", "seen-as: [\"2001:db8::/129\"]", "E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [\"2001:db8::1/64\"]", "E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [\"2001:dg8::/32\"]", "E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [203.0.113.0]", "E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [203.0.113.0/33]", "E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [203.0.113/24]", "E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [/24]", "E103"},
    {"seen-as: [203.0.113.0/24]",
	"seen-as: "
	"[111111111111111111111111111111111111111111111111111111111111/24]",
	"E103"},
    {"seen-as: [203.0.113.0/24]", "seen-as: 203.0.113.0/24", NULL},
    {"seen-as: [203.0.113.0/24]", "seen-as: {a: b}", "E100"},
    {"seen-as: [203.0.113.0/24]", "seen-as: [[a]]", "E100"},
    {"seen-as: [203.0.113.0/24]",
	"recipient-country: FR, seen-as: [203.0.113.0/24]", NULL},
    {"seen-as: [203.0.113.0/24]",
	"recipient-country: [FR], seen-as: [203.0.113.0/24]", "E100"},
    {"seen-as: [203.0.113.0/24]",
	"recipient-country: XX, seen-as: [203.0.113.0/24]", "E103"},
    {"seen-as: [203.0.113.0/24]",
	"recipient-country: US, seen-as: [203.0.113.0/24]", "W302"},
    {"hipaa: safe-harbor", "hipaa: expert", "E205"},
    {"hipaa: safe-harbor", "hipaa: limited", "E205"},
    {"hipaa: safe-harbor", "hipaa: other", "E103"},
    {"hipaa: safe-harbor", "hipaa: [x]", "E100"},
    {"gdpr: legitimate-interests", "gdpr: consent", NULL},
    {"gdpr: legitimate-interests", "gdpr: belief", "E103"},
    {"gdpr: legitimate-interests", "gdpr: safe-harbor", "E103"},
    {"gdpr: legitimate-interests", "gdpr: [consent]", "E100"},
    {"assessment: LIA-1", "assessment: LIA-1\n    collected-for: billing",
	"E205"},
    {"assessment: LIA-1",
	"assessment: LIA-1\n    collected-for: billing\n    "
	"compatible-because: same",
	NULL},
    {"assessment: LIA-1", "assessment: LIA-1\n    art9: a", NULL},
    {"assessment: LIA-1", "assessment: LIA-1\n    art9: k", "E103"},
    {"assessment: LIA-1", "assessment: LIA-1\n    art9: ab", "E103"},
    {"assessment: LIA-1", "assessment: LIA-1\n    art9: A", "E103"},
    {"  card-fraud:\n", "  Card_fraud:\n", "E106"},
    {"    say: Train the fraud model\n", "", "E102"},
    {"  card-fraud:\n", "  other: text\n  card-fraud:\n", "E100"},
};

/* Datasets and their columns. */
static const struct policybox_row data[] = {
    {"file:///data/hospital/*.csv", "file:///data//x.csv", "E114"},
    {"file:///data/hospital/*.csv", "file:///data/./x.csv", "E114"},
    {"file:///data/hospital/*.csv", "file:///data/**/x.csv", "E114"},
    {"file:///data/hospital/*.csv", "file:///data/a*/*.csv", NULL},
    {"file:///data/hospital/*.csv", "file:///data/*/b/*.csv", NULL},
    {"file:///data/hospital/*.csv", "http://x/y.csv", "E114"},
    {"file:///data/hospital/*.csv", "file:///x.csv", "E114"},
    {"file:///data/hospital/*.csv", "[file:///data/x.csv]", "E100"},
    {"protect: hipaa-safe-harbor@1", "protect: hipaa-safe-harbour@1", "E104"},
    {"protect: hipaa-safe-harbor@1", "protect: pci-cardholder@1", "W306"},
    {"protect: hipaa-safe-harbor@1", "protect: hipaa-limited-data-set@1",
	"E204"},
    {"protect: hipaa-safe-harbor@1", "protect: hipaa-expert-determination@1",
	"E204"},
    {"protect: hipaa-safe-harbor@1", "protect: gdpr-anonymous-review@1",
	"E207"},
    {"protect: hipaa-safe-harbor@1", "protect: []", "E102"},
    {"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}",
	"no-actual-knowledge: {signed-by: anna}", "E102"},
    {"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}",
	"no-actual-knowledge: text", "E100"},
    {"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}",
	"no-actual-knowledge: {signed-by: anna, on: yesterday}", "E117"},
    {"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}",
	"no-actual-knowledge: {signed-by: anna, on: [2026-11-01]}", "E100"},
    {"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}",
	"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}\n    "
	"compression: [gzip]",
	"E100"},
    {"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}",
	"no-actual-knowledge: {signed-by: anna, on: 2026-11-01}\n    "
	"compression: none",
	NULL},
    {"mrn: direct-identifier record-number, subject",
	"mrn: direct-identifier record-number, subjekt", "E107"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier, kind: record-number, subject: yes}",
	NULL},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier record-number, subject: maybe}", "E103"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier record-number, subject: no}", "E113"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier, kind: recordnumber, subject: yes}",
	"E103"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier, kind: [x], subject: yes}", "E100"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier record-number, subject: [yes]}", "E100"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {kind: record-number, subject: yes}", "E102"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: [x], kind: record-number, subject: yes}", "E100"},
    {"mrn: direct-identifier record-number, subject", "mrn: [x]", "E100"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier record-number, subject: yes, for: "
	"[readmission]}",
	"E107"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier record-number, subject: yes, yes: [a]}",
	"E107"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: {is: direct-identifier record-number, subject: yes, no: b}",
	"E107"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: direct-identifier record-number, subject\n      \"\": plain code",
	"E106"},
    {"mrn: direct-identifier record-number, subject",
	"mrn: direct-identifier record-number, subject\n      again: plain "
	"code, subject",
	"E113"},
    {"note: free-text", "note: free-text text", "E107"},
    {"note: free-text", "note: consent", "E102"},
    {"research: {is: consent, for: [readmission]}", "research: {is: consent}",
	"E102"},
    {"research: {is: consent, for: [readmission]}",
	"research: {is: consent, for: readmission, yes: [ja, oui]}", NULL},
    {"research: {is: consent, for: [readmission]}",
	"research: {is: consent, for: [readmission, readmission]}", NULL},
    {"research: {is: consent, for: [readmission]}",
	"research: {is: consent, for: [x]}", "E104"},
    {"research: {is: consent, for: [readmission]}",
	"research: {is: objection, no: nein}", NULL},
    {"research: {is: consent, for: [readmission]}",
	"research: {is: objection, for: readmission}", NULL},
    {"research: {is: consent, for: [readmission]}", "research: objection",
	NULL},
    {"research: {is: consent, for: [readmission]}",
	"research: {is: consent, for: {a: b}}", "E100"},
    {"objected: objection", "objected: objection, subject", "E113"},
    {"sex: quasi-identifier code",
	"sex: {is: quasi-identifier code, values: [F, M], category: health}",
	NULL},
    {"sex: quasi-identifier code",
	"sex: {is: quasi-identifier code, values: F}", NULL},
    {"about: patients", "about: patients\n    subject: each-row", "E113"},
    {"about: patients", "about: patients\n    subject: some", "E103"},
    {"about: patients", "about: patients\n    new-column: refuse", NULL},
    {"about: patients", "about: patients\n    new-column: drop", NULL},
    {"about: patients", "about: patients\n    new-column: x", "E103"},
    {"about: patients", "about: patients\n    missing-column: empty", NULL},
    {"about: patients", "about: patients\n    missing: [NA, \"\"]", NULL},
    {"about: patients", "about: patients\n    missing: {}", "E100"},
    {"about: patients", "about: patients\n    category: health", NULL},
    {"  hospital/patients:\n", "  hospital//patients:\n", "E106"},
    {"  hospital/patients:\n", "  other/thing: text\n  hospital/patients:\n",
	"E100"},
    {"bank/*.csv", "bank/*.csv\n    format: [csv]", "E100"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {delimiter: [x]}}", "E100"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {quote: [x]}}", "E100"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {header: []}}", "E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {header: [iban, \"\"]}}",
	"E120"},
    {"bank/*.csv", "bank/*.csv\n    format: {csv: {header: x}}", "E100"},
    {"bank/*.csv",
	"bank/*.csv\n    format: {csv: {quote: yes, delimiter: bar}}", NULL},
    {"bank/*.csv", "bank/*.csv\n    format: {xls: {}}", "E101"},
};

static void
check_policy__judges_facts(void **state)
{
	(void)state;
	policybox_expect(facts, COUNT(facts));
}

static void
check_policy__judges_data(void **state)
{
	(void)state;
	policybox_expect(data, COUNT(data));
}

/* What each of two presets takes, whichever is named first. */
static void
check_policy__takes_what_all_presets_take(void **state)
{
	static const struct policybox_row both[] = {
	    {"protect: gdpr-pseudonymous@1",
		"protect: [pci-cardholder@1, gdpr-pseudonymous@1]", NULL},
	    {"protect: gdpr-pseudonymous@1",
		"protect: [gdpr-pseudonymous@1, pci-cardholder@1]", NULL},
	};
	/* One takes a pseudonym, and the other, before or after it, does not.
	 */
	static const struct policybox_row stricter[] = {
	    {"protect: gdpr-pseudonymous@1",
		"protect: [gdpr-pseudonymous@1, gdpr-anonymous-review@1]",
		NULL},
	    {"protect: gdpr-pseudonymous@1",
		"protect: [gdpr-pseudonymous@1, hipaa-safe-harbor@1]", NULL},
	};
	static const struct policybox_row same = {
	    "iban: pseudonym", "iban: pseudonym", "E201"};
	static const struct policybox_row forms[] = {
	    {"iban: pseudonym", "iban: mask last 4", NULL},
	    {"iban: pseudonym", "iban: keep because we must", "E201"},
	    {"keep because companies are not people", "keep", "E202"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(both); i++)
		for (size_t j = 0; j < COUNT(forms); j++)
			policybox_expect_pair(&both[i], &forms[j]);
	for (size_t i = 0; i < COUNT(stricter); i++)
		policybox_expect_pair(&stricter[i], &same);
}

#define GUARDRAIL(rest)                                                        \
	"never:\n", "never:\n  - id: barred\n    say: Not they\n" rest

/* Trainers show a key, guests a certificate, the team against fraud both. */
static const struct policybox_row evasions[] = {
    {GUARDRAIL("    who: guests\n"), "E125"},
    {GUARDRAIL("    who: [trainers, guests]\n    purpose: readmission\n"),
	"W302"},
    {GUARDRAIL("    who: guests\n    dataset: hospital/*\n"), "E125"},
    {GUARDRAIL("    who: guests\n    dataset: bank/*\n"), NULL},
    {GUARDRAIL("    who: guests\n    place: DE\n"), NULL},
    {GUARDRAIL("    who: guests\n    place: US\n"), "E125"},
    {GUARDRAIL("    who: guests\n    purpose: card-fraud\n"), NULL},
    {GUARDRAIL("    who: guests\n    class: direct-identifier\n"), NULL},
    {GUARDRAIL("    who: guests\n    class: quasi-identifier\n"), "E125"},
    {GUARDRAIL("    who: fraud-team\n    purpose: readmission\n"), NULL},
    {GUARDRAIL("    who: trainers\n    purpose: card-fraud\n"), NULL},
};

/* The place asks for the certificate that guests would keep back. */
static const struct policybox_row certified = {
    "virginia: {", "virginia: {certificate: spiffe://cloud/va, ", NULL};
/* The certificate of the guests, and another thing to keep back. */
static const struct policybox_row guests[] = {
    {"- certificate: spiffe://lab/guest",
	"- certificate: spiffe://lab/guest\n"
	"      token: {issuer: https://id.example}",
	"E125"},
    {"- certificate: spiffe://lab/guest",
	"- certificate: spiffe://lab/guest\n      access-key: TRAIN01", "E125"},
    {"- certificate: spiffe://lab/guest",
	"- certificate: spiffe://lab/guest\n      access-key: GUEST01", NULL},
    {"- certificate: spiffe://lab/guest", "- access-key: GUEST01", NULL},
    {"- certificate: spiffe://lab/guest",
	"- certificate: spiffe://lab/guest\n    - access-key: TRAIN01", NULL},
    {"- certificate: spiffe://lab/guest",
	"- token: {issuer: https://id.example}", "E125"},
};

static void
check_policy__lets_nobody_get_more_by_showing_less(void **state)
{
	(void)state;
	policybox_expect(evasions, COUNT(evasions));
	for (size_t i = 0; i < COUNT(guests); i++)
		policybox_expect_pair(&evasions[0], &guests[i]);
	policybox_expect_pair(&certified,
	    &(struct policybox_row){GUARDRAIL("    who: guests\n"), NULL});
}

#define CAGE(rest)                                                             \
	"  virginia: {",                                                       \
	    "  cage: {country: DE, operator: C, " rest "}\n  virginia: {"

/* Places beside virginia, 198.51.100.0/24. It asks for no certificate, and
 * neither need trainers show one, who read there. */
static const struct policybox_row neighbours[] = {
    {CAGE("seen-as: 198.51.100.7/32"), NULL},
    {CAGE("seen-as: 198.51.100.7/32, certificate: spiffe://c"), "E126"},
    {CAGE("seen-as: 198.51.0.0/16, certificate: spiffe://c"), "E126"},
    {CAGE("seen-as: 198.51.101.0/24, certificate: spiffe://c"), NULL},
    {CAGE("certificate: spiffe://c"), "E126"},
    {CAGE("certificate: [spiffe://c, spiffe://d]"), "E126"},
    {CAGE("attested: {issuer: y}, certificate: spiffe://c"), "W902"},
    /* In frankfurt nobody reads without one. */
    {CAGE("seen-as: 203.0.113.7/32, certificate: spiffe://c"), NULL},
    {CAGE("seen-as: 203.0.0.0/16, certificate: spiffe://c"), NULL},
};

/* A cage in virginia; and who would get more there without his certificate. */
static const struct policybox_row cage = {
    CAGE("seen-as: 198.51.100.0/30, certificate: spiffe://c"), NULL};
static const struct policybox_row in_the_cage[] = {
    /* Where all of the cage, or a part, is in a third place anyhow. */
    {"  frankfurt: {country: DE, operator: Cloud, seen-as: [203.0.113.0/24]}",
	"  frankfurt: {country: DE, operator: Cloud, seen-as: "
	"[203.0.113.0/24, 198.51.100.2/31, 198.51.100.0/31]}",
	NULL},
    {"  frankfurt: {country: DE, operator: Cloud, seen-as: [203.0.113.0/24]}",
	"  frankfurt: {country: DE, operator: Cloud, seen-as: "
	"[203.0.113.0/24, 198.51.100.0/31, 198.51.100.2/32]}",
	"E126"},
    /* Who reads there: all by a certificate; one without; nobody. */
    {"- access-key: TRAIN01",
	"- access-key: TRAIN01\n      certificate: spiffe://t", NULL},
    {"- access-key: TRAIN01",
	"- certificate: spiffe://t\n    - access-key: TRAIN01", "E126"},
    {"places: [virginia]", "places: [frankfurt]", "W304"},
    {GUARDRAIL("    who: trainers\n"), "W302"},
    {GUARDRAIL("    place: frankfurt\n    class: quasi-identifier\n"), "E126"},
};

static void
check_policy__lets_no_certificate_choose_the_place(void **state)
{
	(void)state;
	policybox_expect(neighbours, COUNT(neighbours));
	for (size_t i = 0; i < COUNT(in_the_cage); i++)
		policybox_expect_pair(&cage, &in_the_cage[i]);
}

#define NO_DECISION "there is no such decision of adequacy (GDPR Art. 45)"
#define FOR_SOME "its decision of adequacy holds for some only"

/*
 * Where the machines are, where those sit who look, and a tool: the country
 * that it does not cover, or NULL, and why. The recipient is in the EEA.
 */
static const struct {
	const char *machines, *lookers, *transfer, *outside, *why;
} transfers[] = {
    {"DE", "FR", "adequacy", NULL, NULL},
    {"DE", "IN", "adequacy", "IN", NO_DECISION},
    {"DE", "NZ", "adequacy", NULL, NULL},
    {"NZ", "IN", "adequacy", "IN", NO_DECISION},
    {"IN", "NZ", "adequacy", "IN", NO_DECISION},
    {"NZ", "DE", "adequacy", NULL, NULL},
    {"NZ", "DE", "dpf", "NZ", NO_DECISION},
    {"US", "DE", "dpf", NULL, NULL},
    {"US", "IN", "dpf", "IN", NO_DECISION},
    {"US", "DE", "adequacy", "US", FOR_SOME},
    {"US", "DE", "{tool: adequacy, certified: dpf}", NULL, NULL},
    {"CA", "CA", "adequacy", "CA", FOR_SOME},
    {"CA", "CA", "{tool: adequacy, certified: commercial-org}", NULL, NULL},
    {"CA", "CA", "dpf", "CA", NO_DECISION},
    {"JP", "JP", "adequacy", "JP", FOR_SOME},
    {"JP", "JP", "{tool: adequacy, certified: commercial-org}", "JP", FOR_SOME},
    {"JP", "JP", "{tool: adequacy, certified: business-operator}", NULL, NULL},
    {"KR", "KR", "adequacy", "KR", FOR_SOME},
    {"KR", "KR", "{tool: adequacy, certified: pipa-controller}", NULL, NULL},
    {"IN", "CN", "{tool: scc, module: 2, tia: T}", NULL, NULL},
    {"IN", "CN", "{tool: code, tia: T}", NULL, NULL},
};

/* The base, with this place and tool, and no guardrail in the way. */
static void
write_transfer(struct buf *out, struct span base, const char *machines,
    const char *lookers, const char *transfer)
{
	struct buf step = {.max = 1 << 20};
	char text[128];

	policybox_change(
	    out, base, "place-not-in: EEA", "place-not-in: frankfurt");
	(void)snprintf(text, sizeof(text),
	    "frankfurt: {country: %s, recipient-country: %s,", machines,
	    lookers);
	policybox_change(
	    &step, buf_span(out), "frankfurt: {country: DE,", text);
	(void)snprintf(text, sizeof(text),
	    "    until: 2027-06-30\n    transfer: %s\n", transfer);
	policybox_change(out, buf_span(&step), "    until: 2027-06-30\n", text);
	buf_done(&step);
}

static void
check_policy__covers_both_ends_of_a_transfer(void **state)
{
	static struct policybox box;
	struct buf base = {.max = 1 << 20}, yaml = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < COUNT(transfers); i++) {
		const char *outside = transfers[i].outside;
		char wanted[128];

		write_transfer(&yaml, buf_span(&base), transfers[i].machines,
		    transfers[i].lookers, transfers[i].transfer);
		policybox_run(&box, buf_span(&yaml));
		assert_int_equal(box.d.num_errors, outside != NULL);
		if (outside != NULL) {
			(void)snprintf(wanted, sizeof(wanted),
			    "`frankfurt` is in %s, outside the EEA: %s",
			    outside, transfers[i].why);
			assert_string_equal(box.d.items[0].code, "E207");
			assert_string_equal(box.d.items[0].text, wanted);
		}
		policybox_done(&box);
	}
	buf_done(&yaml);
	buf_done(&base);
}

/* Machines, those who look, a guardrail on both, and whether it bars them. */
static const struct {
	const char *machines, *lookers, *rule;
	bool barred;
} both_ends[] = {
    {"GB", "ES", "place-not-in: [ES, GB]", false},
    {"ES", "GB", "place-not-in: [GB, ES]", false},
    {"GB", "ES", "place-not-in: [EEA, GB]", false},
    {"GB", "PT", "place-not-in: [ES, GB]", true},
    {"PT", "GB", "place-not-in: [ES, GB]", true},
    {"GB", "ES", "place-not-in: ES", true},
    {"GB", "ES", "place-not-in: EEA", true},
    {"GB", "KP", "place-not-in: [28-cfr-202, EEA]", true},
    {"GB", "ES", "place-not-in: [FR, frankfurt]", false},
    {"GB", "ES", "place: [FR, ES]", true},
    {"GB", "ES", "place: [FR, GB]", true},
    {"GB", "CN", "place: [FR, 28-cfr-202]", true},
    {"GB", "ES", "place: [FR, PT]", false},
};

static void
check_policy__counts_both_ends_of_a_place(void **state)
{
	static struct policybox box;
	struct buf base = {.max = 1 << 20}, yaml = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < COUNT(both_ends); i++) {
		struct buf step = {.max = 1 << 20};

		write_transfer(&step, buf_span(&base), both_ends[i].machines,
		    both_ends[i].lookers, "{tool: scc, module: 2, tia: T}");
		policybox_change(&yaml, buf_span(&step),
		    "place-not-in: frankfurt", both_ends[i].rule);
		policybox_run(&box, buf_span(&yaml));
		expect_ok(box.err);
		assert_int_equal(box.d.num_items, both_ends[i].barred);
		if (both_ends[i].barred)
			assert_string_equal(box.d.items[0].code, "W302");
		policybox_done(&box);
		buf_done(&step);
	}
	buf_done(&yaml);
	buf_done(&base);
}

/* A decision with an end: warned of what outlives it. */
static const struct policybox_row decisions[] = {
    {"    until: 2027-06-30\n",
	"    until: 2031-12-27\n    transfer: adequacy\n", NULL},
    {"    until: 2027-06-30\n",
	"    until: 2031-12-28\n    transfer: adequacy\n", "W305"},
};

static void
check_policy__warns_of_what_outlives_a_decision(void **state)
{
	const struct policybox_row isle = {
	    "recipient: vector", "recipient: isle", NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(decisions); i++)
		policybox_expect_pair(&isle, &decisions[i]);
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
	    cmocka_unit_test(check_policy__judges_facts),
	    cmocka_unit_test(check_policy__judges_data),
	    cmocka_unit_test(check_policy__takes_what_all_presets_take),
	    cmocka_unit_test(
		check_policy__lets_nobody_get_more_by_showing_less),
	    cmocka_unit_test(
		check_policy__lets_no_certificate_choose_the_place),
	    cmocka_unit_test(check_policy__covers_both_ends_of_a_transfer),
	    cmocka_unit_test(check_policy__counts_both_ends_of_a_place),
	    cmocka_unit_test(check_policy__warns_of_what_outlives_a_decision),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
