#include "policy/recipients.h"

enum {
	KEY_LEN = 32
};

static bool
is_recipient(const struct agreement *a, const uint8_t key[KEY_LEN])
{
	for (uint32_t i = 0; i < a->num_recipients; i++) {
		if (span_equal(span_of(a->recipients[i], KEY_LEN),
			span_of(key, KEY_LEN)))
			return true;
	}
	return false;
}

bool
recipients_within(const struct agreement *older, const struct agreement *newer)
{
	if (newer->encrypt != older->encrypt)
		return false;
	for (uint32_t i = 0; i < older->num_recipients; i++) {
		if (!is_recipient(newer, older->recipients[i]))
			return false;
	}
	return true;
}
