#ifndef GATEHOUSE_FMT_H
#define GATEHOUSE_FMT_H

#include "policy/node.h"

/*
 * fmt: a policy file in its one canonical form: block style, two blanks a
 * level, one blank behind a colon, quotes where they are needed and nowhere
 * else, columns and forms written short where a map says no more. Comments
 * stay where they stand, byte for byte; of several blank lines one is left.
 */

/*
 * fmt_file: append the canonical form. What comes out is read again: the tree
 * must be the same, but for what is written short, and so must all comments.
 *
 * d         diagnostic_init'ed with the file; gets what is not YAML
 * source    the file, index 0 in `d`
 * Errors    DENIED: `d` holds errors; UNSUPPORTED: it cannot be written
 *           without changing it; NO_MEMORY, TOO_BIG
 */
MUST_USE struct err fmt_file(
    struct buf *out, struct diagnostics *d, const struct source_file *source);

#endif
