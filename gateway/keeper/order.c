#include "gateway/keeper/order.h"

#include "crypto/age_header.h"
#include "crypto/derive.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/seeds.h"
#include "policy/plan_key.h"
#include "policy/protect.h"

static enum derive_use
use_of(enum protection_op op)
{
	if (op == PROTECT_SEALED)
		return DERIVE_SEALED;
	if (op == PROTECT_FORMAT)
		return DERIVE_FORMAT;
	if (op == PROTECT_TOKEN)
		return DERIVE_TOKEN;
	return op == PROTECT_SHIFT ? DERIVE_SHIFT : DERIVE_PSEUDONYM;
}

/* What the plan's codes are made under: of its epoch, whichever is the last. */
static struct err
find_entry(const struct scope_entry **out, const struct keeper *keeper,
    const struct order *order)
{
	struct scope scope;

	*out = keeper->seeds != NULL &&
		scope_of(&scope, &keeper->policy, order->agreement)
	    ? scope_file_find(
		  seeds_all(keeper->seeds), &scope, order->plan->plan.key_epoch)
	    : NULL;
	return *out != NULL ? OK
			    : ERR(NOT_FOUND, "keeper: codes without a scope");
}

struct err
order_key(uint8_t out[32], const struct seeds *seeds,
    const struct scope_entry *entry, const uint8_t root[32],
    enum protection_op op, enum column_kind kind)
{
	const struct derive_column what = {.use = use_of(op),
	    .purpose = entry->scope.purpose,
	    .dataset = entry->scope.dataset,
	    .recipient = entry->scope.recipient,
	    .kind = span_str(model_kind_name(kind)),
	    .epoch = entry->epoch};

	return seeds_column_key(out, seeds, entry, root, &what);
}

/* Keys of the columns of codes, each for this scope and epoch. */
static struct err
put_keys(struct fill_order *out, const struct keeper *keeper,
    const struct order *order, const uint8_t root[32])
{
	const struct scope_entry *entry;

	for (uint32_t i = 0; i < order->plan->plan.num_columns; i++) {
		const struct plan_column *column =
		    &order->plan->plan.columns[i];
		if (!protect_is_keyed(column->how.op))
			continue;
		if (out->num_keys == FILL_MAX_KEYS)
			return ERR(
			    TOO_BIG, "keeper: too many columns of codes");
		TRY(find_entry(&entry, keeper, order));
		struct fill_key *key = &out->keys[out->num_keys++];
		key->column = i;
		TRY(order_key(key->key, keeper->seeds, entry, root,
		    column->how.op, plan_key_kind(&order->plan->plan, column)));
	}
	return OK;
}

static struct err
make(struct keeper *keeper, const struct order *order, struct fill_order *out,
    struct buf *header)
{
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct age_wrap wrap;

	memcpy(out->file_key, order->file_key, sizeof(out->file_key));
	random_bytes(out->nonce, sizeof(out->nonce));
	random_bytes(wrap.ephemeral, sizeof(wrap.ephemeral));
	memcpy(wrap.recipient,
	    order->recipient != NULL ? order->recipient : keys->spool_public,
	    32);
	struct err err = age_header_write(header, order->file_key, &wrap, 1);
	explicit_bzero(&wrap, sizeof(wrap));
	if (err.code == ERR_OK)
		err = put_keys(out, keeper, order, keys->root);
	if (err.code == ERR_OK && plan_has_tokens(&order->plan->plan))
		err =
		    derive_subkey(out->subject_key, keys->root, TOKEN_SUBJECTS);
	keyring_close(keeper->ring);
	out->header = buf_span(header);
	return err;
}

static struct err
encode(struct keeper *keeper, const struct order *order, struct buf *body,
    uint64_t *out_header_len)
{
	struct buf header CLEANUP(buf_wipe) = {.max = FILL_MAX_HEADER};
	struct fill_order out = {.num_keys = 0};
	struct err err = make(keeper, order, &out, &header);

	if (err.code == ERR_OK)
		err = fill_put_order(body, &out);
	fill_wipe_order(&out);
	*out_header_len = header.len;
	return err;
}

struct err
order_send(struct seam *mill, const struct order *order,
    const struct order_fds *fds, uint64_t *out_header_len)
{
	struct buf body CLEANUP(buf_wipe) = {.max = FRAME_MAX_BODY};
	struct err err = encode(mill->keeper, order, &body, out_header_len);
	struct frame frame = {.type = FILL_ORDER,
	    .fds = {fds->source, fds->out, fds->codes},
	    .num_fds = fds->codes >= 0 ? 3 : 2};

	if (err.code != ERR_OK) {
		frame_close_fds(&frame);
		return err;
	}
	frame.body = buf_span(&body);
	seam_send_frame(mill, &frame);
	return OK;
}
