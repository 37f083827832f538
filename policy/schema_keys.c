#include "policy/schema_keys.h"

#include <assert.h>

#include "policy/words.h"

#define TEXT SCHEMA_TEXT
#define LIST SCHEMA_LIST
#define MAP SCHEMA_MAP
#define WORDS (TEXT | LIST) /* one, or several */
#define NEEDED SCHEMA_NEEDED
#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}

/* One row: shapes, value, and what it says; all since the first release. */
#define ROW(name, shapes, value, of, example, meaning)                         \
	{                                                                      \
		name, shapes, VALUE_##value, of, NULL, "0.1", example, meaning \
	}
#define CHOICE(name, shapes, words, example, meaning)                          \
	{                                                                      \
		name, shapes, VALUE_CHOICE, 0, words, "0.1", example, meaning  \
	}

static const struct schema_key top_keys[] = {
    ROW("policy", MAP, SECTION, SCHEMA_POLICY, "{name: st-anna, format: 1}",
	"what this policy is; in one file only"),
    ROW("parties", MAP, ENTRIES, SCHEMA_PARTY,
	"{lab: {name: Lab Inc, country: US, role: recipient, contact: "
	"a@lab.example}}",
	"who answers for what"),
    ROW("signers", MAP, ENTRIES, SCHEMA_SIGNER,
	"{anna: {of: st-anna, key: ssh-ed25519 AAAA…}}",
	"whose signature a change needs"),
    ROW("changes", MAP, SECTION, SCHEMA_CHANGES,
	"{wider: each controller concerned}", "who signs which change"),
    ROW("people", MAP, PROOFS, SCHEMA_PROOF, "{trainers: [{access-key: K001}]}",
	"who is asking: groups, and how membership is proved"),
    ROW("places", MAP, ENTRIES, SCHEMA_PLACE,
	"{virginia: {country: US, operator: Cloud, seen-as: "
	"[198.51.100.0/24]}}",
	"where the data would go"),
    ROW("purposes", MAP, ENTRIES, SCHEMA_PURPOSE,
	"{readmission: {say: Train the model, hipaa: safe-harbor}}",
	"why, and on which legal basis"),
    ROW("datasets", MAP, ENTRIES, SCHEMA_DATASET,
	"{hospital/patients: {controller: st-anna, …}}",
	"files of one shape, with every column that may ever leave"),
    ROW("never", LIST, SECTION, SCHEMA_GUARDRAIL,
	"[{template: psychotherapy-notes}]", "what no agreement can allow"),
    ROW("allow", LIST, SECTION, SCHEMA_AGREEMENT, "[{id: readmission, …}]",
	"the agreements; what is not listed is denied"),
    ROW("exceptions", LIST, SECTION, SCHEMA_EXCEPTION,
	"[{agreement: fraud, who: leads, …}]",
	"other forms for some people, for a while"),
    ROW("erasure", LIST, SECTION, SCHEMA_ERASURE,
	"[{dataset: bank/cards, column: iban, list: erased/iban.list}]",
	"subjects whose rows never leave"),
    ROW("emergency", LIST, SECTION, SCHEMA_EMERGENCY, "[{id: treat, …}]",
	"who may see subjects by name, on the premises"),
    ROW("tests", LIST, SECTION, SCHEMA_TEST,
	"[{name: no names, ask: {…}, get: {name: dropped}}]",
	"questions, and what must come of them"),
    END,
};

static const struct schema_key policy_keys[] = {
    ROW("name", TEXT | NEEDED, TEXT, 0, "st-anna-and-nordbank", "its name"),
    CHOICE("format", TEXT | NEEDED, "1", "1", "the version of the language"),
    ROW("time-zone", TEXT, TEXT, 0, "Europe/Berlin",
	"whose days `from` and `until` are; UTC otherwise"),
    ROW("contact", TEXT, TEXT, 0, "privacy@st-anna.example", "who is asked"),
    END,
};

static const struct schema_key party_keys[] = {
    ROW("name", TEXT | NEEDED, TEXT, 0, "St Anna Hospital", "its full name"),
    ROW("country", TEXT | NEEDED, COUNTRY, 0, "US", "where it is established"),
    ROW("role", TEXT | NEEDED, WORDS, WORDS_ROLE, "controller",
	"what it is to the data"),
    ROW("contact", TEXT | NEEDED, TEXT, 0, "privacy@st-anna.example",
	"who is asked"),
    END,
};

static const struct schema_key signer_keys[] = {
    ROW("of", TEXT | NEEDED, REF, 0, "st-anna", "the party signed for"),
    ROW("key", TEXT | NEEDED, TEXT, 0, "ssh-ed25519 AAAAC3Nza…",
	"the public key, as ssh-keygen writes it"),
    ROW("in", WORDS, REF, 0, "[privacy-office]",
	"groups of people that the signer is of, where `emergency` names them"),
    END,
};

static const struct schema_key changes_keys[] = {
    ROW("wider", TEXT, WORDS, WORDS_CHANGE_RULE, "each controller concerned",
	"who signs what gives somebody more"),
    ROW("narrower", TEXT, WORDS, WORDS_CHANGE_RULE, "any signer",
	"who signs what only takes away"),
    END,
};

static const struct schema_key proof_keys[] = {
    ROW("certificate", TEXT, TEXT, 0, "spiffe://st-anna/ml/trainer",
	"the URI in a client certificate, whole"),
    ROW("access-key", TEXT, TEXT, 0, "STANNATRAIN01",
	"the id of a key that signs requests"),
    ROW("token", MAP, SECTION, SCHEMA_TOKEN,
	"{issuer: https://login.st-anna.example, groups: ml-oncology}",
	"a token of an identity provider"),
    END,
};

static const struct schema_key token_keys[] = {
    ROW("issuer", TEXT | NEEDED, TEXT, 0, "https://login.st-anna.example",
	"who made the token"),
    {"*", WORDS | SCHEMA_OTHERS, VALUE_TEXT, 0, NULL, "0.1", "ml-oncology",
	"a claim of that name has one of these values, whole"},
    END,
};

static const struct schema_key place_keys[] = {
    ROW("country", TEXT | NEEDED, COUNTRY, 0, "DE", "where the machines are"),
    ROW("operator", TEXT | NEEDED, TEXT, 0, "AWS eu-central-1",
	"who runs them"),
    ROW("recipient-country", TEXT, COUNTRY, 0, "US",
	"where people look from, when it is another country"),
    CHOICE("on-premises", TEXT, "yes no", "yes",
	"the controller's own rooms; no otherwise"),
    ROW("seen-as", WORDS, NETWORK, 0, "[203.0.113.0/24]",
	"networks that the TCP peer is in"),
    ROW("certificate", WORDS, TEXT, 0, "spiffe://cloud/eu",
	"URIs in the client certificate"),
    ROW("attested", MAP, SECTION, SCHEMA_ATTESTED,
	"{issuer: https://confidentialcomputing.googleapis.com, hwmodel: "
	"GCP_INTEL_TDX}",
	"what an attestation of the machine says"),
    END,
};

static const struct schema_key attested_keys[] = {
    ROW("issuer", TEXT | NEEDED, TEXT, 0,
	"https://confidentialcomputing.googleapis.com", "who attests"),
    {"*", WORDS | SCHEMA_OTHERS, VALUE_TEXT, 0, NULL, "0.1", "GCP_INTEL_TDX",
	"a claim of that name has one of these values, whole"},
    END,
};

static const struct schema_key purpose_keys[] = {
    ROW("say", TEXT | NEEDED, TEXT, 0, "Train the readmission model",
	"the purpose, in one sentence"),
    ROW("hipaa", TEXT, WORDS, WORDS_HIPAA, "safe-harbor",
	"how the data is de-identified"),
    ROW("report", MAP, SECTION, SCHEMA_REPORT, "{id: EXP-7, …}",
	"`hipaa: expert`: the determination of the expert"),
    ROW("agreement", MAP, SECTION, SCHEMA_USE_AGREEMENT, "{id: DUA-7, …}",
	"`hipaa: limited`: the data use agreement"),
    ROW("gdpr", TEXT, WORDS, WORDS_GDPR, "legitimate-interests",
	"the basis of GDPR Art. 6(1)"),
    ROW("assessment", TEXT, TEXT, 0, "LIA-2026-031",
	"the balancing test that legitimate interests need"),
    ROW("dpia", TEXT, TEXT, 0, "DPIA-2026-014",
	"the impact assessment, GDPR Art. 35"),
    ROW("collected-for", TEXT, TEXT, 0, "settling card payments",
	"the purpose of collection, when it is another one"),
    ROW("compatible-because", TEXT, TEXT, 0, "GDPR Art. 5(1)(b), statistics",
	"why that is compatible, GDPR Art. 6(4)"),
    CHOICE("art9", TEXT, "a b c d e f g h i j", "j",
	"the condition of GDPR Art. 9(2), for special categories"),
    ROW("art10", TEXT, TEXT, 0, "Section 26 of the act",
	"the law that allows data on convictions, GDPR Art. 10"),
    END,
};

static const struct schema_key report_keys[] = {
    ROW("id", TEXT | NEEDED, TEXT, 0, "EXP-2026-4", "what it is filed as"),
    ROW("expert", TEXT | NEEDED, TEXT, 0, "Dr. Jane Roe", "who determined"),
    ROW("sha256", TEXT | NEEDED, SHA256, 0,
	"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"of the file"),
    ROW("on", TEXT | NEEDED, DAY, 0, "2026-09-01", "the day of signing"),
    ROW("expires", TEXT | NEEDED, DAY, 0, "2027-09-01",
	"the last day that it holds"),
    ROW("recipients", WORDS | NEEDED, REF, 0, "[cardiolab]",
	"the parties that the expert looked at"),
    ROW("annex", MAP | NEEDED, ANNEX, 0,
	"{hospital/patients: {birth_date: [year, month], zip: zip3}}",
	"the forms of columns that the report lists"),
    END,
};

static const struct schema_key use_agreement_keys[] = {
    ROW("id", TEXT | NEEDED, TEXT, 0, "DUA-2026-7", "what it is filed as"),
    ROW("use", TEXT | NEEDED, WORDS, WORDS_LDS_USE, "research",
	"which of the permitted uses, 45 CFR 164.514(e)(3)"),
    ROW("expires", TEXT | NEEDED, DAY, 0, "2027-09-01",
	"the last day that it holds"),
    ROW("recipients", WORDS | NEEDED, REF, 0, "[cardiolab]",
	"the parties that are bound by it"),
    END,
};

static const struct schema_key dataset_keys[] = {
    ROW("controller", TEXT | NEEDED, REF, 0, "st-anna",
	"the party whose data it is"),
    ROW("about", TEXT | NEEDED, TEXT, 0, "patients", "whom it is about"),
    ROW("category", TEXT, TEXT, 0, "health",
	"its special category, as GDPR Art. 9 names it; or convictions"),
    ROW("origin", TEXT | NEEDED, TEXT, 0, "file:///data/hospital/*.csv",
	"where its files lie; also s3://BUCKET/PREFIX/*.csv"),
    ROW("compression", TEXT, WORDS, WORDS_COMPRESSION, "gzip",
	"how files are packed; their names say it otherwise"),
    {"format", TEXT | MAP, VALUE_SECTION, SCHEMA_FORMAT, "csv tsv jsonl", "0.1",
	"{csv: {delimiter: semicolon}}",
	"how files are written; their names say it otherwise"},
    ROW("protect", WORDS | NEEDED, PRESET, 0, "hipaa-safe-harbor@1",
	"the presets; what leaves is lawful under each"),
    ROW("no-actual-knowledge", MAP, SECTION, SCHEMA_KNOWLEDGE,
	"{signed-by: anna, on: 2026-11-01}",
	"the statement of 45 CFR 164.514(b)(2)(ii)"),
    ROW("missing", WORDS, TEXT, 0, "[\"\", NA]",
	"cells that count as missing; otherwise the empty one"),
    CHOICE("new-column", TEXT, "drop refuse", "refuse",
	"what becomes of a column that is not declared; drop otherwise"),
    CHOICE("missing-column", TEXT, "refuse empty", "empty",
	"what a file without a declared column is; refused otherwise"),
    CHOICE("subject", TEXT, "each-row", "each-row",
	"each row is a person of its own"),
    ROW("columns", MAP | NEEDED, COLUMNS, SCHEMA_COLUMN,
	"{zip: quasi-identifier us-zip}", "every column that may ever leave"),
    END,
};

static const struct schema_key format_keys[] = {
    ROW("csv", MAP, SECTION, SCHEMA_DIALECT, "{delimiter: semicolon}",
	"comma separated"),
    ROW("tsv", MAP, SECTION, SCHEMA_DIALECT, "{quote: no}", "tab separated"),
    END,
};

static const struct schema_key dialect_keys[] = {
    CHOICE("delimiter", TEXT, "comma , semicolon ; tab \t bar |", "semicolon",
	"what stands between cells: comma, semicolon, tab or bar"),
    CHOICE("quote", TEXT, "yes no", "no",
	"quotes hold cells together; yes otherwise"),
    ROW("header", LIST, TEXT, 0, "[iban, merchant]",
	"the names, where files have no line of them"),
    END,
};

static const struct schema_key knowledge_keys[] = {
    ROW("signed-by", TEXT | NEEDED, TEXT, 0, "anna",
	"who states it; a signer, where the policy has some"),
    ROW("on", TEXT | NEEDED, DAY, 0, "2026-11-01", "when; renewed yearly"),
    END,
};

static const struct schema_key column_keys[] = {
    ROW("is", TEXT | NEEDED, TEXT, 0, "quasi-identifier date",
	"class and kind, as in the short form"),
    ROW("kind", TEXT, WORDS, WORDS_KIND, "date", "the kind alone"),
    CHOICE(
	"subject", TEXT, "yes no", "yes", "the person that the row is about"),
    ROW("for", WORDS, REF, 0, "[readmission]",
	"the purposes that are consented or objected to"),
    ROW("values", WORDS, TEXT, 0, "[F, M]", "all values that there are"),
    ROW("yes", WORDS, TEXT, 0, "[yes, 1]", "answers that are a consent"),
    ROW("no", WORDS, TEXT, 0, "[no, \"\"]", "answers that are no objection"),
    ROW("category", TEXT, TEXT, 0, "health",
	"its special category, as GDPR Art. 9 names it; or convictions"),
    END,
};

static const struct schema_key guardrail_keys[] = {
    CHOICE("template", TEXT, "28-cfr-202 42-cfr-part-2 psychotherapy-notes",
	"psychotherapy-notes", "a guardrail that ships with the gateway"),
    ROW("id", TEXT, ID, 0, "bank-stays-in-eea",
	"its name; the template's otherwise"),
    ROW("say", TEXT, TEXT, 0, "Bank data does not leave the EEA",
	"the sentence that people are told"),
    ROW("dataset", WORDS, TEXT, 0, "bank/*",
	"datasets; `*` is any text within a segment"),
    ROW("kind", WORDS, WORDS, WORDS_KIND, "genomic",
	"an agreement that delivers one of these kinds"),
    ROW("class", WORDS, WORDS, WORDS_CLASS, "free-text",
	"an agreement that delivers one of these classes"),
    ROW("category", WORDS, TEXT, 0, "health",
	"an agreement that delivers one of these categories"),
    ROW("place", WORDS, TEXT, 0, "[CN, RU]",
	"places, countries, EEA or 28-cfr-202"),
    ROW("place-not-in", WORDS, TEXT, 0, "EEA", "anywhere but these"),
    ROW("who", WORDS, REF, 0, "vendors", "groups of people"),
    ROW("purpose", WORDS, REF, 0, "marketing", "purposes"),
    END,
};

static const struct schema_key agreement_keys[] = {
    ROW("id", TEXT | NEEDED, ID, 0, "readmission",
	"its name, and the bucket's: s3://readmission/"),
    ROW("who", WORDS | NEEDED, REF, 0, "trainers", "groups, any of them"),
    ROW("recipient", TEXT | NEEDED, REF, 0, "cardiolab",
	"the party that receives"),
    ROW("contract", TEXT | NEEDED, TEXT, 0, "DL-2026-7",
	"what binds the recipient"),
    ROW("undertakes", TEXT, TEXT, 0, "not to re-identify anybody",
	"what the recipient promises"),
    ROW("review-by", TEXT, DAY, 0, "2027-01-31", "when it is looked at again"),
    ROW("recipient-deletes-after", TEXT, DURATION, 0, "180 days",
	"a promise of the recipient, recorded"),
    ROW("dataset", TEXT | NEEDED, REF, 0, "hospital/patients", "of what"),
    ROW("purpose", TEXT | NEEDED, REF, 0, "readmission", "what for"),
    ROW("places", WORDS | NEEDED, REF, 0, "[virginia]", "where to"),
    ROW("columns", MAP | NEEDED, COLUMNS, SCHEMA_DELIVERED,
	"{zip: zip3, sex: keep}", "what is delivered, in which form"),
    ROW("rows", WORDS, RULE, 0, "[birth before 2008-01-01]",
	"which rows, all rules holding"),
    ROW("from", TEXT, DAY, 0, "2026-10-01", "the first day"),
    ROW("until", TEXT | NEEDED, DAY, 0, "2027-03-31", "the last day, included"),
    {"compress", TEXT, VALUE_WORDS, WORDS_COMPRESSION, "as-source", "0.1",
	"zstd", "how objects are packed; as their sources otherwise"},
    ROW("encrypt", TEXT, WORDS, WORDS_ENCRYPT, "age",
	"tls alone, or to keys of the recipient"),
    ROW("recipients", WORDS, TEXT, 0, "[age1…]", "those keys, up to 16"),
    ROW("as-of", TEXT, YEAR, 0, "2026",
	"the year that ages are counted at; otherwise the current one"),
    ROW("listing", TEXT, WORDS, WORDS_LISTING, "as-ready",
	"whether listings wait for all objects; complete otherwise"),
    ROW("warm", TEXT, WORDS, WORDS_WARM, "ahead",
	"when objects are made; on-read otherwise"),
    ROW("limits", MAP, SECTION, SCHEMA_LIMITS, "{rows-per-day: 2000000}",
	"how much all callers together may read"),
    ROW("per-caller", MAP, SECTION, SCHEMA_LIMITS, "{rows-per-day: 100000}",
	"how much each of them may read"),
    {"smallest-group", TEXT | MAP, VALUE_SECTION, SCHEMA_GROUPS, NULL, "0.1",
	"5", "subjects that share each combination of quasi-identifiers"},
    ROW("small-groups", TEXT, WORDS, WORDS_SMALL_GROUPS, "suppress",
	"whether smaller ones hold the release or leave; hold otherwise"),
    ROW("linkable-with", WORDS, REF, 0, "[fraud-eu]",
	"agreements whose codes are the same"),
    ROW("linkable-because", TEXT, TEXT, 0, "one model of both, C-9",
	"the lawful reason of that"),
    {"transfer", TEXT | MAP, VALUE_SECTION, SCHEMA_TRANSFER,
	"adequacy dpf scc bcr code certification derogation", "0.1",
	"{tool: scc, module: 2, tia: TIA-2026-3}",
	"what lets data leave the EEA, GDPR Art. 44 to 49"},
    ROW("exceptions", LIST, SECTION, SCHEMA_EXCEPTION,
	"[{who: leads, why: case 7, until: 2027-01-31, columns: {birth: "
	"month}}]",
	"other forms for some people, for a while"),
    END,
};

static const struct schema_key delivered_keys[] = {
    ROW("protect", TEXT | NEEDED, PHRASE, 0, "year", "the form"),
    ROW("unfit", TEXT, WORDS, WORDS_UNFIT, "drop",
	"what becomes of a value that it cannot take"),
    END,
};

static const struct schema_key limits_keys[] = {
    ROW("rows-per-day", TEXT, NUMBER, 0, "2000000", "rows"),
    ROW("bytes-per-day", TEXT, BYTES, 0, "20 GB", "bytes"),
    ROW("requests-per-minute", TEXT, NUMBER, 0, "6000", "requests"),
    END,
};

static const struct schema_key groups_keys[] = {
    ROW("k", TEXT | NEEDED, NUMBER, 0, "5", "subjects in each group"),
    ROW("l", TEXT, NUMBER, 0, "2", "values of each sensitive column in it"),
    END,
};

static const struct schema_key transfer_keys[] = {
    ROW("tool", TEXT | NEEDED, WORDS, WORDS_TRANSFER, "scc", "which one"),
    CHOICE(
	"module", TEXT, "1 2 3 4", "2", "of the standard contractual clauses"),
    ROW("tia", TEXT, TEXT, 0, "TIA-2026-3", "the assessment of the transfer"),
    ROW("certified", TEXT, TEXT, 0, "commercial-org",
	"what the recipient is, where a decision asks for it"),
    CHOICE("art49", TEXT, "a b c d e f g", "a", "which derogation"),
    ROW("because", TEXT, TEXT, 0, "each subject agreed in writing",
	"why the derogation holds"),
    END,
};

static const struct schema_key exception_keys[] = {
    ROW("agreement", TEXT, REF, 0, "fraud",
	"of which agreement; needed at the top level, and only there"),
    ROW("who", WORDS | NEEDED, REF, 0, "fraud-leads", "for which groups"),
    ROW("why", TEXT | NEEDED, TEXT, 0, "case 2026-14", "the reason"),
    ROW("until", TEXT | NEEDED, DAY, 0, "2027-01-31", "the last day, included"),
    ROW("columns", MAP | NEEDED, COLUMNS, SCHEMA_DELIVERED, "{birth: month}",
	"the forms instead; lawful like any other"),
    END,
};

static const struct schema_key erasure_keys[] = {
    ROW("dataset", TEXT | NEEDED, REF, 0, "hospital/patients", "of what"),
    ROW("column", TEXT | NEEDED, REF, 0, "mrn", "the values of which column"),
    ROW("list", TEXT | NEEDED, TEXT, 0, "erased/mrn.list",
	"a file below the policy's folder, a value a line"),
    END,
};

static const struct schema_key emergency_keys[] = {
    ROW("id", TEXT | NEEDED, ID, 0, "treat", "its name"),
    ROW("who", WORDS | NEEDED, REF, 0, "doctors", "who may ask"),
    ROW("dataset", TEXT | NEEDED, REF, 0, "hospital/patients", "of what"),
    ROW("columns", LIST | NEEDED, TEXT, 0, "[name, phone]",
	"what is shown, in the clear"),
    ROW("purpose", TEXT | NEEDED, REF, 0, "treatment", "what for"),
    ROW("places", WORDS | NEEDED, REF, 0, "[ward]",
	"where; on the premises only"),
    ROW("approvers", WORDS | NEEDED, REF, 0, "[privacy-office]",
	"groups; two people of them approve, and neither asked"),
    ROW("expires-after", TEXT | NEEDED, DURATION, 0, "24 hours",
	"how long a grant holds"),
    ROW("review-within", TEXT, DURATION, 0, "5 days",
	"when it is looked at again; 5 days at most"),
    END,
};

static const struct schema_key test_keys[] = {
    ROW("name", TEXT | NEEDED, TEXT, 0, "trainers never see names",
	"what is tested"),
    ROW("ask", MAP | NEEDED, SECTION, SCHEMA_ASK,
	"{who: trainers, read: readmission}", "the question"),
    ROW("row", MAP, CELLS, 0, "{mrn: A-104, sex: F}", "a row of the source"),
    ROW("get", TEXT | MAP | NEEDED, CELLS, 0, "{mrn: dropped, sex: F}",
	"what leaves; or `no row`, `denied`, `denied by GUARDRAIL`"),
    END,
};

static const struct schema_key ask_keys[] = {
    ROW("who", TEXT | NEEDED, REF, 0, "trainers", "a group"),
    ROW("read", TEXT | NEEDED, REF, 0, "readmission", "an agreement"),
    ROW("place", TEXT, REF, 0, "virginia", "a place; nowhere otherwise"),
    ROW("on", TEXT, DAY, 0, "2026-12-01", "a day; today otherwise"),
    END,
};

static const struct {
	const char *name, *title;
	const struct schema_key *keys;
} sections[NUM_SCHEMA_SECTIONS] = {
    [SCHEMA_TOP] = {"policy-file", "the policy", top_keys},
    [SCHEMA_POLICY] = {"policy", "`policy`", policy_keys},
    [SCHEMA_PARTY] = {"party", "party", party_keys},
    [SCHEMA_SIGNER] = {"signer", "signer", signer_keys},
    [SCHEMA_CHANGES] = {"changes", "`changes`", changes_keys},
    [SCHEMA_PROOF] = {"proof", "group", proof_keys},
    [SCHEMA_TOKEN] = {"token", "`token` of", token_keys},
    [SCHEMA_PLACE] = {"place", "place", place_keys},
    [SCHEMA_ATTESTED] = {"attested", "`attested` of", attested_keys},
    [SCHEMA_PURPOSE] = {"purpose", "purpose", purpose_keys},
    [SCHEMA_REPORT] = {"report", "`report` of", report_keys},
    [SCHEMA_USE_AGREEMENT] = {"data-use-agreement", "`agreement` of",
	use_agreement_keys},
    [SCHEMA_DATASET] = {"dataset", "dataset", dataset_keys},
    [SCHEMA_FORMAT] = {"format", "`format` of", format_keys},
    [SCHEMA_DIALECT] = {"dialect", "`format` of", dialect_keys},
    [SCHEMA_KNOWLEDGE] = {"no-actual-knowledge", "`no-actual-knowledge` of",
	knowledge_keys},
    [SCHEMA_COLUMN] = {"column", "column", column_keys},
    [SCHEMA_GUARDRAIL] = {"guardrail", "guardrail", guardrail_keys},
    [SCHEMA_AGREEMENT] = {"agreement", "agreement", agreement_keys},
    [SCHEMA_DELIVERED] = {"delivered-column", "column", delivered_keys},
    [SCHEMA_LIMITS] = {"limits", "limits of", limits_keys},
    [SCHEMA_GROUPS] = {"smallest-group", "`smallest-group` of", groups_keys},
    [SCHEMA_TRANSFER] = {"transfer", "`transfer` of", transfer_keys},
    [SCHEMA_EXCEPTION] = {"exception", "exception", exception_keys},
    [SCHEMA_ERASURE] = {"erasure", "erasure", erasure_keys},
    [SCHEMA_EMERGENCY] = {"emergency", "emergency", emergency_keys},
    [SCHEMA_TEST] = {"test", "test", test_keys},
    [SCHEMA_ASK] = {"ask", "`ask` of", ask_keys},
};

const struct schema_key *
schema_keys_of(enum schema_section section)
{
	assert(section < NUM_SCHEMA_SECTIONS);
	return sections[section].keys;
}

const char *
schema_keys_title(enum schema_section section)
{
	assert(section < NUM_SCHEMA_SECTIONS);
	return sections[section].title;
}

const char *
schema_keys_name(enum schema_section section)
{
	assert(section < NUM_SCHEMA_SECTIONS);
	return sections[section].name;
}
