#ifndef GATEHOUSE_JCS_READ_H
#define GATEHOUSE_JCS_READ_H

#include "crypto/memory/buf.h"

/*
 * jcs_read: reads what jcs writes and nothing else: no space, names in order
 * and once, one way to escape, integers of at most 53 bits. It allocates
 * nothing; what it returns is borrowed from the text.
 */

/*
 * jcs_read_check: the whole text is one canonical value.
 *
 * Errors   MALFORMED: another form, or bytes after the value; TRUNCATED
 *          TOO_BIG: over JCS_DEPTH, or a number over 53 bits
 */
MUST_USE struct err jcs_read_check(struct span text);

/*
 * jcs_read_object, jcs_read_array: what stands between the brackets of a
 * canonical value, for jcs_read_member and jcs_read_item.
 *
 * Errors   MALFORMED: it is something else
 */
MUST_USE struct err jcs_read_object(struct span value, struct span *out);
MUST_USE struct err jcs_read_array(struct span value, struct span *out);

/*
 * jcs_read_member: remove the next member; its order is not checked again.
 *
 * out_name   the characters between the quotes, as written
 * out_value  the value's text
 * Errors     NOT_FOUND: there is none left; else as jcs_read_check
 */
MUST_USE struct err jcs_read_member(
    struct span *members, struct span *out_name, struct span *out_value);

/* jcs_read_item: the same for the items of an array. */
MUST_USE struct err jcs_read_item(struct span *items, struct span *out_value);

/*
 * jcs_read_find: the member of this name in an object. Only what lies before
 * it, and itself, is read.
 *
 * Errors   NOT_FOUND; else as jcs_read_check
 */
MUST_USE struct err jcs_read_find(
    struct span object, const char *name, struct span *out_value);

/*
 * jcs_read_string: the characters between the quotes, as written.
 * jcs_read_text: append them to `out` with the escapes undone.
 *
 * Errors   MALFORMED: not a string; of the buf
 */
MUST_USE struct err jcs_read_string(struct span value, struct span *out);
MUST_USE struct err jcs_read_text(struct span value, struct buf *out);

/* jcs_read_u64: a number from 0. Errors: MALFORMED, TOO_BIG. */
MUST_USE struct err jcs_read_u64(struct span value, uint64_t *out);

/* jcs_read_find_string, _u64: find, then read. Errors as both. */
MUST_USE struct err jcs_read_find_string(
    struct span object, const char *name, struct span *out);
MUST_USE struct err jcs_read_find_u64(
    struct span object, const char *name, uint64_t *out);

#endif
