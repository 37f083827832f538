/* A rule about rows is public: on a column that is delivered coarser it may cut
 * only where the form cuts anyway. */
#include "tests/harness/expect.h"

#include <stdio.h>

#include "crypto/init.h"
#include "tests/harness/policybox.h"

/* A column more, its form, a rule on it, and what is said (NULL: nothing). */
static const struct {
	const char *column, *form, *rule, *code;
} edges[] = {
    {"quasi-identifier date", "decade", "before 2010-01-01", NULL},
    {"quasi-identifier date", "decade", "before 2011-01-01", "E109"},
    {"quasi-identifier date", "decade", "before 2010-02-01", "E109"},
    {"quasi-identifier date", "decade", "on or after 2010-01-01", NULL},
    {"quasi-identifier date", "year", "before 2011-01-01", NULL},
    {"quasi-identifier date", "year", "before 2011-02-01", "E109"},
    {"quasi-identifier date", "quarter", "before 2010-04-01", NULL},
    {"quasi-identifier date", "quarter", "before 2010-05-01", "E109"},
    {"quasi-identifier date", "quarter", "before 2010-04-02", "E109"},
    {"quasi-identifier date", "month", "before 2010-05-01", NULL},
    {"quasi-identifier date", "month", "before 2010-05-02", "E109"},
    {"plain amount", "band 10", "under 20", NULL},
    {"plain amount", "band 10", "under 25", "E109"},
    {"plain amount", "band 10", "is 20", "E109"},
    {"plain amount", "band 10 within 0..100", "under 20", "W901"},
    {"plain amount", "band 10 within 0..100", "under 25", "E109"},
    {"plain amount", "band 10 within 0..100", "under 110", "E109"},
    {"plain amount", "band 10 within 0..100", "at least 0", "E109"},
    {"plain amount", "cap 0..60", "under 60", NULL},
    {"plain amount", "cap 0..60", "under 61", "E109"},
    {"plain amount", "cap 0..60", "at least 0", "E109"},
};

/* Ages turn on 1 January, which is an edge of years and of what is finer. */
static const struct {
	const char *form, *rule, *code;
} ages[] = {
    {"month", "at least 18", NULL},
    {"quarter", "at least 18", NULL},
    {"year", "at least 18", NULL},
    {"year", "at least 90", NULL},
    {"year", "at least 91", "E109"},
    {"decade", "at least 18", "E109"},
};

static void
expect_edge(
    const char *column, const char *form, const char *rule, const char *code)
{
	char declared[128], delivered[256];
	const struct policybox_row columns = {
	    "      amount: plain amount\n", declared, NULL};
	const struct policybox_row rows = {
	    "      amount: keep\n", delivered, code};

	(void)snprintf(declared, sizeof(declared),
	    "      amount: plain amount\n      extra: %s\n", column);
	(void)snprintf(delivered, sizeof(delivered),
	    "      amount: keep\n      extra: %s\n    rows: %s\n", form, rule);
	policybox_expect_pair(&columns, &rows);
}

static void
check_policy__takes_rules_at_the_edges_of_a_form(void **state)
{
	char rule[64];

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		(void)snprintf(rule, sizeof(rule), "extra %s", edges[i].rule);
		expect_edge(
		    edges[i].column, edges[i].form, rule, edges[i].code);
	}
}

static void
check_policy__takes_rules_on_ages_where_they_turn(void **state)
{
	char rule[64];

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		(void)snprintf(
		    rule, sizeof(rule), "age(extra) %s", ages[i].rule);
		expect_edge(
		    "quasi-identifier date", ages[i].form, rule, ages[i].code);
	}
}

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_policy__takes_rules_at_the_edges_of_a_form),
	    cmocka_unit_test(check_policy__takes_rules_on_ages_where_they_turn),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
