/*
 * Target: slot_meta_open, behind its seal: the input is sealed first, as the
 * keeper does. What is taken is sealed again as the same bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/aead.h"
#include "crypto/age_stream.h"
#include "crypto/init.h"
#include "gateway/keeper/slot_meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t root[32] = {0, 1, 2, 3};
static const char spool[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2L"
    "M0\n";

static struct keeper keeper;

static void
prepare(void)
{
	static uint8_t keys[2][32] = {{1}, {2}};
	static struct agreement agreement = {
	    .encrypt = ENCRYPT_AGE, .recipients = keys, .num_recipients = 2};

	if (keeper.ring != NULL)
		return;
	if (crypto_init().code != ERR_OK ||
	    keyring_new(&keeper.ring, root, span_str(spool)).code != ERR_OK)
		abort();
	keeper.policy.agreements = &agreement;
	keeper.policy.num_agreements = 1;
}

static void
open_plain(struct buf *out, const struct slot *slot, struct span meta)
{
	const struct keyring_keys *keys = keyring_open(keeper.ring);

	assert(aead_open(out, keys->meta, span_of(slot->name, 64), meta).code ==
	    ERR_OK);
	keyring_close(keeper.ring);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slot slot = {.keeper = &keeper};
	struct buf meta = {.max = OPEN_MAX_META + 64};
	struct buf again = {.max = OPEN_MAX_META + 64};
	struct buf plain = {.max = OPEN_MAX_META};
	bool current;

	prepare();
	if (len > OPEN_MAX_META)
		return 0;
	memset(slot.name, 'a', 64);
	const struct keyring_keys *keys = keyring_open(keeper.ring);
	assert(aead_seal(&meta, keys->meta, span_of(slot.name, 64),
		   span_of(data, len))
		   .code == ERR_OK);
	keyring_close(keeper.ring);
	/* The length that it has to be is told by the meta itself. */
	struct span head = span_of(data, len), lengths;
	uint64_t header_len = 0, plain_len = 0;
	if (span_take(&head, &lengths, 33).code == ERR_OK &&
	    span_take_u64be(&head, &header_len).code == ERR_OK &&
	    span_take_u64be(&head, &plain_len).code == ERR_OK)
		header_len += age_payload_len(plain_len);
	if (slot_meta_open(&slot, buf_span(&meta), header_len, &current).code ==
		ERR_OK &&
	    current) {
		assert(slot_meta_seal(&again, &slot).code == ERR_OK);
		open_plain(&plain, &slot, buf_span(&again));
		assert(span_equal(buf_span(&plain), span_of(data, len)));
	}
	slot_counts_done(&slot.counts);
	buf_wipe(&plain);
	buf_done(&again);
	buf_done(&meta);
	return 0;
}
