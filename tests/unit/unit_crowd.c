#include "gateway/worker/crowd.h"

#include "tests/harness/expect.h"

enum {
	MANY = 5000
};

static struct crowd crowd;

static int
set_up(void **state)
{
	(void)state;
	crowd_init(&crowd);
	return 0;
}

static void
name(uint8_t out[16], unsigned number)
{
	memset(out, 0, 16);
	memcpy(out + 12, &number, sizeof(number));
}

/* It comes from there, and waits in that line. */
static void
come(struct crowd_guest *guest, unsigned address, enum crowd_line line,
    int64_t deadline_ms)
{
	uint8_t from[16];

	name(from, address);
	*guest = (struct crowd_guest){.owner = guest};
	expect_ok(crowd_enter(&crowd, guest, from));
	crowd_wait(&crowd, guest, line, deadline_ms);
}

static void *
first_from(unsigned address)
{
	uint8_t from[16];

	name(from, address);
	return crowd_first(&crowd, from);
}

static size_t
count_from(unsigned address)
{
	uint8_t from[16];

	name(from, address);
	return crowd_count(&crowd, from);
}

/* Who began something has less time than who has served well before. */
static void
crowd_first__is_of_the_next_deadline(void **state)
{
	struct crowd_guest idle, early, late, leaving;

	(void)state;
	assert_null(crowd_first(&crowd, NULL));
	come(&idle, 1, CROWD_IDLE, 60000);
	come(&early, 2, CROWD_BEGINS, 10001);
	come(&late, 1, CROWD_BEGINS, 10002);
	come(&leaving, 2, CROWD_LEAVES, 20000);
	assert_ptr_equal(crowd_first(&crowd, NULL), &early);
	assert_ptr_equal(first_from(1), &late);
	assert_null(first_from(3));
	crowd_work(&crowd, &early);
	assert_ptr_equal(crowd_first(&crowd, NULL), &late);
	assert_ptr_equal(first_from(2), &leaving);
	crowd_leave(&crowd, &late);
	crowd_leave(&crowd, &leaving);
	assert_ptr_equal(crowd_first(&crowd, NULL), &idle);
	/* It works, but is still connected. */
	assert_null(first_from(2));
	assert_int_equal(count_from(2), 1);
	crowd_leave(&crowd, &idle);
	crowd_leave(&crowd, &early);
	assert_null(crowd_first(&crowd, NULL));
}

static void
crowd_wait__begins_anew(void **state)
{
	struct crowd_guest a, b;

	(void)state;
	come(&a, 1, CROWD_BEGINS, 1);
	come(&b, 1, CROWD_BEGINS, 2);
	crowd_wait(&crowd, &a, CROWD_BEGINS, 3);
	assert_ptr_equal(crowd_first(&crowd, NULL), &b);
	crowd_leave(&crowd, &b);
	assert_ptr_equal(first_from(1), &a);
	crowd_leave(&crowd, &a);
	/* Who has left waits for nothing. */
	crowd_wait(&crowd, &a, CROWD_IDLE, 4);
	assert_null(crowd_first(&crowd, NULL));
	crowd_leave(&crowd, &a);
}

static void
crowd_count__is_by_address(void **state)
{
	static struct crowd_guest guests[MANY];

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		come(&guests[i], i % 1250, CROWD_IDLE, i);
	for (unsigned i = 0; i < 1250; i++) {
		assert_int_equal(count_from(i), 4);
		assert_ptr_equal(first_from(i), &guests[i]);
	}
	assert_int_equal(count_from(1250), 0);
	for (unsigned i = 0; i < MANY; i++) {
		assert_ptr_equal(crowd_first(&crowd, NULL), &guests[i]);
		crowd_leave(&crowd, &guests[i]);
	}
	for (unsigned i = 0; i < 1250; i++)
		assert_int_equal(count_from(i), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(crowd_first__is_of_the_next_deadline),
	    TEST(crowd_wait__begins_anew),
	    TEST(crowd_count__is_by_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
