#include "gateway/base/proven.h"

#include <string.h>

enum {
	KEY_LEN = 32
};

static void
swap(uint8_t a[KEY_LEN], uint8_t b[KEY_LEN])
{
	uint8_t kept[KEY_LEN];

	memcpy(kept, a, KEY_LEN);
	memmove(a, b, KEY_LEN);
	memcpy(b, kept, KEY_LEN);
}

static void
keep_of(struct agreement *a, struct span party, const struct proven_file *file)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < a->num_recipients; i++)
		if (proven_file_find(file, party, a->recipients[i]) != NULL)
			swap(a->recipients[num++], a->recipients[i]);
	a->num_unproven = a->num_recipients - num;
	a->num_recipients = num;
}

uint64_t
proven_keep(struct policy *policy, const struct proven_file *file)
{
	uint64_t num_out = 0;

	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		struct agreement *a = &policy->agreements[i];
		keep_of(a, policy->parties[a->recipient].id, file);
		num_out += a->num_unproven;
	}
	return num_out;
}
