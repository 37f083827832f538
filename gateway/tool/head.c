#include "gateway/tool/head.h"

enum {
	BLOCK = 64 * 1024,
};

/* How many of the bytes belong to records that are still to be shown. */
static size_t
measure(struct head *head, struct span bytes)
{
	size_t i = 0;

	for (; i < bytes.len && head->num_left > 0; i++) {
		if (bytes.data[i] == '"' && head->quoted)
			head->in_quotes = !head->in_quotes;
		head->num_left -= bytes.data[i] == '\n' && !head->in_quotes;
	}
	return i;
}

static struct err
show(struct head *head, struct span bytes)
{
	size_t len = measure(head, bytes);

	if (len > 0 && fwrite(bytes.data, 1, len, head->out) != len)
		return ERR(IO, "the output cannot be written");
	return head->num_left == 0 ? ERR(CLOSED, "enough records were shown")
				   : OK;
}

struct err
head_put(struct head *head, struct span bytes)
{
	static uint8_t block[BLOCK];
	struct err err;
	size_t len;

	if (head->packed == COMPRESSION_NONE)
		return show(head, bytes);
	if (head->unpack == NULL)
		TRY(unpack_new(&head->unpack, head->packed));
	unpack_give(head->unpack, bytes);
	while ((err = unpack_take(head->unpack, block, sizeof(block), &len))
		   .code == ERR_OK)
		TRY(show(head, span_of(block, len)));
	return err.code == ERR_AGAIN ? OK : err;
}

void
head_done(struct head *head)
{
	unpack_free(head->unpack);
	head->unpack = NULL;
}
