#include "policy/fmt_short.h"

enum {
	MAX_SHORT = 1024, /* bytes */
};

struct shortener {
	struct arena *arena;
	const struct fmt_scan *scan;
};

static struct fmt_place
place_of(const struct node *n)
{
	return (struct fmt_place){n->at.line, n->at.column};
}

/* Between the key of a map and the last of its values. */
static bool
has_comment(const struct shortener *s, const struct node *map)
{
	const struct node *last = map->first;
	struct fmt_place from = place_of(map->key), to;

	while (last->next != NULL)
		last = last->next;
	to = place_of(last);
	for (size_t i = 0; i < s->scan->num_comments; i++)
		if (fmt_place_before(from, s->scan->comments[i].at) &&
		    fmt_place_before(s->scan->comments[i].at, to))
			return true;
	return false;
}

/* Every member is a text, and has one of these keys. */
static bool
has_only(const struct node *map, const char *const *keys, size_t num_keys)
{
	if (map->type != NODE_MAP || map->num == 0)
		return false;
	for (const struct node *m = map->first; m != NULL; m = m->next) {
		size_t i = 0;

		while (i < num_keys && !span_equal_str(m->key->text, keys[i]))
			i++;
		if (i == num_keys || m->type != NODE_TEXT)
			return false;
	}
	return true;
}

/* A word that means the same as a part of a sentence. */
static bool
is_word(const struct node *n)
{
	if (n == NULL || n->text.len == 0 || n->text.len > MAX_SHORT / 4)
		return false;
	for (size_t i = 0; i < n->text.len; i++)
		if ((n->text.data[i] < 'a' || n->text.data[i] > 'z') &&
		    n->text.data[i] != '-')
			return false;
	return true;
}

/* The map becomes a text that stands where its last value did. */
static void
become_text(struct node *map, struct span text)
{
	const struct node *last = map->first;

	while (last->next != NULL)
		last = last->next;
	map->at = last->at;
	map->type = NODE_TEXT;
	map->text = text;
	map->first = NULL;
	map->num = 0;
}

/* `{is: CLASS, kind: KIND, subject: yes}`. */
static struct err
shorten_column(struct shortener *s, struct node *map)
{
	static const char *const keys[] = {"is", "kind", "subject"};
	struct buf text CLEANUP(buf_done) = {.max = MAX_SHORT};
	const struct node *is = node_get(map, "is");
	const struct node *kind = node_get(map, "kind");
	const struct node *subject = node_get(map, "subject");
	struct span kept;

	if (!has_only(map, keys, 3) || !is_word(is) ||
	    (kind != NULL && !is_word(kind)) ||
	    (subject != NULL && !span_equal_str(subject->text, "yes")) ||
	    has_comment(s, map))
		return OK;
	TRY(buf_append(&text, is->text));
	if (kind != NULL) {
		TRY(buf_append_str(&text, " "));
		TRY(buf_append(&text, kind->text));
	}
	if (subject != NULL)
		TRY(buf_append_str(&text, ", subject"));
	TRY(arena_copy(s->arena, &kept, buf_span(&text)));
	become_text(map, kept);
	return OK;
}

/* `{protect: FORM}`. */
static void
shorten_form(struct shortener *s, struct node *map)
{
	static const char *const keys[] = {"protect"};

	if (has_only(map, keys, 1) && !has_comment(s, map))
		become_text(map, map->first->text);
}

struct err
fmt_short_tree(
    struct node *root, struct arena *arena, const struct fmt_scan *scan)
{
	struct shortener s = {.arena = arena, .scan = scan};
	struct node *datasets = node_get(root, "datasets");
	struct node *allow = node_get(root, "allow");

	if (datasets != NULL && datasets->type == NODE_MAP)
		for (struct node *ds = datasets->first; ds; ds = ds->next) {
			struct node *columns = node_get(ds, "columns");

			if (columns == NULL || columns->type != NODE_MAP)
				continue;
			for (struct node *c = columns->first; c; c = c->next)
				TRY(shorten_column(&s, c));
		}
	if (allow == NULL || allow->type != NODE_LIST)
		return OK;
	for (struct node *a = allow->first; a != NULL; a = a->next) {
		struct node *columns = node_get(a, "columns");

		if (columns == NULL || columns->type != NODE_MAP)
			continue;
		for (struct node *c = columns->first; c != NULL; c = c->next)
			shorten_form(&s, c);
	}
	return OK;
}
