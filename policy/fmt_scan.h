#ifndef GATEHOUSE_FMT_SCAN_H
#define GATEHOUSE_FMT_SCAN_H

#include "policy/node.h"

/*
 * fmt_scan: what the events of YAML leave out of a file: its comments, where
 * its texts end, and which lines are blank. libyaml tells where each text
 * begins and ends; a `#` outside of all of them is a comment.
 */
struct fmt_place {
	uint32_t line, column; /* from 1; columns count characters */
};

struct fmt_comment {
	struct fmt_place at;
	struct span text; /* from the `#` to the end of the line */
	bool own_line;	  /* nothing else stands on its line */
};

/* A text: [from, to). One of several lines under a `|` begins below it. */
struct fmt_extent {
	struct fmt_place from, to;
	struct fmt_place at; /* as struct node has it */
};

struct fmt_scan {
	struct span bytes;
	struct fmt_comment *comments;
	size_t num_comments;
	struct fmt_extent *extents; /* in the order of the file */
	size_t num_extents;
	uint32_t *starts; /* per line, the offset of its first byte */
	uint32_t num_lines;
};

/*
 * fmt_scan_read: of a file that node_read took without an error.
 *
 * out      spans point into `bytes`, arrays are in `arena`
 * Errors   NO_MEMORY, TOO_BIG of the arena; MALFORMED: node_read would not
 *          have taken it
 */
MUST_USE struct err fmt_scan_read(
    struct fmt_scan *out, struct arena *arena, struct span bytes);

/* fmt_scan_extent: of the text at that mark; empty where there is none. */
struct fmt_extent fmt_scan_extent(const struct fmt_scan *scan, struct mark at);

/* fmt_scan_byte: the byte at a place; 0 beyond the end of its line. */
uint8_t fmt_scan_byte(const struct fmt_scan *scan, struct mark at);

/* fmt_scan_is_blank: the line is there, and has nothing but blanks. */
bool fmt_scan_is_blank(const struct fmt_scan *scan, uint32_t line);

/* fmt_place_before: a comes before b. */
bool fmt_place_before(struct fmt_place a, struct fmt_place b);

#endif
