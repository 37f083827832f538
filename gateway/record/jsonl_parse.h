#ifndef GATEHOUSE_JSONL_PARSE_H
#define GATEHOUSE_JSONL_PARSE_H

#include "gateway/pipe/batch.h"
#include "gateway/record/jsonl_shape.h"
#include "gateway/record/jsonl_tree.h"

/* jsonl_parse: one record to cells and their shape. For jsonl.c. */

/* An object or array that is open. */
struct jsonl_frame {
	const struct jsonl_node *node; /* NULL: nothing in it is declared */
	uint32_t num_arrays;	       /* of the node that are open here */
	uint32_t first_name;	       /* of the object, in names */
	bool object, began;	       /* began: it has a first item */
};

/* A name of an open object. */
struct jsonl_seen {
	struct span name;
	uint32_t hash;
};

struct jsonl_parser {
	const struct jsonl_tree *tree;
	bool refuse_new; /* members that are not declared refuse the file */
	struct jsonl_shape shape;
	struct jsonl_frame frames[JSONL_MAX_DEPTH];
	struct jsonl_seen *names; /* JSONL_MAX_NAMES */
	uint32_t depth, num_names;
	uint64_t news[2 * JSONL_MAX_NEW]; /* undeclared names, hashed */
	uint32_t num_new;
	/* Of the record at hand. */
	struct batch *batch;
	uint8_t *at;
	uint32_t first_mark, first_cell;
};

/*
 * jsonl_parse_init
 *
 * out      caller-owned; jsonl_parse_done
 * tree     borrowed until then
 * Errors   NO_MEMORY
 */
MUST_USE struct err jsonl_parse_init(
    struct jsonl_parser *out, const struct jsonl_tree *tree, bool refuse_new);
void jsonl_parse_done(struct jsonl_parser *parser); /* accepts zero */

/* jsonl_parse_begin: a new batch. */
void jsonl_parse_begin(struct jsonl_parser *parser, struct batch *batch);

/*
 * jsonl_parse_record: the next row of the batch, which has room for it.
 *
 * line     changed; an LF and JSONL_TEXT_SLACK bytes stand behind it
 * Errors   MALFORMED, TOO_BIG; the batch is of no use then
 */
MUST_USE struct err jsonl_parse_record(
    struct jsonl_parser *parser, uint8_t *line);

#endif
