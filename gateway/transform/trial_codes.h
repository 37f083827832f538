#ifndef GATEHOUSE_TRIAL_CODES_H
#define GATEHOUSE_TRIAL_CODES_H

#include "gateway/transform/codes.h"

/*
 * trial_codes: codes without a codebook, for who has no key either: the index
 * of a value, under a key that is thrown away, is as good as random. Within a
 * run the same value has the same code; nothing is kept, and no code is one
 * that was ever delivered.
 */
const struct codes *trial_codes(void);

/* trial_codes_subject_key: 32 bytes; nobody is removed from what is kept
 * nowhere. */
const uint8_t *trial_codes_subject_key(void);

#endif
