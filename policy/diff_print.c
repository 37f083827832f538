#include "policy/diff.h"

enum {
	MAX_WIDTH = 32,
	NUM_LEFT = 3, /* caller, agreement, place */
};

/* Columns that a terminal shows: code points, for most scripts. */
static size_t
width_of(struct span text)
{
	size_t num = 0;

	for (size_t i = 0; i < text.len; i++)
		if ((text.data[i] & 0xc0) != 0x80)
			num++;
	return num;
}

static struct err
put_padded(struct buf *out, struct span text, size_t to)
{
	TRY(buf_append(out, text));
	for (size_t i = width_of(text); i < to; i++)
		TRY(buf_append_str(out, " "));
	return buf_append_str(out, "  ");
}

/* What stands left of a row, `-` for what it is not about. */
static void
left_of(struct span out[NUM_LEFT], const struct diff_row *row)
{
	out[0] = row->who.len > 0 ? row->who : span_str("-");
	out[1] = row->agreement.len > 0 ? row->agreement : span_str("-");
	out[2] = row->place.len > 0 ? row->place : span_str("-");
}

static bool
same_left(const struct diff_row *a, const struct diff_row *b)
{
	return span_equal(a->who, b->who) &&
	    span_equal(a->agreement, b->agreement) &&
	    span_equal(a->place, b->place);
}

static void
measure(size_t widths[NUM_LEFT], const struct diff *diff)
{
	struct span left[NUM_LEFT];

	for (size_t i = 0; i < diff->num_rows; i++) {
		left_of(left, &diff->rows[i]);
		for (size_t j = 0; j < NUM_LEFT; j++) {
			size_t one = width_of(left[j]);

			if (one > widths[j] && one <= MAX_WIDTH)
				widths[j] = one;
		}
	}
}

/* A row says who, what and where only if the one above does not. */
static struct err
put_left(struct buf *out, const struct diff_row *row,
    const struct diff_row *above, const size_t widths[NUM_LEFT])
{
	struct span left[NUM_LEFT];

	left_of(left, row);
	for (size_t i = 0; i < NUM_LEFT; i++)
		TRY(put_padded(out,
		    above != NULL && same_left(row, above) ? span_str("")
							   : left[i],
		    widths[i]));
	return OK;
}

static struct err
put_row(struct buf *out, const struct diff_row *row)
{
	TRY(put_padded(out, span_str(diff_verdict_name(row->verdict)),
	    sizeof("narrower") - 1));
	TRY(buf_append(out, row->what));
	TRY(buf_append_str(out, ": "));
	TRY(buf_append(out, row->before));
	TRY(buf_append_str(out, " -> "));
	TRY(buf_append(out, row->after));
	if (row->line > 0) {
		TRY(buf_append_str(out, row->gone ? "  (was at " : "  ("));
		if (row->file.len > 0)
			TRY(buf_append(out, row->file));
		else
			TRY(buf_append_str(out, "line"));
		TRY(buf_append_format(out, "%s%u)",
		    row->file.len > 0 ? ":" : " ", (unsigned)row->line));
	}
	return buf_append_str(out, "\n");
}

/* "anna or ada": who can sign for a party. */
static struct err
put_names(struct buf *out, const struct policy *policy, struct span party)
{
	bool any = false;

	for (uint32_t i = 0; i < policy->num_signers; i++) {
		if (!diff_signs_for(policy, i, party))
			continue;
		TRY(buf_append_str(out, any ? " or " : ""));
		TRY(buf_append(out, policy->signers[i].id));
		any = true;
	}
	return any ? OK : buf_append(out, party);
}

/* By the rule of the policy that runs. */
static struct err
put_signers(
    struct buf *out, const struct diff *diff, const struct policy *running)
{
	const char *how = running->wider == CHANGE_TWO_EACH_CONTROLLER
	    ? ": needs two signatures of "
	    : ": needs the signature of ";

	if (diff->counts[DIFF_WIDER] == 0)
		return buf_append_str(out, ".\n");
	if (running->wider == CHANGE_ANY_SIGNER)
		return buf_append_str(
		    out, ". Wider: needs the signature of any signer.\n");
	TRY(buf_append_str(out, "."));
	for (size_t i = 0; i < diff->num_signers; i++) {
		TRY(buf_append_str(out, " Wider for "));
		TRY(buf_append(out, diff->signers[i]));
		TRY(buf_append_str(out, how));
		TRY(put_names(out, running, diff->signers[i]));
		TRY(buf_append_str(out, "."));
	}
	return buf_append_str(out, "\n");
}

struct err
diff_print(
    struct buf *out, const struct diff *diff, const struct policy *running)
{
	size_t widths[NUM_LEFT] = {0}, num = 0;

	measure(widths, diff);
	for (size_t i = 0; i < diff->num_rows; i++) {
		TRY(put_left(out, &diff->rows[i],
		    i == 0 ? NULL : &diff->rows[i - 1], widths));
		TRY(put_row(out, &diff->rows[i]));
	}
	for (size_t i = 0; i < NUM_DIFF_VERDICTS; i++)
		num += diff->counts[i];
	if (num > diff->num_rows)
		TRY(buf_append_format(
		    out, "(%zu more are not shown)\n", num - diff->num_rows));
	TRY(buf_append_format(out, "%zu wider, %zu narrower",
	    diff->counts[DIFF_WIDER], diff->counts[DIFF_NARROWER]));
	if (diff->counts[DIFF_OTHER] > 0)
		TRY(buf_append_format(
		    out, ", %zu other", diff->counts[DIFF_OTHER]));
	return put_signers(out, diff, running);
}
