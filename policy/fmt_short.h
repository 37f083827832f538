#ifndef GATEHOUSE_FMT_SHORT_H
#define GATEHOUSE_FMT_SHORT_H

#include "policy/fmt_scan.h"

/*
 * fmt_short: columns and forms that say no more as a map are written short:
 * `{is: sensitive, kind: code}` is `sensitive code`, `{protect: year}` is
 * `year`. A map with a comment in it stays one. Changes the tree in place.
 * Errors: NO_MEMORY, TOO_BIG of the arena.
 */
MUST_USE struct err fmt_short_tree(
    struct node *root, struct arena *arena, const struct fmt_scan *scan);

#endif
