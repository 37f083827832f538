/*
 * image_decode, and what works on its result: plan_build, decide_named,
 * explain_agreement. A policy that is taken encodes to the same bytes again.
 */
#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/explain.h"
#include "policy/image.h"
#include "policy/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	MAX_BYTES = 1 << 22
};

static void
use_agreement(struct arena *arena, const struct policy *p, uint32_t agreement)
{
	const struct agreement *a = &p->agreements[agreement];
	struct decision decision;
	struct plan plan;
	struct buf out;

	if (plan_build(&plan, arena, p, agreement, 2026, 1).code == ERR_OK) {
		buf_init(&out, MAX_BYTES);
		(void)plan_encode(&out, &plan).code;
		buf_done(&out);
	}
	for (size_t i = 0; i < a->num_who && i < 4; i++) {
		for (size_t j = 0; j < a->num_places && j < 4; j++) {
			decide_named(&decision, p, a->who[i], a->places[j],
			    a->id, a->from);
			buf_init(&out, MAX_BYTES);
			(void)explain_agreement(
			    &out, p, &decision, a->who[i], a->places[j], a->id)
			    .code;
			buf_done(&out);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct policy policy;
	struct arena arena;
	struct buf again;

	arena_init(&arena, MAX_BYTES);
	if (image_decode(&policy, &arena, in).code == ERR_OK) {
		buf_init(&again, size);
		if (image_encode(&again, &policy).code != ERR_OK ||
		    !span_equal(buf_span(&again), in))
			abort();
		buf_done(&again);
		for (uint32_t i = 0; i < policy.num_agreements && i < 8; i++)
			use_agreement(&arena, &policy, i);
	}
	arena_done(&arena);
	return 0;
}
