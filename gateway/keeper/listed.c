#include "gateway/keeper/listed.h"

#include <stdlib.h>

#include "crypto/memory/arena.h"

enum {
	FIRST_CAP = 64
};

static struct err
reserve_one(struct listed *listed)
{
	size_t cap = listed->cap == 0 ? FIRST_CAP : listed->cap * 2;

	if (listed->num < listed->cap)
		return OK;
	struct listed_file *files =
	    reallocarray(listed->files, cap, sizeof(*files));
	if (files == NULL)
		return ERR(NO_MEMORY, "keeper: no memory to list");
	listed->files = files;
	listed->cap = cap;
	return OK;
}

struct err
listed_add(struct listed *listed, struct arena *arena,
    const struct listed_file *file, size_t max)
{
	struct span key;

	if (listed->num >= max)
		return ERR(TOO_BIG, "keeper: more files than one bucket holds");
	TRY(reserve_one(listed));
	TRY(arena_copy(arena, &key, file->key));
	listed->files[listed->num] = *file;
	listed->files[listed->num++].key = key;
	return OK;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct listed_file *first = a, *second = b;

	return span_compare(first->key, second->key);
}

void
listed_sort(struct listed *listed)
{
	if (listed->num > 1)
		qsort(listed->files, listed->num, sizeof(*listed->files),
		    compare_keys);
}

void
listed_done(struct listed *listed)
{
	free(listed->files);
	*listed = (struct listed){.files = NULL};
}
