#include "crypto/token.h"

#include <sodium.h>
#include <stdlib.h>

#include "crypto/encode.h"
#include "crypto/hmac_column.h"
#include "crypto/kdf.h"
#include "crypto/memory/secret.h"
#include "crypto/siv.h"

enum {
	SIV_KEY = 64,
	AT_ONCE = 64
};

_Static_assert(TOKEN_SEAL == (int)SIV_TAG, "what AES-SIV adds");

static const char INDEX_INFO[] = "gatehouse/token-index/v1";
static const char VALUE_INFO[] = "gatehouse/token-value/v1";

struct token_key {
	struct hmac_key *index;
	struct siv *siv;
	struct span kind; /* a copy behind this struct */
};

static struct err
expand(uint8_t *out, size_t len, const uint8_t key[32], struct span info)
{
	return kdf_hkdf_sha256(
	    out, len, span_of(key, 32), span_of(NULL, 0), info);
}

static struct err
set_keys(struct token_key *made, const uint8_t key[32])
{
	uint8_t index[32] CLEANUP(secret_wipe32);
	uint8_t value[SIV_KEY] CLEANUP(secret_wipe64);

	TRY(expand(index, sizeof(index), key,
	    span_of(INDEX_INFO, sizeof(INDEX_INFO))));
	TRY(expand(value, sizeof(value), key,
	    span_of(VALUE_INFO, sizeof(VALUE_INFO))));
	TRY(hmac_key_new(&made->index, index, made->kind));
	return siv_new(&made->siv, span_of(value, sizeof(value)));
}

struct err
token_key_new(
    struct token_key **out, const uint8_t key[32], struct span kind_label)
{
	struct token_key *made;
	struct err err;
	size_t len;

	TRY(size_add(sizeof(*made), kind_label.len, &len));
	made = calloc(1, len);
	if (made == NULL)
		return ERR(NO_MEMORY, "token: no memory");
	if (kind_label.len > 0)
		memcpy(made + 1, kind_label.data, kind_label.len);
	made->kind = span_of(made + 1, kind_label.len);
	err = set_keys(made, key);
	if (err.code != ERR_OK) {
		token_key_free(made);
		return err;
	}
	*out = made;
	return OK;
}

void
token_key_free(struct token_key *key)
{
	if (key == NULL)
		return;
	hmac_key_free(key->index);
	siv_free(key->siv);
	free(key);
}

void
token_subjects(const struct hmac_key *key, const struct span *subjects,
    size_t num, uint8_t (*out)[TOKEN_INDEX])
{
	struct hmac keyed CLEANUP(hmac_wipe);
	uint8_t macs[AT_ONCE][32];

	hmac_key_copy(&keyed, key);
	for (size_t at = 0; at < num; at += AT_ONCE) {
		size_t lot = num - at < AT_ONCE ? num - at : AT_ONCE;

		hmac_column(&keyed, subjects + at, lot, macs);
		for (size_t i = 0; i < lot; i++)
			memcpy(out[at + i], macs[i], TOKEN_INDEX);
	}
	/* The rest of each MAC is given to nobody. */
	sodium_memzero(macs, sizeof(macs));
}

void
token_subject(uint8_t out[TOKEN_INDEX], const uint8_t key[32], struct span kind,
    struct span subject)
{
	struct hmac hmac CLEANUP(hmac_wipe);
	uint8_t mac[32];

	hmac_init(&hmac, span_of(key, 32));
	hmac_label(&hmac, kind);
	hmac_final(&hmac, mac, subject);
	memcpy(out, mac, TOKEN_INDEX);
	sodium_memzero(mac, sizeof(mac));
}

void
token_index(const struct token_key *key, const struct span *values, size_t num,
    uint8_t (*out)[TOKEN_INDEX])
{
	token_subjects(key->index, values, num, out);
}

void
token_seal(struct token_key *key, const struct span *values,
    uint8_t *const *outs, size_t num)
{
	siv_begin(key->siv, &key->kind, 1);
	for (size_t at = 0; at < num; at += AT_ONCE)
		siv_seal(key->siv, values + at, outs + at,
		    num - at < AT_ONCE ? num - at : AT_ONCE);
	siv_end(key->siv);
}

struct err
token_open(struct token_key *key, struct span sealed, uint8_t *out)
{
	siv_begin(key->siv, &key->kind, 1);
	struct err err = siv_open(key->siv, sealed, out);
	siv_end(key->siv);
	return err;
}

size_t
token_text(
    char out[TOKEN_TEXT_MAX], uint32_t epoch, const uint8_t code[TOKEN_CODE])
{
	size_t len = code_prefix(out, 't', epoch);

	encode_base32(out + len, span_of(code, TOKEN_CODE));
	return len + encode_base32_len(TOKEN_CODE);
}

struct err
token_parse(uint32_t *out_epoch, uint8_t out_code[TOKEN_CODE], struct span text)
{
	uint8_t code[TOKEN_CODE];
	struct span rest = text, digits;
	uint64_t epoch;

	if (!span_starts_with(text, span_str("t")))
		return ERR(MALFORMED, "token: not a random code");
	rest = span_sub(rest, 1, rest.len);
	if (!span_take_until(&rest, &digits, '_') ||
	    span_u64(digits, &epoch, UINT32_MAX).code != ERR_OK)
		return ERR(MALFORMED, "token: a code without its epoch");
	TRY(decode_base32(code, sizeof(code), rest));
	*out_epoch = (uint32_t)epoch;
	memcpy(out_code, code, sizeof(code));
	return OK;
}
