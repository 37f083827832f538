#include "gateway/transform/trial_codes.h"

_Static_assert((int)TOKEN_INDEX == (int)TOKEN_CODE, "one for the other");

static struct err
ask(void *none, const uint8_t (*indexes)[TOKEN_INDEX], size_t num,
    uint8_t (*out_codes)[TOKEN_CODE], bool *out_known)
{
	(void)none;
	memcpy(out_codes, indexes, num * TOKEN_CODE);
	for (size_t i = 0; i < num; i++)
		out_known[i] = true;
	return OK;
}

static struct err
make(void *none, const struct draw_new *entries, size_t num,
    uint8_t (*out_codes)[TOKEN_CODE])
{
	(void)none;
	for (size_t i = 0; i < num; i++)
		memcpy(out_codes[i], entries[i].index, TOKEN_CODE);
	return OK;
}

static struct err
settle(void *none)
{
	(void)none;
	return OK;
}

const struct codes *
trial_codes(void)
{
	static const struct codes codes = {
	    .ask = ask, .make = make, .settle = settle};

	return &codes;
}

const uint8_t *
trial_codes_subject_key(void)
{
	static const uint8_t key[32];

	return key;
}
