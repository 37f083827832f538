#include "crypto/pseudonym.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/code.h"
#include "crypto/encode.h"
#include "crypto/hmac.h"
#include "crypto/hmac_column.h"
#include "crypto/memory/secret.h"

enum {
	CODE_BYTES = 16, /* of the MAC's 32 */
	CODES_AT_ONCE = 64
};

/* A struct hmac that has absorbed the key and the kind's label. */
struct pseudonym_key {
	struct secret *keyed;
};

struct err
pseudonym_key_new(
    struct pseudonym_key **out, const uint8_t key[32], struct span kind_label)
{
	struct pseudonym_key *made = calloc(1, sizeof(*made));
	struct hmac hmac CLEANUP(hmac_wipe);

	hmac_init(&hmac, span_of(key, 32));
	hmac_label(&hmac, kind_label);
	if (made == NULL)
		return ERR(NO_MEMORY, "pseudonym: no memory");
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
pseudonym_reserve(size_t num_keys)
{
	return secret_reserve(num_keys, sizeof(struct hmac));
}

void
pseudonym_key_free(struct pseudonym_key *key)
{
	if (key == NULL)
		return;
	secret_free(key->keyed);
	free(key);
}

/* The rest of each MAC is not given away with its code. */
static void
make_codes(const struct hmac *keyed, const struct span *values, size_t num,
    const struct pseudonym_code *empty, struct pseudonym_code *out)
{
	uint8_t macs[CODES_AT_ONCE][32];
	uint8_t prefix_len = (uint8_t)(empty->len - PSEUDONYM_TEXT);

	hmac_column(keyed, values, num, macs);
	for (size_t i = 0; i < num; i++) {
		out[i] = *empty;
		encode_base32(
		    out[i].text + prefix_len, span_of(macs[i], CODE_BYTES));
	}
	sodium_memzero(macs, sizeof(macs));
}

void
pseudonym_column(const struct pseudonym_key *key, uint32_t epoch,
    const struct span *values, size_t num, struct pseudonym_code *out)
{
	struct pseudonym_code empty = {0};
	struct hmac keyed;

	if (num == 0)
		return;
	memcpy(&keyed, secret_open(key->keyed), sizeof(keyed));
	secret_close(key->keyed);
	empty.len =
	    (uint8_t)(code_prefix(empty.text, 'p', epoch) + PSEUDONYM_TEXT);
	for (size_t at = 0; at < num; at += CODES_AT_ONCE)
		make_codes(&keyed, values + at,
		    num - at < CODES_AT_ONCE ? num - at : CODES_AT_ONCE, &empty,
		    out + at);
	hmac_wipe(&keyed);
}

void
pseudonym_macs(const struct pseudonym_key *key, const struct span *values,
    size_t num, uint8_t (*out)[32])
{
	struct hmac keyed;

	memcpy(&keyed, secret_open(key->keyed), sizeof(keyed));
	secret_close(key->keyed);
	hmac_column(&keyed, values, num, out);
	hmac_wipe(&keyed);
}
