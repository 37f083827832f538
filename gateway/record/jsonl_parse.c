#include "gateway/record/jsonl_parse.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/record/jsonl_text.h"

enum {
	/* Names of an object that are compared one by one; more are sorted. */
	FEW_NAMES = 32
};

/* Where a value stands. */
struct spot {
	const struct jsonl_node *node; /* NULL: not declared */
	uint32_t num_arrays;	       /* of the node, around it */
	bool named;
};

struct err
jsonl_parse_init(
    struct jsonl_parser *out, const struct jsonl_tree *tree, bool refuse_new)
{
	struct jsonl_parser parser = {.tree = tree, .refuse_new = refuse_new};

	parser.names = calloc(JSONL_MAX_NAMES, sizeof(*parser.names));
	parser.shape.marks =
	    calloc(JSONL_SHAPE_MARKS, sizeof(*parser.shape.marks));
	if (parser.names == NULL || parser.shape.marks == NULL) {
		jsonl_parse_done(&parser);
		return ERR(NO_MEMORY, "no memory for a decoder");
	}
	*out = parser;
	return OK;
}

void
jsonl_parse_done(struct jsonl_parser *parser)
{
	free(parser->names);
	free(parser->shape.marks);
	parser->names = NULL;
	parser->shape.marks = NULL;
}

void
jsonl_parse_begin(struct jsonl_parser *parser, struct batch *batch)
{
	batch_empty(batch);
	parser->batch = batch;
	parser->shape.num_marks = 0;
	parser->shape.rows[0] = 0;
}

static struct err
put_mark(struct jsonl_parser *parser, enum jsonl_op op, const struct spot *spot,
    uint32_t cell)
{
	struct jsonl_shape *shape = &parser->shape;

	if (shape->num_marks - parser->first_mark == JSONL_MAX_PLACES)
		return ERR(TOO_BIG, "json: too much is delivered of a record");
	shape->marks[shape->num_marks++] = (struct jsonl_mark){
	    .node = spot->node->index,
	    .cell = cell,
	    .op = (uint8_t)op,
	    .named = spot->named,
	};
	return OK;
}

/* The cell of a leaf in this record; where it is, for its mark. */
static struct err
put_cell(struct jsonl_parser *parser, const struct jsonl_node *leaf,
    struct span cell, uint32_t *out)
{
	struct batch *batch = parser->batch;

	if (!leaf->list) {
		batch_column(batch, leaf->raw)[batch->num_rows] = cell;
		*out = batch->num_rows;
		return OK;
	}
	if (batch->lists.num_cells - parser->first_cell == JSONL_MAX_PLACES)
		return ERR(TOO_BIG, "json: too much is read of a record");
	*out = batch_add(batch, leaf->raw, cell);
	return OK;
}

/* Something else stands here than was declared: for all columns in it. */
static struct err
misfit(struct jsonl_parser *parser, const struct spot *spot)
{
	const struct jsonl_node *node = spot->node;
	uint32_t cell;

	for (; node != NULL;
	     node = jsonl_tree_next(parser->tree, spot->node, node))
		if (node->raw != NO_INDEX)
			TRY(put_cell(parser, node, batch_misfit(), &cell));
	return spot->node->delivers ? put_mark(parser, JSONL_NULL, spot, 0)
				    : OK;
}

/* A string, number, flag or null. */
static struct err
put_scalar(struct jsonl_parser *parser, const struct spot *spot,
    enum jsonl_op op, struct span text)
{
	const struct jsonl_node *node = spot->node;
	uint32_t cell = 0;

	if (node == NULL)
		return OK;
	if (op == JSONL_NULL)
		return node->delivers ? put_mark(parser, op, spot, 0) : OK;
	if (!node->leaf || spot->num_arrays < node->num_arrays)
		return misfit(parser, spot);
	if (node->raw != NO_INDEX)
		TRY(put_cell(parser, node, text, &cell));
	return node->delivers ? put_mark(parser, op, spot, cell) : OK;
}

static struct err
put_open(struct jsonl_parser *parser, const struct spot *spot, bool object)
{
	const struct jsonl_node *node = spot->node;
	struct jsonl_frame frame = {
	    .object = object, .first_name = parser->num_names};

	if (parser->depth == JSONL_MAX_DEPTH)
		return ERR(TOO_BIG, "json: nested too deep");
	if (node != NULL) {
		bool whole = spot->num_arrays == node->num_arrays;

		/* An object behind all arrays, or one array more. */
		if (object ? whole && !node->leaf : !whole) {
			frame.node = node;
			frame.num_arrays = spot->num_arrays + (object ? 0 : 1);
			if (node->delivers)
				TRY(put_mark(parser,
				    object ? JSONL_OPEN_OBJECT
					   : JSONL_OPEN_ARRAY,
				    spot, 0));
		} else {
			TRY(misfit(parser, spot));
		}
	}
	parser->frames[parser->depth++] = frame;
	return OK;
}

static bool
comes_before(const struct jsonl_seen *a, const struct jsonl_seen *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash;
	return span_compare(a->name, b->name) < 0;
}

/* Heapsort: neither memory nor a worst case. */
static void
sink_name(struct jsonl_seen *names, size_t at, size_t num)
{
	struct jsonl_seen name = names[at];

	for (size_t child; (child = 2 * at + 1) < num; at = child) {
		if (child + 1 < num &&
		    comes_before(&names[child], &names[child + 1]))
			child++;
		if (!comes_before(&name, &names[child]))
			break;
		names[at] = names[child];
	}
	names[at] = name;
}

static void
sort_names(struct jsonl_seen *names, size_t num)
{
	for (size_t i = num / 2; i > 0; i--)
		sink_name(names, i - 1, num);
	for (size_t i = num; i > 1; i--) {
		struct jsonl_seen last = names[i - 1];

		names[i - 1] = names[0];
		names[0] = last;
		sink_name(names, 0, i - 1);
	}
}

static bool
is_same(const struct jsonl_seen *a, const struct jsonl_seen *b)
{
	return a->hash == b->hash && span_equal(a->name, b->name);
}

/* No name was there before; in a large object that shows at its end. */
static struct err
see_name(struct jsonl_parser *parser, const struct jsonl_name *name)
{
	const struct jsonl_frame *frame = &parser->frames[parser->depth - 1];
	struct jsonl_seen *seen = &parser->names[parser->num_names];
	uint32_t num = parser->num_names - frame->first_name;

	if (parser->num_names == JSONL_MAX_NAMES)
		return ERR(TOO_BIG, "json: too many members");
	*seen = (struct jsonl_seen){.name = name->text, .hash = name->hash};
	parser->num_names++;
	if (num >= FEW_NAMES)
		return OK;
	for (uint32_t i = 1; i <= num; i++)
		if (seen[-(ptrdiff_t)i].hash == seen->hash &&
		    is_same(&seen[-(ptrdiff_t)i], seen))
			return ERR(MALFORMED, "json: a name twice");
	return OK;
}

/* The names of an object that ends. */
static struct err
forget_names(struct jsonl_parser *parser, const struct jsonl_frame *frame)
{
	struct jsonl_seen *names = parser->names + frame->first_name;
	uint32_t num = parser->num_names - frame->first_name;

	parser->num_names = frame->first_name;
	if (num <= FEW_NAMES)
		return OK;
	sort_names(names, num);
	for (uint32_t i = 1; i < num; i++)
		if (is_same(&names[i - 1], &names[i]))
			return ERR(MALFORMED, "json: a name twice");
	return OK;
}

/* A name that the dataset does not declare, beside those that it does. */
static struct err
see_new(struct jsonl_parser *parser, const struct jsonl_node *node,
    const struct jsonl_name *name)
{
	const uint32_t num_slots = 2 * JSONL_MAX_NEW;
	uint64_t key = ((uint64_t)node->index << 32 | name->hash) + 1;
	uint32_t at = name->hash % num_slots;

	if (parser->refuse_new)
		return ERR(MALFORMED, "the file has a new column");
	if (!name->plain)
		return ERR(MALFORMED,
		    "an undeclared column's name is not plain ASCII");
	for (; parser->news[at] != 0; at = (at + 1) % num_slots)
		if (parser->news[at] == key)
			return OK;
	if (parser->num_new < JSONL_MAX_NEW) {
		parser->news[at] = key;
		parser->num_new++;
	}
	return OK;
}

/* Where the value of a member of the object at hand stands. */
static struct err
member_spot(struct jsonl_parser *parser, const struct jsonl_name *name,
    struct spot *out)
{
	const struct jsonl_node *node = parser->frames[parser->depth - 1].node;
	struct spot spot = {.named = true};

	*out = spot;
	if (node == NULL)
		return OK;
	switch (jsonl_tree_find(parser->tree, node, name, &spot.node)) {
	case JSONL_DECLARED:
		*out = spot;
		return OK;
	case JSONL_OTHER:
		return see_new(parser, node, name);
	case JSONL_ALIKE:
		break;
	}
	return ERR(MALFORMED, "a column's name looks like a declared one");
}

/* A carriage return is a blank, so that CR LF ends a line like LF. */
static uint8_t *
skip_blanks(uint8_t *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

static struct err
parse_value(struct jsonl_parser *parser, const struct spot *spot)
{
	struct span text;

	switch (*parser->at) {
	case '{':
	case '[':
		TRY(put_open(parser, spot, *parser->at == '{'));
		parser->at++;
		return OK;
	case '"':
		TRY(jsonl_text_string(&parser->at, &text));
		return put_scalar(parser, spot,
		    text.len == 0 ? JSONL_EMPTY : JSONL_STRING, text);
	case 't':
		TRY(jsonl_text_word(&parser->at, "true", &text));
		return put_scalar(parser, spot, JSONL_FLAG, text);
	case 'f':
		TRY(jsonl_text_word(&parser->at, "false", &text));
		return put_scalar(parser, spot, JSONL_FLAG, text);
	case 'n':
		TRY(jsonl_text_word(&parser->at, "null", &text));
		return put_scalar(parser, spot, JSONL_NULL, text);
	default:
		TRY(jsonl_text_number(&parser->at, &text));
		return put_scalar(parser, spot, JSONL_NUMBER, text);
	}
}

static struct err
parse_member(struct jsonl_parser *parser, struct spot *out)
{
	struct jsonl_name name;
	struct span text;

	if (*parser->at != '"')
		return ERR(MALFORMED, "json: a member without a name");
	TRY(jsonl_text_string(&parser->at, &text));
	name = jsonl_tree_name(text);
	TRY(see_name(parser, &name));
	parser->at = skip_blanks(parser->at);
	if (*parser->at != ':')
		return ERR(MALFORMED, "json: no colon behind a name");
	parser->at = skip_blanks(parser->at + 1);
	return member_spot(parser, &name, out);
}

/* The end of the object or array at hand. */
static struct err
close_frame(struct jsonl_parser *parser)
{
	const struct jsonl_frame *frame = &parser->frames[--parser->depth];
	struct spot spot = {.node = frame->node};

	parser->at++;
	if (frame->object)
		TRY(forget_names(parser, frame));
	/* The record itself has no mark. */
	if (parser->depth == 0 || frame->node == NULL || !frame->node->delivers)
		return OK;
	return put_mark(parser,
	    frame->object ? JSONL_CLOSE_OBJECT : JSONL_CLOSE_ARRAY, &spot, 0);
}

/* The next item of the object or array at hand, or its end. */
static struct err
parse_item(struct jsonl_parser *parser)
{
	struct jsonl_frame *frame = &parser->frames[parser->depth - 1];
	struct spot spot = {
	    .node = frame->node, .num_arrays = frame->num_arrays};

	parser->at = skip_blanks(parser->at);
	if (*parser->at == (frame->object ? '}' : ']'))
		return close_frame(parser);
	if (frame->began) {
		if (*parser->at != ',')
			return ERR(MALFORMED,
			    "json: no comma, or the line ends too early");
		parser->at = skip_blanks(parser->at + 1);
	}
	frame->began = true;
	if (frame->object)
		TRY(parse_member(parser, &spot));
	return parse_value(parser, &spot);
}

struct err
jsonl_parse_record(struct jsonl_parser *parser, uint8_t *line)
{
	struct batch *batch = parser->batch;

	parser->first_mark = parser->shape.num_marks;
	parser->first_cell = batch->lists.num_cells;
	parser->num_names = 0;
	for (uint32_t i = 0; i < batch->num_columns; i++)
		batch_column(batch, i)[batch->num_rows] = span_of(NULL, 0);
	parser->at = skip_blanks(line);
	if (*parser->at != '{')
		return ERR(MALFORMED, "json: a line that is no object");
	parser->at++;
	parser->frames[0] =
	    (struct jsonl_frame){.node = parser->tree->nodes, .object = true};
	parser->depth = 1;
	while (parser->depth > 0)
		TRY(parse_item(parser));
	parser->at = skip_blanks(parser->at);
	if (*parser->at != '\n')
		return ERR(MALFORMED, "json: text behind the object");
	batch->num_rows++;
	parser->shape.rows[batch->num_rows] = parser->shape.num_marks;
	return OK;
}
