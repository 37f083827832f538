/*
 * The table of what is lawful, written down a second time: which forms each
 * preset permits for which column. Nothing more, and nothing less.
 */
#include "tests/harness/expect.h"

#include "policy/preset.h"

enum {
	HARBOR,
	LIMITED,
	GDPR,
	REVIEW,
	NUM_TABLE
};

static const enum preset presets[NUM_TABLE] = {PRESET_HIPAA_SAFE_HARBOR,
    PRESET_HIPAA_LIMITED_DATA_SET, PRESET_GDPR_PSEUDONYMOUS,
    PRESET_GDPR_ANONYMOUS_REVIEW};

/*
 * D drop, T token, P pseudonym, S sealed, F format, M mask, K keep, r keep for
 * a reason, g keep in groups, Y year, y decade, q quarter, m month, s shift,
 * 9 age-90, C cap, B band, b band within, R round, X prefix, Z zip3, G group,
 * c scrub.
 */
static const struct {
	enum column_class class;
	enum column_kind kind;
	bool closed; /* has `values:` */
	const char *permitted[NUM_TABLE];
} table[] = {
    {CLASS_CONSENT, KIND_NONE, false, {"D", "D", "D", "D"}},
    {CLASS_OBJECTION, KIND_NONE, false, {"D", "D", "D", "D"}},
    {CLASS_FREE_TEXT, KIND_NONE, false, {"D", "D", "Dc", "D"}},
    {CLASS_DIRECT_IDENTIFIER, KIND_NAME, false, {"DT", "DTP", "DTPSFM", "D"}},
    {CLASS_PLAIN, KIND_NAME, false, {"DT", "DTP", "DTPSFM", "D"}},
    {CLASS_PLAIN, KIND_RECORD_NUMBER, false, {"DT", "DTP", "DTPSFM", "D"}},
    {CLASS_PLAIN, KIND_IP, false, {"DT", "DTP", "DTPSFM", "D"}},
    {CLASS_PLAIN, KIND_OTHER_ID, false, {"DT", "DTP", "DTPSFM", "D"}},
    {CLASS_DIRECT_IDENTIFIER, KIND_CITY, false, {"DT", "DTP", "DTPSFM", "D"}},
    {CLASS_PLAIN, KIND_BIOMETRIC, false, {"D", "D", "D", "D"}},
    {CLASS_PLAIN, KIND_PHOTO, false, {"D", "D", "D", "D"}},
    {CLASS_PLAIN, KIND_VOICE, false, {"D", "D", "D", "D"}},
    {CLASS_PLAIN, KIND_GENOMIC, false, {"D", "D", "D", "D"}},
    {CLASS_PLAIN, KIND_CARD_SECRET, false, {"D", "D", "D", "D"}},
    {CLASS_DIRECT_IDENTIFIER, KIND_ADDRESS, false, {"D", "D", "DG", "D"}},
    {CLASS_DIRECT_IDENTIFIER, KIND_GEO, false, {"DG", "DG", "DGR", "DG"}},
    {CLASS_PLAIN, KIND_DATE, false, {"DYy", "DYyqmsK", "DYyqmsr", "DYy"}},
    {CLASS_QUASI_IDENTIFIER, KIND_DATETIME, false,
	{"DYy", "DYyqmsK", "DYyqmsr", "DYy"}},
    {CLASS_PLAIN, KIND_AGE, false, {"D9Cb", "D9CBbRK", "D9CBbRr", "Db"}},
    {CLASS_PLAIN, KIND_INTERVAL, false,
	{"DCBbRK", "DCBbRK", "DCBbRK", "DCBbR"}},
    {CLASS_PLAIN, KIND_US_ZIP, false, {"DZG", "DZGK", "DZG", "DG"}},
    {CLASS_PLAIN, KIND_CITY, false, {"DG", "DGK", "DGX", "DG"}},
    {CLASS_PLAIN, KIND_COUNTY, false, {"DG", "DGK", "DGX", "DG"}},
    {CLASS_PLAIN, KIND_POSTCODE, false, {"DG", "DGK", "DGX", "DG"}},
    {CLASS_PLAIN, KIND_FACILITY, false, {"DG", "DGK", "DGX", "DG"}},
    {CLASS_PLAIN, KIND_US_STATE, false, {"DK", "DK", "DK", "DG"}},
    {CLASS_PLAIN, KIND_COUNTRY, false, {"DK", "DK", "DK", "DKG"}},
    {CLASS_PLAIN, KIND_STATE, false, {"DG", "DK", "DK", "DG"}},
    {CLASS_SENSITIVE, KIND_CODE, false,
	{"DCBbRXGK", "DCBbRXGK", "DCBbRXGK", "DCBbRXGg"}},
    {CLASS_PLAIN, KIND_AMOUNT, false,
	{"DCBbRXGK", "DCBbRXGK", "DCBbRXGK", "DCBbRXGg"}},
    {CLASS_PLAIN, KIND_NUMBER, false,
	{"DCBbRXGK", "DCBbRXGK", "DCBbRXGK", "DCBbRXGg"}},
    {CLASS_PLAIN, KIND_FLAG, false,
	{"DCBbRXGK", "DCBbRXGK", "DCBbRXGK", "DCBbRXGg"}},
    {CLASS_PLAIN, KIND_TEXT, true,
	{"DCBbRXGK", "DCBbRXGK", "DCBbRXGK", "DCBbRXGg"}},
    {CLASS_PLAIN, KIND_TEXT, false, {"D", "D", "Dcr", "D"}},
};

/* Forms that no bound makes unlawful. */
static const struct {
	char letter;
	struct protection how;
} forms[] = {
    {'D', {.op = PROTECT_DROP}},
    {'D', {.op = PROTECT_BLANK}},
    {'T', {.op = PROTECT_TOKEN}},
    {'P', {.op = PROTECT_PSEUDONYM}},
    {'S', {.op = PROTECT_SEALED}},
    {'F', {.op = PROTECT_FORMAT}},
    {'M', {.op = PROTECT_MASK}},
    {'Y', {.op = PROTECT_YEAR}},
    {'y', {.op = PROTECT_DECADE}},
    {'q', {.op = PROTECT_QUARTER}},
    {'m', {.op = PROTECT_MONTH}},
    {'s', {.op = PROTECT_SHIFT}},
    {'9', {.op = PROTECT_AGE_90}},
    {'C', {.op = PROTECT_CAP, .high = {89, 0}}},
    {'B', {.op = PROTECT_BAND, .step = {5, 0}}},
    {'b', {.op = PROTECT_CAPPED_BAND, .step = {5, 0}, .high = {90, 0}}},
    {'R', {.op = PROTECT_ROUND, .step = {5, 0}}},
    {'X', {.op = PROTECT_PREFIX, .prefix_len = 2}},
    {'Z', {.op = PROTECT_ZIP3}},
    {'G', {.op = PROTECT_GROUP}},
    {'c', {.op = PROTECT_SCRUB}},
};

static struct group_row countries[] = {{{0}, {(const uint8_t *)"DE", 2}}};
static const struct group_table tables[] = {{.rows = countries, .num_rows = 1}};
static const struct evidence no_report;

static enum preset_verdict
judge(enum preset preset, const struct column *column,
    const struct protection *how, uint32_t groups)
{
	const struct preset_row *row;
	struct preset_question q = {.column = column,
	    .how = how,
	    .tables = tables,
	    .report = &no_report,
	    .smallest_group = groups,
	    .distinct = groups};

	return preset_judge(&row, preset, &q);
}

static void
expect(char letter, const char *permitted, enum preset_verdict verdict,
    const struct column *column, enum preset preset)
{
	bool want = strchr(permitted, letter) != NULL;

	if (want != (verdict == PRESET_LAWFUL))
		fail_msg("%s, %s %s: `%c` should%s be lawful",
		    preset_name(preset), model_class_name(column->class),
		    model_kind_name(column->kind), letter, want ? "" : " not");
}

static void
preset_judge__is_the_table(void **state)
{
	const struct protection keep = {.op = PROTECT_KEEP};
	const struct protection why = {
	    .op = PROTECT_KEEP, .because = span_str("x")};
	struct span values[] = {span_str("a")};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct column column = {.class = table[i].class,
		    .kind = table[i].kind,
		    .values = values,
		    .num_values = table[i].closed};

		for (size_t p = 0; p < NUM_TABLE; p++) {
			const char *permitted = table[i].permitted[p];

			for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]);
			     f++)
				expect(forms[f].letter, permitted,
				    judge(
					presets[p], &column, &forms[f].how, 0),
				    &column, presets[p]);
			expect('K', permitted,
			    judge(presets[p], &column, &keep, 0), &column,
			    presets[p]);
			if (strchr(permitted, 'K') != NULL)
				continue;
			expect('r', permitted,
			    judge(presets[p], &column, &why, 0), &column,
			    presets[p]);
			expect('g', permitted,
			    judge(presets[p], &column, &keep, 2), &column,
			    presets[p]);
		}
	}
}

/* Every kind is judged by every preset: what no row knows is not lawful. */
static void
preset_judge__knows_every_column(void **state)
{
	const struct protection drop = {.op = PROTECT_DROP};

	(void)state;
	for (unsigned i = 0; i < NUM_PRESETS; i++)
		for (unsigned kind = 0; kind < NUM_KINDS; kind++)
			for (unsigned class = 0; class < NUM_CLASSES;
			     class ++) {
				struct column column = {
				    .class = (enum column_class) class,
				    .kind = (enum column_kind)kind};

				if (kind == KIND_NONE &&
				    class <= CLASS_SENSITIVE)
					continue;
				assert_int_equal(judge((enum preset)(1u << i),
						     &column, &drop, 0),
				    PRESET_LAWFUL);
			}
}

static void
preset_judge__bounds_what_is_coarse(void **state)
{
	static const struct {
		enum preset preset;
		enum column_kind kind;
		struct protection how;
		enum preset_verdict want;
	} rows[] = {
	    {PRESET_HIPAA_SAFE_HARBOR, KIND_AGE,
		{.op = PROTECT_CAP, .high = {90, 0}}, PRESET_LAWFUL},
	    {PRESET_HIPAA_SAFE_HARBOR, KIND_AGE,
		{.op = PROTECT_CAP, .high = {901, 1}}, PRESET_TOO_FINE},
	    {PRESET_HIPAA_SAFE_HARBOR, KIND_AGE,
		{.op = PROTECT_CAPPED_BAND, .step = {5, 0}, .high = {95, 0}},
		PRESET_TOO_FINE},
	    {PRESET_HIPAA_SAFE_HARBOR, KIND_INTERVAL,
		{.op = PROTECT_CAP, .high = {32508, 0}}, PRESET_TOO_FINE},
	    {PRESET_GDPR_PSEUDONYMOUS, KIND_GEO,
		{.op = PROTECT_ROUND, .step = {1, 1}}, PRESET_LAWFUL},
	    {PRESET_GDPR_PSEUDONYMOUS, KIND_GEO,
		{.op = PROTECT_ROUND, .step = {9, 2}}, PRESET_TOO_FINE},
	    {PRESET_GDPR_ANONYMOUS_REVIEW, KIND_AGE,
		{.op = PROTECT_CAPPED_BAND, .step = {49, 1}, .high = {90, 0}},
		PRESET_TOO_FINE},
	    {PRESET_PCI_CARDHOLDER, KIND_CARD, {.op = PROTECT_KEEP},
		PRESET_NOT_LAWFUL},
	    {PRESET_PCI_CARDHOLDER, KIND_CARD, {.op = PROTECT_MASK},
		PRESET_LAWFUL},
	    {PRESET_PCI_CARDHOLDER, KIND_CARD_SECRET, {.op = PROTECT_TOKEN},
		PRESET_NOT_LAWFUL},
	    {PRESET_PCI_CARDHOLDER, KIND_NAME, {.op = PROTECT_KEEP},
		PRESET_LAWFUL},
	    {PRESET_HIPAA_EXPERT, KIND_DATE, {.op = PROTECT_YEAR},
		PRESET_NOT_LISTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct column column = {.kind = rows[i].kind};

		assert_int_equal(
		    judge(rows[i].preset, &column, &rows[i].how, 0),
		    rows[i].want);
	}
}

/* The annex of a report, to the letter. */
static void
preset_judge__asks_the_annex(void **state)
{
	struct annex_row annex[] = {
	    {.dataset = span_str("d"),
		.column = span_str("zip"),
		.how = {.op = PROTECT_PREFIX, .prefix_len = 2}},
	};
	struct evidence report = {.annex = annex, .num_annex = 1};
	struct column zip = {.name = span_str("zip"), .kind = KIND_US_ZIP};
	struct protection how = {.op = PROTECT_PREFIX, .prefix_len = 2};
	const struct preset_row *row;
	struct preset_question q = {.dataset = span_str("d"),
	    .column = &zip,
	    .how = &how,
	    .report = &report};

	(void)state;
	assert_int_equal(
	    preset_judge(&row, PRESET_HIPAA_EXPERT, &q), PRESET_LAWFUL);
	how.prefix_len = 3;
	assert_int_equal(
	    preset_judge(&row, PRESET_HIPAA_EXPERT, &q), PRESET_NOT_LISTED);
	how.prefix_len = 2;
	how.check_digit = true;
	assert_int_equal(
	    preset_judge(&row, PRESET_HIPAA_EXPERT, &q), PRESET_NOT_LISTED);
	how.check_digit = false;
	q.dataset = span_str("e");
	assert_int_equal(
	    preset_judge(&row, PRESET_HIPAA_EXPERT, &q), PRESET_NOT_LISTED);
	q.dataset = span_str("d");
	zip.name = span_str("town");
	assert_int_equal(
	    preset_judge(&row, PRESET_HIPAA_EXPERT, &q), PRESET_NOT_LISTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(preset_judge__is_the_table),
	    cmocka_unit_test(preset_judge__knows_every_column),
	    cmocka_unit_test(preset_judge__bounds_what_is_coarse),
	    cmocka_unit_test(preset_judge__asks_the_annex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
