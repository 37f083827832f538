#include "crypto/pseudonym.h"

#include <sodium.h>

#include "crypto/code.h"
#include "crypto/encode.h"
#include "crypto/hmac_column.h"

enum {
	CODE_BYTES = 16, /* of the MAC's 32 */
	CODES_AT_ONCE = 64
};

/* The rest of each MAC is not given away with its code. */
static void
make_codes(const struct hmac *keyed, const struct span *values, size_t num,
    const struct pseudonym_code *empty, struct pseudonym_code *out)
{
	uint8_t macs[CODES_AT_ONCE][32];
	uint8_t prefix_len = (uint8_t)(empty->len - PSEUDONYM_TEXT);

	hmac_column(keyed, values, num, macs);
	for (size_t i = 0; i < num; i++) {
		out[i] = *empty;
		encode_base32(
		    out[i].text + prefix_len, span_of(macs[i], CODE_BYTES));
	}
	sodium_memzero(macs, sizeof(macs));
}

void
pseudonym_column(const struct hmac_key *key, uint32_t epoch,
    const struct span *values, size_t num, struct pseudonym_code *out)
{
	struct pseudonym_code empty = {0};
	struct hmac keyed CLEANUP(hmac_wipe);

	hmac_key_copy(&keyed, key);
	empty.len =
	    (uint8_t)(code_prefix(empty.text, 'p', epoch) + PSEUDONYM_TEXT);
	for (size_t at = 0; at < num; at += CODES_AT_ONCE)
		make_codes(&keyed, values + at,
		    num - at < CODES_AT_ONCE ? num - at : CODES_AT_ONCE, &empty,
		    out + at);
}
