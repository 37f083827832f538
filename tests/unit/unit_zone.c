#include "tests/harness/expect.h"

#include "policy/literal.h"
#include "policy/zone.h"

/* The first second of a day, as Python has it from tzdata 2025b. */
static void
zone_day_start__knows_when_days_begin(void **state)
{
	static const struct {
		const char *zone, *day;
		int64_t start;
	} rows[] = {
	    {"UTC", "2027-03-31", 1806451200},
	    {"Europe/Berlin", "2026-03-29", 1774738800},
	    {"Europe/Berlin", "2026-03-30", 1774821600},
	    {"Europe/Berlin", "2026-10-25", 1792879200},
	    {"Europe/Berlin", "2026-10-26", 1792969200},
	    {"Europe/Berlin", "2027-01-01", 1798758000},
	    {"Europe/Dublin", "2027-01-01", 1798761600},
	    {"Europe/Dublin", "2027-07-01", 1814396400},
	    {"America/New_York", "2026-03-08", 1772946000},
	    {"America/New_York", "2026-03-09", 1773028800},
	    {"America/New_York", "2026-11-01", 1793505600},
	    {"America/New_York", "2026-11-02", 1793595600},
	    {"America/Santiago", "2026-04-05", 1775361600},
	    {"America/Santiago", "2026-09-06", 1788667200},
	    {"America/Santiago", "2026-09-07", 1788750000},
	    {"America/Santiago", "2027-01-15", 1799982000},
	    {"America/Havana", "2026-03-08", 1772946000},
	    {"America/Havana", "2026-11-01", 1793505600},
	    {"America/Havana", "2026-11-02", 1793595600},
	    {"Asia/Beirut", "2026-03-29", 1774735200},
	    {"Asia/Beirut", "2026-10-25", 1792879200},
	    {"Asia/Beirut", "2026-10-26", 1792965600},
	    {"Asia/Kolkata", "2027-03-31", 1806431400},
	    {"Australia/Lord_Howe", "2026-04-06", 1775395800},
	    {"Australia/Lord_Howe", "2026-10-05", 1791118800},
	    {"America/Nuuk", "2026-03-29", 1774746000},
	    {"America/Nuuk", "2026-10-25", 1792893600},
	    {"Asia/Gaza", "2027-06-01", 1811797200},
	    {"Pacific/Chatham", "2026-04-06", 1775387700},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span near;
		const struct zone *zone =
		    zone_find(span_str(rows[i].zone), &near);
		int32_t day;

		assert_non_null(zone);
		expect_ok(literal_day(span_str(rows[i].day), &day));
		if (zone_day_start(zone, day) != rows[i].start)
			fail_msg("%s %s: %lld", rows[i].zone, rows[i].day,
			    (long long)zone_day_start(zone, day));
	}
}

static void
expect_day(const struct zone *zone, int64_t moment, int32_t day)
{
	if (zone_day(zone, moment) != day)
		fail_msg("%lld lies in %d, not in %d", (long long)moment,
		    (int)zone_day(zone, moment), (int)day);
}

/* Days follow each other, and none is longer than 25 hours. */
static void
zone_day__is_the_one_of_each_moment(void **state)
{
	static const char *const zones[] = {"UTC", "Europe/Berlin",
	    "Europe/Dublin", "America/New_York", "America/Santiago",
	    "America/Havana", "Asia/Beirut", "Australia/Lord_Howe",
	    "Pacific/Kiritimati"};
	struct span near;

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		const struct zone *zone = zone_find(span_str(zones[i]), &near);

		assert_non_null(zone);
		for (int32_t day = 20000; day < 22000; day++) {
			int64_t len = zone_day_start(zone, day + 1) -
			    zone_day_start(zone, day);

			assert_in_range(len, 23 * 3600, 25 * 3600);
			expect_day(zone, zone_day_start(zone, day), day);
			expect_day(
			    zone, zone_day_start(zone, day + 1) - 1, day);
		}
	}
}

static void
zone_find__offers_the_near_name(void **state)
{
	struct span near = {0};

	(void)state;
	assert_null(zone_find(span_str("Europe/Berln"), &near));
	expect_span(near, "Europe/Berlin");
	assert_null(zone_find(span_str("EST5EDT"), &near));
	assert_null(zone_find(span_str(""), &near));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(zone_day_start__knows_when_days_begin),
	    cmocka_unit_test(zone_day__is_the_one_of_each_moment),
	    cmocka_unit_test(zone_find__offers_the_near_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
