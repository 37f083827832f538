/*
 * The countries that the law puts together, written down a second time: as of
 * November 2026. Nothing more, and nothing less.
 */
#include "tests/harness/expect.h"

#include "policy/region.h"

/* Each state of the European Economic Area. */
static const char *const eea[] = {"AT", "BE", "BG", "HR", "CY", "CZ", "DK",
    "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
    "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO"};

/* 28 CFR 202.601. */
static const char *const concern[] = {
    "CN", "HK", "MO", "CU", "IR", "KP", "RU", "VE"};

/* GDPR Art. 45(3). */
static const struct {
	const char *country, *since, *until, *certified;
} decisions[] = {
    {"AD", "2010-10-19", NULL, NULL},
    {"AR", "2003-06-30", NULL, NULL},
    {"BR", "2026-01-26", NULL, NULL},
    {"CA", "2001-12-20", NULL, "commercial-org"},
    {"CH", "2000-07-26", NULL, NULL},
    {"FO", "2010-03-05", NULL, NULL},
    {"GB", "2021-06-28", "2031-12-27", NULL},
    {"GG", "2003-11-21", NULL, NULL},
    {"IL", "2011-01-31", NULL, NULL},
    {"IM", "2004-04-28", NULL, NULL},
    {"JE", "2008-05-08", NULL, NULL},
    {"JP", "2019-01-23", NULL, "business-operator"},
    {"KR", "2021-12-17", NULL, "pipa-controller"},
    {"NZ", "2012-12-19", NULL, NULL},
    {"US", "2023-07-10", NULL, "dpf"},
    {"UY", "2012-08-21", NULL, NULL},
};

enum {
	NUM_EEA = sizeof(eea) / sizeof(eea[0]),
	NUM_CONCERN = sizeof(concern) / sizeof(concern[0]),
	NUM_DECISIONS = sizeof(decisions) / sizeof(decisions[0]),
};

static bool
list_has(const char *const *list, size_t num, const uint8_t country[2])
{
	for (size_t i = 0; i < num; i++)
		if (memcmp(list[i], country, 2) == 0)
			return true;
	return false;
}

/* All codes that there can be. */
static bool
next_country(uint8_t country[2])
{
	if (country[1] < 'Z') {
		country[1]++;
		return true;
	}
	country[1] = 'A';
	return country[0]++ < 'Z';
}

static void
region__groups_are_those_of_the_law(void **state)
{
	uint8_t country[2] = {'A', 'A'};
	const char *named = region_group(span_str("EEA"));
	const char *barred = region_group(span_str("28-cfr-202"));

	(void)state;
	assert_non_null(named);
	assert_non_null(barred);
	do {
		bool inside = list_has(eea, NUM_EEA, country);

		assert_int_equal(region_is_eea(country), inside);
		assert_int_equal(region_in_group(named, country), inside);
		assert_int_equal(region_in_group(barred, country),
		    list_has(concern, NUM_CONCERN, country));
	} while (next_country(country));
	assert_null(region_group(span_str("eea")));
	assert_string_equal(region_group_at(0), "EEA");
	assert_string_equal(region_group_at(1), "28-cfr-202");
	assert_null(region_group_at(2));
}

static void
expect_text(const char *got, const char *wanted)
{
	if (wanted == NULL)
		assert_null(got);
	else
		assert_string_equal(got, wanted);
}

static void
region__decisions_are_those_of_the_commission(void **state)
{
	uint8_t country[2] = {'A', 'A'};
	size_t num = 0;

	(void)state;
	for (unsigned i = 0; i < NUM_DECISIONS; i++) {
		const struct adequacy *got = region_adequacy_at(i);

		assert_string_equal(got->country, decisions[i].country);
		expect_text(got->since, decisions[i].since);
		expect_text(got->until, decisions[i].until);
		expect_text(got->certified, decisions[i].certified);
		assert_true(strlen(got->source) > 0);
	}
	assert_null(region_adequacy_at(NUM_DECISIONS));
	do {
		const struct adequacy *got = region_adequacy(country);

		num += got != NULL;
		assert_true(got == NULL || !region_is_eea(country));
	} while (next_country(country));
	assert_int_equal(num, NUM_DECISIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(region__groups_are_those_of_the_law),
	    cmocka_unit_test(region__decisions_are_those_of_the_commission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
