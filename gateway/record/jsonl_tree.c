#include "gateway/record/jsonl_tree.h"

#include <string.h>

#include "gateway/record/jsonl_encode.h"
#include "policy/path.h"

enum {
	/* Nodes, names and slots of one plan. */
	TREE_MAX = 64 * 1024 * 1024,
};

/* FNV-1a. Who makes two names meet in it gains a longer look, no more. */
#define FNV_BASIS UINT32_C(0x811c9dc5)
#define FNV_PRIME UINT32_C(16777619)

/*
 * What is left of a byte when case and separators are looked through, as in
 * bind.c; 0: nothing.
 */
static uint8_t
fold(uint8_t c)
{
	if (c <= ' ' || c == '_' || c == '-' || c == '.' || c == 0x7f)
		return 0;
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

struct jsonl_name
jsonl_tree_name(struct span text)
{
	struct jsonl_name name = {.text = text, .plain = true};
	uint32_t hash = FNV_BASIS;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i], folded = fold(c);

		if (c < ' ' || c > '~')
			name.plain = false;
		if (folded != 0)
			hash = (hash ^ folded) * FNV_PRIME;
	}
	name.hash = hash;
	return name;
}

/* The same when case and separators are looked through. */
static bool
is_alike(struct span a, struct span b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.len && fold(a.data[i]) == 0)
			i++;
		while (j < b.len && fold(b.data[j]) == 0)
			j++;
		if (i == a.len || j == b.len)
			return i == a.len && j == b.len;
		if (fold(a.data[i++]) != fold(b.data[j++]))
			return false;
	}
}

enum jsonl_match
jsonl_tree_find(const struct jsonl_tree *tree, const struct jsonl_node *node,
    const struct jsonl_name *name, const struct jsonl_node **out)
{
	enum jsonl_match match = JSONL_OTHER;
	uint32_t at = name->hash & node->mask;

	for (; node->slots[at] != 0; at = (at + 1) & node->mask) {
		const struct jsonl_node *member =
		    &tree->nodes[node->slots[at] - 1];

		if (member->hash != name->hash)
			continue;
		if (span_equal(member->name, name->text)) {
			*out = member;
			return JSONL_DECLARED;
		}
		if (is_alike(member->name, name->text))
			match = JSONL_ALIKE;
	}
	return match;
}

const struct jsonl_node *
jsonl_tree_next(const struct jsonl_tree *tree, const struct jsonl_node *top,
    const struct jsonl_node *node)
{
	if (node->first != JSONL_NO_NODE)
		return &tree->nodes[node->first];
	while (node != top && node->next == JSONL_NO_NODE)
		node = &tree->nodes[node->parent];
	return node == top ? NULL : &tree->nodes[node->next];
}

static struct err
new_label(struct jsonl_tree *tree, struct jsonl_node *node)
{
	struct buf CLEANUP(buf_done) label;

	buf_init(&label, 6 * node->name.len + 3);
	TRY(jsonl_encode_string(&label, node->name));
	TRY(buf_append_str(&label, ":"));
	return arena_copy(&tree->arena, &node->label, buf_span(&label));
}

static struct err
add_member(struct jsonl_tree *tree, uint32_t parent, struct span name,
    uint32_t num_arrays, uint32_t *out)
{
	uint32_t index = tree->num_nodes++;
	struct jsonl_node *node = &tree->nodes[index];

	*node = (struct jsonl_node){
	    .name = name,
	    .hash = jsonl_tree_name(name).hash,
	    .num_arrays = num_arrays,
	    .index = index,
	    .column = NO_INDEX,
	    .raw = NO_INDEX,
	    .list = tree->nodes[parent].list || num_arrays > 0,
	    .parent = parent,
	    .first = JSONL_NO_NODE,
	    .next = tree->nodes[parent].first,
	};
	tree->nodes[parent].first = index;
	*out = index;
	return new_label(tree, node);
}

static struct err
step_name(struct jsonl_tree *tree, struct path_step step, struct span *out)
{
	uint8_t *text;

	TRY(arena_alloc(&tree->arena, &text, step.name.len, 1));
	*out = span_of(text, path_name(text, step.name));
	return OK;
}

/* One declared path. */
static struct err
declare_path(struct jsonl_tree *tree, struct span path)
{
	struct path_step step;
	struct span name;
	uint32_t at = 0, member;

	TRY(path_check(path));
	do {
		TRY(path_take(&path, &step));
		TRY(step_name(tree, step, &name));
		member = tree->nodes[at].first;
		while (member != JSONL_NO_NODE &&
		    !span_equal(tree->nodes[member].name, name))
			member = tree->nodes[member].next;
		if (member == JSONL_NO_NODE)
			TRY(add_member(
			    tree, at, name, step.num_arrays, &member));
		else if (tree->nodes[member].num_arrays != step.num_arrays ||
		    tree->nodes[member].leaf || path.len == 0)
			return ERR(MALFORMED, "two columns in one place");
		at = member;
	} while (path.len > 0);
	tree->nodes[at].leaf = true;
	return OK;
}

static struct err
declare(struct jsonl_tree *tree, const struct plan *plan)
{
	size_t num_nodes = 1;

	for (uint32_t i = 0; i < plan->num_declared; i++) {
		num_nodes++;
		for (size_t j = 0; j < plan->declared[i].len; j++)
			num_nodes += plan->declared[i].data[j] == '.';
	}
	TRY(arena_alloc(
	    &tree->arena, &tree->nodes, num_nodes, sizeof(*tree->nodes)));
	tree->nodes[0] = (struct jsonl_node){.column = NO_INDEX,
	    .raw = NO_INDEX,
	    .first = JSONL_NO_NODE,
	    .next = JSONL_NO_NODE};
	tree->num_nodes = 1;
	for (uint32_t i = 0; i < plan->num_declared; i++)
		TRY(declare_path(tree, plan->declared[i]));
	return OK;
}

/* The members of a node, by hash. */
static struct err
fill_slots(struct jsonl_tree *tree, struct jsonl_node *node)
{
	uint32_t num = 2;

	for (uint32_t at = node->first; at != JSONL_NO_NODE;
	     at = tree->nodes[at].next)
		num++;
	node->mask = 1;
	while (node->mask < 2 * num)
		node->mask = node->mask * 2 + 1;
	TRY(arena_alloc(&tree->arena, &node->slots, (size_t)node->mask + 1,
	    sizeof(*node->slots)));
	for (uint32_t at = node->first; at != JSONL_NO_NODE;
	     at = tree->nodes[at].next) {
		uint32_t slot = tree->nodes[at].hash & node->mask;

		while (node->slots[slot] != 0)
			slot = (slot + 1) & node->mask;
		node->slots[slot] = at + 1;
	}
	return OK;
}

/* The node of a declared path, which gets a raw column if it has none. */
static struct err
need(struct jsonl_tree *tree, struct span path, bool leaves,
    struct jsonl_node **out)
{
	const struct jsonl_node *found;
	struct jsonl_node *node = tree->nodes;
	struct path_step step;
	struct span text;

	while (path.len > 0) {
		struct jsonl_name name;

		node->delivers = node->delivers || leaves;
		TRY(path_take(&path, &step));
		TRY(step_name(tree, step, &text));
		name = jsonl_tree_name(text);
		if (jsonl_tree_find(tree, node, &name, &found) !=
			JSONL_DECLARED ||
		    found->num_arrays != step.num_arrays)
			return ERR(MALFORMED, "a column is not declared");
		node = &tree->nodes[found->index];
	}
	if (!node->leaf)
		return ERR(MALFORMED, "a column is not declared");
	node->delivers = node->delivers || leaves;
	if (node->raw == NO_INDEX)
		node->raw = tree->bind.num_raw++;
	tree->has_lists = tree->has_lists || node->list;
	*out = node;
	return OK;
}

static struct err
bind_columns(struct jsonl_tree *tree, const struct plan *plan)
{
	struct bind *bind = &tree->bind;
	struct jsonl_node *node;

	TRY(arena_alloc(&tree->arena, &bind->columns, plan->num_columns,
	    sizeof(*bind->columns)));
	TRY(arena_alloc(&tree->arena, &bind->conditions, plan->num_conditions,
	    sizeof(*bind->conditions)));
	for (uint32_t i = 0; i < plan->num_columns; i++) {
		TRY(need(tree, plan->columns[i].name, true, &node));
		if (node->column != NO_INDEX)
			return ERR(MALFORMED, "a column is delivered twice");
		node->column = i;
		bind->columns[i] = node->raw;
	}
	for (uint32_t i = 0; i < plan->num_conditions; i++) {
		TRY(need(tree, plan->conditions[i].name, false, &node));
		if (node->list)
			return ERR(MALFORMED, "a condition on an array");
		bind->conditions[i] = node->raw;
	}
	return OK;
}

struct err
jsonl_tree_init(struct jsonl_tree *out, const struct plan *plan)
{
	struct jsonl_tree tree = {0};
	struct err err;

	arena_init(&tree.arena, TREE_MAX);
	err = declare(&tree, plan);
	for (uint32_t i = 0; i < tree.num_nodes && err.code == ERR_OK; i++)
		err = fill_slots(&tree, &tree.nodes[i]);
	if (err.code == ERR_OK)
		err = bind_columns(&tree, plan);
	if (err.code != ERR_OK) {
		arena_done(&tree.arena);
		return err;
	}
	*out = tree;
	return OK;
}

void
jsonl_tree_done(struct jsonl_tree *tree)
{
	arena_done(&tree->arena);
	*tree = (struct jsonl_tree){0};
}
