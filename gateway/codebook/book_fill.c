#include "gateway/codebook/book_fill.h"

#include "gateway/metric/metric.h"

static_assert(DRAW_BATCH <= (int)STORE_BATCH, "a message is one call");
static_assert(DRAW_MAX_SEALED <= (int)STORE_MAX_SEALED, "and what it seals");
static_assert(TOKEN_INDEX == (int)STORE_INDEX &&
	TOKEN_INDEX == (int)STORE_SUBJECT && TOKEN_CODE == (int)STORE_CODE,
    "hashes and codes are as long");

uint64_t
book_fill_settled(const struct book_store *book)
{
	return book->before + store_durable(book->store);
}

/* What the store answered with, among those of all the codebook's lives. */
static uint64_t
number(struct book_fill *fill, uint64_t seq)
{
	struct book_store *book = fill->book;

	seq += book->before;
	if (seq > book->last)
		book->last = seq;
	if (seq > fill->answered)
		fill->answered = seq;
	return fill->answered;
}

static struct err
on_ask(void *context, struct channel *channel, struct frame *frame)
{
	static struct draw_known known; /* one thread */
	static struct draw_ask ask;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct book_fill *fill = context;
	struct book_store *book = fill->book;
	uint64_t seq;

	TRY(draw_take_ask(&ask, frame->body));
	if (ask.num > fill->budget)
		return ERR(
		    DENIED, "book: more values than the source can have");
	fill->budget -= ask.num;
	memset(&known, 0, sizeof(known));
	known.num = ask.num;
	book->failed = store_lookup(book->store, ask.indexes[0], ask.num,
	    known.codes, known.known, &seq);
	TRY(book->failed);
	for (size_t i = 0; i < ask.num; i++)
		fill->unmade += !known.known[i];
	known.seq = number(fill, seq);
	metric_add(METRIC_BOOK_ASKED, ask.num);
	TRY(draw_put_known(&body, &known));
	return channel_send_body(
	    channel, DRAW_KNOWN, frame->id, buf_span(&body));
}

static struct err
on_make(void *context, struct channel *channel, struct frame *frame)
{
	static struct store_new entries[DRAW_BATCH];
	static struct draw_made made;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct book_fill *fill = context;
	struct book_store *book = fill->book;
	struct draw_new entry;
	uint64_t seq;

	for (made.num = 0; frame->body.len > 0; made.num++) {
		if (made.num == DRAW_BATCH || made.num == fill->unmade)
			return ERR(
			    DENIED, "book: entries that it did not lack");
		TRY(draw_take_new(&frame->body, &entry));
		entries[made.num] = (struct store_new){
		    entry.index, entry.subject, entry.sealed};
	}
	fill->unmade -= made.num;
	if (made.num == 0)
		return ERR(MALFORMED, "book: no entries");
	book->failed =
	    store_insert(book->store, entries, made.num, made.codes, &seq);
	TRY(book->failed);
	made.seq = number(fill, seq);
	metric_add(METRIC_BOOK_MADE, made.num);
	TRY(draw_put_made(&body, &made));
	return channel_send_body(
	    channel, DRAW_MADE, frame->id, buf_span(&body));
}

struct err
book_fill_settle(struct book_fill *fill)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};
	uint64_t settled = book_fill_settled(fill->book);

	if (!fill->waits || settled < fill->wait_seq)
		return OK;
	fill->waits = false;
	TRY(draw_put_seq(&body, settled));
	return channel_send_body(
	    &fill->channel, DRAW_SETTLED, fill->wait_id, buf_span(&body));
}

static struct err
on_settle(void *context, struct channel *channel, struct frame *frame)
{
	struct book_fill *fill = context;
	uint64_t seq;

	(void)channel;
	TRY(draw_take_seq(&seq, frame->body));
	if (fill->waits || seq > fill->answered)
		return ERR(MALFORMED, "book: it waits for what is not there");
	fill->waits = true;
	fill->wait_id = frame->id;
	fill->wait_seq = seq;
	return book_fill_settle(fill);
}

static const struct channel_rule rules[] = {
    {DRAW_ASK, CHANNEL_ANY_STATE, false, DRAW_BATCH *TOKEN_INDEX, 0, on_ask},
    {DRAW_MAKE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_make},
    {DRAW_SETTLE, CHANNEL_ANY_STATE, false, 8, 0, on_settle},
};

void
book_fill_init(struct book_fill *out, struct book_store *book, int fd)
{
	*out = (struct book_fill){.book = book};
	channel_init(
	    &out->channel, fd, rules, sizeof(rules) / sizeof(rules[0]), out);
}
