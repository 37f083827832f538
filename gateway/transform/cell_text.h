#ifndef GATEHOUSE_CELL_TEXT_H
#define GATEHOUSE_CELL_TEXT_H

#include "crypto/memory/span.h"

/*
 * cell_text: characters of UTF-8 text, which are code points here.
 *
 * Source   Unicode 15 s.3.9, table 3-7
 */

/*
 * cell_text_count: how many characters the text has.
 *
 * Returns false, and leaves `out` alone, when it is not UTF-8.
 */
bool cell_text_count(struct span text, size_t *out);

/* cell_text_offset: bytes of the first num characters of well-formed text. */
size_t cell_text_offset(struct span text, size_t num);

#endif
