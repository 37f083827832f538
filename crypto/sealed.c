#include "crypto/sealed.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/encode.h"
#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "crypto/memory/secret.h"
#include "crypto/siv.h"

enum {
	SIV_KEY = 64,
	CODES_AT_ONCE = 64
};

/* Where no secret can be made, hmac_key_reserve has made them. */
_Static_assert(SIV_KEY <= sizeof(struct hmac), "a reserved secret is enough");

static const char SIV_INFO[] = "gatehouse/sealed-siv/v1";

struct sealed_key {
	struct siv *siv;
	struct span kind; /* a copy behind this struct */
};

static struct err
set_siv(struct sealed_key *made, const uint8_t key[32])
{
	uint8_t whole[SIV_KEY] CLEANUP(secret_wipe64);

	TRY(kdf_hkdf_sha256(whole, sizeof(whole), span_of(key, 32),
	    span_of(NULL, 0), span_of(SIV_INFO, sizeof(SIV_INFO))));
	return siv_new(&made->siv, span_of(whole, sizeof(whole)));
}

struct err
sealed_key_new(
    struct sealed_key **out, const uint8_t key[32], struct span kind_label)
{
	struct sealed_key *made;
	size_t len;
	struct err err;

	TRY(size_add(sizeof(*made), kind_label.len, &len));
	made = calloc(1, len);
	if (made == NULL)
		return ERR(NO_MEMORY, "sealed: no memory");
	if (kind_label.len > 0)
		memcpy(made + 1, kind_label.data, kind_label.len);
	made->kind = span_of(made + 1, kind_label.len);
	err = set_siv(made, key);
	if (err.code != ERR_OK) {
		sealed_key_free(made);
		return err;
	}
	*out = made;
	return OK;
}

void
sealed_key_free(struct sealed_key *key)
{
	if (key == NULL)
		return;
	siv_free(key->siv);
	free(key);
}

/* The text, and behind it the bytes that it is made of. */
static size_t
text_room(size_t len)
{
	return CODE_PREFIX_MAX + encode_base32_len(SIV_TAG + len);
}

size_t
sealed_room(size_t len)
{
	return text_room(len) + SIV_TAG + len;
}

static void
seal(struct sealed_key *key, struct span prefix, const struct span *values,
    size_t num, struct span *out, uint8_t *room)
{
	uint8_t *texts[CODES_AT_ONCE], *sealed[CODES_AT_ONCE];
	size_t lens[CODES_AT_ONCE];

	assert(num > 0 && num <= CODES_AT_ONCE);
	for (size_t i = 0; i < num; i++) {
		lens[i] = SIV_TAG + values[i].len;
		texts[i] = room;
		sealed[i] = room + text_room(values[i].len);
		room += sealed_room(values[i].len);
	}
	siv_seal(key->siv, values, sealed, num);
	for (size_t i = 0; i < num; i++) {
		memcpy(texts[i], prefix.data, prefix.len);
		encode_base32(
		    (char *)texts[i] + prefix.len, span_of(sealed[i], lens[i]));
		out[i] =
		    span_of(texts[i], prefix.len + encode_base32_len(lens[i]));
	}
}

void
sealed_column(struct sealed_key *key, uint32_t epoch, const struct span *values,
    size_t num, struct span *out, uint8_t *room)
{
	char text[CODE_PREFIX_MAX];
	struct span prefix = span_of(text, code_prefix(text, 's', epoch));

	if (num == 0)
		return;
	siv_begin(key->siv, &key->kind, 1);
	for (size_t at = 0; at < num; at += CODES_AT_ONCE) {
		size_t lot =
		    num - at < CODES_AT_ONCE ? num - at : CODES_AT_ONCE;
		size_t used = 0;

		for (size_t i = at; i < at + lot; i++)
			used += sealed_room(values[i].len);
		seal(key, prefix, values + at, lot, out + at, room);
		room += used;
	}
	siv_end(key->siv);
}

struct err
sealed_open(struct sealed_key *key, uint32_t epoch, struct span code,
    uint8_t *out, size_t *out_len)
{
	char text[CODE_PREFIX_MAX];
	struct span prefix = span_of(text, code_prefix(text, 's', epoch));
	struct buf sealed CLEANUP(buf_done) = {.max = SIV_TAG + SIV_MAX_LEN};
	struct err err;
	size_t len;

	if (!span_starts_with(code, prefix))
		return ERR(MALFORMED, "sealed: no code of this epoch");
	code = span_sub(code, prefix.len, code.len);
	len = code.len / 8 * 5 + code.len % 8 * 5 / 8;
	TRY(buf_reserve(&sealed, len + 1));
	TRY(decode_base32(sealed.data, len, code));
	siv_begin(key->siv, &key->kind, 1);
	err = siv_open(key->siv, span_of(sealed.data, len), out);
	siv_end(key->siv);
	if (err.code == ERR_OK)
		*out_len = len - SIV_TAG;
	return err.code == ERR_TRUNCATED
	    ? ERR(MALFORMED, "sealed: shorter than any code")
	    : err;
}
