/*
 * Targets: keyring_new (root.sealed and spool.key), keyring_add_s3: the files
 * of secrets. The first byte says which of them the rest is; the others are
 * good. An access key that is taken is found by its id, without the end of
 * its line.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/keeper/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char root[] =
    "gatehouse-root-v1 none "
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char spool[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2L"
    "M0\n";

static void
check_ring(struct span root_file, struct span spool_file)
{
	struct keyring *ring = NULL;

	if (keyring_new(&ring, root_file, spool_file).code == ERR_OK) {
		const struct keyring_keys *keys = keyring_open(ring);

		assert(memcmp(keys->slot, keys->etag, 32) != 0);
		keyring_close(ring);
	}
	keyring_free(ring);
}

/* The id is the first line, the secret's file the rest. */
static void
check_s3(struct span in)
{
	static struct keyring *ring;
	struct span id;
	bool known;

	keyring_free(ring);
	ring = NULL;
	if (span_take_line(&in, &id).code != ERR_OK)
		return;
	if (keyring_new(&ring, span_str(root), span_str(spool)).code != ERR_OK)
		abort();
	if (keyring_add_s3(ring, id, in).code != ERR_OK)
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
	switch (data[0] % 3) {
	case 0:
		check_ring(in, span_str(spool));
		break;
	case 1:
		check_ring(span_str(root), in);
		break;
	default:
		check_s3(in);
		break;
	}
	return 0;
}
