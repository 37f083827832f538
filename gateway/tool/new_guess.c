#include "gateway/tool/new_guess.h"

#include "gateway/tool/sample_kind.h"
#include "policy/preset.h"

/* Kinds that a column may be named for, or whose values have a shape. */
static const enum column_kind shaped[] = {
    KIND_DATE, KIND_FLAG, KIND_US_STATE, KIND_COUNTRY, KIND_AMOUNT};

void
new_guess_look(struct new_guess *guess, struct span cell)
{
	if (span_trim(cell).len == 0)
		return;
	guess->values++;
	guess->like[sample_kind_guess(cell)]++;
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		guess->fit[kind] +=
		    sample_kind_fits((enum column_kind)kind, cell);
}

/* "Date-of_Birth" is named for "date": a word of it is the kind's name. */
static bool
is_named(struct span name, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= name.len; i++) {
		bool begins = i == 0 || strchr("_-. ", name.data[i - 1]);
		bool ends =
		    i + len == name.len || strchr("_-. ", name.data[i + len]);
		if (begins && ends &&
		    span_equal_fold(span_sub(name, i, len), span_str(word)))
			return true;
	}
	return false;
}

static bool
all_fit(const struct new_guess *g, enum column_kind kind)
{
	return g->values > 0 && g->fit[kind] == g->values;
}

/* By its values, or by its name where the values allow that. */
static enum column_kind
find_kind(const struct new_guess *g, struct span name)
{
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		if (2 * g->like[kind] > g->values)
			return (enum column_kind)kind;
	if (is_named(name, "zip") && all_fit(g, KIND_US_ZIP))
		return KIND_US_ZIP;
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		if (is_named(name, model_kind_name((enum column_kind)kind)) &&
		    (g->values == 0 || all_fit(g, (enum column_kind)kind)))
			return (enum column_kind)kind;
	for (size_t i = 0; i < sizeof(shaped) / sizeof(shaped[0]); i++)
		if (all_fit(g, shaped[i]))
			return shaped[i];
	return KIND_NONE;
}

static enum column_class
find_class(enum column_kind kind)
{
	const struct column column = {.class = CLASS_PLAIN, .kind = kind};

	if (kind == KIND_NONE)
		return CLASS_FREE_TEXT;
	if (preset_is_identifier(&column))
		return CLASS_DIRECT_IDENTIFIER;
	return kind == KIND_FLAG || kind == KIND_AMOUNT ||
		kind == KIND_NUMBER || kind == KIND_INTERVAL
	    ? CLASS_PLAIN
	    : CLASS_QUASI_IDENTIFIER;
}

struct err
new_guess_propose(struct new_draft *draft, struct new_column *column,
    const struct new_guess *guess)
{
	enum column_kind kind = find_kind(guess, column->name);
	struct buf what CLEANUP(buf_done) = {.max = 256};

	TRY(buf_append_str(&what, model_class_name(find_class(kind))));
	if (kind != KIND_NONE)
		TRY(buf_append_format(&what, " %s", model_kind_name(kind)));
	return arena_copy(&draft->arena, &column->what, buf_span(&what));
}
