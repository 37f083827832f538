#ifndef GATEHOUSE_FMT_TEXT_H
#define GATEHOUSE_FMT_TEXT_H

#include "crypto/memory/buf.h"

/*
 * fmt_text: a text of YAML, in the plainest style that reads back as it.
 *
 * indent   of the lines below, where it takes several
 * is_key   it must stay on its line
 * out_block  it took several lines: nothing can stand behind it
 * Errors   TOO_BIG, NO_MEMORY
 */
MUST_USE struct err fmt_text_put(struct buf *out, bool *out_block,
    struct span text, unsigned indent, bool is_key);

#endif
