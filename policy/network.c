#include "policy/network.h"

enum {
	ADDRESS_BITS = 128
};

bool
network_within(const struct network *a, const struct network *b)
{
	if (a->prefix_bits < b->prefix_bits)
		return false;
	for (size_t bit = 0; bit < b->prefix_bits; bit++)
		if (((a->address[bit / 8] ^ b->address[bit / 8]) >>
			    (7 - bit % 8) &
			1) != 0)
			return false;
	return true;
}

static bool
is_asked(const struct policy *p, uint32_t place, uint32_t but)
{
	return place != but && p->places[place].num_certificates == 0 &&
	    p->places[place].num_attested == 0;
}

/* How the networks of the places lie to one: one of them holds all of it, or
 * some lie in it, or none does. */
enum lie {
	LIE_BESIDE,
	LIE_IN,
	LIE_ROUND,
};

static enum lie
lie_of(const struct network *net, const struct policy *p, uint32_t but)
{
	enum lie lie = LIE_BESIDE;

	for (uint32_t i = 0; i < p->num_places; i++) {
		const struct place *place = &p->places[i];

		for (uint32_t j = 0;
		     is_asked(p, i, but) && j < place->num_seen_as; j++) {
			if (network_within(net, &place->seen_as[j]))
				return LIE_ROUND;
			if (network_within(&place->seen_as[j], net))
				lie = LIE_IN;
		}
	}
	return lie;
}

/*
 * Half by half, along the halves that others lie in: the other halves wait in
 * a pile, one of each size at most.
 */
bool
network_beside(const struct network *net, const struct policy *p, uint32_t but)
{
	struct network pile[ADDRESS_BITS + 1] = {*net};
	size_t num = 1;

	while (num > 0) {
		struct network one = pile[--num];
		enum lie lie = lie_of(&one, p, but);

		if (lie == LIE_BESIDE)
			return true;
		if (lie == LIE_ROUND)
			continue;
		/* What lies in it is smaller: it can be halved. */
		size_t bit = one.prefix_bits++;
		pile[num++] = one;
		one.address[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
		pile[num++] = one;
	}
	return false;
}
