#ifndef GATEHOUSE_LISTED_H
#define GATEHOUSE_LISTED_H

#include "gateway/ipc/open.h"

struct arena;
struct slot;

/* listed: the files of a dataset, as its origin tells them. */
struct listed_file {
	struct span key; /* below the origin's folder, or as clients name it */
	struct open_file file;
	struct slot *slot; /* NULL: not looked up */
};

struct listed {
	struct listed_file *files; /* owned; their keys lie in an arena */
	size_t num, cap;
};

/* listed_add: one more. Errors: TOO_BIG: there are `max`; NO_MEMORY. */
MUST_USE struct err listed_add(struct listed *listed, struct arena *arena,
    const struct listed_file *file, size_t max);

/* listed_sort: by key. */
void listed_sort(struct listed *listed);

/* listed_done: accepts the zero state, and leaves it. */
void listed_done(struct listed *listed);

#endif
