#ifndef GATEHOUSE_NEW_SAMPLE_LINES_H
#define GATEHOUSE_NEW_SAMPLE_LINES_H

#include "gateway/flow/source.h"
#include "gateway/tool/new_draft.h"

/*
 * new_sample_lines: the same of JSON Lines (new_sample.h). Each place where a
 * record has a value is a column, by its path (policy/path.h).
 *
 * Errors   MALFORMED: a line is no object, or a place holds a value in one
 *          record and other places in another; TOO_BIG, TRUNCATED, IO,
 *          NO_MEMORY
 */
MUST_USE struct err new_sample_lines(
    struct new_draft *draft, struct source *source);

#endif
