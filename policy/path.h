#ifndef GATEHOUSE_PATH_H
#define GATEHOUSE_PATH_H

#include "crypto/memory/span.h"

/*
 * path: the name of a column in JSON Lines, as the policy writes it: `a`,
 * `a.b`, `a[].b`. Each step is the name of a member and the number of arrays
 * around its value. A `.`, `[` or `\` that belongs to a name has a `\` in
 * front; no other character has, so that a place has one path only.
 */
enum {
	PATH_MAX_STEPS = 32,
	PATH_MAX_ARRAYS = 8, /* around one value */
};

struct path_step {
	struct span name; /* as written, not empty */
	uint32_t num_arrays;
};

/*
 * path_take: remove the first step.
 *
 * path     borrowed; shortened on success, empty after the last step
 * out      written on success only
 * Errors   MALFORMED: an empty name, a `\` or `[` that means nothing, a text
 *          behind `[]`, too many arrays
 */
MUST_USE struct err path_take(struct span *path, struct path_step *out);

/*
 * path_check: the whole is a path.
 *
 * Errors   as path_take; MALFORMED: over PATH_MAX_STEPS steps
 */
MUST_USE struct err path_check(struct span path);

/* path_has_array: one of the steps of a right path has arrays. */
bool path_has_array(struct span path);

/*
 * path_conflict: two right paths cannot both be: one ends where the other
 * goes on, or they differ in the arrays of a step.
 */
bool path_conflict(struct span a, struct span b);

/* path_name: a step's name without its `\`; writes at most name.len bytes. */
size_t path_name(uint8_t *out, struct span name);

#endif
