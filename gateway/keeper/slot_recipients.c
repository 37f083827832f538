#include "gateway/keeper/slot_recipients.h"

#include "crypto/derive.h"
#include "policy/model.h"

struct err
slot_recipients_of(
    struct slot_recipients *out, const struct agreement *agreement)
{
	out->num = 0;
	if (agreement->encrypt != ENCRYPT_AGE)
		return OK;
	if (agreement->num_recipients > SLOT_MAX_RECIPIENTS)
		return ERR(TOO_BIG, "keeper: too many recipients");
	memcpy(out->keys, agreement->recipients,
	    (size_t)agreement->num_recipients * 32);
	out->num = derive_sort_recipients(out->keys, agreement->num_recipients);
	return OK;
}

struct err
slot_recipients_put(struct buf *out, const struct slot_recipients *set)
{
	TRY(buf_put_u32be(out, (uint32_t)set->num));
	return buf_append(out, span_of(set->keys, set->num * 32));
}

struct err
slot_recipients_take(struct span *in, struct slot_recipients *out)
{
	struct span rest = *in, keys;
	uint32_t num;

	TRY(span_take_u32be(&rest, &num));
	if (num > SLOT_MAX_RECIPIENTS)
		return ERR(TOO_BIG, "keeper: too many recipients");
	TRY(span_take(&rest, &keys, (size_t)num * 32));
	for (size_t i = 1; i < num; i++)
		if (span_compare(span_sub(keys, i * 32 - 32, 32),
			span_sub(keys, i * 32, 32)) >= 0)
			return ERR(MALFORMED, "keeper: recipients in disorder");
	if (num > 0)
		memcpy(out->keys, keys.data, keys.len);
	out->num = num;
	*in = rest;
	return OK;
}

/* Both are in order: one pass over the larger. */
bool
slot_recipients_cover(
    const struct slot_recipients *set, const struct slot_recipients *known)
{
	size_t at = 0;

	for (size_t i = 0; i < set->num && at < known->num; i++)
		if (span_equal(span_of(set->keys[i], 32),
			span_of(known->keys[at], 32)))
			at++;
	return at == known->num;
}
