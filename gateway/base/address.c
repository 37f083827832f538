#include "gateway/base/address.h"

bool
address_is_v4(const uint8_t address[16])
{
	static const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};

	return span_equal(span_of(address, 12), span_of(head, 12));
}

void
address_prefix(uint8_t out[16], const uint8_t address[16])
{
	size_t len = address_is_v4(address) ? 12 + ADDRESS_V4_BITS / 8
					    : ADDRESS_V6_BITS / 8;
	uint8_t prefix[16] = {0};

	memcpy(prefix, address, len);
	memcpy(out, prefix, sizeof(prefix));
}
