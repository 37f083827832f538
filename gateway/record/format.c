#include "gateway/record/format.h"

#include <assert.h>

#include "gateway/record/csv_format.h"
#include "gateway/record/jsonl_format.h"

static const struct format *const formats[NUM_FILE_KINDS] = {
    [FILE_CSV] = &csv_format,
    [FILE_JSONL] = &jsonl_format,
};

const struct format *
format_of(const struct plan *plan)
{
	assert(plan->format.kind < NUM_FILE_KINDS);
	return formats[plan->format.kind];
}
