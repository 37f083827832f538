#ifndef GATEHOUSE_NEW_SAMPLE_H
#define GATEHOUSE_NEW_SAMPLE_H

#include "gateway/tool/new_draft.h"

/*
 * new_sample: the columns of a CSV, TSV or JSON Lines file, packed or not, as
 * its name says it of files of an origin, and what each of them seems to be
 * (new_guess.h).
 *
 * path     of the file; nothing but names is kept of it
 * draft    its columns are these, each with `what`
 * Errors   IO; MALFORMED, TOO_BIG, TRUNCATED: it is no such file; NO_MEMORY
 */
MUST_USE struct err new_sample_read(struct new_draft *draft, const char *path);

#endif
