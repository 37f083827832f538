#include "tests/harness/policy_fixture.h"

#include <string.h>

#include "policy/by_id.h"
#include "policy/linked.h"

#define TEXT(text)                                                             \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAPPED 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff

static struct party parties[] = {
    {TEXT("st-anna"), TEXT("St Anna Hospital"), TEXT("privacy@st-anna.example"),
	"US", ROLE_CONTROLLER, 12},
    {TEXT("nordbank"), TEXT("Nordbank AG"), TEXT("dpo@nordbank.example"), "DE",
	ROLE_CONTROLLER, 17},
    {TEXT("vector-ml"), TEXT("Vector ML GmbH"), TEXT(""), "DE", ROLE_PROCESSOR,
	22},
};

static struct proof trainer_proofs[] = {{.access_key = TEXT("KTRAIN")}};
static struct proof cluster_proofs[] = {
    {.access_key = TEXT("KGPU"), .certificate = TEXT("spiffe://a/gpu")},
    {.certificate = TEXT("spiffe://a/alt")},
};
static struct proof fraud_proofs[] = {{.access_key = TEXT("KFRAUD")}};
static const struct group groups[] = {
    {.id = TEXT("trainers"),
	.proofs = trainer_proofs,
	.num_proofs = 1,
	.line = 34},
    {.id = TEXT("cluster"),
	.proofs = cluster_proofs,
	.num_proofs = 2,
	.line = 36},
    {.id = TEXT("fraud-team"),
	.proofs = fraud_proofs,
	.num_proofs = 1,
	.line = 39},
};

static struct network virginia_seen[] = {{{MAPPED, 192, 0, 2, 0}, 120}};
static struct network frankfurt_seen[] = {
    {{MAPPED, 198, 51, 100, 7}, 128},
    {{0x20, 0x01, 0x0d, 0xb8, 0x80}, 33},
};
static struct network attic_seen[] = {{{MAPPED, 203, 0, 113, 0}, 120}};
static struct network overlap_seen[] = {{{MAPPED, 192, 0, 2, 128}, 121}};
static struct span attic_certificates[] = {TEXT("spiffe://a/attic")};
static const struct place places[] = {
    {.id = TEXT("virginia"),
	.operator_name = TEXT("a region"),
	.country = "US",
	.seen_as = virginia_seen,
	.num_seen_as = 1,
	.line = 43},
    {.id = TEXT("frankfurt"),
	.operator_name = TEXT("a region"),
	.country = "DE",
	.recipient_country = "DE",
	.seen_as = frankfurt_seen,
	.num_seen_as = 2,
	.line = 47},
    {.id = TEXT("attic"),
	.operator_name = TEXT("the attic"),
	.country = "US",
	.seen_as = attic_seen,
	.num_seen_as = 1,
	.certificates = attic_certificates,
	.num_certificates = 1,
	.on_premises = true,
	.line = 51},
    {.id = TEXT("overlap"),
	.operator_name = TEXT("half a region"),
	.country = "US",
	.seen_as = overlap_seen,
	.num_seen_as = 1,
	.line = 55},
};

static struct purpose purposes[] = {
    {.id = TEXT("readmission"),
	.say = TEXT("Train the readmission model"),
	.hipaa = BASIS_HIPAA_SAFE_HARBOR,
	.line = 60},
    {.id = TEXT("card-fraud"),
	.say = TEXT("Train the card fraud model"),
	.gdpr = BASIS_GDPR_LEGITIMATE_INTERESTS,
	.assessment = TEXT("LIA-1"),
	.line = 63},
};

static struct group_row unused_rows[] = {{TEXT("a"), TEXT("b")}};
static struct group_row chapter_rows[] = {
    {TEXT("A00"), TEXT("infections")},
    {TEXT("I21"), TEXT("circulation")},
    {TEXT("I22"), TEXT("circulation")},
};
static struct group_table tables[] = {
    {TEXT("tables/unused.csv"), {1}, unused_rows, 1},
    {TEXT("tables/chapters.csv"), {2, 3}, chapter_rows, 3},
};

static struct span yes[] = {TEXT("yes"), TEXT("1")};
static struct span no[] = {TEXT("no"), TEXT("")};
static struct span missing[] = {TEXT(""), TEXT("NA")};
static struct span codes[] = {TEXT("A00"), TEXT("I21"), TEXT("I22")};
static uint32_t for_readmission[] = {0};
static uint32_t for_fraud[] = {1};
static uint32_t for_both[] = {0, 1};
static struct column patient_columns[] = {
    {.name = TEXT("mrn"),
	.class = CLASS_DIRECT_IDENTIFIER,
	.kind = KIND_RECORD_NUMBER,
	.subject = true,
	.line = 75},
    {.name = TEXT("birth_date"),
	.class = CLASS_QUASI_IDENTIFIER,
	.kind = KIND_DATE,
	.line = 76},
    {.name = TEXT("zip"),
	.class = CLASS_QUASI_IDENTIFIER,
	.kind = KIND_US_ZIP,
	.line = 77},
    {.name = TEXT("diagnosis"),
	.class = CLASS_SENSITIVE,
	.kind = KIND_CODE,
	.values = codes,
	.num_values = 3,
	.category = TEXT("health"),
	.line = 78},
    {.name = TEXT("note"), .class = CLASS_FREE_TEXT, .line = 79},
    {.name = TEXT("research"),
	.class = CLASS_CONSENT,
	.purposes = for_readmission,
	.num_purposes = 1,
	.answers = yes,
	.num_answers = 2,
	.line = 80},
    {.name = TEXT("marketing"),
	.class = CLASS_CONSENT,
	.purposes = for_fraud,
	.num_purposes = 1,
	.answers = yes,
	.num_answers = 2,
	.line = 81},
    {.name = TEXT("objected"),
	.class = CLASS_OBJECTION,
	.purposes = for_both,
	.num_purposes = 2,
	.answers = no,
	.num_answers = 2,
	.line = 82},
    {.name = TEXT("sex"),
	.class = CLASS_QUASI_IDENTIFIER,
	.kind = KIND_CODE,
	.line = 83},
};
static struct column card_columns[] = {
    {.name = TEXT("iban"),
	.class = CLASS_DIRECT_IDENTIFIER,
	.kind = KIND_IBAN,
	.subject = true,
	.line = 95},
    {.name = TEXT("amount"),
	.class = CLASS_PLAIN,
	.kind = KIND_AMOUNT,
	.line = 96},
};
static struct span card_header[] = {TEXT("iban"), TEXT("amount")};
static const struct dataset datasets[] = {
    {.id = TEXT("hospital/patients"),
	.controller = 0,
	.about = TEXT("patients"),
	.category = TEXT("health"),
	.root = TEXT("/srv/data/hospital"),
	.pattern = TEXT("*.csv"),
	.format = {.kind = FILE_CSV, .delimiter = ','},
	.presets = PRESET_HIPAA_SAFE_HARBOR,
	.missing = missing,
	.num_missing = 2,
	.columns = patient_columns,
	.num_columns = COUNT(patient_columns),
	.subject_column = 0,
	.line = 70},
    {.id = TEXT("bank/cards"),
	.controller = 1,
	.root = TEXT("/srv/data/bank"),
	.pattern = TEXT("*/*.csv"),
	.format = {.kind = FILE_CSV,
	    .delimiter = ';',
	    .unquoted = true,
	    .header = card_header,
	    .num_header = COUNT(card_header)},
	.presets = PRESET_GDPR_PSEUDONYMOUS,
	.compression = COMPRESSION_GZIP,
	.columns = card_columns,
	.num_columns = COUNT(card_columns),
	.subject_column = NO_INDEX,
	.refuse_new_column = true,
	.empty_missing_column = true,
	.line = 90},
};

static uint32_t hospital_who[] = {FIXTURE_TRAINERS, FIXTURE_CLUSTER};
static uint32_t fraud_who[] = {FIXTURE_FRAUD};
static uint32_t hospital_places[] = {FIXTURE_VIRGINIA, FIXTURE_ATTIC};
static uint32_t fraud_places[] = {FIXTURE_FRANKFURT};
static uint32_t overseas_places[] = {FIXTURE_VIRGINIA, FIXTURE_FRANKFURT};
static struct delivered hospital_delivers[] = {
    {1, {.op = PROTECT_YEAR}, UNFIT_WITHHOLD_ROW, 110},
    {2, {.op = PROTECT_ZIP3}, UNFIT_DROP, 111},
    {3, {.op = PROTECT_GROUP, .table = 1}, UNFIT_REFUSE, 112},
    {4, {.op = PROTECT_DROP}, UNFIT_WITHHOLD_ROW, 113},
    {8, {.op = PROTECT_KEEP, .because = TEXT("two values")}, UNFIT_WITHHOLD_ROW,
	114},
};
static struct span unknown_sex[] = {TEXT("U")};
static struct span served_codes[] = {TEXT("A00"), TEXT("I21")};
static struct row_rule hospital_rows[] = {
    {.column = 1, .op = ROW_BEFORE, .day = 13879, .line = 116},
    {.column = 1,
	.op = ROW_AT_LEAST,
	.age_of = true,
	.number = {18, 0},
	.line = 117},
    {.column = 8,
	.op = ROW_IS_NOT,
	.values = unknown_sex,
	.num_values = 1,
	.line = 118},
    {.column = 3,
	.op = ROW_ONE_OF,
	.values = served_codes,
	.num_values = 2,
	.line = 119},
};
static struct delivered fraud_delivers[] = {
    {1, {.op = PROTECT_BAND, .step = {10, 0}}, UNFIT_WITHHOLD_ROW, 130},
    {0, {.op = PROTECT_PSEUDONYM}, UNFIT_WITHHOLD_ROW, 131},
};
static struct delivered overseas_delivers[] = {
    {1, {.op = PROTECT_CAP, .low = {-5, 1}, .high = {89, 0}},
	UNFIT_WITHHOLD_ROW, 140},
    {0, {.op = PROTECT_MASK, .first = 2, .last = 4}, UNFIT_WITHHOLD_ROW, 141},
};
static struct delivered notes_delivers[] = {
    {4, {.op = PROTECT_KEEP}, UNFIT_WITHHOLD_ROW, 150},
    {2, {.op = PROTECT_PREFIX, .prefix_len = 2}, UNFIT_WITHHOLD_ROW, 151},
};
static uint8_t recipients[][32] = {{9, 8, 7}, {1}};
static const struct agreement agreements[] = {
    {.id = TEXT("readmission"),
	.who = hospital_who,
	.num_who = 2,
	.recipient = 2,
	.contract = TEXT("DL-2026-7"),
	.dataset = FIXTURE_PATIENTS,
	.purpose = 0,
	.places = hospital_places,
	.num_places = 2,
	.columns = hospital_delivers,
	.num_columns = COUNT(hospital_delivers),
	.rows = hospital_rows,
	.num_rows = COUNT(hospital_rows),
	.from = FIXTURE_FROM,
	.until = FIXTURE_UNTIL,
	.first_day = 20454,
	.last_day = 20634,
	.as_of = 2026,
	.file = TEXT("policy.yaml"),
	.line = 100},
    {.id = TEXT("fraud"),
	.who = fraud_who,
	.num_who = 1,
	.recipient = 2,
	.dataset = FIXTURE_CARDS,
	.purpose = 1,
	.places = fraud_places,
	.num_places = 1,
	.columns = fraud_delivers,
	.num_columns = COUNT(fraud_delivers),
	.from = INT64_MIN,
	.until = INT64_MAX,
	.first_day = INT32_MIN,
	.last_day = INT32_MAX,
	.encrypt = ENCRYPT_AGE,
	.recipients = recipients,
	.num_recipients = 2,
	.file = TEXT("bank.yaml"),
	.line = 120},
    {.id = TEXT("fraud-overseas"),
	.who = fraud_who,
	.num_who = 1,
	.recipient = 2,
	.dataset = FIXTURE_CARDS,
	.purpose = 1,
	.places = overseas_places,
	.num_places = 2,
	.columns = overseas_delivers,
	.num_columns = COUNT(overseas_delivers),
	.from = INT64_MIN,
	.until = INT64_MAX,
	.first_day = INT32_MIN,
	.last_day = INT32_MAX,
	.compress = COMPRESSION_ZSTD,
	.file = TEXT("bank.yaml"),
	.line = 135},
    {.id = TEXT("notes"),
	.who = hospital_who,
	.num_who = 1,
	.recipient = 2,
	.dataset = FIXTURE_PATIENTS,
	.purpose = 0,
	.places = hospital_places,
	.num_places = 1,
	.columns = notes_delivers,
	.num_columns = COUNT(notes_delivers),
	.from = INT64_MIN,
	.until = INT64_MAX,
	.first_day = INT32_MIN,
	.last_day = INT32_MAX,
	.file = TEXT("policy.yaml"),
	.line = 145},
};

static uint32_t cards_only[] = {FIXTURE_CARDS};
static uint32_t patients_only[] = {FIXTURE_PATIENTS};
static const struct guardrail guardrails[] = {
    {.id = TEXT("bank-stays-in-eea"),
	.say = TEXT("Bank customer data does not leave the EEA"),
	.datasets = cards_only,
	.num_datasets = 1,
	.by_dataset = true,
	.outside = fraud_places,
	.num_outside = 1,
	.by_place_not_in = true,
	.file = TEXT("bank.yaml"),
	.line = 160},
    {.id = TEXT("notes-stay-inside"),
	.datasets = patients_only,
	.num_datasets = 1,
	.by_dataset = true,
	.classes = 1u << CLASS_FREE_TEXT,
	.by_column = true,
	.file = TEXT("policy.yaml"),
	.line = 165},
};

void
policy_fixture_init(struct policy_fixture *out)
{
	memcpy(out->groups, groups, sizeof(groups));
	memcpy(out->places, places, sizeof(places));
	memcpy(out->datasets, datasets, sizeof(datasets));
	memcpy(out->agreements, agreements, sizeof(agreements));
	memcpy(out->guardrails, guardrails, sizeof(guardrails));
	out->policy = (struct policy){.name = TEXT("fixture"),
	    .contact = TEXT("privacy@st-anna.example"),
	    .source_digest = {0xaa, 0xbb},
	    .time_zone = TEXT("UTC"),
	    .parties = parties,
	    .num_parties = COUNT(parties),
	    .groups = out->groups,
	    .num_groups = NUM_FIXTURE_GROUPS,
	    .places = out->places,
	    .num_places = NUM_FIXTURE_PLACES,
	    .purposes = purposes,
	    .num_purposes = COUNT(purposes),
	    .tables = tables,
	    .num_tables = COUNT(tables),
	    .datasets = out->datasets,
	    .num_datasets = NUM_FIXTURE_DATASETS,
	    .agreements = out->agreements,
	    .num_agreements = NUM_FIXTURE_AGREEMENTS,
	    .guardrails = out->guardrails,
	    .num_guardrails = NUM_FIXTURE_GUARDRAILS};
	(void)by_id_fill(&out->policy, out->slots, FIXTURE_SLOTS);
	linked_set(&out->policy);
}

static uint64_t
walk_text(struct span text)
{
	uint64_t sum = text.len;

	for (size_t i = 0; i < text.len; i++)
		sum += text.data[i];
	return sum;
}

static uint64_t
walk_claims(const struct claim *claims, size_t num)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < num; i++) {
		sum += walk_text(claims[i].name);
		for (size_t j = 0; j < claims[i].num_values; j++)
			sum += walk_text(claims[i].values[j]);
	}
	return sum;
}

static uint64_t
walk_people(const struct policy *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->num_signers; i++)
		sum += p->parties[p->signers[i].party].line;
	for (size_t i = 0; i < p->num_groups; i++)
		for (size_t j = 0; j < p->groups[i].num_proofs; j++)
			sum += walk_claims(p->groups[i].proofs[j].claims,
			    p->groups[i].proofs[j].num_claims);
	for (size_t i = 0; i < p->num_places; i++)
		sum += walk_claims(
		    p->places[i].attested, p->places[i].num_attested);
	return sum;
}

static uint64_t
walk_dataset(const struct policy *p, const struct dataset *d)
{
	uint64_t sum = walk_text(d->id) + p->parties[d->controller].line;

	for (size_t i = 0; i < d->num_missing; i++)
		sum += walk_text(d->missing[i]);
	for (size_t i = 0; i < d->num_columns; i++) {
		const struct column *column = &d->columns[i];
		sum += walk_text(column->name);
		for (size_t j = 0; j < column->num_purposes; j++)
			sum += p->purposes[column->purposes[j]].line;
		for (size_t j = 0; j < column->num_answers; j++)
			sum += walk_text(column->answers[j]);
	}
	for (size_t i = 0; i < d->num_erasures; i++)
		sum += d->columns[d->erasures[i].column].line +
		    walk_text(d->erasures[i].list);
	for (size_t i = 0; i < d->format.num_header; i++)
		sum += walk_text(d->format.header[i]);
	if (d->subject_column != NO_INDEX)
		sum += d->columns[d->subject_column].line;
	return sum;
}

static uint64_t
walk_agreement(const struct policy *p, const struct agreement *a)
{
	const struct dataset *d = &p->datasets[a->dataset];
	uint64_t sum = p->parties[a->recipient].line;

	sum += p->purposes[a->purpose].line + walk_text(a->id);
	for (size_t i = 0; i < a->num_who; i++)
		sum += p->groups[a->who[i]].line;
	for (size_t i = 0; i < a->num_places; i++)
		sum += p->places[a->places[i]].line;
	for (size_t i = 0; i < a->num_columns; i++) {
		sum += d->columns[a->columns[i].column].line;
		if (a->columns[i].how.op == PROTECT_GROUP)
			sum += p->tables[a->columns[i].how.table].num_rows;
	}
	for (size_t i = 0; i < a->num_rows; i++)
		sum += d->columns[a->rows[i].column].line;
	for (size_t i = 0; i < a->num_recipients; i++)
		sum += a->recipients[i][31];
	for (size_t i = 0; i < a->num_linkable; i++)
		sum += p->agreements[a->linkable[i]].line;
	return sum;
}

static uint64_t
walk_guardrail(const struct policy *p, const struct guardrail *g)
{
	uint64_t sum = walk_text(g->id);

	for (size_t i = 0; i < g->num_datasets; i++)
		sum += p->datasets[g->datasets[i]].line;
	for (size_t i = 0; i < g->num_purposes; i++)
		sum += p->purposes[g->purposes[i]].line;
	for (size_t i = 0; i < g->num_who; i++)
		sum += p->groups[g->who[i]].line;
	for (size_t i = 0; i < g->num_places; i++)
		sum += p->places[g->places[i]].line;
	for (size_t i = 0; i < g->num_outside; i++)
		sum += p->places[g->outside[i]].line;
	return sum;
}

uint64_t
policy_fixture_walk(const struct policy *p)
{
	uint64_t sum = walk_text(p->name) + walk_people(p);

	for (size_t i = 0; i < p->num_tables; i++)
		for (size_t j = 0; j < p->tables[i].num_rows; j++)
			sum += walk_text(p->tables[i].rows[j].group);
	for (size_t i = 0; i < p->num_datasets; i++)
		sum += walk_dataset(p, &p->datasets[i]);
	for (size_t i = 0; i < p->num_agreements; i++)
		sum += walk_agreement(p, &p->agreements[i]);
	for (size_t i = 0; i < p->num_guardrails; i++)
		sum += walk_guardrail(p, &p->guardrails[i]);
	return sum;
}
