#include "gateway/ledger/intents.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct err
intents_init(struct intents *intents)
{
	/* Twice as many, so that closed ones are swept seldom. */
	size_t cap = 2 * (size_t)LEDGER_MAX_OPEN;
	struct intent *items = calloc(cap, sizeof(items[0]));

	if (items == NULL)
		return ERR(NO_MEMORY, "ledger: no memory for intents");
	*intents = (struct intents){.items = items, .cap = cap};
	return OK;
}

void
intents_done(struct intents *intents)
{
	free(intents->items);
	*intents = (struct intents){0};
}

/* The place of the first item with an index of at least `index`. */
static size_t
find(const struct intents *intents, uint64_t index)
{
	size_t low = 0, high = intents->num;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (intents->items[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
intents_sweep(struct intents *intents)
{
	size_t kept = 0;

	if (intents->num + LEDGER_MAX_BATCH_NUM <= intents->cap)
		return;
	for (size_t i = 0; i < intents->num; i++)
		if (!intents->items[i].closed)
			intents->items[kept++] = intents->items[i];
	intents->num = kept;
}

struct err
intents_open(struct intents *intents, uint64_t index, struct span request,
    uint64_t bytes_most)
{
	if (request.len > LEDGER_MAX_REQUEST)
		return ERR(TOO_BIG, "ledger: a request id is over its cap");
	if (intents->num_open >= LEDGER_MAX_OPEN)
		return ERR(NO_SPACE, "ledger: too many open intents");
	assert(intents->num < intents->cap);
	assert(intents->num == 0 ||
	    intents->items[intents->num - 1].index < index);
	struct intent *item = &intents->items[intents->num++];
	*item = (struct intent){.index = index,
	    .bytes_most = bytes_most,
	    .request_len = (uint8_t)request.len};
	if (request.len > 0)
		memcpy(item->request, request.data, request.len);
	intents->num_open++;
	return OK;
}

struct err
intents_close(struct intents *intents, uint64_t index)
{
	size_t at = find(intents, index);

	if (at == intents->num || intents->items[at].index != index ||
	    intents->items[at].closed)
		return ERR(NOT_FOUND, "ledger: no open intent of that number");
	intents->items[at].closed = true;
	intents->num_open--;
	return OK;
}

void
intents_undo_open(struct intents *intents, uint64_t index)
{
	assert(intents->num > 0);
	assert(intents->items[intents->num - 1].index == index);
	intents->num--;
	intents->num_open--;
}

void
intents_undo_close(struct intents *intents, uint64_t index)
{
	size_t at = find(intents, index);

	assert(at < intents->num && intents->items[at].index == index);
	assert(intents->items[at].closed);
	intents->items[at].closed = false;
	intents->num_open++;
}

const struct intent *
intents_next(const struct intents *intents, uint64_t from)
{
	for (size_t at = find(intents, from); at < intents->num; at++)
		if (!intents->items[at].closed)
			return &intents->items[at];
	return NULL;
}
