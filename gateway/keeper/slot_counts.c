#include "gateway/keeper/slot_counts.h"

struct err
slot_counts_set(struct slot_counts *counts, const struct fill_done *done)
{
	size_t need = 0, at = 0;

	buf_reset(&counts->texts);
	counts->texts.max = FILL_MAX_REASONS * FILL_MAX_TEXT;
	counts->num_withheld = 0;
	for (uint32_t i = 0; i < done->num_withheld; i++)
		need += done->withheld[i].reason.len;
	/* Reserved at once, so that no span moves while others are added. */
	TRY(buf_reserve(&counts->texts, need));
	for (uint32_t i = 0; i < done->num_withheld; i++) {
		struct span reason = done->withheld[i].reason;
		TRY(buf_append(&counts->texts, reason));
		counts->withheld[i] = (struct fill_reason){
		    .reason =
			span_sub(buf_span(&counts->texts), at, reason.len),
		    .rows = done->withheld[i].rows};
		at += reason.len;
	}
	counts->rows_read = done->rows_read;
	counts->rows_released = done->rows_released;
	counts->num_withheld = done->num_withheld;
	return OK;
}

void
slot_counts_done(struct slot_counts *counts)
{
	buf_done(&counts->texts);
	counts->num_withheld = 0;
}

void
slot_counts_put(const struct slot_counts *counts, struct record_rows *out,
    struct record_withheld withheld[FILL_MAX_REASONS])
{
	for (uint32_t i = 0; i < counts->num_withheld; i++)
		withheld[i] = (struct record_withheld){
		    .reason = counts->withheld[i].reason,
		    .rows = counts->withheld[i].rows};
	*out = (struct record_rows){.read = record_number(counts->rows_read),
	    .released = record_number(counts->rows_released),
	    .withheld = withheld,
	    .num_withheld = counts->num_withheld};
}
