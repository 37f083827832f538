#include "policy/differ.h"

enum diff_verdict
differ_verdict(enum diff_order order)
{
	switch (order) {
	case DIFF_SAME:
		return DIFF_OTHER;
	case DIFF_LESS:
		return DIFF_NARROWER;
	case DIFF_MORE:
	case DIFF_APART:
		break;
	}
	return DIFF_WIDER;
}

/* A list in the arena with room for one more; its older places stay there. */
static struct err
grow(struct arena *arena, void *list, size_t *cap, size_t num, size_t size)
{
	void *old = NULL, *more;

	if (num < *cap)
		return OK;
	TRY(arena_alloc(arena, &more, 2 * num + 16, size));
	memcpy(&old, list, sizeof(old));
	if (num > 0)
		memcpy(more, old, num * size);
	memcpy(list, &more, sizeof(more));
	*cap = 2 * num + 16;
	return OK;
}

struct err
differ_row(struct differ *d, const struct diff_row *row)
{
	d->out->counts[row->verdict]++;
	if (d->out->num_rows == DIFF_MAX_ROWS)
		return OK;
	TRY(grow(d->arena, &d->out->rows, &d->cap_rows, d->out->num_rows,
	    sizeof(*row)));
	d->out->rows[d->out->num_rows++] = *row;
	return OK;
}

struct err
differ_sign(struct differ *d, const struct policy *policy, uint32_t dataset)
{
	struct diff *out = d->out;
	struct span id =
	    policy->parties[policy->datasets[dataset].controller].id;

	for (size_t i = 0; i < out->num_signers; i++)
		if (span_equal(out->signers[i], id))
			return OK;
	TRY(grow(d->arena, &out->signers, &d->cap_signers, out->num_signers,
	    sizeof(id)));
	out->signers[out->num_signers++] = id;
	return OK;
}

struct err
differ_sign_all(struct differ *d)
{
	for (uint32_t i = 0; i < d->old->num_datasets; i++)
		TRY(differ_sign(d, d->old, i));
	return OK;
}

struct err
differ_text(struct differ *d, struct span *out)
{
	TRY(arena_copy(d->arena, out, buf_span(&d->words)));
	buf_reset(&d->words);
	return OK;
}

struct err
differ_name(struct differ *d, struct span id)
{
	if (d->words.len > 0)
		TRY(buf_append_str(&d->words, ", "));
	return buf_append(&d->words, id);
}

uint32_t
differ_find_group(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_groups; i++)
		if (span_equal(p->groups[i].id, id))
			return i;
	return NO_INDEX;
}

uint32_t
differ_find_place(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_places; i++)
		if (span_equal(p->places[i].id, id))
			return i;
	return NO_INDEX;
}

struct err
differ_note(
    struct differ *d, struct differ_pair *pair, const struct diff_row *row)
{
	TRY(grow(d->arena, &pair->changes, &pair->cap_changes,
	    pair->num_changes, sizeof(*row)));
	pair->changes[pair->num_changes++] = *row;
	return OK;
}
