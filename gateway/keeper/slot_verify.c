#include "gateway/keeper/slot_verify.h"

#include "crypto/encode.h"
#include "crypto/random.h"
#include "gateway/base/log.h"
#include "gateway/keeper/slot_table.h"

/* No slot has such a name: those are made of what they hold. */
static struct err
random_name(char out[65])
{
	struct buf hex CLEANUP(buf_done) = {.max = 64};
	uint8_t bytes[32];

	random_bytes(bytes, sizeof(bytes));
	TRY(encode_hex(&hex, span_of(bytes, sizeof(bytes))));
	memcpy(out, hex.data, 64);
	out[64] = '\0';
	return OK;
}

struct err
slot_verify_begin(struct slot *slot, struct slot_verify *verify)
{
	struct slot *trial;
	char name[65];

	TRY(random_name(name));
	/* Held first: a full table forgets what nobody holds. */
	slot_table_hold(slot);
	struct err err = slot_table_add(&trial, slot->keeper, name);
	if (err.code != ERR_OK) {
		slot_table_release(slot);
		return err;
	}
	trial->agreement = slot->agreement;
	trial->dataset = slot->dataset;
	trial->plan = slot->plan;
	trial->source = slot->source;
	memcpy(trial->key, slot->key, sizeof(trial->key));
	trial->is_trial = true;
	trial->tried = slot;
	trial->verify = verify;
	slot_fill_enqueue(trial);
	return OK;
}

void
slot_verify_forget(struct keeper *keeper, const struct slot_verify *verify)
{
	struct slot *slot;

	TAILQ_FOREACH(slot, &keeper->used, used)
	{
		if (slot->verify == verify)
			slot->verify = NULL;
	}
}

void
slot_verify_over(struct slot *trial, bool filled)
{
	struct slot *slot = trial->tried;
	enum slot_verdict verdict = SLOT_UNKNOWN;

	if (slot == NULL)
		return;
	if (filled)
		verdict = trial->plain_len == slot->plain_len &&
			memcmp(trial->sha256, slot->sha256, 32) == 0
		    ? SLOT_SAME
		    : SLOT_DIFFERS;
	if (verdict == SLOT_DIFFERS) {
		const struct log_field field = log_span("agreement",
		    slot->keeper->policy.agreements[slot->agreement].id);
		log_event("slot-differs", &field, 1);
	}
	trial->tried = NULL;
	slot_table_disuse(trial);
	if (trial->verify != NULL)
		trial->verify->over(trial->verify, slot, verdict);
	slot_table_release(slot);
}
