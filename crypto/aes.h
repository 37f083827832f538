#ifndef GATEHOUSE_AES_H
#define GATEHOUSE_AES_H

#include "crypto/memory/span.h"

/*
 * aes: AES (FIPS 197) of many blocks at once, each by itself. It is no mode of
 * encryption: ff1.c and siv.c make one of it, a column of values at a time, so
 * that the CPU has independent blocks to work on. OpenSSL does the AES.
 *
 * A context holds a key only between aes_key and aes_forget. Neither these
 * nor aes_blocks allocate.
 */
enum {
	AES_BLOCK = 16
};

struct aes;

/*
 * aes_new: a context without a key.
 *
 * out      owned by the caller; aes_free, which forgets
 * key_len  16, 24 or 32
 * Errors   NO_MEMORY
 */
MUST_USE struct err aes_new(struct aes **out, size_t key_len);
void aes_free(struct aes *aes); /* accepts NULL */

/* aes_key: from now on under this key, of the context's length. */
void aes_key(struct aes *aes, const uint8_t *key);

/* aes_forget: the schedule of the key is overwritten. */
void aes_forget(struct aes *aes);

/* aes_blocks: encrypt `num` blocks, up to AES_WAVE. `out` may be `in`. */
enum {
	AES_WAVE = 32
};
void aes_blocks(struct aes *aes, uint8_t *out, const uint8_t *in, size_t num);

/*
 * aes_wave: blocks that go at once, and where each one goes: one step of many
 * chains that are under way side by side, like CBC-MACs. Begins as zero.
 */
struct aes_wave {
	uint8_t blocks[AES_WAVE][AES_BLOCK];
	uint8_t *to[AES_WAVE];
	size_t num;
};

/* aes_wave_put: the encryption of a xor b goes to `to`. */
void aes_wave_put(struct aes_wave *wave, uint8_t *to,
    const uint8_t a[AES_BLOCK], const uint8_t b[AES_BLOCK]);

/* aes_wave_run: now. False when there was none; then the chains are done. */
bool aes_wave_run(struct aes_wave *wave, struct aes *aes);

#endif
