#ifndef GATEHOUSE_SHIFT_H
#define GATEHOUSE_SHIFT_H

#include "crypto/hmac_key.h"

/*
 * shift: subjects into days, by which all their dates move.
 *
 *     n = be64(HMAC-SHA-256(K, len_be64(kind) kind subject)[:8]) mod 730
 *     days = n - 365 below 365, else n - 364: never 0
 *
 * The subject is in canonical form, and K is what derive_column_key
 * gives for this use.
 */
enum {
	SHIFT_MAX_DAYS = 365
};

/* shift_column: out[i] is for subjects[i]: within SHIFT_MAX_DAYS, not 0. */
void shift_column(const struct hmac_key *key, const struct span *subjects,
    size_t num, int16_t *out);

#endif
