#include "tests/harness/expect.h"

#include "gateway/base/address.h"
#include "gateway/base/tally.h"

static void
add_v4(struct tally *tally, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	const uint8_t address[16] = {[10] = 0xff, 0xff, a, b, c, d};

	tally_add(tally, address, 1);
}

static void
address_prefix__has_24_bits_of_v4_and_48_of_v6(void **state)
{
	static const uint8_t four[16] = {[10] = 0xff, 0xff, 192, 0, 2, 9};
	static const uint8_t four_cut[16] = {[10] = 0xff, 0xff, 192, 0, 2};
	static const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, 5, 6, 7, [15] = 1};
	static const uint8_t six_cut[16] = {0x20, 1, 0xd, 0xb8, 5, 6};
	/* Nearly: the bytes before are not zero. */
	static const uint8_t odd[16] = {
	    [9] = 1, [10] = 0xff, 0xff, 192, 0, 2, 9};
	uint8_t out[16];

	(void)state;
	assert_true(address_is_v4(four));
	assert_false(address_is_v4(six));
	assert_false(address_is_v4(odd));
	address_prefix(out, four);
	assert_memory_equal(out, four_cut, 16);
	address_prefix(out, six);
	assert_memory_equal(out, six_cut, 16);
	address_prefix(out, out);
	assert_memory_equal(out, six_cut, 16);
}

static void
tally_add__counts_by_prefix_and_then_the_others(void **state)
{
	struct tally tally = {.num_places = 0};

	(void)state;
	assert_true(tally_is_empty(&tally));
	for (unsigned i = 0; i < TALLY_PLACES + 10; i++) {
		add_v4(&tally, 10, 0, (uint8_t)i, 1);
		add_v4(&tally, 10, 0, (uint8_t)i, 255);
	}
	assert_false(tally_is_empty(&tally));
	assert_int_equal(tally.num_places, TALLY_PLACES);
	for (size_t i = 0; i < TALLY_PLACES; i++)
		assert_int_equal(tally.places[i].count, 2);
	assert_int_equal(tally.others, 20);
	/* Who has a place keeps it. */
	add_v4(&tally, 10, 0, 3, 3);
	assert_int_equal(tally.places[3].count, 3);
}

static void
tally_merge__adds_all_and_stays_where_a_record_can_say_it(void **state)
{
	struct tally one = {.num_places = 0}, two = {.num_places = 0};
	static const uint8_t address[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};

	(void)state;
	tally_merge(&one, &two);
	assert_true(tally_is_empty(&one));
	tally_add(&one, address, 5);
	tally_add(&two, address, 6);
	add_v4(&two, 10, 0, 1, 1);
	two.others = 7;
	tally_merge(&one, &two);
	assert_int_equal(one.num_places, 2);
	assert_int_equal(one.places[0].count, 11);
	assert_int_equal(one.places[1].count, 1);
	assert_int_equal(one.others, 7);
	two.places[0].count = UINT64_MAX;
	two.others = TALLY_MAX;
	tally_merge(&one, &two);
	assert_true(one.places[0].count == TALLY_MAX);
	assert_true(one.others == TALLY_MAX);
	tally_add(&one, address, 0);
	assert_int_equal(one.num_places, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(address_prefix__has_24_bits_of_v4_and_48_of_v6),
	    cmocka_unit_test(tally_add__counts_by_prefix_and_then_the_others),
	    cmocka_unit_test(
		tally_merge__adds_all_and_stays_where_a_record_can_say_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
