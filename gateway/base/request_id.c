#include "gateway/base/request_id.h"

#include <stdint.h>

#include "crypto/random.h"

enum {
	ID = 8, /* bytes */
	MANY = 64
};

/* No id is a secret, so those of many requests may lie here. */
static uint8_t pool[ID * MANY];
static size_t left;

void
request_id_make(char out[17])
{
	static const char digits[] = "0123456789ABCDEF";

	if (left == 0) {
		random_bytes(pool, sizeof(pool));
		left = MANY;
	}
	const uint8_t *bytes = pool + ID * --left;
	for (size_t i = 0; i < ID; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[16] = '\0';
}
