#include "gateway/keeper/keyring.h"

#include <assert.h>

#include "crypto/age_key.h"
#include "crypto/derive.h"
#include "crypto/memory/secret.h"
#include "crypto/random.h"

struct s3_key {
	uint8_t id[KEYRING_MAX_ID];
	size_t id_len;
	uint8_t secret[KEYRING_MAX_SECRET];
	size_t secret_len;
	struct sigv4_day day;
};

/* All that is secret lies in one block between guard pages. */
struct vault {
	struct keyring_keys keys;
	uint8_t decoy[40]; /* the secret of ids that nobody has */
	struct sigv4_day decoy_day;
	struct s3_key s3[KEYRING_MAX_S3];
	size_t num_s3;
};

struct keyring {
	struct secret *secret;
	struct vault *open; /* NULL while locked */
	unsigned num_open;
	bool sealed; /* there is no root */
};

static struct vault *
vault_open(struct keyring *ring)
{
	ring->num_open++;
	if (ring->open == NULL)
		/* secret.h aligns to the end; the size keeps it aligned. */
		ring->open = (struct vault *)(void *)secret_open(ring->secret);
	return ring->open;
}

void
keyring_close(struct keyring *ring)
{
	assert(ring->num_open > 0);
	ring->num_open--;
}

void
keyring_lock(struct keyring *ring)
{
	assert(ring->num_open == 0);
	if (ring->open == NULL)
		return;
	ring->open = NULL;
	secret_close(ring->secret);
}

const struct keyring_keys *
keyring_open(struct keyring *ring)
{
	assert(!ring->sealed);
	return &vault_open(ring)->keys;
}

static struct err
find_spool(struct keyring_keys *keys, struct span spool)
{
	struct span line;

	if (spool.len == 0)
		return derive_subkey(keys->spool, keys->root, "spool identity");
	TRY(span_take_line(&spool, &line));
	TRY(span_end(spool));
	return age_identity_parse(keys->spool, line);
}

static struct err
fill_keys(struct keyring_keys *keys, const uint8_t root[32], struct span spool)
{
	memcpy(keys->root, root, sizeof(keys->root));
	TRY(derive_subkey(keys->slot, keys->root, "slot name"));
	TRY(derive_subkey(keys->etag, keys->root, "etag"));
	TRY(derive_subkey(keys->header, keys->root, "age header"));
	TRY(derive_subkey(keys->meta, keys->root, "slot meta"));
	TRY(derive_subkey(keys->token, keys->root, "list token"));
	TRY(find_spool(keys, spool));
	return age_identity_public(keys->spool_public, keys->spool);
}

struct err
keyring_new(struct keyring **out, const uint8_t root[32], struct span spool)
{
	struct keyring *ring = calloc(1, sizeof(*ring));
	struct err err;

	if (ring == NULL)
		return ERR(NO_MEMORY, "keyring: no memory");
	err = secret_new(&ring->secret, sizeof(struct vault));
	if (err.code == ERR_OK) {
		struct vault *vault = vault_open(ring);
		random_bytes(vault->decoy, sizeof(vault->decoy));
		ring->sealed = root == NULL;
		if (!ring->sealed)
			err = fill_keys(&vault->keys, root, spool);
		keyring_close(ring);
	}
	if (err.code != ERR_OK) {
		keyring_free(ring);
		return err;
	}
	*out = ring;
	return OK;
}

void
keyring_free(struct keyring *ring)
{
	if (ring == NULL)
		return;
	assert(ring->num_open == 0);
	secret_free(ring->secret);
	free(ring);
}

static bool
is_key_id(struct span id)
{
	if (id.len == 0 || id.len > KEYRING_MAX_ID)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		uint8_t c = id.data[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

/* Printable, without blanks: what every S3 client can be told. */
static bool
is_key_secret(struct span secret)
{
	if (secret.len < KEYRING_MIN_SECRET || secret.len > KEYRING_MAX_SECRET)
		return false;
	for (size_t i = 0; i < secret.len; i++) {
		if (secret.data[i] <= ' ' || secret.data[i] > '~')
			return false;
	}
	return true;
}

static struct s3_key *
find(struct vault *vault, struct span id)
{
	for (size_t i = 0; i < vault->num_s3; i++) {
		struct s3_key *key = &vault->s3[i];
		if (span_equal(span_of(key->id, key->id_len), id))
			return key;
	}
	return NULL;
}

static struct err
add(struct vault *vault, struct span id, struct span secret)
{
	if (find(vault, id) != NULL)
		return ERR(EXISTS, "keyring: an access key twice");
	if (vault->num_s3 == KEYRING_MAX_S3)
		return ERR(TOO_BIG, "keyring: too many access keys");
	struct s3_key *key = &vault->s3[vault->num_s3++];
	memcpy(key->id, id.data, id.len);
	key->id_len = id.len;
	memcpy(key->secret, secret.data, secret.len);
	key->secret_len = secret.len;
	return OK;
}

struct err
keyring_add_s3(struct keyring *ring, struct span id, struct span secret)
{
	if (secret.len > 0 && secret.data[secret.len - 1] == '\n')
		secret.len--;
	if (!is_key_id(id))
		return ERR(MALFORMED, "keyring: not an access key id");
	if (!is_key_secret(secret))
		return ERR(MALFORMED,
		    "keyring: a secret has 16 to 128 printable characters");
	struct err err = add(vault_open(ring), id, secret);
	keyring_close(ring);
	return err;
}

void
keyring_open_s3(struct keyring *ring)
{
	(void)vault_open(ring);
}

struct keyring_s3
keyring_find_s3(struct keyring *ring, struct span id, bool *out_known)
{
	assert(ring->num_open > 0);
	struct vault *vault = ring->open;
	struct s3_key *key = find(vault, id);

	*out_known = key != NULL;
	if (key == NULL)
		return (struct keyring_s3){
		    span_of(vault->decoy, sizeof(vault->decoy)),
		    &vault->decoy_day};
	return (struct keyring_s3){
	    span_of(key->secret, key->secret_len), &key->day};
}

bool
keyring_hidden(const struct keyring *ring)
{
	return secret_kernel_hidden(ring->secret);
}

bool
keyring_is_sealed(const struct keyring *ring)
{
	return ring->sealed;
}
