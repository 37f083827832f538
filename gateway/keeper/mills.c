#include "gateway/keeper/mills.h"

#include "gateway/keeper/seam.h"

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

static struct err
send_plan(struct seam *mill, struct span plan)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	while (plan.len > 0) {
		struct fill_piece piece = {
		    .bytes = span_sub(plan, 0, FILL_MAX_PIECE)};
		plan = span_sub(plan, piece.bytes.len, plan.len);
		piece.last = plan.len == 0;
		buf_reset(&body);
		TRY(fill_put_piece(&body, &piece));
		TRY(seam_ask(mill, FILL_PLAN, 0, buf_span(&body)));
	}
	return OK;
}

struct err
mills_bind(struct seam *mill, const struct compiled *plan)
{
	if (mill->bound)
		return OK;
	struct err err = send_plan(mill, buf_span(&plan->bytes));
	if (err.code != ERR_OK) {
		mill->lost(mill);
		return err;
	}
	mill->bound = true;
	memcpy(mill->plan, plan->digest, 32);
	return OK;
}
