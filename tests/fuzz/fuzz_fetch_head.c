/*
 * Target: fetch_head_take, line after line of the input, each in an allocation
 * of its own. What it took keeps the promises of fetch_head.h after each.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/tool/fetch_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	assert(len < size);
	for (size_t i = 0; i < len; i++)
		assert(text[i] >= ' ' && text[i] <= '~');
}

static void
check_head(const struct fetch_head *head)
{
	assert(!head->partial); /* that is said by the status */
	assert(!head->has_place ||
	    (head->first < head->total && head->total <= INT64_MAX));
	check_text(head->etag, sizeof(head->etag));
	check_text(head->reason, sizeof(head->reason));
}

static void
take(struct fetch_head *head, struct span line)
{
	uint8_t *copy = malloc(line.len);

	if (line.len > 0)
		memcpy(copy, line.data, line.len);
	enum fetch_line what = fetch_head_take(head, span_of(copy, line.len));
	free(copy);
	assert(what != FETCH_LINE_STATUS ||
	    (!head->has_place && head->etag[0] == '\0' &&
		head->reason[0] == '\0'));
	check_head(head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fetch_head head = {.partial = false};
	struct span rest = span_of(data, len);

	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');
		size_t line_len = end < rest.len ? end + 1 : end;
		take(&head, span_sub(rest, 0, line_len));
		rest = span_sub(rest, line_len, rest.len);
	}
	return 0;
}
