#include "gateway/record/jsonl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/record/jsonl_parse.h"
#include "gateway/record/jsonl_text.h"

struct jsonl {
	uint8_t *data;
	size_t cap, len;
	size_t line; /* where the line at hand begins */
	size_t at;   /* up to here it has no end */
	size_t block_len;
	bool began, finished;
	uint64_t number; /* of the line at hand */
	struct jsonl_tree tree;
	struct jsonl_parser parser;
	struct err failed;
};

static const struct err again = {ERR_AGAIN, "more bytes are needed"};

struct err
jsonl_new(struct jsonl **out, const struct plan *plan, size_t block_len)
{
	struct jsonl *jsonl = calloc(1, sizeof(*jsonl));
	struct err err;

	assert(block_len > 0 && block_len <= CSV_MAX_BLOCK);
	if (jsonl == NULL)
		return ERR(NO_MEMORY, "no memory for a decoder");
	jsonl->number = 1;
	jsonl->block_len = block_len;
	/* A line within its cap, CR LF, and a block after it; then the LF that
	   a last line may lack. */
	jsonl->cap = JSONL_MAX_RECORD + 2 + block_len;
	jsonl->data = malloc(jsonl->cap + 1 + JSONL_TEXT_SLACK);
	err = jsonl->data == NULL ? ERR(NO_MEMORY, "no memory for a decoder")
				  : jsonl_tree_init(&jsonl->tree, plan);
	if (err.code == ERR_OK)
		err = jsonl_parse_init(
		    &jsonl->parser, &jsonl->tree, plan->refuse_new_column);
	if (err.code != ERR_OK) {
		jsonl_free(jsonl);
		return err;
	}
	*out = jsonl;
	return OK;
}

void
jsonl_free(struct jsonl *jsonl)
{
	if (jsonl == NULL)
		return;
	jsonl_parse_done(&jsonl->parser);
	jsonl_tree_done(&jsonl->tree);
	free(jsonl->data);
	free(jsonl);
}

const struct jsonl_tree *
jsonl_get_tree(const struct jsonl *jsonl)
{
	return &jsonl->tree;
}

const struct jsonl_shape *
jsonl_get_shape(const struct jsonl *jsonl)
{
	return &jsonl->parser.shape;
}

size_t
jsonl_capacity(const struct jsonl *jsonl)
{
	return jsonl->cap;
}

uint32_t
jsonl_list_cells(const struct jsonl *jsonl)
{
	/* As marks: a batch ends when the next record might lack room. */
	return jsonl->tree.has_lists ? 2 * JSONL_MAX_PLACES : 0;
}

uint64_t
jsonl_record(const struct jsonl *jsonl)
{
	return jsonl->number;
}

uint32_t
jsonl_num_dropped(const struct jsonl *jsonl)
{
	return jsonl->parser.num_new;
}

void
jsonl_room(struct jsonl *jsonl, uint8_t **out, size_t *out_len)
{
	size_t room;

	/* Only the begun line is carried; finished ones were used. */
	memmove(
	    jsonl->data, jsonl->data + jsonl->line, jsonl->len - jsonl->line);
	jsonl->len -= jsonl->line;
	jsonl->at -= jsonl->line;
	jsonl->line = 0;
	room = jsonl->cap - jsonl->len;
	*out = jsonl->data + jsonl->len;
	*out_len = room < jsonl->block_len ? room : jsonl->block_len;
}

void
jsonl_fill(struct jsonl *jsonl, size_t len)
{
	assert(!jsonl->finished && len <= jsonl->cap - jsonl->len);
	jsonl->len += len;
}

void
jsonl_finish(struct jsonl *jsonl)
{
	jsonl->finished = true;
}

struct err
jsonl_batch(const struct jsonl *jsonl, struct batch *out)
{
	const struct jsonl_tree *tree = &jsonl->tree;
	struct batch batch;
	struct err err;

	TRY(batch_init(&batch, tree->bind.num_raw));
	err = batch_init_lists(&batch, jsonl_list_cells(jsonl));
	if (err.code != ERR_OK) {
		batch_done(&batch);
		return err;
	}
	for (uint32_t i = 0; i < tree->num_nodes; i++)
		if (tree->nodes[i].list && tree->nodes[i].raw != NO_INDEX)
			batch.lists.is_list[tree->nodes[i].raw] = true;
	*out = batch;
	return OK;
}

/* A byte order mark is no part of the first line. */
static struct err
skip_mark(struct jsonl *jsonl)
{
	static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};

	if (jsonl->began)
		return OK;
	if (jsonl->len < sizeof(mark) && !jsonl->finished)
		return again;
	if (span_starts_with(
		span_of(jsonl->data, jsonl->len), span_of(mark, sizeof(mark))))
		jsonl->line = jsonl->at = sizeof(mark);
	jsonl->began = true;
	return OK;
}

/* The end of the line at hand: where its LF is, made if it is the last. */
static struct err
find_end(struct jsonl *jsonl, size_t *out)
{
	uint8_t *from = jsonl->data + jsonl->at;
	const uint8_t *lf = memchr(from, '\n', jsonl->len - jsonl->at);

	jsonl->at = lf == NULL ? jsonl->len : (size_t)(lf - jsonl->data);
	if (jsonl->at - jsonl->line > JSONL_MAX_RECORD + 1)
		return ERR(TOO_BIG, "json: a line is too long");
	if (lf == NULL) {
		if (!jsonl->finished)
			return again;
		if (jsonl->line == jsonl->len)
			return ERR(CLOSED, "json: that was all");
		jsonl->data[jsonl->len++] = '\n';
	}
	*out = jsonl->at;
	return OK;
}

static bool
is_blank(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] != ' ' && line.data[i] != '\t' &&
		    line.data[i] != '\r')
			return false;
	return true;
}

/* One line: a row, or nothing if it is blank. */
static struct err
take_line(struct jsonl *jsonl, struct batch *batch, bool *out_blank)
{
	struct span line;
	size_t end;

	TRY(find_end(jsonl, &end));
	line = span_of(jsonl->data + jsonl->line, end - jsonl->line);
	*out_blank = is_blank(line);
	if (!*out_blank) {
		if (line.len > JSONL_MAX_RECORD &&
		    line.data[JSONL_MAX_RECORD] != '\r')
			return ERR(TOO_BIG, "json: a line is too long");
		if (batch->num_rows == 0)
			batch->first_record = jsonl->number;
		TRY(jsonl_parse_record(
		    &jsonl->parser, jsonl->data + jsonl->line));
	}
	jsonl->line = jsonl->at = end + 1;
	jsonl->number++;
	return OK;
}

/* The next record, if it is whole, finds room. */
static bool
has_room(const struct jsonl *jsonl, const struct batch *batch)
{
	return batch->num_rows < BATCH_MAX_ROWS &&
	    jsonl->parser.shape.num_marks <= JSONL_MAX_PLACES &&
	    batch->lists.num_cells <= JSONL_MAX_PLACES;
}

struct err
jsonl_next(struct jsonl *jsonl, struct batch *batch)
{
	struct err err;
	bool blank = false;

	TRY(jsonl->failed);
	assert(batch->num_columns == jsonl->tree.bind.num_raw);
	err = skip_mark(jsonl);
	jsonl_parse_begin(&jsonl->parser, batch);
	while (err.code == ERR_OK && has_room(jsonl, batch)) {
		/* The rows of a batch are of lines without one between them. */
		if (blank && batch->num_rows > 0)
			break;
		err = take_line(jsonl, batch, &blank);
	}
	if (batch->num_rows > 0 &&
	    (err.code == ERR_OK || err.code == ERR_AGAIN ||
		err.code == ERR_CLOSED))
		return OK;
	if (err.code != ERR_AGAIN && err.code != ERR_CLOSED)
		jsonl->failed = err;
	return err;
}
