#include "tests/harness/expect.h"

#include <stdio.h>

#include "policy/by_id.h"

enum {
	NUM_IDS = 1000,
	ID_LEN = 24,
};

static char names[NUM_IDS][ID_LEN];
static struct agreement agreements[NUM_IDS];

static struct policy
make(uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		(void)snprintf(names[i], ID_LEN, "study-%u", (unsigned)i);
		agreements[i].id = span_str(names[i]);
	}
	return (struct policy){.agreements = agreements, .num_agreements = num};
}

/* Whatever the number: each is found, and nothing else. */
static void
by_id_find__finds_each_and_no_other(void **state)
{
	static const uint32_t nums[] = {0, 1, 2, 3, 7, 8, 9, NUM_IDS};

	(void)state;
	for (size_t n = 0; n < sizeof(nums) / sizeof(nums[0]); n++) {
		struct policy p = make(nums[n]);
		struct arena arena;
		uint32_t twice;

		arena_init(&arena, 1 << 20);
		expect_ok(by_id_build(&p, &arena, &twice));
		assert_int_equal(twice, NO_INDEX);
		for (uint32_t i = 0; i < nums[n]; i++)
			assert_int_equal(by_id_find(&p, span_str(names[i])), i);
		for (unsigned i = 0; i < NUM_IDS; i++) {
			char other[ID_LEN];

			(void)snprintf(other, sizeof(other), "studie-%u", i);
			assert_int_equal(
			    by_id_find(&p, span_str(other)), NO_INDEX);
		}
		assert_int_equal(by_id_find(&p, span_of(NULL, 0)), NO_INDEX);
		arena_done(&arena);
	}
}

/* Two whose hashes are one: the bytes tell them apart, there and not there. */
static void
by_id_find__is_by_the_id_and_not_by_its_hash(void **state)
{
	enum {
		SLOTS = 4
	};
	struct id_slot slots[SLOTS];
	uint32_t hashes[2], num = 0;
	struct policy p = make(2);

	(void)state;
	agreements[0].id = span_str("study-2685");
	agreements[1].id = span_str("study-52270");
	assert_int_equal(by_id_fill(&p, slots, SLOTS), NO_INDEX);
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i].agreement != NO_INDEX)
			hashes[num++] = slots[i].hash;
	assert_int_equal(num, 2);
	assert_int_equal(hashes[0], hashes[1]);
	assert_int_equal(by_id_find(&p, agreements[0].id), 0);
	assert_int_equal(by_id_find(&p, agreements[1].id), 1);
	p.num_agreements = 1;
	assert_int_equal(by_id_fill(&p, slots, SLOTS), NO_INDEX);
	assert_int_equal(by_id_find(&p, agreements[1].id), NO_INDEX);
}

static void
by_id_build__tells_who_is_there_twice(void **state)
{
	struct policy p = make(10);
	struct arena arena;
	uint32_t twice;

	(void)state;
	agreements[7].id = agreements[3].id;
	arena_init(&arena, 1 << 20);
	expect_ok(by_id_build(&p, &arena, &twice));
	assert_int_equal(twice, 7);
	arena_done(&arena);
}

static void
by_id_find__finds_nothing_without_an_index(void **state)
{
	struct policy p = make(1);

	(void)state;
	assert_int_equal(by_id_find(&p, span_str(names[0])), NO_INDEX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_id_find__finds_each_and_no_other),
	    cmocka_unit_test(by_id_find__is_by_the_id_and_not_by_its_hash),
	    cmocka_unit_test(by_id_build__tells_who_is_there_twice),
	    cmocka_unit_test(by_id_find__finds_nothing_without_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
