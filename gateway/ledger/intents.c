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

struct err
intents_put(const struct intents *intents, struct buf *out)
{
	TRY(buf_put_u32be(out, (uint32_t)intents->num_open));
	for (size_t i = 0; i < intents->num; i++) {
		const struct intent *item = &intents->items[i];
		if (item->closed)
			continue;
		TRY(buf_put_u64be(out, item->index));
		TRY(buf_put_u64be(out, item->bytes_most));
		TRY(buf_put_field(
		    out, span_of(item->request, item->request_len)));
	}
	return OK;
}

/* Their order is what finding one needs. */
static struct err
take_one(struct intents *intents, struct span *in)
{
	uint64_t index, bytes_most;
	struct span request;

	TRY(span_take_u64be(in, &index));
	TRY(span_take_u64be(in, &bytes_most));
	TRY(span_take_field(in, &request, LEDGER_MAX_REQUEST));
	if (intents->num > 0 && intents->items[intents->num - 1].index >= index)
		return ERR(MALFORMED, "ledger: intents in another order");
	return intents_open(intents, index, request, bytes_most);
}

struct err
intents_take(struct intents *intents, struct span *in)
{
	uint32_t num;

	TRY(span_take_u32be(in, &num));
	if (num > LEDGER_MAX_OPEN || intents->num > 0)
		return ERR(MALFORMED, "ledger: more intents than can be open");
	for (uint32_t i = 0; i < num; i++)
		TRY(take_one(intents, in));
	return OK;
}
