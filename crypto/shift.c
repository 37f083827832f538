#include "crypto/shift.h"

#include <sodium.h>

#include "crypto/hmac_column.h"

enum {
	AT_ONCE = 64
};

static int16_t
days_of(const uint8_t mac[32])
{
	uint64_t n = 0;
	int days;

	for (unsigned i = 0; i < 8; i++)
		n = n << 8 | mac[i];
	days = (int)(n % (2 * SHIFT_MAX_DAYS));
	return (int16_t)(days < SHIFT_MAX_DAYS ? days - SHIFT_MAX_DAYS
					       : days - SHIFT_MAX_DAYS + 1);
}

void
shift_column(const struct hmac_key *key, const struct span *subjects,
    size_t num, int16_t *out)
{
	struct hmac keyed CLEANUP(hmac_wipe);
	uint8_t macs[AT_ONCE][32];

	hmac_key_copy(&keyed, key);
	for (size_t at = 0; at < num; at += AT_ONCE) {
		size_t lot = num - at < AT_ONCE ? num - at : AT_ONCE;

		hmac_column(&keyed, subjects + at, lot, macs);
		for (size_t i = 0; i < lot; i++)
			out[at + i] = days_of(macs[i]);
	}
	sodium_memzero(macs, sizeof(macs));
}
