#include "tests/harness/expect.h"

#include "crypto/derive.h"
#include "crypto/init.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

struct fixture {
	uint8_t root[32], seed[32], codes[32], generation[16], plan[32];
	uint8_t recipients[3][32];
};

/* The inputs of derive.txt. */
static int
start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || crypto_init().code != ERR_OK)
		return -1;
	for (uint8_t i = 0; i < 32; i++)
		f->root[i] = i;
	memset(f->seed, 5, 32);
	memset(f->codes, 6, 32);
	for (uint8_t i = 0; i < 16; i++)
		f->generation[i] = (uint8_t)(100 + i);
	memset(f->plan, 7, 32);
	memset(f->recipients[0], 200, 32);
	memset(f->recipients[1], 9, 32);
	memset(f->recipients[2], 200, 32);
	*state = f;
	return 0;
}

static int
stop(void **state)
{
	free(*state);
	return 0;
}

static const struct derive_column WHAT = {
    .purpose = {(const uint8_t *)"train", 5},
    .dataset = {(const uint8_t *)"ehr", 3},
    .recipient = {(const uint8_t *)"age1x", 5},
    .kind = {(const uint8_t *)"mrn", 3},
    .epoch = 0x102,
};

static void
expect_key(struct vectors *v, const char *name, const uint8_t got[32])
{
	uint8_t expected[32];

	vectors_hex_exact(v, name, expected, sizeof(expected));
	assert_memory_equal(got, expected, 32);
}

static void
derive__agrees_with_the_vectors(void **state)
{
	struct fixture *f = *state;
	struct vectors *v = vectors_open("tests/vectors/derive.txt");
	const uint8_t(*set)[32] = (const uint8_t(*)[32])f->recipients;
	const struct derive_slot slot = {.source_version = span_of("v\0001", 3),
	    .plan_digest = f->plan,
	    .codes = f->codes,
	    .codebook = span_str("book"),
	    .object_key = span_str("a/b.c")};
	char etag[DERIVE_ETAG_TEXT + 1], name[DERIVE_SLOT_NAME_TEXT + 1];
	uint8_t key[32];

	assert_true(vectors_next(v));
	expect_ok(derive_subkey(key, f->root, "spool"));
	expect_key(v, "Subkey", key);
	for (unsigned use = 0; use < NUM_DERIVE_USES; use++) {
		static const char *const names[NUM_DERIVE_USES] = {
		    "Pseudonym", "Sealed", "Format", "Shift", "Token"};
		struct derive_column what = WHAT;

		what.use = (enum derive_use)use;
		expect_ok(derive_column_key(key, f->root, f->seed, &what));
		expect_key(v, names[use], key);
	}
	expect_ok(derive_scope_tag(key, f->root, f->seed, 0x102));
	expect_key(v, "ScopeTag", key);
	expect_ok(
	    derive_ephemeral(key, f->root, f->generation, f->recipients[1]));
	expect_key(v, "Ephemeral", key);
	expect_ok(derive_etag(etag, f->root, f->generation, set, 2));
	assert_true(span_equal_str(vectors_text(v, "EtagTwo"), etag));
	expect_ok(derive_etag(etag, f->root, f->generation, NULL, 0));
	assert_true(span_equal_str(vectors_text(v, "EtagNone"), etag));
	expect_ok(derive_slot_name(name, f->root, &slot));
	assert_true(span_equal_str(vectors_text(v, "SlotName"), name));
	assert_false(vectors_next(v));
	vectors_close(v);
}

/* No order, and no double, makes another set of it. */
static void
derive_etag__is_of_a_set(void **state)
{
	struct fixture *f = *state;
	uint8_t swapped[2][32];
	char one[DERIVE_ETAG_TEXT + 1], two[DERIVE_ETAG_TEXT + 1];

	memcpy(swapped[0], f->recipients[1], 32);
	memcpy(swapped[1], f->recipients[0], 32);
	expect_ok(derive_etag(one, f->root, f->generation,
	    (const uint8_t(*)[32])f->recipients, 3));
	expect_ok(derive_etag(
	    two, f->root, f->generation, (const uint8_t(*)[32])swapped, 2));
	assert_string_equal(one, two);
	expect_ok(derive_etag(two, f->root, f->generation,
	    (const uint8_t(*)[32])f->recipients, 1));
	assert_string_not_equal(one, two);
	f->generation[15] ^= 1;
	expect_ok(derive_etag(two, f->root, f->generation,
	    (const uint8_t(*)[32])f->recipients, 3));
	f->generation[15] ^= 1;
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(one), DERIVE_ETAG_TEXT);
}

static void
derive_sort_recipients__makes_a_set(void **state)
{
	uint8_t keys[5][32] = {{3}, {1}, {3}, {2}, {1}};

	(void)state;
	assert_int_equal(derive_sort_recipients(keys, 5), 3);
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(keys[i][0], i + 1);
	assert_int_equal(derive_sort_recipients(keys, 1), 1);
	assert_int_equal(derive_sort_recipients(NULL, 0), 0);
}

/* Move one character across each border: always another key. */
static void
derive_column_key__separates_its_ids(void **state)
{
	struct fixture *f = *state;
	enum {
		NUM = 6 + NUM_DERIVE_USES - 1
	};
	uint8_t keys[NUM][32];
	struct derive_column what[NUM];

	for (size_t i = 0; i < NUM; i++)
		what[i] = WHAT;

	what[1].purpose = span_str("traine");
	what[1].dataset = span_str("hr");
	what[2].dataset = span_str("ehra");
	what[2].recipient = span_str("ge1x");
	what[3].recipient = span_str("age1xm");
	what[3].kind = span_str("rn");
	what[4].epoch++;
	what[5].purpose = span_str("");
	for (unsigned use = 1; use < NUM_DERIVE_USES; use++)
		what[5 + use].use = (enum derive_use)use;
	for (size_t i = 0; i < NUM; i++) {
		expect_ok(
		    derive_column_key(keys[i], f->root, f->seed, &what[i]));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(keys[i], keys[j], 32);
	}
}

/* Root, seed and epoch: another of any is another key, and another tag. */
static void
derive__needs_root_and_seed(void **state)
{
	struct fixture *f = *state;
	uint8_t keys[3][32], tags[4][32], zeros[32] = {0};

	expect_ok(derive_column_key(keys[0], f->root, f->seed, &WHAT));
	expect_ok(derive_column_key(keys[1], f->root, f->codes, &WHAT));
	expect_ok(derive_column_key(keys[2], f->plan, f->seed, &WHAT));
	expect_ok(derive_scope_tag(tags[0], f->root, f->seed, WHAT.epoch));
	expect_ok(derive_scope_tag(tags[1], f->root, f->codes, WHAT.epoch));
	expect_ok(derive_scope_tag(tags[2], f->plan, f->seed, WHAT.epoch));
	expect_ok(derive_scope_tag(tags[3], f->root, f->seed, 1));
	for (size_t i = 0; i < 4; i++) {
		assert_memory_not_equal(tags[i], zeros, 32);
		for (size_t j = 0; j < 3; j++)
			assert_memory_not_equal(tags[i], keys[j], 32);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(tags[i], tags[j], 32);
	}
	assert_memory_not_equal(keys[0], keys[1], 32);
	assert_memory_not_equal(keys[0], keys[2], 32);
}

static void
derive__refuses_ids_that_could_be_two(void **state)
{
	struct fixture *f = *state;
	static char longest[DERIVE_ID_MAX + 2];
	struct derive_column what = WHAT;
	uint8_t key[32] = {0}, zeros[32] = {0};

	what.dataset = span_of("e\0r", 3);
	expect_err(MALFORMED, derive_column_key(key, f->root, f->seed, &what));
	memset(longest, 'x', DERIVE_ID_MAX + 1);
	what.dataset = span_str(longest);
	expect_err(TOO_BIG, derive_column_key(key, f->root, f->seed, &what));
	expect_err(TOO_BIG, derive_subkey(key, f->root, longest));
	expect_err(MALFORMED, derive_subkey(key, f->root, ""));
	assert_memory_equal(key, zeros, 32);
	longest[DERIVE_ID_MAX] = '\0';
	what = (struct derive_column){DERIVE_PSEUDONYM, span_str(longest),
	    span_str(longest), span_str(longest), span_str(longest), 1};
	expect_ok(derive_column_key(key, f->root, f->seed, &what));
}

static void
derive_slot_name__separates_its_fields(void **state)
{
	struct fixture *f = *state;
	const struct span none = span_of(NULL, 0);
	struct derive_slot slots[7] = {
	    {span_str("ab"), f->plan, f->codes, none, span_str("cd")},
	    {span_str("ab"), f->plan, f->codes, span_str("c"), span_str("d")},
	    {span_str("ab"), f->plan, f->codes, span_str("cd"), none},
	    {span_str("abc"), f->plan, f->codes, none, span_str("d")},
	    {span_str("ab"), f->plan, f->seed, none, span_str("cd")},
	    {span_str("ab"), f->plan, NULL, none, span_str("cd")},
	    {span_str("ab"), f->root, f->codes, none, span_str("cd")}};
	char names[7][DERIVE_SLOT_NAME_TEXT + 1];

	for (size_t i = 0; i < 7; i++) {
		expect_ok(derive_slot_name(names[i], f->root, &slots[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
	}
}

static void
derive_etag__survives_a_failed_allocation(void **state)
{
	struct fixture *f = *state;
	char etag[DERIVE_ETAG_TEXT + 1] = "untouched";

	failalloc_arm(0);
	struct err err = derive_etag(etag, f->root, f->generation,
	    (const uint8_t(*)[32])f->recipients, 3);
	bool failed = failalloc_disarm();
	assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
	if (failed)
		assert_string_equal(etag, "untouched");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(derive__agrees_with_the_vectors),
	    cmocka_unit_test(derive_etag__is_of_a_set),
	    cmocka_unit_test(derive_sort_recipients__makes_a_set),
	    cmocka_unit_test(derive_column_key__separates_its_ids),
	    cmocka_unit_test(derive__needs_root_and_seed),
	    cmocka_unit_test(derive__refuses_ids_that_could_be_two),
	    cmocka_unit_test(derive_slot_name__separates_its_fields),
	    cmocka_unit_test(derive_etag__survives_a_failed_allocation),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
