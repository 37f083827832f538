#ifndef GATEHOUSE_TOKEN_H
#define GATEHOUSE_TOKEN_H

#include "crypto/code.h"
#include "crypto/hmac_key.h"

/*
 * token: what is computed for random codes. The code itself is 16 random bytes
 * that the codebook drew; it is found by a keyed hash of the identifier, and
 * beside it lies the identifier as the key of its column seals it. So who
 * holds the codebook and no key learns nothing of an identifier, and who holds
 * a key and no codebook nothing of a code.
 *
 *     t<epoch>_base32(code)
 *     index = HMAC-SHA-256(K_index, len_be64(kind) kind value)[:16]
 *     AES-SIV(K_value, associated data: kind; value)
 *     K_index = HKDF(K, info = "gatehouse/token-index/v1" 00), 32 bytes
 *     K_value = HKDF(K, info = "gatehouse/token-value/v1" 00), 64 bytes
 *
 * The value is in canonical form, as a pseudonym's (pseudonym.h). K comes from
 * derive_column_key. Nothing here is allocated per value.
 */
enum {
	TOKEN_CODE = 16,  /* bytes */
	TOKEN_INDEX = 16, /* likewise */
	TOKEN_TEXT_MAX = CODE_PREFIX_MAX + 26,
	TOKEN_MAX_VALUE = 1024, /* bytes of an identifier */
	TOKEN_SEAL = 16,	/* a sealed value is so much longer */
};

struct token_key;

/*
 * token_key_new
 *
 * out      owned by the caller; token_key_free, which wipes
 * Errors   NO_MEMORY
 */
MUST_USE struct err token_key_new(
    struct token_key **out, const uint8_t key[32], struct span kind_label);
void token_key_free(struct token_key *key); /* accepts NULL */

/* token_index: out[i] is where the codebook has the code of values[i]. */
void token_index(const struct token_key *key, const struct span *values,
    size_t num, uint8_t (*out)[TOKEN_INDEX]);

/*
 * token_subjects: out[i] stands for subjects[i] in the codebook, so that all
 * of a person can be removed there:
 * HMAC-SHA-256(K, len_be64(kind) kind subject)[:16].
 *
 * key  of a column key's form, whose K is derive_subkey(root, TOKEN_SUBJECTS):
 *      of no purpose, dataset, recipient or epoch
 */
#define TOKEN_SUBJECTS "token subjects"
void token_subjects(const struct hmac_key *key, const struct span *subjects,
    size_t num, uint8_t (*out)[TOKEN_INDEX]);

/* token_subject: the same of one, under K itself, of which nothing is kept. */
void token_subject(uint8_t out[TOKEN_INDEX], const uint8_t key[32],
    struct span kind, struct span subject);

/* token_seal: values[i] into outs[i], which has room for TOKEN_SEAL bytes more
 * and does not overlap it. */
void token_seal(struct token_key *key, const struct span *values,
    uint8_t *const *outs, size_t num);

/*
 * token_open: the value of what was sealed.
 *
 * out      room for sealed.len - TOKEN_SEAL bytes; wiped when it fails
 * Errors   TRUNCATED; TOO_BIG; CRYPTO: of another key or kind, or changed
 */
MUST_USE struct err token_open(
    struct token_key *key, struct span sealed, uint8_t *out);

/* token_text: the code as it is delivered, without a NUL; returns its length.
 */
size_t token_text(
    char out[TOKEN_TEXT_MAX], uint32_t epoch, const uint8_t code[TOKEN_CODE]);

/*
 * token_parse: the same backwards.
 *
 * Errors   MALFORMED: not such a text; outputs are untouched
 */
MUST_USE struct err token_parse(
    uint32_t *out_epoch, uint8_t out_code[TOKEN_CODE], struct span text);

#endif
