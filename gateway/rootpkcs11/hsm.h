#ifndef GATEHOUSE_HSM_H
#define GATEHOUSE_HSM_H

#include "crypto/memory/span.h"
#include "crypto/root_file.h"

/*
 * hsm: a key of an HSM or a smart card, by PKCS #11 (OASIS, version 2.40). It
 * is an AES key of 256 bits that cannot be taken out: what it seals, the token
 * seals and opens, by AES-GCM (CKM_AES_GCM).
 */
struct hsm;

struct hsm_where {
	const char *module; /* the path of the vendor's library */
	const char *token;  /* the label of the token */
	const char *label;  /* of the key in it */
	struct span pin;
};

/*
 * hsm_open: load the module, find the token, and log in.
 *
 * makes    the key is made, if there is none of that label
 * out      end with hsm_close
 * Errors   UNAVAILABLE: no such token is there; DENIED: the PIN; NOT_FOUND:
 *          there is no such key; MALFORMED: there are several, or it is not of
 *          that kind; IO: the module or the token failed, and the log has the
 *          call and its code
 */
MUST_USE struct err hsm_open(
    struct hsm **out, const struct hsm_where *where, bool makes);
void hsm_close(struct hsm *token); /* accepts NULL */

/*
 * hsm_seal: a new nonce, ciphertext and tag. hsm_unseal: what was sealed.
 *
 * bound    authenticated, and not kept
 * Errors   IO: as above; DENIED: it was sealed under another key, or is not
 *          what was sealed
 */
MUST_USE struct err hsm_seal(struct hsm *token, uint8_t out[ROOT_TOKEN],
    struct span bound, const uint8_t root[ROOT_LEN]);
MUST_USE struct err hsm_unseal(struct hsm *token, uint8_t out[ROOT_LEN],
    struct span bound, const uint8_t sealed[ROOT_TOKEN]);

#endif
