#include "gateway/transform/subjects.h"

#include "gateway/transform/canon.h"
#include "gateway/transform/rows.h"
#include "policy/plan_key.h"

void
subjects_find(struct cells *cells, const struct plan *plan,
    const struct batch *raw, uint32_t column, struct span *out)
{
	enum column_kind kind = plan->conditions[plan_subject(plan)].kind;
	const struct span *in = batch_column(raw, column);

	for (uint32_t row = 0; row < raw->num_rows; row++)
		if (rows_missing(plan, in[row]) ||
		    !canon_value(cells, kind, in[row], &out[row]))
			out[row] = span_of(NULL, 0);
}
