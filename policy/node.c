#include "policy/node.h"

#include <string.h>
#include <yaml.h>

/* One open list or map. */
struct level {
	struct node *node;
	struct node *last; /* its last item or member */
	struct node *key;  /* of a map: a key that waits for its value */
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct diagnostics *d;
	uint32_t file;
	struct level levels[NODE_MAX_DEPTH];
	size_t depth, num_nodes, num_documents;
	struct node *root;
	bool done; /* the end, or nothing sensible can follow */
};

static struct mark
mark_of(const struct reader *r, yaml_mark_t from, yaml_mark_t to)
{
	struct mark at = {.file = r->file,
	    .line = (uint32_t)from.line + 1,
	    .column = (uint32_t)from.column + 1,
	    .len = 1};

	if (to.line == from.line && to.column > from.column)
		at.len = (uint32_t)(to.column - from.column);
	return at;
}

/* A problem after which the file is read no further. */
static void
stop(struct reader *r, struct mark at, const char *code, const char *text)
{
	(void)diagnostic_add(r->d, at, code, "%s", text);
	r->done = true;
	r->root = NULL;
}

static void
check_repeated(struct reader *r, const struct level *map, struct node *key)
{
	for (struct node *m = map->node->first; m != NULL; m = m->next) {
		if (!span_equal(m->key->text, key->text))
			continue;
		diagnostic_see(diagnostic_add(r->d, key->at, "E008",
				   "the key `%.*s` is there twice",
				   DIAGNOSTIC_SPAN(key->text)),
		    m->key->at, "the first one");
		return;
	}
}

static void
take_key(struct reader *r, struct level *map, struct node *node)
{
	if (node->type != NODE_TEXT) {
		stop(r, node->at, "E009", "a key must be text");
		return;
	}
	if (span_equal_str(node->text, "<<")) {
		stop(r, node->at, "E009", "merge keys are not allowed");
		return;
	}
	check_repeated(r, map, node);
	map->key = node;
}

static void
append(struct reader *r, struct level *parent, struct node *node)
{
	if (++parent->node->num > NODE_MAX_MEMBERS) {
		stop(r, node->at, "E002", "more than 4096 items in one place");
		return;
	}
	if (parent->last == NULL)
		parent->node->first = node;
	else
		parent->last->next = node;
	parent->last = node;
}

static void
attach(struct reader *r, struct node *node)
{
	struct level *parent;

	if (r->depth == 0) {
		r->root = node;
		return;
	}
	parent = &r->levels[r->depth - 1];
	if (parent->node->type == NODE_MAP && parent->key == NULL) {
		take_key(r, parent, node);
		return;
	}
	node->key = parent->key;
	parent->key = NULL;
	append(r, parent, node);
}

static struct err
add_node(struct reader *r, const yaml_event_t *event, enum node_type type)
{
	struct mark at = mark_of(r, event->start_mark, event->end_mark);
	struct node *node;

	if (type == NODE_TEXT &&
	    memchr(event->data.scalar.value, 0, event->data.scalar.length) !=
		NULL) {
		stop(r, at, "E007", "a NUL in a text");
		return OK;
	}
	if (++r->num_nodes > NODE_MAX_NODES) {
		stop(r, at, "E002", "more than 65536 values in one file");
		return OK;
	}
	TRY(arena_alloc(r->arena, &node, 1, sizeof(*node)));
	node->type = type;
	node->at = at;
	if (type == NODE_TEXT)
		TRY(arena_copy(r->arena, &node->text,
		    span_of(
			event->data.scalar.value, event->data.scalar.length)));
	else
		node->at.len = 1;
	attach(r, node);
	if (type == NODE_TEXT || r->done)
		return OK;
	if (r->depth == NODE_MAX_DEPTH) {
		stop(r, at, "E003", "more than 16 levels");
		return OK;
	}
	r->levels[r->depth++] = (struct level){.node = node};
	return OK;
}

static void
refuse_extras(struct reader *r, const yaml_event_t *event,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct mark at = mark_of(r, event->start_mark, event->end_mark);

	if (anchor != NULL)
		(void)diagnostic_add(r->d, at, "E004",
		    "anchors and aliases are not allowed: say it twice");
	if (tag != NULL)
		(void)diagnostic_add(
		    r->d, at, "E005", "tags are not allowed: all is text");
}

static void
start_document(struct reader *r, const yaml_event_t *event)
{
	struct mark at = mark_of(r, event->start_mark, event->end_mark);

	if (++r->num_documents > 1)
		stop(r, at, "E006", "a second document in one file");
	else if (event->data.document_start.version_directive != NULL ||
	    event->data.document_start.tag_directives.start !=
		event->data.document_start.tag_directives.end)
		stop(r, at, "E005", "directives are not allowed");
}

static struct err
take_event(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		start_document(r, event);
		return OK;
	case YAML_ALIAS_EVENT:
		stop(r, mark_of(r, event->start_mark, event->end_mark), "E004",
		    "anchors and aliases are not allowed: say it twice");
		return OK;
	case YAML_SCALAR_EVENT:
		refuse_extras(r, event, event->data.scalar.anchor,
		    event->data.scalar.tag);
		return add_node(r, event, NODE_TEXT);
	case YAML_SEQUENCE_START_EVENT:
		refuse_extras(r, event, event->data.sequence_start.anchor,
		    event->data.sequence_start.tag);
		return add_node(r, event, NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		refuse_extras(r, event, event->data.mapping_start.anchor,
		    event->data.mapping_start.tag);
		return add_node(r, event, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return OK;
	case YAML_STREAM_END_EVENT:
		r->done = true;
		return OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return OK;
	}
	return OK;
}

static struct err
read_events(struct reader *r)
{
	while (!r->done) {
		yaml_event_t event;
		struct err err;

		if (!yaml_parser_parse(&r->parser, &event)) {
			if (r->parser.error == YAML_MEMORY_ERROR)
				return ERR(NO_MEMORY, "policy: no memory");
			stop(r,
			    mark_of(r, r->parser.problem_mark,
				r->parser.problem_mark),
			    "E001",
			    r->parser.problem != NULL ? r->parser.problem
						      : "not YAML");
			return OK;
		}
		err = take_event(r, &event);
		yaml_event_delete(&event);
		TRY(err);
	}
	return OK;
}

/* What libyaml would do with it is not asked. */
static bool
bytes_are_fit(struct reader *r, struct span bytes)
{
	struct mark top = {.file = r->file, .line = 1, .column = 1, .len = 1};

	if (bytes.len > NODE_MAX_FILE) {
		stop(r, top, "E002", "more than 1 MiB in one file");
		return false;
	}
	if (span_find(bytes, 0) != bytes.len) {
		stop(r, top, "E007", "a NUL in the file");
		return false;
	}
	return true;
}

struct err
node_read(struct node **out, struct arena *arena, struct diagnostics *d,
    const struct source_file *source, uint32_t file)
{
	struct reader r = {.arena = arena, .d = d, .file = file};
	struct err err;

	*out = NULL;
	if (!bytes_are_fit(&r, source->bytes))
		return OK;
	if (!yaml_parser_initialize(&r.parser))
		return ERR(NO_MEMORY, "policy: no memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser,
	    source->bytes.len > 0 ? source->bytes.data : (const uint8_t *)"",
	    source->bytes.len);
	err = read_events(&r);
	yaml_parser_delete(&r.parser);
	TRY(err);
	*out = r.root;
	return OK;
}

struct node *
node_get(const struct node *map, const char *key)
{
	if (map == NULL || map->type != NODE_MAP)
		return NULL;
	for (struct node *m = map->first; m != NULL; m = m->next)
		if (span_equal_str(m->key->text, key))
			return m;
	return NULL;
}
