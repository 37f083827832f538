#ifndef GATEHOUSE_LINE_DIFF_H
#define GATEHOUSE_LINE_DIFF_H

#include "crypto/memory/buf.h"

/*
 * line_diff_put: the lines in which two texts differ, as `diff -u` shows them
 * (POSIX diff, unified format, three lines around). Nothing where they are
 * equal. Two texts that differ too much are shown as one for the other.
 *
 * Errors   TOO_BIG, NO_MEMORY
 */
MUST_USE struct err line_diff_put(
    struct buf *out, struct span name, struct span old, struct span new);

#endif
