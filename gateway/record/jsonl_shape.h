#ifndef GATEHOUSE_JSONL_SHAPE_H
#define GATEHOUSE_JSONL_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/limits.h"

/*
 * jsonl_shape: how the delivered values of a batch of records lie in each
 * other. The decoder writes it, the encoder goes along it. Nothing of the
 * source but this and the cells goes from one to the other.
 */
enum jsonl_op {
	JSONL_OPEN_OBJECT,
	JSONL_OPEN_ARRAY,
	JSONL_CLOSE_OBJECT,
	JSONL_CLOSE_ARRAY,
	JSONL_NULL,   /* null, or what stands for a misfit */
	JSONL_EMPTY,  /* "" */
	JSONL_STRING, /* from here on: a cell */
	JSONL_NUMBER,
	JSONL_FLAG, /* true, false */
};

struct jsonl_mark {
	uint32_t node; /* of the tree */
	uint32_t cell; /* the row; of a list the index in its cells */
	uint8_t op;    /* enum jsonl_op */
	bool named;    /* a member of an object, not an item of an array */
};

struct jsonl_shape {
	struct jsonl_mark *marks; /* JSONL_SHAPE_MARKS */
	uint32_t num_marks;
	/* Per row its first mark; one more, behind the last row. */
	uint32_t rows[BATCH_MAX_ROWS + 1];
};

enum {
	/* A batch ends when the next record might not find room. */
	JSONL_SHAPE_MARKS = 2 * JSONL_MAX_PLACES
};

#endif
