#include "tests/harness/expect.h"

#include "crypto/aead.h"
#include "crypto/age_key.h"
#include "crypto/age_stream.h"
#include "crypto/init.h"
#include "gateway/keeper/slot_meta.h"

static uint8_t keys[4][32];
static struct agreement agreement;
static struct keeper keeper;
static struct buf sealed;

static int
set_up(void **state)
{
	const uint8_t identity[32] = {9, 1, 2, 3}, root[32] = {1, 2};
	struct buf text = {.max = 100};

	(void)state;
	expect_ok(crypto_init());
	expect_ok(age_identity_format(&text, identity));
	expect_ok(buf_append_str(&text, "\n"));
	expect_ok(keyring_new(&keeper.ring, root, buf_span(&text)));
	buf_wipe(&text);
	for (uint8_t i = 0; i < 4; i++)
		memset(keys[i], 'a' + i, 32);
	keeper.policy.agreements = &agreement;
	keeper.policy.num_agreements = 1;
	buf_init(&sealed, OPEN_MAX_META);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_done(&sealed);
	keyring_free(keeper.ring);
	return 0;
}

/* Recipients from `first` on, `num` of them; with none, `encrypt: tls`. */
static void
agree(uint32_t first, uint32_t num)
{
	agreement.encrypt = num > 0 ? ENCRYPT_AGE : ENCRYPT_TLS;
	agreement.recipients = keys + first;
	agreement.num_recipients = num;
}

static struct slot
make_slot(void)
{
	struct slot slot = {.keeper = &keeper, .header_len = 168};

	memset(slot.name, 'e', 64);
	return slot;
}

static void
seal(void)
{
	struct slot slot = make_slot();
	struct fill_done done = {.rows_read = 7,
	    .rows_released = 5,
	    .num_withheld = 1,
	    .withheld = {{span_str("consent"), 2}}};

	memset(slot.generation, 3, 16);
	memset(slot.file_key, 4, 16);
	memset(slot.sha256, 5, 32);
	slot.plain_len = 70000;
	expect_ok(slot_counts_set(&slot.counts, &done));
	buf_reset(&sealed);
	expect_ok(slot_meta_seal(&sealed, &slot));
	slot_counts_done(&slot.counts);
}

static enum err_code
open_meta(bool *out_current)
{
	struct slot slot = make_slot();
	uint64_t len = 168 + age_payload_len(70000);
	struct err err =
	    slot_meta_open(&slot, buf_span(&sealed), len, out_current);

	if (err.code == ERR_OK) {
		assert_int_equal(slot.file_key[15], 4);
		assert_int_equal(slot.counts.rows_released, 5);
		assert_true(
		    span_equal_str(slot.counts.withheld[0].reason, "consent"));
	}
	slot_counts_done(&slot.counts);
	return err.code;
}

/* Sealed for `was`, opened under `now`: each a run of keys. */
static enum err_code
change(const uint32_t was[2], const uint32_t now[2], bool *out_current)
{
	agree(was[0], was[1]);
	seal();
	agree(now[0], now[1]);
	return open_meta(out_current);
}

static void
slot_meta_open__a_new_recipient_keeps_the_generation(void **state)
{
	const uint32_t none[] = {0, 0}, a[] = {0, 1}, ab[] = {0, 2};
	bool current = true;

	(void)state;
	assert_int_equal(change(a, ab, &current), ERR_OK);
	assert_false(current);
	assert_int_equal(change(none, a, &current), ERR_OK);
	assert_false(current);
	assert_int_equal(change(ab, ab, &current), ERR_OK);
	assert_true(current);
	assert_int_equal(change(none, none, &current), ERR_OK);
	assert_true(current);
}

static void
slot_meta_open__a_revoked_recipient_ends_it(void **state)
{
	const uint32_t none[] = {0, 0}, a[] = {0, 1}, ab[] = {0, 2},
		       b[] = {1, 1}, bcd[] = {1, 3};
	bool current;

	(void)state;
	assert_int_equal(change(ab, a, &current), ERR_CHANGED);
	assert_int_equal(change(ab, b, &current), ERR_CHANGED);
	assert_int_equal(change(ab, bcd, &current), ERR_CHANGED);
	assert_int_equal(change(a, b, &current), ERR_CHANGED);
	assert_int_equal(change(a, none, &current), ERR_CHANGED);
}

static void
slot_meta_open__one_that_names_nobody_is_not_served(void **state)
{
	const struct keyring_keys *ring;
	const uint8_t version_1 = 1;
	struct slot slot = make_slot();
	bool current;

	(void)state;
	agree(0, 1);
	buf_reset(&sealed);
	ring = keyring_open(keeper.ring);
	expect_ok(aead_seal(&sealed, ring->meta, span_of(slot.name, 64),
	    span_of(&version_1, 1)));
	keyring_close(keeper.ring);
	assert_int_equal(open_meta(&current), ERR_CHANGED);
}

static void
slot_meta_open__refuses_another_name_length_or_byte(void **state)
{
	struct slot slot = make_slot();
	uint64_t len = 168 + age_payload_len(70000);
	bool current;

	(void)state;
	agree(0, 2);
	seal();
	expect_err(MALFORMED,
	    slot_meta_open(&slot, buf_span(&sealed), len + 1, &current));
	slot.name[3] = 'f';
	expect_err(
	    CRYPTO, slot_meta_open(&slot, buf_span(&sealed), len, &current));
	sealed.data[sealed.len - 1] ^= 1;
	assert_int_equal(open_meta(&current), ERR_CRYPTO);
	slot_counts_done(&slot.counts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		slot_meta_open__a_new_recipient_keeps_the_generation),
	    cmocka_unit_test(slot_meta_open__a_revoked_recipient_ends_it),
	    cmocka_unit_test(
		slot_meta_open__one_that_names_nobody_is_not_served),
	    cmocka_unit_test(
		slot_meta_open__refuses_another_name_length_or_byte),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
