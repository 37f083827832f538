#include "gateway/keeper/slot_meta.h"

#include "crypto/age_stream.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

static void
slot_init(struct slot *slot, char letter)
{
	*slot = (struct slot){.keeper = &box.keeper,
	    .generation = {1, 2, 3},
	    .file_key = {4, 5, 6},
	    .header_len = 200,
	    .plain_len = 70000,
	    .sha256 = {7, 8}};
	memset(slot->name, letter, 64);
}

static void
seal(struct buf *out, uint32_t num_reasons)
{
	struct fill_done done = {.rows_read = 900, .rows_released = 800};
	struct slot slot;

	slot_init(&slot, 'a');
	done.num_withheld = num_reasons;
	for (uint32_t i = 0; i < num_reasons; i++)
		done.withheld[i] = (struct fill_reason){
		    span_str(i % 2 == 0 ? "consent" : "a row rule"), i + 1};
	expect_ok(slot_counts_set(&slot.counts, &done));
	expect_ok(slot_meta_seal(out, &slot));
	slot_counts_done(&slot.counts);
}

static bool current;
static const uint64_t full = 200 + 16 + 70000 + 2 * 16;

static void
slot_meta_open__brings_back_what_was_sealed(void **state)
{
	struct buf meta CLEANUP(buf_done) = {.max = OPEN_MAX_META};
	struct slot slot;

	(void)state;
	seal(&meta, FILL_MAX_REASONS);
	slot_init(&slot, 'a');
	memset(slot.generation, 0, 16);
	memset(slot.file_key, 0, 16);
	memset(slot.sha256, 0, 32);
	slot.header_len = slot.plain_len = 0;
	expect_ok(slot_meta_open(&slot, buf_span(&meta), full, &current));
	assert_int_equal(slot.generation[2], 3);
	assert_int_equal(slot.file_key[2], 6);
	assert_int_equal(slot.sha256[1], 8);
	assert_int_equal(slot.header_len, 200);
	assert_int_equal(slot.plain_len, 70000);
	assert_int_equal(slot.slot_len, full);
	assert_int_equal(slot.counts.rows_read, 900);
	assert_int_equal(slot.counts.rows_released, 800);
	assert_int_equal(slot.counts.num_withheld, FILL_MAX_REASONS);
	expect_span(slot.counts.withheld[30].reason, "consent");
	expect_span(slot.counts.withheld[31].reason, "a row rule");
	assert_int_equal(slot.counts.withheld[31].rows, 32);
	/* The reasons are the slot's own. */
	assert_true(
	    slot.counts.withheld[0].reason.data == slot.counts.texts.data);
	slot_counts_done(&slot.counts);
}

/* Sealed by us, under the key for it, for that slot, whole. */
static void
slot_meta_open__takes_no_other(void **state)
{
	struct buf meta CLEANUP(buf_done) = {.max = OPEN_MAX_META};
	struct slot slot;

	(void)state;
	seal(&meta, 1);
	slot_init(&slot, 'b');
	expect_err(
	    CRYPTO, slot_meta_open(&slot, buf_span(&meta), full, &current));
	slot_init(&slot, 'a');
	for (size_t i = 0; i < meta.len; i++) {
		meta.data[i] ^= 0x40;
		expect_err(CRYPTO,
		    slot_meta_open(&slot, buf_span(&meta), full, &current));
		meta.data[i] ^= 0x40;
		struct err err = slot_meta_open(
		    &slot, span_of(meta.data, i), full, &current);
		assert_int_not_equal(err.code, ERR_OK);
	}
	expect_err(MALFORMED,
	    slot_meta_open(&slot, buf_span(&meta), full - 1, &current));
	expect_err(MALFORMED,
	    slot_meta_open(&slot, buf_span(&meta), full + 1, &current));
	expect_err(
	    MALFORMED, slot_meta_open(&slot, buf_span(&meta), 0, &current));
	slot_counts_done(&slot.counts);
}

static void
slot_meta_seal__shows_no_key(void **state)
{
	struct buf meta CLEANUP(buf_done) = {.max = OPEN_MAX_META};
	struct slot slot;

	(void)state;
	slot_init(&slot, 'a');
	memset(slot.file_key, 'K', 16);
	expect_ok(slot_meta_seal(&meta, &slot));
	assert_null(memmem(meta.data, meta.len, "KKKKKKKK", 8));
}

static void
slot_counts_set__replaces_what_was_there(void **state)
{
	static const uint8_t long_reason[FILL_MAX_REASONS * FILL_MAX_TEXT + 1];
	struct fill_done done = {.rows_read = 1,
	    .withheld = {{span_str("first"), 1}, {span_str("second"), 2}},
	    .num_withheld = 2};
	struct slot slot;

	(void)state;
	slot_init(&slot, 'a');
	expect_ok(slot_counts_set(&slot.counts, &done));
	done.withheld[0].reason = span_str("third");
	done.num_withheld = 1;
	expect_ok(slot_counts_set(&slot.counts, &done));
	assert_int_equal(slot.counts.num_withheld, 1);
	expect_span(slot.counts.withheld[0].reason, "third");
	done.withheld[0].reason =
	    span_of(long_reason, FILL_MAX_REASONS * FILL_MAX_TEXT + 1);
	expect_err(TOO_BIG, slot_counts_set(&slot.counts, &done));
	assert_int_equal(slot.counts.num_withheld, 0);
	slot_counts_done(&slot.counts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(slot_meta_open__brings_back_what_was_sealed),
	    TEST(slot_meta_open__takes_no_other),
	    TEST(slot_meta_seal__shows_no_key),
	    TEST(slot_counts_set__replaces_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
