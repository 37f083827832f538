#include "policy/fmt.h"

#include "policy/fmt_scan.h"
#include "policy/fmt_short.h"
#include "policy/fmt_text.h"

enum {
	STEP = 2,		       /* blanks a level */
	ARENA_MAX = 256 * 1024 * 1024, /* of one file */
	LEVELS_MAX = NODE_MAX_DEPTH + 1,
};

/* An open list or map: where its entries stand. */
struct level {
	uint32_t
	    column; /* in the source; 0: within brackets, which tell none */
	unsigned indent; /* in what is written */
};

struct writer {
	struct buf *out;
	const struct fmt_scan *scan;
	size_t next_comment;
	uint32_t last_line;  /* of the source: where the last text ended */
	bool line_is_closed; /* nothing can be put behind the last line */
	struct level levels[LEVELS_MAX];
	size_t num_levels;
};

/* --- Lines and comments --- */

/* A line begins; an empty one stays before it if one was there. */
static struct err
begin_line(struct writer *w, unsigned indent, uint32_t source_line)
{
	bool apart = source_line > w->last_line + 1 &&
	    fmt_scan_is_blank(w->scan, source_line - 1);

	if (w->out->len > 0)
		TRY(buf_append_str(w->out, apart ? "\n\n" : "\n"));
	for (unsigned i = 0; i < indent; i++)
		TRY(buf_put_u8(w->out, ' '));
	w->line_is_closed = false;
	return OK;
}

/*
 * A comment on a line of its own belongs to what follows; but one that stands
 * deeper than that belongs to the end of what was before: to the deepest level
 * that does not begin right of it.
 */
static unsigned
indent_of_comment(
    const struct writer *w, const struct fmt_comment *comment, size_t depth)
{
	for (size_t i = w->num_levels; i > depth + 1; i--) {
		const struct level *level = &w->levels[i - 1];

		if (comment->own_line && level->column > 0 &&
		    level->column <= comment->at.column)
			return level->indent;
	}
	return depth < w->num_levels ? w->levels[depth].indent
				     : (unsigned)(STEP * depth);
}

static struct err
put_comment(struct writer *w, const struct fmt_comment *comment, size_t depth)
{
	if (!comment->own_line && comment->at.line == w->last_line &&
	    !w->line_is_closed && w->out->len > 0)
		TRY(buf_append_str(w->out, " "));
	else
		TRY(begin_line(
		    w, indent_of_comment(w, comment, depth), comment->at.line));
	w->last_line = comment->at.line;
	w->line_is_closed = true;
	return buf_append(w->out, comment->text);
}

/* All comments before a place, which is one of the entries of `depth`. */
static struct err
flush(struct writer *w, struct fmt_place place, size_t depth)
{
	while (w->next_comment < w->scan->num_comments) {
		const struct fmt_comment *comment =
		    &w->scan->comments[w->next_comment];

		if (!fmt_place_before(comment->at, place))
			break;
		w->next_comment++;
		TRY(put_comment(w, comment, depth));
	}
	return OK;
}

/* --- Nodes --- */

static struct fmt_place
place_of(const struct writer *w, const struct node *n)
{
	return fmt_scan_extent(w->scan, n->at).from;
}

/* What stands on the line of its key or dash. */
static bool
is_inline(const struct node *n)
{
	return n->type == NODE_TEXT || n->num == 0;
}

/* The last that is written on the line on which a member begins. */
static struct fmt_place
line_of_member(const struct writer *w, const struct node *member)
{
	return place_of(w, is_inline(member) ? member : member->key);
}

static struct fmt_place
line_of_item(const struct writer *w, const struct node *item)
{
	while (item->type == NODE_LIST && item->num > 0)
		item = item->first;
	if (item->type == NODE_MAP && item->num > 0)
		return line_of_member(w, item->first);
	return place_of(w, item);
}

/* The source's line on which an item begins, but for its dash. */
static uint32_t
first_line(const struct node *item)
{
	while (item->type == NODE_LIST && item->num > 0)
		item = item->first;
	return item->type == NODE_MAP && item->num > 0
	    ? item->first->key->at.line
	    : item->at.line;
}

static void
open_level(struct writer *w, const struct node *n, size_t depth)
{
	uint8_t first = fmt_scan_byte(w->scan, n->at);
	bool brackets = n->type == NODE_LIST ? first == '['
	    : n->num > 0 ? n->at.column != n->first->key->at.column ||
		n->at.line != n->first->key->at.line
			 : true;

	w->levels[depth] = (struct level){
	    brackets ? 0 : n->at.column, (unsigned)(STEP * depth)};
	w->num_levels = depth + 1;
}

/* A text below a `|` ends where the next thing begins: not the blank lines. */
static uint32_t
last_line_of(const struct writer *w, const struct node *text)
{
	const struct fmt_extent e = fmt_scan_extent(w->scan, text->at);
	uint32_t line = e.to.line;

	if (e.to.column > 1)
		return line;
	do
		line--;
	while (line > text->at.line && fmt_scan_is_blank(w->scan, line));
	return line;
}

static struct err
put_text(struct writer *w, const struct node *n, size_t depth, bool is_key)
{
	bool block;

	TRY(fmt_text_put(
	    w->out, &block, n->text, (unsigned)(STEP * (depth + 1)), is_key));
	w->last_line = last_line_of(w, n);
	w->line_is_closed = block;
	return OK;
}

static struct err
put_inline(struct writer *w, const struct node *n, size_t depth)
{
	if (n->type == NODE_TEXT)
		return put_text(w, n, depth, false);
	w->last_line = n->at.line;
	return buf_append_str(w->out, n->type == NODE_LIST ? "[]" : "{}");
}

static struct err put_entries(
    struct writer *w, const struct node *n, size_t depth, bool begun);

/* Behind the colon or the dash, or below. */
static struct err
put_value(struct writer *w, const struct node *n, size_t depth)
{
	if (!is_inline(n))
		return put_entries(w, n, depth + 1, false);
	TRY(buf_append_str(w->out, " "));
	return put_inline(w, n, depth);
}

/* `begun`: the line of the first entry has a dash on it already. */
static struct err
put_member(struct writer *w, const struct node *m, size_t depth, bool begun)
{
	if (!begun) {
		TRY(flush(w, line_of_member(w, m), depth));
		w->num_levels = depth + 1;
		TRY(begin_line(w, (unsigned)(STEP * depth), m->key->at.line));
	}
	TRY(put_text(w, m->key, depth, true));
	TRY(buf_append_str(w->out, ":"));
	return put_value(w, m, depth);
}

static struct err
put_item(struct writer *w, const struct node *item, size_t depth, bool begun)
{
	if (!begun) {
		TRY(flush(w, line_of_item(w, item), depth));
		w->num_levels = depth + 1;
		TRY(begin_line(w, (unsigned)(STEP * depth), first_line(item)));
	}
	TRY(buf_append_str(w->out, "-"));
	if (is_inline(item))
		return put_value(w, item, depth);
	TRY(buf_append_str(w->out, " "));
	return put_entries(w, item, depth + 1, true);
}

static struct err
put_entries(struct writer *w, const struct node *n, size_t depth, bool begun)
{
	for (const struct node *e = n->first; e != NULL; e = e->next) {
		bool first = e == n->first;

		/* What comes before the first belongs to the level above it,
		   or to this one; there is nothing deeper. */
		if (first)
			open_level(w, n, depth);
		if (n->type == NODE_MAP)
			TRY(put_member(w, e, depth, begun && first));
		else
			TRY(put_item(w, e, depth, begun && first));
	}
	return OK;
}

static struct err
put_file(struct buf *out, const struct node *root, const struct fmt_scan *scan)
{
	struct writer w = {.out = out, .scan = scan};
	const struct fmt_place end = {UINT32_MAX, UINT32_MAX};

	if (root != NULL && is_inline(root)) {
		TRY(flush(&w, place_of(&w, root), 0));
		TRY(begin_line(&w, 0, root->at.line));
		TRY(put_inline(&w, root, 0));
	} else if (root != NULL) {
		TRY(put_entries(&w, root, 0, false));
	}
	TRY(flush(&w, end, 0));
	return out->len > 0 ? buf_append_str(out, "\n") : OK;
}

/* --- What came out is what went in --- */

static bool
same_tree(const struct node *a, const struct node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->type != b->type || a->num != b->num ||
	    (a->key == NULL) != (b->key == NULL) ||
	    (a->key != NULL && !span_equal(a->key->text, b->key->text)) ||
	    (a->type == NODE_TEXT && !span_equal(a->text, b->text)))
		return false;
	a = a->first;
	b = b->first;
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!same_tree(a, b))
			return false;
	return a == b;
}

static bool
same_comments(const struct fmt_scan *a, const struct fmt_scan *b)
{
	if (a->num_comments != b->num_comments)
		return false;
	for (size_t i = 0; i < a->num_comments; i++)
		if (!span_equal(a->comments[i].text, b->comments[i].text))
			return false;
	return true;
}

static struct err
verify(struct arena *arena, struct span bytes, const struct node *root,
    const struct fmt_scan *scan)
{
	struct diagnostics d;
	const struct source_file file = {span_str("formatted"), bytes};
	struct fmt_scan again;
	struct node *tree = NULL;
	struct err err;

	diagnostic_init(&d, &file, 1);
	err = node_read(&tree, arena, &d, &file, 0);
	bool same = d.num_items == 0 && same_tree(root, tree);
	diagnostic_done(&d);
	TRY(err);
	if (same) {
		TRY(fmt_scan_read(&again, arena, bytes));
		same = same_comments(scan, &again);
	}
	return same
	    ? OK
	    : ERR(UNSUPPORTED, "it cannot be formatted without changing it");
}

struct err
fmt_file(
    struct buf *out, struct diagnostics *d, const struct source_file *source)
{
	CLEANUP(arena_done) struct arena arena = {.max = ARENA_MAX};
	struct buf text CLEANUP(buf_done) = {.max = out->max};
	struct fmt_scan scan;
	struct node *root;

	TRY(node_read(&root, &arena, d, source, 0));
	TRY(d->err);
	if (d->num_errors > 0)
		return ERR(DENIED, "policy: it has errors");
	TRY(fmt_scan_read(&scan, &arena, source->bytes));
	TRY(fmt_short_tree(root, &arena, &scan));
	TRY(put_file(&text, root, &scan));
	TRY(verify(&arena, buf_span(&text), root, &scan));
	return buf_append(out, buf_span(&text));
}
