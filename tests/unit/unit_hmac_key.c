#include "tests/harness/onekey.h"

#include "crypto/hmac_key.h"

static void
mac_of(uint8_t out[32], const struct hmac_key *key, struct span value)
{
	struct hmac hmac CLEANUP(hmac_wipe);

	hmac_key_copy(&hmac, key);
	hmac_final(&hmac, out, value);
}

/* "ab" of kind "" and "b" of kind "a" are two things, and so on. */
static void
hmac_key__separates_kinds(void **state)
{
	static const char *const pairs[][2] = {
	    {"", "ab"}, {"a", "b"}, {"ab", ""}, {"mrn", "1"}, {"ssn", "1"}};
	uint8_t macs[5][32];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct hmac_key *key;
		expect_ok(hmac_key_new(&key, onekey, span_str(pairs[i][0])));
		mac_of(macs[i], key, span_str(pairs[i][1]));
		hmac_key_free(key);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(macs[i], macs[j], 32);
	}
	hmac_key_free(NULL);
}

/* A copy is used up, and the key is not. */
static void
hmac_key_copy__is_of_the_key_and_the_label(void **state)
{
	struct hmac_key *key;
	uint8_t expected[32], mac[32];
	struct hmac hmac CLEANUP(hmac_wipe);

	(void)state;
	hmac_init(&hmac, span_of(onekey, 32));
	hmac_label(&hmac, span_str("mrn"));
	hmac_final(&hmac, expected, span_str("1"));
	expect_ok(hmac_key_new(&key, onekey, span_str("mrn")));
	for (int i = 0; i < 2; i++) {
		mac_of(mac, key, span_str("1"));
		assert_memory_equal(mac, expected, sizeof(mac));
	}
	hmac_key_free(key);
}

static struct err
make_key(void *none, struct buf *out, struct arena *arena)
{
	struct hmac_key *key;

	(void)none;
	(void)out;
	(void)arena;
	TRY(hmac_key_new(&key, onekey, span_str("mrn")));
	hmac_key_free(key);
	return OK;
}

static void
hmac_key_new__survives_each_failed_allocation(void **state)
{
	(void)state;
	onekey_survives(make_key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hmac_key__separates_kinds),
	    cmocka_unit_test(hmac_key_copy__is_of_the_key_and_the_label),
	    cmocka_unit_test(hmac_key_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
