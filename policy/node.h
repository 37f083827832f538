#ifndef GATEHOUSE_NODE_H
#define GATEHOUSE_NODE_H

#include "policy/diagnostic.h"

/*
 * node: YAML as a tree that knows where everything stands. Maps, lists and
 * text, nothing else: every scalar is text and gets its type from its place
 * in the policy. Refused: anchors, aliases, tags, directives, merge keys,
 * second documents, NUL, repeated keys, keys that are not text, more than
 * 1 MiB, 16 levels, or NODE_MAX_NODES nodes.
 */
enum node_type {
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
};

struct node {
	enum node_type type;
	struct span text;   /* NODE_TEXT */
	struct mark at;	    /* of text: the whole of its first line */
	struct node *key;   /* in a map: the member's key; else NULL */
	struct node *next;  /* the next item or member */
	struct node *first; /* of a list or map */
	size_t num;	    /* items or members */
};

enum {
	NODE_MAX_FILE = 1024 * 1024, /* bytes */
	NODE_MAX_DEPTH = 16,
	NODE_MAX_NODES = 65536,
	NODE_MAX_MEMBERS = 4096, /* of one map or list */
};

/*
 * node_read: read one file.
 *
 * out         the root, in `arena`; NULL when the file is empty or its
 *             problems (in `d`) leave nothing to look at
 * file        index of `source` in d->files
 * Errors      NO_MEMORY, TOO_BIG of the arena; all else goes to `d`
 */
MUST_USE struct err node_read(struct node **out, struct arena *arena,
    struct diagnostics *d, const struct source_file *source, uint32_t file);

/* node_get: the value of a map's key, or NULL. Accepts NULL and non-maps. */
struct node *node_get(const struct node *map, const char *key);

#endif
