#include "gateway/keeper/slot_view.h"

#include "crypto/age_header.h"
#include "crypto/age_stream.h"
#include "crypto/derive.h"

static const struct agreement *
agreement_of(const struct slot *slot)
{
	return &slot->keeper->policy.agreements[slot->agreement];
}

uint64_t
slot_view_len(const struct slot *slot)
{
	struct slot_recipients set;

	/* More than a set may hold are refused when the slot is looked up. */
	if (agreement_of(slot)->encrypt == ENCRYPT_TLS ||
	    slot_view_recipients(slot, &set).code != ERR_OK)
		return slot->plain_len;
	return age_header_len(set.num) + age_payload_len(slot->plain_len);
}

struct err
slot_view_recipients(const struct slot *slot, struct slot_recipients *out)
{
	return slot_recipients_of(out, agreement_of(slot));
}

static struct err
make_etag(const struct slot *slot, char out[37])
{
	struct slot_recipients set;
	char etag[DERIVE_ETAG_TEXT + 1];

	TRY(slot_view_recipients(slot, &set));
	const struct keyring_keys *keys = keyring_open(slot->keeper->ring);
	struct err err = derive_etag(etag, keys->etag, slot->generation,
	    (const uint8_t(*)[32])set.keys, set.num);

	keyring_close(slot->keeper->ring);
	TRY(err);
	snprintf(out, 37, "\"%s\"", etag);
	return OK;
}

/* Generation and recipients make it, and a keeper has one policy: a read of a
 * slot that is there needs no key for it. */
struct err
slot_view_etag(struct slot *slot, char out[37])
{
	const struct span generation = span_of(slot->generation, 16);

	if (slot->etag[0] == '\0' ||
	    !span_equal(span_of(slot->etag_of, 16), generation)) {
		slot->etag[0] = '\0';
		TRY(make_etag(slot, slot->etag));
		memcpy(slot->etag_of, generation.data, generation.len);
	}
	memcpy(out, slot->etag, sizeof(slot->etag));
	return OK;
}
