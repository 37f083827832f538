#ifndef GATEHOUSE_NEW_SAMPLE_H
#define GATEHOUSE_NEW_SAMPLE_H

#include "gateway/tool/new_draft.h"

/*
 * new_sample: the columns of a CSV or TSV file, packed or not, as its name says
 * it of files of an origin; and what each of them seems to be: a
 * proposal for an officer, who knows. A column of which nothing is clear is
 * proposed as free text, which never leaves as it is.
 *
 * path     of a file with a line of names; nothing else of it is kept
 * draft    its columns are these, each with `what`
 * Errors   IO; MALFORMED, TOO_BIG, TRUNCATED: it is no such file; UNSUPPORTED:
 *          it is JSON Lines; NO_MEMORY
 */
MUST_USE struct err new_sample_read(struct new_draft *draft, const char *path);

#endif
