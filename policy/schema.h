#ifndef GATEHOUSE_SCHEMA_H
#define GATEHOUSE_SCHEMA_H

#include "policy/node.h"

/*
 * schema: which keys there are, what may stand behind them, which of them
 * this build serves. One table drives the checker.
 */
enum schema_section {
	SCHEMA_TOP,
	SCHEMA_POLICY,
	SCHEMA_PARTY,
	SCHEMA_PROOF,
	SCHEMA_PLACE,
	SCHEMA_PURPOSE,
	SCHEMA_DATASET,
	SCHEMA_FORMAT,
	SCHEMA_DIALECT,
	SCHEMA_KNOWLEDGE,
	SCHEMA_COLUMN,
	SCHEMA_GUARDRAIL,
	SCHEMA_AGREEMENT,
	SCHEMA_DELIVERED,
	NUM_SCHEMA_SECTIONS,
};

/*
 * schema_check: the keys of one map, noting E100 wrong shape, E101 unknown
 * key, E102 missing key, E901 not served.
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
