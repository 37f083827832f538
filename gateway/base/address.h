#ifndef GATEHOUSE_ADDRESS_H
#define GATEHOUSE_ADDRESS_H

#include "crypto/memory/span.h"

/*
 * address: where somebody is, in 16 bytes: IPv6, or IPv4 as ::ffff:a.b.c.d
 * (RFC 4291 s.2.5.5.2).
 */
enum {
	ADDRESS_V4_BITS = 24, /* of a prefix: what is one source to us */
	ADDRESS_V6_BITS = 48,
};

bool address_is_v4(const uint8_t address[16]);

/* address_prefix: its first bits, the others 0. */
void address_prefix(uint8_t out[16], const uint8_t address[16]);

#endif
