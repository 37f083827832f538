#include "gateway/metric/metric_sum.h"

/* The cells of a line of the table. */
struct line {
	enum metric_role role;
	enum metric_type type;
	unsigned first, last;
};

#define LINE(role, id, type, name, a, b, help)                                 \
	{role, METRIC_TYPE_##type, id, id##_LAST},
static const struct line lines[] = {METRIC_ALL(LINE)};
#undef LINE

static void
add(uint64_t *sum, uint64_t value)
{
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = UINT64_MAX;
}

void
metric_sum_add(struct metric_sum *sum, const struct metric_page *page)
{
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		add(&sum->cells[i], metric_read(page, i));
}

void
metric_sum_fold(struct metric_sum *sum, enum metric_role role,
    const struct metric_page *page)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (lines[i].role != role || lines[i].type == METRIC_TYPE_GAUGE)
			continue;
		for (unsigned c = lines[i].first; c <= lines[i].last; c++)
			add(&sum->cells[c], metric_read(page, c));
	}
}

struct err
metric_sum_put(struct buf *out, const struct metric_sum *sum)
{
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		TRY(buf_put_u64be(out, sum->cells[i]));
	return OK;
}

struct err
metric_sum_take(struct metric_sum *out, struct span in)
{
	struct metric_sum sum;

	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		TRY(span_take_u64be(&in, &sum.cells[i]));
	TRY(span_end(in));
	*out = sum;
	return OK;
}
