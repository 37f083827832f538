/* room: when less than 20, 10 and 5 % are left, and when that is over. */
#include "tests/harness/expect.h"

#include "gateway/supervisor/room.h"

static void
room_level__counts_the_limits(void **state)
{
	static const struct {
		uint64_t left;
		unsigned level;
	} CASES[] = {{1000, 0}, {200, 0}, {199, 1}, {100, 1}, {99, 2}, {50, 2},
	    {49, 3}, {0, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
		assert_int_equal(
		    room_level(CASES[i].left, 1000, 0), CASES[i].level);
}

/* Around a limit it does not come and go; one percent more, and it is over. */
static void
room_level__does_not_flap(void **state)
{
	(void)state;
	assert_int_equal(room_level(209, 1000, 0), 0);
	assert_int_equal(room_level(209, 1000, 1), 1);
	assert_int_equal(room_level(210, 1000, 1), 0);
	assert_int_equal(room_level(109, 1000, 2), 2);
	assert_int_equal(room_level(110, 1000, 2), 1);
	assert_int_equal(room_level(59, 1000, 3), 3);
	assert_int_equal(room_level(60, 1000, 3), 2);
	assert_int_equal(room_level(1000, 1000, 3), 0);
}

static void
room_level__takes_any_size(void **state)
{
	(void)state;
	assert_int_equal(room_level(0, 0, 0), 0);
	assert_int_equal(room_level(0, 1, 0), 3);
	assert_int_equal(room_level(1, 1, 3), 0);
	assert_int_equal(room_level(UINT64_MAX, UINT64_MAX, 0), 0);
	assert_int_equal(room_level(UINT64_MAX / 8, UINT64_MAX, 0), 1);
	assert_int_equal(room_level(UINT64_MAX / 1000, UINT64_MAX, 0), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(room_level__counts_the_limits),
	    cmocka_unit_test(room_level__does_not_flap),
	    cmocka_unit_test(room_level__takes_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
