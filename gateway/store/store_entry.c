#include "gateway/store/store_entry.h"

static const char label[] = "gatehouse/codebook/entry/v1";

enum {
	PLACE_LEN = sizeof(label) + STORE_INDEX + STORE_SUBJECT + STORE_CODE
};

/* Each part has one length, the label ends with a NUL: nothing is ambiguous. */
static struct span
place(uint8_t out[PLACE_LEN], const struct store_entry *entry)
{
	uint8_t *at = out;

	memcpy(at, label, sizeof(label));
	memcpy(at += sizeof(label), entry->index, STORE_INDEX);
	memcpy(at += STORE_INDEX, entry->subject, STORE_SUBJECT);
	memcpy(at + STORE_SUBJECT, entry->code, STORE_CODE);
	return span_of(out, PLACE_LEN);
}

struct err
store_entry_seal(struct buf *out, const uint8_t key[32],
    const struct store_entry *entry, struct span value)
{
	uint8_t bytes[PLACE_LEN];

	return aead_seal(out, key, place(bytes, entry), value);
}

struct err
store_entry_open(struct buf *out, const uint8_t key[32],
    const struct store_entry *entry, struct span sealed)
{
	uint8_t bytes[PLACE_LEN];

	return aead_open(out, key, place(bytes, entry), sealed);
}
