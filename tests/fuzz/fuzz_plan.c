/*
 * plan_decode, plan_encode. A plan that is taken encodes to the same bytes
 * again, so that its digest stands for it.
 */
#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	MAX_BYTES = 1 << 22
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct plan plan;
	struct arena arena;
	struct buf again;

	arena_init(&arena, MAX_BYTES);
	if (plan_decode(&plan, &arena, in).code == ERR_OK) {
		buf_init(&again, size);
		if (plan_encode(&again, &plan).code != ERR_OK ||
		    !span_equal(buf_span(&again), in))
			abort();
		buf_done(&again);
		for (size_t i = 0; i < plan.num_columns; i++)
			if (plan.columns[i].how.op == PROTECT_GROUP &&
			    plan.columns[i].how.table >= plan.num_tables)
				abort();
	}
	arena_done(&arena);
	return 0;
}
