#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/keeper/seeds.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/keeperbox.h"
#include "tests/harness/seedbox.h"

static struct keeperbox box;

/* With so many epochs in the place of the box's one. */
static struct seeds *
rotated(uint32_t epoch, enum seedbox_last last)
{
	keeperbox_start(&box);
	seeds_free(box.keeper.seeds);
	box.keeper.seeds = NULL;
	seedbox_rotated(&box.keeper, epoch, last);
	return box.keeper.seeds;
}

/* An agreement that delivers codes, and one that delivers none. */
static uint32_t
find_agreement(bool keyed)
{
	struct scope scope;
	uint32_t i = 0;

	while (scope_of(&scope, &box.keeper.policy, i) != keyed)
		i++;
	assert_true(i < box.keeper.policy.num_agreements);
	return i;
}

static void
seeds__are_those_of_the_text(void **state)
{
	struct seeds *seeds = rotated(3, SEEDBOX_LIVE);
	uint32_t agreement = find_agreement(true);
	const struct policy *policy = &box.keeper.policy;
	const struct scope_entry *entry = seeds_of(seeds, policy, agreement);
	const struct scope_entry *first =
	    scope_file_find(seeds_all(seeds), &entry->scope, 1);
	struct derive_column what = {.epoch = 3};
	uint8_t root[32] = {0}, seed[32], key[32], expected[32];

	(void)state;
	assert_int_equal(entry->epoch, 3);
	assert_int_equal(first->epoch, 1);
	for (uint8_t i = 0; i < 16; i++)
		root[i] = root[16 + i] = i;
	memcpy(seed, (uint8_t[4]){0, 0, 0, 3}, 4);
	for (uint8_t i = 4; i < 32; i++)
		seed[i] = i;
	expect_ok(derive_column_key(expected, root, seed, &what));
	expect_ok(seeds_column_key(key, seeds, entry, root, &what));
	assert_memory_equal(key, expected, 32);
	expect_ok(derive_scope_tag(expected, root, seed, 3));
	assert_memory_equal(seeds_tag(seeds, entry), expected, 32);
	expect_ok(seeds_column_key(key, seeds, first, root, &what));
	assert_memory_not_equal(key, expected, 32);
	assert_memory_not_equal(
	    seeds_tag(seeds, entry), seeds_tag(seeds, first), 32);
	assert_null(seeds_of(seeds, policy, find_agreement(false)));
	assert_false(seeds_are_gone(seeds, policy, find_agreement(false)));
	keeperbox_stop(&box);
}

static void
seeds_deny__is_of_the_last_epoch(void **state)
{
	struct seeds *seeds = rotated(2, SEEDBOX_GONE);
	uint32_t keyed = find_agreement(true), plain = find_agreement(false);
	const struct policy *policy = &box.keeper.policy;
	const struct scope_entry *entry = seeds_of(seeds, policy, keyed);
	struct derive_column what = {.epoch = 2};
	struct decision decision = {.allowed = true, .agreement = keyed};
	uint8_t key[32], root[32] = {0};

	(void)state;
	assert_int_equal(entry->epoch, 2);
	assert_null(seeds_tag(seeds, entry));
	expect_err(
	    UNAVAILABLE, seeds_column_key(key, seeds, entry, root, &what));
	assert_true(seeds_deny(seeds, policy, &decision));
	assert_false(decision.allowed);
	assert_int_equal(decision.reason, DENY_DESTROYED);
	assert_false(seeds_deny(seeds, policy, &decision));
	decision = (struct decision){.allowed = true, .agreement = plain};
	assert_false(seeds_deny(seeds, policy, &decision));
	assert_true(decision.allowed);
	/* Without any, codes are not delivered either. */
	decision.agreement = keyed;
	assert_true(seeds_deny(NULL, policy, &decision));
	keeperbox_stop(&box);
}

static void
seeds_destroy__is_of_one_epoch(void **state)
{
	struct seeds *seeds = rotated(2, SEEDBOX_LIVE);
	uint32_t keyed = find_agreement(true);
	const struct policy *policy = &box.keeper.policy;
	const struct scope_entry *entry = seeds_of(seeds, policy, keyed);
	struct derive_column what = {.epoch = 1};
	uint8_t key[32], root[32] = {0};

	(void)state;
	seeds_destroy(seeds, &entry->scope, 1);
	seeds_destroy(seeds, &entry->scope, 1);
	seeds_destroy(seeds, &entry->scope, 9);
	assert_false(seeds_are_gone(seeds, policy, keyed));
	expect_err(UNAVAILABLE,
	    seeds_column_key(key, seeds,
		scope_file_find(seeds_all(seeds), &entry->scope, 1), root,
		&what));
	expect_ok(seeds_column_key(key, seeds, entry, root, &what));
	seeds_destroy(seeds, &entry->scope, 2);
	assert_true(seeds_are_gone(seeds, policy, keyed));
	keeperbox_stop(&box);
}

static void
seeds_new__survives_a_failed_allocation(void **state)
{
	static const char text[] = "gatehouse-scopes-v1\nfirst-epoch 1\nsha256 "
				   "0b6df5f28b9dbb9e2c6b9c7f8fe7a1d2\n";
	struct seeds *seeds = NULL;
	struct scope_file file = {.first_epoch = 1};
	struct buf whole CLEANUP(buf_done) = {.max = SCOPE_FILE_TEXT};
	uint8_t root[32] = {1};
	bool failed = true;

	(void)state;
	expect_ok(crypto_init());
	expect_err(MALFORMED, seeds_new(&seeds, span_str(text), root));
	expect_ok(scope_file_open(&file,
	    &(struct scope){span_str("a"), span_str("b"), span_str("c")},
	    span_str("0102030405060708090a0b0c0d0e0f10"
		     "1112131415161718191a1b1c1d1e1f20"),
	    1));
	expect_ok(scope_file_write(&whole, &file));
	scope_file_done(&file);
	for (size_t nth = 0; failed; nth++) {
		failalloc_arm(nth);
		struct err err = seeds_new(&seeds, buf_span(&whole), root);
		failed = failalloc_disarm();
		assert_int_equal(err.code == ERR_OK, !failed);
		if (failed)
			assert_null(seeds);
	}
	seeds_free(seeds);
	seeds_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(seeds__are_those_of_the_text),
	    cmocka_unit_test(seeds_deny__is_of_the_last_epoch),
	    cmocka_unit_test(seeds_destroy__is_of_one_epoch),
	    cmocka_unit_test(seeds_new__survives_a_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
