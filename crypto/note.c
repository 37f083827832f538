#include "crypto/note.h"

#include <sodium.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum {
	TYPE_ED25519 = 1,
	SEED = 32,
	SECRET = 64, /* seed and public key, as libsodium keeps them */
	SIGNATURE = 64,
	TYPED_KEY = 1 + 32
};

static const char PRIVATE[] = "PRIVATE+KEY+";
static const char DASH[] = "\xe2\x80\x94 "; /* U+2014 and a space */

/* --- Names and texts --- */

/*
 * The format allows any text without space or plus. Ours are host names and
 * paths, so visible ASCII is enough, and nothing of a name can deceive an eye.
 */
static struct err
set_name(struct note_key *key, struct span name)
{
	if (name.len == 0 || name.len > NOTE_NAME_MAX)
		return ERR(MALFORMED, "note: a key's name is empty or long");
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < 0x21 || name.data[i] > 0x7e ||
		    name.data[i] == '+')
			return ERR(MALFORMED, "note: not a name for a key");
	memcpy(key->name, name.data, name.len);
	key->name[name.len] = '\0';
	return OK;
}

/* How many bytes follow the first of a UTF-8 sequence; 4: none begins so. */
static unsigned
utf8_tail(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return 4;
}

/* Longer than needed, a surrogate, or beyond U+10FFFF: Unicode table 3-7. */
static bool
utf8_is_wrong(uint8_t first, uint8_t second)
{
	return (first == 0xe0 && second < 0xa0) ||
	    (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) ||
	    (first == 0xf4 && second > 0x8f);
}

/* UTF-8 without control characters but LF. */
static struct err
check_text(struct span in)
{
	struct span tail;
	uint8_t first;

	while (in.len > 0) {
		TRY(span_take_u8(&in, &first));
		if (first < 0x20 && first != '\n')
			return ERR(MALFORMED, "note: a control character");
		unsigned len = utf8_tail(first);
		if (len > in.len || len == 4)
			return ERR(MALFORMED, "note: not UTF-8");
		TRY(span_take(&in, &tail, len));
		if (len > 0 && utf8_is_wrong(first, tail.data[0]))
			return ERR(MALFORMED, "note: not UTF-8");
		for (size_t i = 0; i < len; i++)
			if ((tail.data[i] & 0xc0) != 0x80)
				return ERR(MALFORMED, "note: not UTF-8");
	}
	return OK;
}

/* --- Keys --- */

/* SHA-256(name 0A type public_key)[:4]. */
static struct err
make_id(uint8_t out[4], const struct note_key *key)
{
	uint8_t rest[1 + TYPED_KEY] = {'\n', TYPE_ED25519};
	uint8_t digest[32];

	memcpy(rest + 2, key->public_key, 32);
	TRY(hash_sha256_two(
	    digest, span_str(key->name), span_of(rest, sizeof(rest))));
	memcpy(out, digest, 4);
	return OK;
}

/* "<name>+<id>+<base64 of type and 32 bytes>"; the id is checked later. */
static struct err
take_key(struct span text, struct note_key *out, uint8_t out_bytes[32])
{
	struct span name, id_text, key_text;
	struct buf bytes;

	if (!span_take_until(&text, &name, '+') ||
	    !span_take_until(&text, &id_text, '+') || text.data == NULL)
		return ERR(MALFORMED, "note: a key has three parts");
	key_text = text; /* base64 may hold a plus itself */
	TRY(set_name(out, name));
	buf_init(&bytes, sizeof(out->id) + TYPED_KEY);
	struct err err = decode_hex(&bytes, id_text);
	if (err.code == ERR_OK && bytes.len != sizeof(out->id))
		err = ERR(MALFORMED, "note: a key's id has four bytes");
	if (err.code == ERR_OK)
		err = decode_base64(&bytes, key_text);
	if (err.code == ERR_OK && bytes.len <= sizeof(out->id))
		err = ERR(MALFORMED, "note: a key has 32 bytes");
	if (err.code == ERR_OK && bytes.data[4] != TYPE_ED25519)
		err = ERR(UNSUPPORTED, "note: not an Ed25519 key");
	if (err.code == ERR_OK && bytes.len != sizeof(out->id) + TYPED_KEY)
		err = ERR(MALFORMED, "note: a key has 32 bytes");
	if (err.code == ERR_OK) {
		memcpy(out->id, bytes.data, sizeof(out->id));
		memcpy(out_bytes, bytes.data + 5, 32);
	}
	buf_wipe(&bytes);
	/* Too many bytes for the buf above are too many for a key. */
	return err.code == ERR_TOO_BIG
	    ? ERR(MALFORMED, "note: a key is too long")
	    : err;
}

static struct err
check_id(const struct note_key *key)
{
	uint8_t id[4];

	TRY(make_id(id, key));
	if (memcmp(id, key->id, sizeof(id)) != 0)
		return ERR(MALFORMED, "note: a key's id is not its own");
	return OK;
}

struct err
note_vkey_parse(struct note_key *out, struct span text)
{
	struct note_key key = {0};

	TRY(take_key(text, &key, key.public_key));
	TRY(check_id(&key));
	*out = key;
	return OK;
}

static struct err
put_key(struct buf *out, const struct note_key *key, const uint8_t bytes[32])
{
	uint8_t typed[TYPED_KEY] = {TYPE_ED25519};

	memcpy(typed + 1, bytes, 32);
	struct err err = buf_append_str(out, key->name);
	if (err.code == ERR_OK)
		err = buf_append_str(out, "+");
	if (err.code == ERR_OK)
		err = encode_hex(out, span_of(key->id, sizeof(key->id)));
	if (err.code == ERR_OK)
		err = buf_append_str(out, "+");
	if (err.code == ERR_OK)
		err = encode_base64(out, span_of(typed, sizeof(typed)));
	sodium_memzero(typed, sizeof(typed));
	return err;
}

struct err
note_vkey_format(struct buf *out, const struct note_key *key)
{
	size_t before = out->len;
	struct err err = put_key(out, key, key->public_key);

	if (err.code != ERR_OK)
		out->len = before;
	return err;
}

/* --- Keys that sign --- */

void
note_signer_done(struct note_signer *signer)
{
	if (signer == NULL)
		return;
	secret_free(signer->secret);
	*signer = (struct note_signer){0};
}

/* Into `signer`, whose name is set: both halves of the key, and its id. */
static struct err
take_seed(struct note_signer *signer, const uint8_t seed[SEED])
{
	TRY(secret_new(&signer->secret, SECRET));
	uint8_t *secret = secret_open(signer->secret);
	crypto_sign_seed_keypair(signer->key.public_key, secret, seed);
	secret_close(signer->secret);
	return make_id(signer->key.id, &signer->key);
}

struct err
note_secret_parse(struct note_signer *out, struct span text)
{
	struct note_signer signer = {0};
	struct note_key stated = {0};
	uint8_t seed[SEED] CLEANUP(secret_wipe32);

	if (!span_starts_with(text, span_str(PRIVATE)))
		return ERR(MALFORMED, "note: not a private key");
	text = span_sub(text, strlen(PRIVATE), text.len);
	TRY(take_key(text, &stated, seed));
	signer.key = stated;
	struct err err = take_seed(&signer, seed);
	if (err.code == ERR_OK &&
	    memcmp(stated.id, signer.key.id, sizeof(stated.id)) != 0)
		err = ERR(MALFORMED, "note: a key's id is not its own");
	if (err.code != ERR_OK) {
		note_signer_done(&signer);
		return err;
	}
	*out = signer;
	return OK;
}

struct err
note_secret_format(struct buf *out, const struct note_signer *signer)
{
	size_t before = out->len;
	struct err err = buf_append_str(out, PRIVATE);

	if (err.code == ERR_OK) {
		const uint8_t *secret = secret_open(signer->secret);
		err = put_key(out, &signer->key, secret);
		secret_close(signer->secret);
	}
	if (err.code != ERR_OK) {
		if (out->len > before)
			sodium_memzero(out->data + before, out->len - before);
		out->len = before;
	}
	return err;
}

struct err
note_keygen(struct note_signer *out, struct span name)
{
	struct note_signer signer = {0};
	uint8_t seed[SEED] CLEANUP(secret_wipe32);

	random_bytes(seed, sizeof(seed));
	TRY(set_name(&signer.key, name));
	struct err err = take_seed(&signer, seed);
	if (err.code != ERR_OK) {
		note_signer_done(&signer);
		return err;
	}
	*out = signer;
	return OK;
}

/* --- Notes --- */

static struct err
put_signature(
    struct buf *out, const struct note_signer *signer, struct span text)
{
	uint8_t line[4 + SIGNATURE];

	memcpy(line, signer->key.id, 4);
	const uint8_t *secret = secret_open(signer->secret);
	crypto_sign_detached(line + 4, NULL, text.data, text.len, secret);
	secret_close(signer->secret);
	TRY(buf_append_str(out, DASH));
	TRY(buf_append_str(out, signer->key.name));
	TRY(buf_append_str(out, " "));
	TRY(encode_base64(out, span_of(line, sizeof(line))));
	return buf_append_str(out, "\n");
}

struct err
note_sign(struct buf *out, const struct note_signer *signer, struct span text)
{
	size_t before = out->len;

	if (text.len == 0 || text.data[text.len - 1] != '\n')
		return ERR(MALFORMED, "note: the text does not end a line");
	if (text.len > NOTE_TEXT_MAX)
		return ERR(TOO_BIG, "note: the text is over its cap");
	TRY(check_text(text));
	struct err err = buf_append(out, text);
	if (err.code == ERR_OK)
		err = buf_append_str(out, "\n");
	if (err.code == ERR_OK)
		err = put_signature(out, signer, text);
	if (err.code != ERR_OK)
		out->len = before;
	return err;
}

/*
 * The last empty line parts text and signatures: a text may hold empty lines,
 * signatures may not.
 */
static struct err
split(struct span note, struct span *out_text, struct span *out_signatures)
{
	for (size_t at = note.len; at >= 2; at--) {
		if (note.data[at - 1] != '\n' || note.data[at - 2] != '\n')
			continue;
		*out_text = span_sub(note, 0, at - 1);
		*out_signatures = span_sub(note, at, note.len);
		if (out_signatures->len == 0)
			break;
		return OK;
	}
	return ERR(MALFORMED, "note: no signatures after an empty line");
}

/* A signature line, in its parts. */
struct signature {
	struct span name; /* borrowed */
	uint8_t bytes[NOTE_LINE_MAX];
	size_t len; /* of bytes: the id, then what its algorithm signs with */
};

static struct err
take_signature(struct span *in, struct signature *out)
{
	struct span line;
	struct buf bytes;

	TRY(span_take_line(in, &line));
	if (line.len > NOTE_LINE_MAX)
		return ERR(TOO_BIG, "note: a signature line is over its cap");
	if (!span_starts_with(line, span_str(DASH)))
		return ERR(MALFORMED, "note: a line is not a signature");
	line = span_sub(line, strlen(DASH), line.len);
	if (!span_take_until(&line, &out->name, ' ') || out->name.len == 0 ||
	    span_find(out->name, '+') != out->name.len || line.data == NULL)
		return ERR(MALFORMED, "note: a signature without a name");
	buf_init(&bytes, sizeof(out->bytes));
	struct err err = decode_base64(&bytes, line);
	if (err.code == ERR_OK && bytes.len < 5)
		err = ERR(MALFORMED, "note: a signature is short");
	if (err.code == ERR_OK) {
		memcpy(out->bytes, bytes.data, bytes.len);
		out->len = bytes.len;
	}
	buf_done(&bytes);
	return err;
}

/* A line in the name and with the id of `key`. */
static bool
is_by(const struct signature *signature, const struct note_key *key)
{
	return span_equal_str(signature->name, key->name) &&
	    memcmp(signature->bytes, key->id, sizeof(key->id)) == 0;
}

static struct err
check_signature(const struct signature *signature, const struct note_key *key,
    struct span text)
{
	if (signature->len != 4 + SIGNATURE ||
	    crypto_sign_verify_detached(signature->bytes + 4, text.data,
		text.len, key->public_key) != 0)
		return ERR(CRYPTO, "note: a signature is false");
	return OK;
}

struct err
note_verify(struct span note, const struct note_key *key, struct span *out_text)
{
	struct span text, rest;
	struct signature signature;
	bool found = false;

	if (note.len > NOTE_TEXT_MAX + NOTE_SIGNATURES * NOTE_LINE_MAX)
		return ERR(TOO_BIG, "note: over its cap");
	TRY(check_text(note));
	TRY(split(note, &text, &rest));
	if (text.len > NOTE_TEXT_MAX)
		return ERR(TOO_BIG, "note: the text is over its cap");
	for (size_t num = 0; rest.len > 0; num++) {
		if (num == NOTE_SIGNATURES)
			return ERR(TOO_BIG, "note: too many signatures");
		TRY(take_signature(&rest, &signature));
		if (!is_by(&signature, key))
			continue;
		TRY(check_signature(&signature, key, text));
		found = true;
	}
	if (!found)
		return ERR(NOT_FOUND, "note: not signed by this key");
	*out_text = text;
	return OK;
}
