#ifndef GATEHOUSE_JCS_H
#define GATEHOUSE_JCS_H

#include "crypto/memory/buf.h"

/*
 * jcs: writes JSON in its one canonical form, so that a record has one
 * sequence of bytes and one hash, and whoever re-encodes it gets them again.
 *
 * Source   RFC 8785; numbers are integers of at most 53 bits (RFC 7493 s.2.2)
 */
enum {
	JCS_DEPTH = 8,	    /* objects and arrays inside each other, as read */
	JCS_DEPTH_OUT = 10, /* likewise, as written */
	JCS_NAME_MAX = 96   /* bytes of a member's name */
};
#define JCS_INT_MAX ((int64_t)9007199254740991)

/* A writer. Lies in the caller; there is nothing to free. */
struct jcs {
	struct buf *out; /* borrowed */
	unsigned depth;
	struct {
		bool is_object;
		bool wants_value; /* a name was written, its value was not */
		bool has_items;
		struct span name; /* the last one, for the order */
	} level[JCS_DEPTH_OUT + 1];
};

/* jcs_init: write one value to `out`, after what is there. */
void jcs_init(struct jcs *jcs, struct buf *out);

/*
 * What is written where is the caller's own text, so a value without a name,
 * a name out of order, one bracket too many: assert.
 *
 * Errors of all   TOO_BIG, NO_MEMORY of the buf; `out` may hold a part
 */
MUST_USE struct err jcs_open_object(struct jcs *jcs);
MUST_USE struct err jcs_close_object(struct jcs *jcs);
MUST_USE struct err jcs_open_array(struct jcs *jcs);
MUST_USE struct err jcs_close_array(struct jcs *jcs);

/*
 * jcs_name: the name of the next member: after the one before in the order of
 * jcs_compare. Borrowed until its object is closed. Errors further: MALFORMED:
 * not UTF-8, or it would need an escape; TOO_BIG: over JCS_NAME_MAX.
 */
MUST_USE struct err jcs_name(struct jcs *jcs, struct span name);

/*
 * jcs_name_written: the same with quotes and colon, as it stands, unchecked:
 * of a table of names in their order, which a test holds to it. An object has
 * names of one of both ways.
 */
MUST_USE struct err jcs_name_written(struct jcs *jcs, struct span written);

/*
 * jcs_string: a text. What a client sent may not be UTF-8, which JSON cannot
 * say: each broken byte is written as U+FFFD.
 */
MUST_USE struct err jcs_string(struct jcs *jcs, struct span text);

/* jcs_hex: the bytes as lower-case hexadecimal digits in a string. */
MUST_USE struct err jcs_hex(struct jcs *jcs, struct span bytes);

/* jcs_int: errors further: TOO_BIG: more than 53 bits. */
MUST_USE struct err jcs_int(struct jcs *jcs, int64_t value);
MUST_USE struct err jcs_bool(struct jcs *jcs, bool value);
MUST_USE struct err jcs_null(struct jcs *jcs);

/* jcs_written: a value that a jcs has written before, as it is. */
MUST_USE struct err jcs_written(struct jcs *jcs, struct span value);

/* jcs_is_whole: one value was written, and every bracket is closed. */
bool jcs_is_whole(const struct jcs *jcs);

/*
 * jcs_compare: <0, 0, >0 by UTF-16 code units, the order of RFC 8785 s.3.2.3,
 * for names in valid UTF-8.
 */
int jcs_compare(struct span a, struct span b);

/* jcs_escape: append the text of a string, without its quotes. */
MUST_USE struct err jcs_escape(struct buf *out, struct span text);

#endif
