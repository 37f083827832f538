#include "gateway/keeper/mills.h"

struct seam *
mills_find(struct keeper *keeper, const uint8_t *digest)
{
	struct seam *fresh = NULL, *other = NULL;

	for (size_t i = 0; i < keeper->num_mills; i++) {
		struct seam *mill = &keeper->mills[i];
		if (mill->channel.fd < 0 || mill->slot != NULL ||
		    mill->form != NULL)
			continue;
		if (mill->bound && digest != NULL &&
		    memcmp(mill->plan, digest, 32) == 0)
			return mill;
		if (mill->bound)
			other = mill;
		else
			fresh = mill;
	}
	if (fresh == NULL && other != NULL)
		other->lost(other);
	return fresh;
}

void
mills_bind(struct seam *mill, const uint8_t digest[32])
{
	mill->bound = true;
	memcpy(mill->plan, digest, 32);
}
