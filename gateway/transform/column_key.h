#ifndef GATEHOUSE_COLUMN_KEY_H
#define GATEHOUSE_COLUMN_KEY_H

#include "crypto/sealed.h"
#include "crypto/shape.h"
#include "crypto/token.h"
#include "policy/plan.h"

/* column_key: what the key of a column is to its protection. */
enum {
	COLUMN_KEY_SECRETS = 3 /* of memory/secret.h that one has at most */
};

struct column_key {
	struct hmac_key *hmac;	   /* PSEUDONYM and SHIFT only */
	struct sealed_key *sealed; /* SEALED only */
	struct shape_key *shape;   /* FORMAT only */
	struct token_key *token;   /* TOKEN only, and */
	struct hmac_key *subject;  /* for who has codes removed */
};

/*
 * column_key_new: nothing, where the protection is not keyed.
 *
 * out      the zero value; column_key_done in every case
 * key      32 bytes; not borrowed
 * Errors   MALFORMED: it is NULL, and needed; NO_MEMORY
 */
MUST_USE struct err column_key_new(struct column_key *out,
    const struct plan *plan, const struct plan_column *column,
    const uint8_t *key);

/* column_key_subject: of TOKEN, the key of subjects. Errors: NO_MEMORY. */
MUST_USE struct err column_key_subject(struct column_key *out,
    const struct plan *plan, const struct plan_column *column,
    const uint8_t key[32]);

void column_key_done(struct column_key *key); /* wipes */

#endif
