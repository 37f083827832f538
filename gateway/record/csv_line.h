#ifndef GATEHOUSE_CSV_LINE_H
#define GATEHOUSE_CSV_LINE_H

#include "crypto/memory/span.h"

/*
 * csv_line: a record as it stands when none of its fields needs quotes, and
 * whether that is so. Most records are so.
 *
 * csv_line is the one to call. csv_line_blocks is what it means, for machines
 * without AVX-512 and for the test of the other.
 */
enum {
	CSV_LINE_SLACK = 64 /* bytes behind the line that may be written too */
};

/* Field i lies at items[i * stride]: a record, or a row of a batch. */
struct csv_fields {
	const struct span *items;
	uint32_t num; /* 1 or more */
	size_t stride;
};

/* What a field cannot hold without quotes, beside CR and LF. */
struct csv_special {
	uint8_t delimiter;
	uint8_t quote; /* the delimiter, where a quote means nothing */
};

/*
 * csv_line
 *
 * to         room for the fields, a byte behind each, and CSV_LINE_SLACK
 * out_plain  no field holds the delimiter, the quote, CR, LF or NUL
 * Returns    the end of the line, which is an LF
 */
uint8_t *csv_line(uint8_t *to, const struct csv_fields *fields,
    struct csv_special special, bool *out_plain);
uint8_t *csv_line_blocks(uint8_t *to, const struct csv_fields *fields,
    struct csv_special special, bool *out_plain);

#endif
