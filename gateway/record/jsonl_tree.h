#ifndef GATEHOUSE_JSONL_TREE_H
#define GATEHOUSE_JSONL_TREE_H

#include "crypto/memory/arena.h"
#include "gateway/record/bind.h"

/*
 * jsonl_tree: the paths that a dataset declares, as a tree of members, and
 * what the plan wants of each: whether it is read, and whether it leaves.
 */
#define JSONL_NO_NODE UINT32_MAX

struct jsonl_node {
	struct span name;    /* of the member */
	struct span label;   /* as it is written: `"name":` */
	uint32_t hash;	     /* of jsonl_tree_name */
	uint32_t num_arrays; /* around its value */
	uint32_t index;	     /* in the tree's nodes */
	uint32_t column;     /* of the plan; NO_INDEX: it does not leave */
	uint32_t raw;	 /* column of the raw batch; NO_INDEX: it is not read */
	bool leaf;	 /* it has no members: a declared column */
	bool list;	 /* an array lies around it, or around what it is in */
	bool delivers;	 /* it leaves, or something in it does */
	uint32_t parent; /* of the record: itself */
	uint32_t first, next; /* member, sibling; or JSONL_NO_NODE */
	uint32_t *slots;      /* its members by hash, as index + 1; 0: free */
	uint32_t mask;	      /* number of slots less one */
};

struct jsonl_tree {
	struct arena arena;
	struct jsonl_node *nodes; /* the first is the record */
	uint32_t num_nodes;
	struct bind bind; /* column_of is NULL: there is no header */
	bool has_lists;	  /* a column of the raw batch is one */
};

/* A name, and what is the same for all that look like it. */
struct jsonl_name {
	struct span text;
	uint32_t hash;
	bool plain; /* printable ASCII */
};

enum jsonl_match {
	JSONL_DECLARED,
	JSONL_OTHER, /* not declared, and like nothing that is */
	JSONL_ALIKE, /* not declared, but like something that is */
};

/*
 * jsonl_tree_init
 *
 * out      caller-owned; jsonl_tree_done
 * plan     borrowed for the call
 * Errors   MALFORMED: names that are no paths, or cannot stand beside each
 *          other; a column that is not declared; a condition on an array.
 *          NO_MEMORY, TOO_BIG
 */
MUST_USE struct err jsonl_tree_init(
    struct jsonl_tree *out, const struct plan *plan);
void jsonl_tree_done(struct jsonl_tree *tree); /* accepts the zero value */

/* jsonl_tree_next: the node after `node` in a walk through `top` and all below
 * it that begins with `top`; NULL after the last. */
const struct jsonl_node *jsonl_tree_next(const struct jsonl_tree *tree,
    const struct jsonl_node *top, const struct jsonl_node *node);

/* jsonl_tree_name: a member's name, made ready to be looked up. */
struct jsonl_name jsonl_tree_name(struct span text);

/*
 * jsonl_tree_find: a member of the node's object.
 *
 * out      the member's node; written where it is JSONL_DECLARED
 */
enum jsonl_match jsonl_tree_find(const struct jsonl_tree *tree,
    const struct jsonl_node *node, const struct jsonl_name *name,
    const struct jsonl_node **out);

#endif
