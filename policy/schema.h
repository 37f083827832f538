#ifndef GATEHOUSE_SCHEMA_H
#define GATEHOUSE_SCHEMA_H

#include "policy/schema_keys.h"

/* schema: the keys of a map against the table. */

/*
 * schema_check: the keys of one map, noting E100 wrong shape, E101 unknown
 * key, E102 missing key.
 *
 * map      not NULL
 * id       of the thing, for the sentence; empty where it has none
 * Returns  true when it is a map, so that its members can be looked at
 */
bool schema_check(struct diagnostics *d, enum schema_section section,
    const struct node *map, struct span id);

/* schema_text: the text behind a key; empty when it is not there or wrong. */
struct span schema_text(const struct node *map, const char *key);

#endif
