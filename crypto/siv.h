#ifndef GATEHOUSE_SIV_H
#define GATEHOUSE_SIV_H

#include "crypto/memory/span.h"

/*
 * siv: AES-SIV (RFC 5297), authenticated and deterministic: what is sealed
 * twice under one key and the same associated data is the same bytes.
 *
 * OpenSSL 3.0 has it too, and gives a wrong tag for an empty plaintext: its
 * last step is never taken. This one makes S2V and the counter mode of AES by
 * the column, so that the blocks of many values go side by side.
 */
enum {
	SIV_TAG = 16,
	SIV_MAX_ADS = 126, /* strings of associated data: s.2.6 */
	SIV_MAX_LEN = 1 << 30,
};

struct siv;

/*
 * siv_new
 *
 * out      owned by the caller; siv_free, which wipes
 * key      32, 48 or 64 bytes; kept in a struct secret
 * Errors   MALFORMED: of another length; NO_MEMORY
 */
MUST_USE struct err siv_new(struct siv **out, struct span key);
void siv_free(struct siv *siv); /* accepts NULL */

/*
 * siv_begin: what follows is under the key and these strings of associated
 * data, up to siv_end. Nothing between them allocates.
 *
 * num_ads  up to SIV_MAX_ADS
 */
void siv_begin(struct siv *siv, const struct span *ads, size_t num_ads);
void siv_end(struct siv *siv);

/*
 * siv_seal: plains[i] into outs[i], which has room for SIV_TAG bytes more and
 * does not overlap it. Lengths are up to SIV_MAX_LEN.
 */
void siv_seal(struct siv *siv, const struct span *plains, uint8_t *const *outs,
    size_t num);

/*
 * siv_open
 *
 * out      sealed.len - SIV_TAG bytes; wiped when it fails
 * Errors   TRUNCATED; TOO_BIG; CRYPTO: sealed under another key, with other
 *          associated data, or changed
 */
MUST_USE struct err siv_open(struct siv *siv, struct span sealed, uint8_t *out);

#endif
