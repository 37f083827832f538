#include "policy/preset.h"

#include "policy/literal.h"
#include "policy/suggest.h"

#define OP(name) (1u << PROTECT_##name)
#define KIND(name) (UINT64_C(1) << KIND_##name)
#define CLASS(name) (1u << CLASS_##name)

/* The letters of the table in README.md. */
enum {
	D = OP(DROP) | OP(BLANK),
	T = OP(TOKEN),
	P = OP(PSEUDONYM),
	S = OP(SEALED),
	F = OP(FORMAT),
	M = OP(MASK),
	K = OP(KEEP),
	Y = OP(YEAR) | OP(DECADE), /* a decade is coarser than a year */
	ENDS = OP(CAP) | OP(CAPPED_BAND),
	C = OP(BAND) | OP(ROUND) | ENDS,
	X = OP(PREFIX),
	G = OP(GROUP),
	FINER = OP(QUARTER) | OP(MONTH) | OP(SHIFT),
	ALL = (1u << NUM_PROTECTIONS) - 1,
};

/* The kinds that identify by themselves, 164.514(b)(2)(i)(A), (D)-(O), (R). */
#define IDENTIFIERS                                                            \
	(KIND(NAME) | KIND(RECORD_NUMBER) | KIND(PLAN_NUMBER) |                \
	    KIND(ACCOUNT) | KIND(IBAN) | KIND(CARD) | KIND(SSN) |              \
	    KIND(NATIONAL_ID) | KIND(LICENCE) | KIND(VEHICLE) | KIND(DEVICE) | \
	    KIND(PHONE) | KIND(FAX) | KIND(EMAIL) | KIND(URL) | KIND(IP) |     \
	    KIND(OTHER_ID))
#define BODY                                                                   \
	(KIND(BIOMETRIC) | KIND(PHOTO) | KIND(VOICE) | KIND(GENOMIC) |         \
	    KIND(CARD_SECRET))
#define SMALL_AREAS                                                            \
	(KIND(CITY) | KIND(COUNTY) | KIND(POSTCODE) | KIND(FACILITY))
#define VALUES (KIND(CODE) | KIND(AMOUNT) | KIND(NUMBER) | KIND(FLAG))

/* How coarse the permitted form must be. */
enum bound {
	BOUND_NONE,
	BOUND_STATE,	/* groups are US states or countries */
	BOUND_COUNTRY,	/* groups are countries */
	BOUND_AGE,	/* a cap ends at 90 */
	BOUND_INTERVAL, /* a cap ends at 89 years, counted in days */
	BOUND_GEO,	/* rounded to 0.1 degree or coarser */
	BOUND_BAND,	/* bands of five and more, with ends */
	BOUND_ANNEX,	/* what the report of the expert lists */
};

/* Which columns of kind text: with a closed list of values, or without. */
enum text {
	TEXT_ANY,
	TEXT_CLOSED,
};

struct preset_row {
	enum preset preset;
	unsigned classes; /* of these, */
	uint64_t kinds;	  /* or of these */
	enum text text;	  /* TEXT_CLOSED: only with `values:` */
	unsigned permitted;
	unsigned with_reason; /* as `keep because …` */
	unsigned with_groups; /* with `smallest-group: {k: …, l: …}` */
	enum bound bound;
	const char *cite;
};

#define HIPAA PRESET_HIPAA_SAFE_HARBOR
#define LIMITED PRESET_HIPAA_LIMITED_DATA_SET
#define EXPERT PRESET_HIPAA_EXPERT
#define GDPR PRESET_GDPR_PSEUDONYMOUS
#define REVIEW PRESET_GDPR_ANONYMOUS_REVIEW
#define PCI PRESET_PCI_CARDHOLDER
#define STEERING CLASS(CONSENT) | CLASS(OBJECTION)
#define EVERY_CLASS ((1u << NUM_CLASSES) - 1)
#define DATES (KIND(DATE) | KIND(DATETIME))

#define STEERS "consent and objection steer a release and are no part of it"
#define NO_MEANS                                                               \
	"GDPR Recital 26: no means reasonably likely to be used may single "   \
	"a person out"

/* The first row that fits a column judges it. */
static const struct preset_row rows[] = {
    {HIPAA, STEERING, 0, 0, D, 0, 0, 0, STEERS},
    {HIPAA, 0, BODY, 0, D, 0, 0, 0,
	"45 CFR 164.514(b)(2)(i)(P), (Q) and (R) remove it whole"},
    {HIPAA, 0, KIND(ADDRESS), 0, D, 0, 0, 0,
	"45 CFR 164.514(b)(2)(i)(B) removes street addresses"},
    {HIPAA, 0, KIND(GEO), 0, D | G, 0, 0, BOUND_STATE,
	"45 CFR 164.514(b)(2)(i)(B) removes geocodes smaller than a state"},
    {HIPAA, CLASS(DIRECT_IDENTIFIER), IDENTIFIERS, 0, D | T, 0, 0, 0,
	"45 CFR 164.514(c) bars codes derived from the identifier"},
    {HIPAA, CLASS(FREE_TEXT), 0, 0, D, 0, 0, 0,
	"free text may hold any identifier of 45 CFR 164.514(b)(2)(i)"},
    {HIPAA, 0, DATES, 0, D | Y, 0, 0, 0,
	"45 CFR 164.514(b)(2)(i)(C) removes all of a date but the year"},
    {HIPAA, 0, KIND(AGE), 0, D | OP(AGE_90) | ENDS, 0, 0, BOUND_AGE,
	"45 CFR 164.514(b)(2)(i)(C) puts ages over 89 into one group"},
    {HIPAA, 0, KIND(INTERVAL), 0, D | C | K, 0, 0, BOUND_INTERVAL,
	"45 CFR 164.514(b)(2)(i)(C) hides what tells an age over 89"},
    {HIPAA, 0, KIND(US_ZIP), 0, D | OP(ZIP3) | G, 0, 0, BOUND_STATE,
	"45 CFR 164.514(b)(2)(i)(B) leaves 3 digits of a ZIP code"},
    {HIPAA, 0, SMALL_AREAS, 0, D | G, 0, 0, BOUND_STATE,
	"45 CFR 164.514(b)(2)(i)(B) removes areas smaller than a state"},
    {HIPAA, 0, KIND(US_STATE) | KIND(COUNTRY), 0, D | K, 0, 0, 0,
	"45 CFR 164.514(b)(2)(i)(B) leaves states and countries"},
    {HIPAA, 0, KIND(STATE), 0, D | G, 0, 0, BOUND_COUNTRY,
	"in 45 CFR 164.514(b)(2)(i)(B) a state is one of the US"},
    {HIPAA, 0, VALUES, 0, D | C | X | G | K, 0, 0, 0,
	"45 CFR 164.514(b)(2)(i)(R) removes codes that are unique"},
    {HIPAA, 0, KIND(TEXT), TEXT_CLOSED, D | C | X | G | K, 0, 0, 0,
	"45 CFR 164.514(b)(2)(i)(R) removes codes that are unique"},
    {HIPAA, 0, KIND(TEXT), 0, D, 0, 0, 0,
	"text without `values:` may hold any identifier of 45 CFR "
	"164.514(b)(2)(i)"},

    {LIMITED, STEERING, 0, 0, D, 0, 0, 0, STEERS},
    {LIMITED, 0, BODY, 0, D, 0, 0, 0,
	"45 CFR 164.514(e)(2)(xv) and (xvi) remove prints and images"},
    {LIMITED, 0, KIND(ADDRESS), 0, D, 0, 0, 0,
	"45 CFR 164.514(e)(2)(ii) removes addresses but town, state and ZIP"},
    {LIMITED, 0, KIND(GEO), 0, D | G, 0, 0, 0,
	"45 CFR 164.514(e)(2)(ii) removes what is finer than a town"},
    {LIMITED, CLASS(DIRECT_IDENTIFIER), IDENTIFIERS, 0, D | T | P, 0, 0, 0,
	"45 CFR 164.514(e)(2)(i) to (xiv) remove direct identifiers"},
    {LIMITED, CLASS(FREE_TEXT), 0, 0, D, 0, 0, 0,
	"free text may hold any identifier of 45 CFR 164.514(e)(2)"},
    {LIMITED, 0, DATES, 0, D | Y | FINER | K, 0, 0, 0,
	"45 CFR 164.514(e)(2) does not list dates"},
    {LIMITED, 0, KIND(AGE), 0, D | OP(AGE_90) | C | K, 0, 0, 0,
	"45 CFR 164.514(e)(2) does not list ages"},
    {LIMITED, 0, KIND(INTERVAL), 0, D | C | K, 0, 0, 0,
	"45 CFR 164.514(e)(2) does not list intervals"},
    {LIMITED, 0, KIND(US_ZIP), 0, D | OP(ZIP3) | G | K, 0, 0, 0,
	"45 CFR 164.514(e)(2)(ii) leaves town, state and ZIP code"},
    {LIMITED, 0, SMALL_AREAS, 0, D | G | K, 0, 0, 0,
	"45 CFR 164.514(e)(2)(ii) leaves town, state and ZIP code"},
    {LIMITED, 0, KIND(US_STATE) | KIND(COUNTRY) | KIND(STATE), 0, D | K, 0, 0,
	0, "45 CFR 164.514(e)(2)(ii) leaves town, state and ZIP code"},
    {LIMITED, 0, VALUES, 0, D | C | X | G | K, 0, 0, 0,
	"45 CFR 164.514(e)(2) does not list other values"},
    {LIMITED, 0, KIND(TEXT), TEXT_CLOSED, D | C | X | G | K, 0, 0, 0,
	"45 CFR 164.514(e)(2) does not list other values"},
    {LIMITED, 0, KIND(TEXT), 0, D, 0, 0, 0,
	"text without `values:` may hold any identifier of 45 CFR "
	"164.514(e)(2)"},

    {EXPERT, STEERING, 0, 0, D, 0, 0, 0, STEERS},
    {EXPERT, EVERY_CLASS, 0, 0, ALL, 0, 0, BOUND_ANNEX,
	"45 CFR 164.514(b)(1): the expert judged these forms, and no other"},

    {GDPR, STEERING, 0, 0, D, 0, 0, 0, STEERS},
    {GDPR, 0, BODY, 0, D, 0, 0, 0,
	"GDPR Art. 9(1) and 32: what cannot be changed is not delivered"},
    {GDPR, 0, KIND(ADDRESS), 0, D | G, 0, 0, 0,
	"GDPR Art. 4(5): an address attributes the row to a person"},
    {GDPR, 0, KIND(GEO), 0, D | G | OP(ROUND), 0, 0, BOUND_GEO,
	"GDPR Art. 4(5): a position attributes the row to a person"},
    {GDPR, CLASS(DIRECT_IDENTIFIER), IDENTIFIERS, 0, D | T | P | S | F | M, 0,
	0, 0, "GDPR Art. 4(5) keeps what attributes the row apart from it"},
    {GDPR, CLASS(FREE_TEXT), 0, 0, D | OP(SCRUB), 0, 0, 0,
	"GDPR Art. 4(5): free text may name the person"},
    {GDPR, 0, DATES, 0, D | Y | FINER, K, 0, 0,
	"GDPR Art. 5(1)(c) limits dates to what is necessary"},
    {GDPR, 0, KIND(AGE), 0, D | OP(AGE_90) | C, K, 0, 0,
	"GDPR Art. 5(1)(c) limits ages to what is necessary"},
    {GDPR, 0, KIND(INTERVAL), 0, D | C | K, 0, 0, 0,
	"GDPR Art. 5(1)(c) limits intervals to what is necessary"},
    {GDPR, 0, KIND(US_ZIP), 0, D | OP(ZIP3) | G, 0, 0, 0,
	"GDPR Art. 5(1)(c) limits places to what is necessary"},
    {GDPR, 0, SMALL_AREAS, 0, D | G | X, 0, 0, 0,
	"GDPR Art. 5(1)(c) limits places to what is necessary"},
    {GDPR, 0, KIND(US_STATE) | KIND(COUNTRY) | KIND(STATE), 0, D | K, 0, 0, 0,
	"GDPR Art. 5(1)(c) leaves states and countries"},
    {GDPR, 0, VALUES, 0, D | C | X | G | K, 0, 0, 0,
	"GDPR Art. 5(1)(c) limits values to what is necessary"},
    {GDPR, 0, KIND(TEXT), TEXT_CLOSED, D | C | X | G | K, 0, 0, 0,
	"GDPR Art. 5(1)(c) limits values to what is necessary"},
    {GDPR, 0, KIND(TEXT), 0, D | OP(SCRUB), K, 0, 0,
	"GDPR Art. 4(5): text without `values:` may name the person"},

    {REVIEW, STEERING, 0, 0, D, 0, 0, 0, STEERS},
    {REVIEW, 0, BODY, 0, D, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, KIND(ADDRESS), 0, D, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, KIND(GEO), 0, D | G, 0, 0, 0, NO_MEANS},
    {REVIEW, CLASS(DIRECT_IDENTIFIER) | CLASS(FREE_TEXT), IDENTIFIERS, 0, D, 0,
	0, 0, NO_MEANS},
    {REVIEW, 0, KIND(US_ZIP) | SMALL_AREAS, 0, D | G, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, DATES, 0, D | Y, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, KIND(AGE), 0, D | OP(CAPPED_BAND), 0, 0, BOUND_BAND, NO_MEANS},
    {REVIEW, 0, KIND(INTERVAL), 0, D | C, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, KIND(US_STATE) | KIND(STATE), 0, D | G, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, KIND(COUNTRY), 0, D | K | G, 0, 0, 0, NO_MEANS},
    {REVIEW, 0, VALUES, 0, D | C | X | G, 0, K, 0, NO_MEANS},
    {REVIEW, 0, KIND(TEXT), TEXT_CLOSED, D | C | X | G, 0, K, 0, NO_MEANS},
    {REVIEW, 0, KIND(TEXT), 0, D, 0, 0, 0, NO_MEANS},

    {PCI, 0, KIND(CARD_SECRET), 0, D, 0, 0, 0,
	"PCI DSS 3.3.1: sensitive authentication data is not kept"},
    {PCI, 0, KIND(CARD), 0, D | T | P | S | F | M, 0, 0, 0,
	"PCI DSS 3.4.1 and 3.5.1: at most BIN and last four are shown"},
    {PCI, EVERY_CLASS, 0, 0, ALL, 0, 0, 0,
	"PCI DSS restricts data of cards only"},
};

static const struct {
	const char *name;
	const char *law;
} presets[NUM_PRESETS] = {
    {"hipaa-safe-harbor@1", "45 CFR 164.514(b)(2)"},
    {"gdpr-pseudonymous@1", "GDPR Art. 4(5), 5, 25, 32"},
    {"hipaa-limited-data-set@1", "45 CFR 164.514(e)"},
    {"hipaa-expert-determination@1", "45 CFR 164.514(b)(1)"},
    {"gdpr-anonymous-review@1", "GDPR Recital 26"},
    {"pci-cardholder@1", "PCI DSS 4.0"},
};

static const char *const bounds[] = {
    [BOUND_NONE] = "",
    [BOUND_STATE] = ("every group must be the two-letter code of a US state "
		     "or of a country"),
    [BOUND_COUNTRY] = "every group must be the two-letter code of a country",
    [BOUND_AGE] = "the cap must end at 90 or lower",
    [BOUND_INTERVAL] = "the cap must end at 89 years (32507 days) or lower",
    [BOUND_GEO] = "round to 0.1 degree or coarser",
    [BOUND_BAND] = "bands are of 5 years or more",
    [BOUND_ANNEX] = "add the form to the `annex` if the report lists it",
};

static bool
fits(const struct preset_row *row, enum preset preset, const struct column *c)
{
	if (row->preset != preset ||
	    (row->text == TEXT_CLOSED && c->num_values == 0))
		return false;
	return (row->classes & (1u << c->class)) != 0 ||
	    (row->kinds & (UINT64_C(1) << c->kind)) != 0;
}

static bool
groups_are_areas(const struct group_table *table, bool states)
{
	uint8_t country[2];

	for (uint32_t i = 0; i < table->num_rows; i++) {
		struct span group = table->rows[i].group;

		if (literal_country(group, country).code != ERR_OK &&
		    !(states && literal_is_us_state(group)))
			return false;
	}
	return true;
}

static bool
same_form(const struct annex_row *row, const struct protection *how,
    const struct group_table *tables)
{
	const struct protection *listed = &row->how;

	return listed->op == how->op && listed->first == how->first &&
	    listed->last == how->last &&
	    listed->prefix_len == how->prefix_len &&
	    listed->check_digit == how->check_digit &&
	    literal_compare(listed->low, how->low) == 0 &&
	    literal_compare(listed->high, how->high) == 0 &&
	    literal_compare(listed->step, how->step) == 0 &&
	    (how->op != PROTECT_GROUP ||
		span_equal(row->table, tables[how->table].name));
}

/* What is not delivered needs nobody's judgement. */
static bool
is_in_annex(const struct preset_question *q)
{
	if (q->how->op == PROTECT_DROP || q->how->op == PROTECT_BLANK)
		return true;
	for (uint32_t i = 0; i < q->report->num_annex; i++) {
		const struct annex_row *row = &q->report->annex[i];

		if (span_equal(row->dataset, q->dataset) &&
		    span_equal(row->column, q->column->name) &&
		    same_form(row, q->how, q->tables))
			return true;
	}
	return false;
}

static bool
has_ends(const struct protection *how)
{
	return ((1u << how->op) & ENDS) != 0;
}

static bool
is_coarse_enough(enum bound bound, const struct preset_question *q)
{
	const struct protection *how = q->how;
	struct decimal tenth = {1, 1}, ninety = {90, 0}, life = {32507, 0};
	struct decimal five = {5, 0};

	switch (bound) {
	case BOUND_NONE:
		return true;
	case BOUND_STATE:
	case BOUND_COUNTRY:
		return how->op != PROTECT_GROUP ||
		    groups_are_areas(
			&q->tables[how->table], bound == BOUND_STATE);
	case BOUND_AGE:
		return !has_ends(how) ||
		    literal_compare(how->high, ninety) <= 0;
	case BOUND_INTERVAL:
		return !has_ends(how) || literal_compare(how->high, life) <= 0;
	case BOUND_GEO:
		return how->op != PROTECT_ROUND ||
		    literal_compare(how->step, tenth) >= 0;
	case BOUND_BAND:
		return how->op != PROTECT_CAPPED_BAND ||
		    literal_compare(how->step, five) >= 0;
	case BOUND_ANNEX:
		return is_in_annex(q);
	}
	return false;
}

enum preset_verdict
preset_judge(const struct preset_row **out_row, enum preset preset,
    const struct preset_question *q)
{
	const struct preset_row *row = NULL;
	unsigned bit = 1u << q->how->op;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fits(&rows[i], preset, q->column)) {
			row = &rows[i];
			break;
		}
	*out_row = row;
	if (row == NULL)
		return PRESET_NOT_LAWFUL;
	if ((row->with_reason & bit) != 0)
		return q->how->because.len > 0 ? PRESET_LAWFUL
					       : PRESET_NEEDS_REASON;
	if ((row->with_groups & bit) != 0)
		return q->smallest_group > 1 && q->distinct > 1
		    ? PRESET_LAWFUL
		    : PRESET_NEEDS_GROUPS;
	if ((row->permitted & bit) == 0)
		return PRESET_NOT_LAWFUL;
	if (is_coarse_enough(row->bound, q))
		return PRESET_LAWFUL;
	return row->bound == BOUND_ANNEX ? PRESET_NOT_LISTED : PRESET_TOO_FINE;
}

bool
preset_is_identifier(const struct column *column)
{
	return column->class == CLASS_DIRECT_IDENTIFIER ||
	    ((IDENTIFIERS | BODY) & (UINT64_C(1) << column->kind)) != 0;
}

const char *
preset_cite(const struct preset_row *row)
{
	return row->cite;
}

const char *
preset_bound(const struct preset_row *row)
{
	return bounds[row->bound];
}

/* `blank` is left out: who reads this wants `drop`, the plainer word. */
struct err
preset_alternatives(struct buf *out, const struct preset_row *row)
{
	unsigned left = (row->permitted | row->with_reason | row->with_groups) &
	    ~(unsigned)(OP(BLANK) |
		((row->permitted & OP(BAND)) != 0 ? OP(CAPPED_BAND) : 0));

	for (int op = NUM_PROTECTIONS - 1; op >= 0; op--) {
		if ((left & (1u << op)) == 0)
			continue;
		left &= ~(1u << op);
		TRY(buf_append_format(out, "`%s%s`%s",
		    model_protection_name((enum protection_op)op),
		    (row->with_reason & (1u << op)) != 0 ? " because …" : "",
		    left == 0			   ? ""
			: (left & (left - 1)) == 0 ? " or "
						   : ", "));
	}
	return OK;
}

const char *
preset_name(enum preset preset)
{
	for (unsigned i = 0; i < NUM_PRESETS; i++)
		if (preset == 1u << i)
			return presets[i].name;
	return "unknown";
}

const char *
preset_law(enum preset preset)
{
	for (unsigned i = 0; i < NUM_PRESETS; i++)
		if (preset == 1u << i)
			return presets[i].law;
	return "";
}

uint32_t
preset_find(struct span name, struct span *out_near)
{
	struct suggest near;

	suggest_init(&near, name);
	for (unsigned i = 0; i < NUM_PRESETS; i++) {
		if (span_equal_str(name, presets[i].name))
			return 1u << i;
		suggest_offer(&near, span_str(presets[i].name));
	}
	*out_near = near.best;
	return 0;
}
