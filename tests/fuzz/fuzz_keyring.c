/*
 * Targets: keyring_new (spool.key), keyring_add_s3: the files of secrets. The
 * first byte says which of them the rest is; the others are good. An access key
 * that is taken is found by its id, without the end of its line.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/keeper/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t root[32] = {0, 1, 2, 3};
static const char spool[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2L"
    "M0\n";

static void
check_ring(struct span spool_file)
{
	struct keyring *ring = NULL;

	if (keyring_new(&ring, root, spool_file).code == ERR_OK) {
		const struct keyring_keys *keys = keyring_open(ring);

		assert(memcmp(keys->slot, keys->etag, 32) != 0);
		keyring_close(ring);
	}
	keyring_free(ring);
}

/*
 * The id is the first line, the secret's file the rest. A ring takes hidden
 * pages, which cost more than all that is done in it: it is kept until it has
 * taken a key, for there the next input would find it.
 */
static void
check_s3(struct span in)
{
	static struct keyring *ring;
	static bool taken;
	struct span id;
	bool known;

	if (span_take_line(&in, &id).code != ERR_OK)
		return;
	if (taken) {
		keyring_free(ring);
		ring = NULL;
	}
	if (ring == NULL &&
	    keyring_new(&ring, root, span_str(spool)).code != ERR_OK)
		abort();
	taken = keyring_add_s3(ring, id, in).code == ERR_OK;
	if (!taken)
		return;
	(void)keyring_open(ring);
	struct span secret = keyring_find_s3(ring, id, &known).secret;
	assert(known && secret.len >= KEYRING_MIN_SECRET);
	assert(secret.len <= KEYRING_MAX_SECRET);
	assert(span_starts_with(in, secret) && in.len - secret.len <= 1);
	keyring_close(ring);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (crypto_init().code != ERR_OK)
		abort();
	if (len == 0)
		return 0;
	const struct span in = span_of(data + 1, len - 1);
	if (data[0] % 2 == 1)
		check_ring(in);
	else
		check_s3(in);
	return 0;
}
