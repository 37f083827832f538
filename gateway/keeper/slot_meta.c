#include "gateway/keeper/slot_meta.h"

#include "crypto/aead.h"
#include "crypto/age_stream.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/slot_view.h"

enum {
	META_VERSION = 2
};

static struct err
put(struct buf *out, const struct slot *slot)
{
	struct slot_recipients now;

	TRY(slot_view_recipients(slot, &now));
	TRY(buf_put_u8(out, META_VERSION));
	TRY(buf_append(out, span_of(slot->generation, 16)));
	TRY(buf_append(out, span_of(slot->file_key, 16)));
	TRY(buf_put_u64be(out, slot->header_len));
	TRY(buf_put_u64be(out, slot->plain_len));
	TRY(buf_append(out, span_of(slot->sha256, 32)));
	TRY(buf_put_u64be(out, slot->counts.rows_read));
	TRY(buf_put_u64be(out, slot->counts.rows_released));
	TRY(buf_put_u32be(out, slot->counts.num_withheld));
	for (uint32_t i = 0; i < slot->counts.num_withheld; i++) {
		TRY(buf_put_field(out, slot->counts.withheld[i].reason));
		TRY(buf_put_u64be(out, slot->counts.withheld[i].rows));
	}
	return slot_recipients_put(out, &now);
}

struct err
slot_meta_seal(struct buf *out, const struct slot *slot)
{
	struct buf plain CLEANUP(buf_wipe) = {.max = OPEN_MAX_META};

	TRY(put(&plain, slot));
	const struct keyring_keys *keys = keyring_open(slot->keeper->ring);
	struct err err = aead_seal(
	    out, keys->meta, span_of(slot->name, 64), buf_span(&plain));
	keyring_close(slot->keeper->ring);
	return err;
}

struct err
slot_meta_remember(struct slot *slot)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct buf meta CLEANUP(buf_wipe) = {.max = OPEN_MAX_META};

	TRY(slot_meta_seal(&meta, slot));
	TRY(buf_put_field(&body, span_of(slot->name, 64)));
	TRY(buf_put_field(&body, buf_span(&meta)));
	return pending_ask(&slot->keeper->spool, OPEN_REPLACE_META,
	    buf_span(&body), PENDING_REMEMBER, slot);
}

static struct err
take_bytes(struct span *in, void *out, size_t len)
{
	struct span bytes;

	TRY(span_take(in, &bytes, len));
	memcpy(out, bytes.data, len);
	return OK;
}

/* Whoever had the file key must be a recipient now, or it is a new key's
 * turn; whoever is new is not in the meta yet. */
static struct err
check_recipients(const struct slot *slot, const struct slot_recipients *known,
    bool *out_current)
{
	struct slot_recipients now;

	TRY(slot_view_recipients(slot, &now));
	if (!slot_recipients_cover(&now, known))
		return ERR(CHANGED, "slot meta: a recipient was revoked");
	*out_current = known->num == now.num;
	return OK;
}

static struct err
take(struct slot *slot, struct span in, struct slot_recipients *known)
{
	struct fill_done done = {.num_withheld = 0};
	uint8_t version;

	TRY(span_take_u8(&in, &version));
	if (version != META_VERSION)
		return ERR(CHANGED, "slot meta: of another version");
	TRY(take_bytes(&in, slot->generation, 16));
	TRY(take_bytes(&in, slot->file_key, 16));
	TRY(span_take_u64be(&in, &slot->header_len));
	TRY(span_take_u64be(&in, &slot->plain_len));
	TRY(take_bytes(&in, slot->sha256, 32));
	TRY(span_take_u64be(&in, &done.rows_read));
	TRY(span_take_u64be(&in, &done.rows_released));
	TRY(span_take_u32be(&in, &done.num_withheld));
	if (done.num_withheld > FILL_MAX_REASONS)
		return ERR(TOO_BIG, "slot meta: too many reasons");
	for (uint32_t i = 0; i < done.num_withheld; i++) {
		TRY(span_take_field(
		    &in, &done.withheld[i].reason, FILL_MAX_TEXT));
		TRY(span_take_u64be(&in, &done.withheld[i].rows));
	}
	TRY(slot_recipients_take(&in, known));
	TRY(span_end(in));
	return slot_counts_set(&slot->counts, &done);
}

struct err
slot_meta_open(
    struct slot *slot, struct span meta, uint64_t slot_len, bool *out_current)
{
	struct slot_recipients known;
	struct buf plain CLEANUP(buf_wipe) = {.max = OPEN_MAX_META};
	const struct keyring_keys *keys = keyring_open(slot->keeper->ring);
	struct err err =
	    aead_open(&plain, keys->meta, span_of(slot->name, 64), meta);

	keyring_close(slot->keeper->ring);
	TRY(err);
	TRY(take(slot, buf_span(&plain), &known));
	if (slot_len != slot->header_len + age_payload_len(slot->plain_len))
		return ERR(MALFORMED, "slot meta: not the slot's length");
	TRY(check_recipients(slot, &known, out_current));
	slot->slot_len = slot_len;
	return OK;
}
