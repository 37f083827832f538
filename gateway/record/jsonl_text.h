#ifndef GATEHOUSE_JSONL_TEXT_H
#define GATEHOUSE_JSONL_TEXT_H

#include "crypto/memory/span.h"

/*
 * jsonl_text: the scalars of JSON, read where they lie.
 *
 * A record is a line, and an LF stands behind it, which is a byte of no
 * scalar; so reading needs no other bound. At least JSONL_TEXT_SLACK bytes of
 * the buffer follow that LF.
 *
 * Each function takes `at`, the first byte of what it reads, and moves it
 * behind the last one on success.
 *
 * Source   RFC 8259; RFC 3629 for UTF-8
 */
enum {
	JSONL_TEXT_SLACK = 8
};

/*
 * jsonl_text_string: from quote to quote; escapes are undone in place.
 *
 * out      the text, in the record; may hold any byte
 * Errors   MALFORMED: not UTF-8, a control character, no escape that there
 *          is, half of a surrogate pair; TOO_BIG: over JSONL_MAX_STRING
 */
MUST_USE struct err jsonl_text_string(uint8_t **at, struct span *out);

/*
 * jsonl_text_number: as it is written.
 *
 * Errors   MALFORMED; TOO_BIG: over JSONL_MAX_STRING
 */
MUST_USE struct err jsonl_text_number(uint8_t **at, struct span *out);

/* jsonl_text_is_number: the whole text is a number of JSON. */
bool jsonl_text_is_number(struct span text);

/*
 * jsonl_text_word: exactly `word`: true, false or null.
 *
 * Errors   MALFORMED
 */
MUST_USE struct err jsonl_text_word(
    uint8_t **at, const char *word, struct span *out);

#endif
