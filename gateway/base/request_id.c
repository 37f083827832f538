#include "gateway/base/request_id.h"

#include "crypto/random.h"

void
request_id_make(char out[17])
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t bytes[8];

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < 8; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[16] = '\0';
}
