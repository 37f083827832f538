#include "policy/diff_term.h"

struct err
diff_term_at(struct terms *t, const char *what, enum diff_verdict verdict,
    struct span before, struct span after, uint32_t line)
{
	const struct diff_row row = {.what = span_str(what),
	    .verdict = verdict,
	    .before = before.len > 0 ? before : span_str("none"),
	    .after = after.len > 0 ? after : span_str("none"),
	    .file = t->pair->new->file,
	    .line = line};

	return differ_note(t->d, t->pair, &row);
}

/* Where the agreement stands; a term has no line of its own. */
struct err
diff_term(struct terms *t, const char *what, enum diff_order order,
    struct span before, struct span after)
{
	if (order == DIFF_SAME)
		return OK;
	return diff_term_at(
	    t, what, differ_verdict(order), before, after, t->pair->new->line);
}

struct err
diff_term_text(
    struct terms *t, const char *what, struct span before, struct span after)
{
	return diff_term(t, what,
	    span_equal(before, after) ? DIFF_SAME : DIFF_APART, before, after);
}

static struct span
field_of(const void *item, const struct diff_field *field)
{
	struct span text;

	memcpy(&text, (const uint8_t *)item + field->offset, sizeof(text));
	return text;
}

struct err
diff_term_fields(struct terms *t, const struct diff_field *fields, size_t num,
    const void *before, const void *after)
{
	for (size_t i = 0; i < num; i++)
		TRY(diff_term_text(t, fields[i].what,
		    field_of(before, &fields[i]), field_of(after, &fields[i])));
	return OK;
}
