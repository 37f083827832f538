#include "crypto/possession.h"

#include <inttypes.h>
#include <sodium.h>

#include "crypto/age_header.h"
#include "crypto/age_stream.h"
#include "crypto/derive.h"
#include "crypto/encode.h"
#include "crypto/hmac.h"
#include "crypto/memory/secret.h"
#include "crypto/random.h"

static const char VERSION[] = "gatehouse-proof-v1";
static const char LABEL[] = "recipient proof";
enum {
	MAC = 32,
};

/* Texts with their lengths, then what has one length. */
static struct err
make_mac(
    uint8_t out[MAC], const uint8_t root[32], const struct possession *claim)
{
	uint8_t key[32] CLEANUP(secret_wipe32);
	struct hmac hmac CLEANUP(hmac_wipe) = {.inner = {.num = 0}};
	struct buf expires CLEANUP(buf_done) = {.max = sizeof(uint64_t)};

	TRY(derive_subkey(key, root, LABEL));
	TRY(buf_put_u64be(&expires, claim->expires_s));
	hmac_init(&hmac, span_of(key, sizeof(key)));
	hmac_label(&hmac, span_str(VERSION));
	hmac_label(&hmac, claim->gateway);
	hmac_label(&hmac, claim->party);
	hmac_update(&hmac, span_of(claim->recipient, 32));
	hmac_final(&hmac, out, buf_span(&expires));
	return OK;
}

/* --- The challenge --- */

static struct err
put_text(
    struct buf *out, const uint8_t root[32], const struct possession *claim)
{
	uint8_t mac[MAC] CLEANUP(secret_wipe32);

	TRY(make_mac(mac, root, claim));
	TRY(buf_append_format(
	    out, "%s %" PRIu64 " ", VERSION, claim->expires_s));
	TRY(encode_hex(out, span_of(mac, sizeof(mac))));
	return buf_append_str(out, "\n");
}

/* One chunk holds it. */
static struct err
put_payload(
    struct buf *out, const uint8_t file_key[AGE_FILE_KEY], struct span text)
{
	uint8_t nonce[AGE_NONCE], sealed[POSSESSION_TEXT + AGE_TAG];
	struct age_stream *stream = NULL;

	random_bytes(nonce, sizeof(nonce));
	TRY(buf_append(out, span_of(nonce, sizeof(nonce))));
	TRY(age_stream_new(&stream, file_key, nonce));
	struct err err = age_stream_seal(stream, 0, true, text, sealed);
	age_stream_free(stream);
	TRY(err);
	return buf_append(out, span_of(sealed, text.len + AGE_TAG));
}

static struct err
seal(struct buf *out, const struct possession *claim, struct span text)
{
	uint8_t file_key[AGE_FILE_KEY];
	struct age_wrap wrap;

	random_bytes(file_key, sizeof(file_key));
	random_bytes(wrap.ephemeral, sizeof(wrap.ephemeral));
	memcpy(wrap.recipient, claim->recipient, sizeof(wrap.recipient));
	struct err err = age_header_write(out, file_key, &wrap, 1);
	if (err.code == ERR_OK)
		err = put_payload(out, file_key, text);
	explicit_bzero(&wrap, sizeof(wrap));
	explicit_bzero(file_key, sizeof(file_key));
	return err;
}

struct err
possession_challenge(
    struct buf *out, const uint8_t root[32], const struct possession *claim)
{
	struct buf text CLEANUP(buf_wipe) = {.max = POSSESSION_TEXT};

	/* At once: a buffer that grows leaves copies behind. */
	TRY(buf_reserve(&text, POSSESSION_TEXT));
	TRY(put_text(&text, root, claim));
	return seal(out, claim, buf_span(&text));
}

/* --- The proof --- */

static struct err
parse(uint64_t *out_expires_s, struct buf *out_mac, struct span text)
{
	struct span word;

	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len > POSSESSION_TEXT || !span_take_until(&text, &word, ' ') ||
	    !span_equal_str(word, VERSION))
		return ERR(MALFORMED,
		    "it is no proof: what is inside the challenge is one");
	if (!span_take_until(&text, &word, ' ') ||
	    text.len != 2 * (size_t)MAC ||
	    span_u64(word, out_expires_s, INT64_MAX).code != ERR_OK ||
	    decode_hex(out_mac, text).code != ERR_OK)
		return ERR(MALFORMED, "it is not all of a proof: it is torn");
	return OK;
}

struct err
possession_verify(const uint8_t root[32], const struct possession *claim,
    struct span text, uint64_t now_s)
{
	uint8_t expected[MAC] CLEANUP(secret_wipe32);
	struct buf mac CLEANUP(buf_wipe) = {.max = MAC};
	struct possession said = *claim;

	TRY(parse(&said.expires_s, &mac, text));
	TRY(make_mac(expected, root, &said));
	if (sodium_memcmp(expected, mac.data, MAC) != 0)
		return ERR(CRYPTO,
		    "it proves nothing: it is of another name, of another key "
		    "or of another gateway, or was altered");
	return now_s < said.expires_s
	    ? OK
	    : ERR(DENIED,
		  "it has expired: ask for another challenge, and answer it "
		  "within seven days");
}
