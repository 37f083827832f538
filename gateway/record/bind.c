#include "gateway/record/bind.h"

#include <stdlib.h>

/* A name of the file, or a declared one; for sorting. */
struct named {
	struct span name;
	uint32_t index; /* the field; for declared names unused */
};

static int
compare_named(const void *a, const void *b)
{
	return span_compare(
	    ((const struct named *)a)->name, ((const struct named *)b)->name);
}

static const struct named *
find(const struct named *sorted, uint32_t num, struct span name)
{
	const struct named key = {.name = name};

	return num == 0
	    ? NULL
	    : bsearch(&key, sorted, num, sizeof(key), compare_named);
}

static struct err
sort_names(struct arena *arena, const struct span *names, uint32_t num,
    struct named **out)
{
	struct named *sorted;

	TRY(arena_alloc(arena, &sorted, num, sizeof(*sorted)));
	for (uint32_t i = 0; i < num; i++)
		sorted[i] = (struct named){.name = names[i], .index = i};
	if (num > 0)
		qsort(sorted, num, sizeof(*sorted), compare_named);
	*out = sorted;
	return OK;
}

/* What is left of a name when case and separators are looked through. */
static struct err
fold(struct arena *arena, struct span name, struct span *out)
{
	uint8_t *to;
	size_t len = 0;

	TRY(arena_alloc(arena, &to, name.len + 1, 1));
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];

		if (c <= ' ' || c == '_' || c == '-' || c == '.' || c == 0x7f)
			continue;
		to[len++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
	}
	*out = span_of(to, len);
	return OK;
}

static struct err
fold_declared(struct arena *arena, const struct plan *plan, struct named **out)
{
	struct span *folded;

	TRY(arena_alloc(arena, &folded, plan->num_declared, sizeof(*folded)));
	for (uint32_t i = 0; i < plan->num_declared; i++)
		TRY(fold(arena, plan->declared[i], &folded[i]));
	return sort_names(arena, folded, plan->num_declared, out);
}

static bool
is_printable_ascii(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ' || name.data[i] > '~')
			return false;
	return true;
}

/* Every name of the file is declared, or harmless. */
static struct err
check_names(struct bind *bind, struct arena *arena, const struct plan *plan,
    const struct span *names, uint32_t num_names)
{
	struct named *declared, *folded;

	TRY(sort_names(arena, plan->declared, plan->num_declared, &declared));
	TRY(fold_declared(arena, plan, &folded));
	for (uint32_t i = 0; i < num_names; i++) {
		struct span plain;

		if (find(declared, plan->num_declared, names[i]) != NULL)
			continue;
		if (plan->refuse_new_column)
			return ERR(MALFORMED, "the file has a new column");
		if (!is_printable_ascii(names[i]))
			return ERR(MALFORMED,
			    "an undeclared column's name is not plain ASCII");
		TRY(fold(arena, names[i], &plain));
		if (find(folded, plan->num_declared, plain) != NULL)
			return ERR(MALFORMED,
			    "a column's name looks like a declared one");
		bind->num_dropped++;
	}
	return OK;
}

/* Every name that the plan needs is there. */
static struct err
check_required(const struct plan *plan, const struct named *file, uint32_t num)
{
	for (uint32_t i = 0; i < plan->num_required; i++)
		if (find(file, num, plan->required[i]) == NULL)
			return ERR(MALFORMED, "a required column is missing");
	return OK;
}

/* The raw column for a name; a field gets one when it is first needed. */
static uint32_t
raw_column(
    struct bind *bind, const struct named *file, uint32_t num, struct span name)
{
	const struct named *found = find(file, num, name);

	if (found == NULL)
		return NO_INDEX;
	if (bind->column_of[found->index] == NO_INDEX)
		bind->column_of[found->index] = bind->num_raw++;
	return bind->column_of[found->index];
}

static struct err
bind_columns(struct bind *bind, const struct plan *plan,
    const struct named *file, uint32_t num)
{
	for (uint32_t i = 0; i < plan->num_columns; i++) {
		bind->columns[i] =
		    raw_column(bind, file, num, plan->columns[i].name);
		if (bind->columns[i] != NO_INDEX)
			continue;
		if (!plan->empty_missing_column)
			return ERR(MALFORMED, "a declared column is missing");
		bind->num_absent++;
	}
	for (uint32_t i = 0; i < plan->num_conditions; i++) {
		bind->conditions[i] =
		    raw_column(bind, file, num, plan->conditions[i].name);
		if (bind->conditions[i] == NO_INDEX)
			return ERR(MALFORMED,
			    "a column that decides about rows is missing");
	}
	return OK;
}

struct err
bind_header(struct bind *out, struct arena *arena, const struct plan *plan,
    const struct span *names, uint32_t num_names)
{
	struct bind bind = {0};
	struct named *file;

	TRY(sort_names(arena, names, num_names, &file));
	for (uint32_t i = 1; i < num_names; i++)
		if (span_equal(file[i - 1].name, file[i].name))
			return ERR(MALFORMED, "two columns of the same name");
	TRY(check_names(&bind, arena, plan, names, num_names));
	TRY(check_required(plan, file, num_names));
	TRY(arena_alloc(arena, &bind.column_of, num_names, sizeof(uint32_t)));
	TRY(arena_alloc(
	    arena, &bind.columns, plan->num_columns, sizeof(uint32_t)));
	TRY(arena_alloc(
	    arena, &bind.conditions, plan->num_conditions, sizeof(uint32_t)));
	for (uint32_t i = 0; i < num_names; i++)
		bind.column_of[i] = NO_INDEX;
	TRY(bind_columns(&bind, plan, file, num_names));
	*out = bind;
	return OK;
}
