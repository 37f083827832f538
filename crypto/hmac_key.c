#include "crypto/hmac_key.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/memory/secret.h"

struct hmac_key {
	struct secret *keyed; /* a struct hmac */
};

struct err
hmac_key_new(
    struct hmac_key **out, const uint8_t key[32], struct span kind_label)
{
	struct hmac_key *made = calloc(1, sizeof(*made));
	struct hmac hmac CLEANUP(hmac_wipe);

	hmac_init(&hmac, span_of(key, 32));
	hmac_label(&hmac, kind_label);
	if (made == NULL)
		return ERR(NO_MEMORY, "hmac: no memory");
	struct err err = secret_new(&made->keyed, sizeof(hmac));
	if (err.code != ERR_OK) {
		free(made);
		return err;
	}
	memcpy(secret_open(made->keyed), &hmac, sizeof(hmac));
	secret_close(made->keyed);
	*out = made;
	return OK;
}

struct err
hmac_key_reserve(size_t num_keys)
{
	return secret_reserve(num_keys, sizeof(struct hmac));
}

void
hmac_key_free(struct hmac_key *key)
{
	if (key == NULL)
		return;
	secret_free(key->keyed);
	free(key);
}

void
hmac_key_copy(struct hmac *out, const struct hmac_key *key)
{
	memcpy(out, secret_open(key->keyed), sizeof(*out));
	secret_close(key->keyed);
}
