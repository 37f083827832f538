#ifndef GATEHOUSE_CODEPOINT_H
#define GATEHOUSE_CODEPOINT_H

#include "crypto/memory/buf.h"

/* codepoint: the characters of UTF-8 text, for JSON and for terminals. */

/*
 * codepoint_take: remove one character from the front of `in`.
 *
 * in       shortened on success, else untouched
 * Errors   TRUNCATED: empty; MALFORMED: not UTF-8
 * Source   Unicode 15, table 3-7: no surrogates, no longer forms
 */
MUST_USE struct err codepoint_take(struct span *in, uint32_t *out_value);

/* codepoint_put: append as UTF-8; `value` is one that _take can return. */
MUST_USE struct err codepoint_put(struct buf *out, uint32_t value);

/*
 * codepoint_is_visible: may go to a terminal as it is. False for controls and
 * for what changes the direction or the look of the text around it, so that
 * no client can forge the lines of a person who reads the ledger.
 */
bool codepoint_is_visible(uint32_t value);

#endif
