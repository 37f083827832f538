#include "gateway/codebook/book_serve.h"

#include <sys/socket.h>

#include "gateway/base/log.h"
#include "gateway/codebook/book_hand.h"
#include "gateway/metric/metric.h"

enum {
	DRAIN = 16, /* questions of one before the others have their turn */
	POLLS = KEEPERS_POLLS + BOOK_SERVE_FILLS,
};

/* About what it holds, for who watches. */
static struct err
count_entries(struct store *store)
{
	struct store_report report;

	TRY(store_estimate(store, &report));
	metric_set(METRIC_BOOK_ENTRIES, report.num_entries);
	metric_set(METRIC_BOOK_SUBJECTS, report.num_subjects);
	return OK;
}

/* --- Fills --- */

static struct book_fill *
find_free(struct book_serve *serve)
{
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		if (serve->fills[i].channel.fd < 0)
			return &serve->fills[i];
	return NULL;
}

/* The mill's end blocks: it has no other call to wait with. */
static struct err
make_pair(int out_sockets[2])
{
	return socketpair(
		   AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out_sockets) == 0
	    ? OK
	    : ERR(IO, "book: no socket pair");
}

static struct err
answer_failed(struct channel *keeper, uint64_t id, struct err err)
{
	uint8_t code = (uint8_t)err.code;

	return channel_send_body(keeper, BOOK_FAILED, id, span_of(&code, 1));
}

static struct err
on_open(void *context, struct channel *keeper, struct frame *frame)
{
	struct book_serve *serve = context;
	struct book_fill *fill = find_free(serve);
	uint64_t budget;
	int pair[2];

	TRY(span_take_u64be(&frame->body, &budget));
	TRY(span_end(frame->body));
	struct err err = fill == NULL
	    ? ERR(NO_SPACE, "book: too many fills at once")
	    : make_pair(pair);
	if (err.code != ERR_OK)
		return answer_failed(keeper, frame->id, err);
	book_fill_init(fill, &serve->book, pair[0]);
	fill->keeper = (uint32_t)keepers_place(&serve->keepers, keeper);
	fill->id = frame->id;
	fill->budget = budget;
	return channel_send(keeper,
	    &(struct frame){.type = BOOK_OPENED,
		.id = frame->id,
		.fds = {pair[1]},
		.num_fds = 1});
}

static struct err
on_close(void *context, struct channel *keeper, struct frame *frame)
{
	struct book_serve *serve = context;
	size_t place = keepers_place(&serve->keepers, keeper);

	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++) {
		struct book_fill *fill = &serve->fills[i];
		if (fill->channel.fd >= 0 && fill->keeper == place &&
		    fill->id == frame->id)
			channel_done(&fill->channel);
	}
	return OK;
}

/* Its mill has done with it, or is to be ended: the keeper hears of that. */
static struct err
part_with_fill(struct book_serve *serve, struct book_fill *fill, struct err why)
{
	struct channel *keeper = &serve->keepers.channels[fill->keeper];

	channel_done(&fill->channel);
	if (why.code == ERR_CLOSED)
		return OK;
	log_error("fill-ended", why);
	metric_count(METRIC_BOOK_BROKEN);
	struct err err =
	    channel_send_body(keeper, BOOK_BROKEN, fill->id, span_of(NULL, 0));
	return err.code == ERR_CLOSED ? OK : err;
}

/* --- What a keeper asks for itself --- */

static struct err
on_resolve(void *context, struct channel *keeper, struct frame *frame)
{
	struct buf sealed CLEANUP(buf_done) = {.max = STORE_MAX_SEALED};
	struct book_serve *serve = context;
	uint8_t code[STORE_CODE];

	TRY(book_take_bytes(code, frame->body));
	struct err err = store_resolve(serve->book.store, code, &sealed);
	metric_count(METRIC_BOOK_RESOLVED);
	if (err.code == ERR_NOT_FOUND || err.code == ERR_CRYPTO)
		return answer_failed(keeper, frame->id, err);
	serve->book.failed = err;
	TRY(err);
	return channel_send_body(
	    keeper, BOOK_RESOLVED, frame->id, buf_span(&sealed));
}

static struct err
on_shred(void *context, struct channel *keeper, struct frame *frame)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};
	struct book_serve *serve = context;
	uint8_t subject[STORE_SUBJECT];
	uint64_t num;

	TRY(book_take_bytes(subject, frame->body));
	serve->book.failed = store_shred(serve->book.store, subject, &num);
	TRY(serve->book.failed);
	metric_add(METRIC_BOOK_SHREDDED, num);
	TRY(count_entries(serve->book.store));
	TRY(buf_put_u64be(&body, num));
	return channel_send_body(
	    keeper, BOOK_SHREDDED, frame->id, buf_span(&body));
}

static struct err
on_status(void *context, struct channel *keeper, struct frame *frame)
{
	struct buf body CLEANUP(buf_done) = {.max = 17};
	struct book_serve *serve = context;
	struct store_report holds;

	serve->book.failed = store_count(serve->book.store, &holds);
	TRY(serve->book.failed);
	TRY(book_put_status(&body,
	    &(struct book_status){holds.num_entries, holds.num_subjects,
		store_is_shared(serve->book.store)}));
	return channel_send_body(
	    keeper, BOOK_STATUS_IS, frame->id, buf_span(&body));
}

static struct err
on_backup(void *context, struct channel *keeper, struct frame *frame)
{
	struct book_serve *serve = context;
	struct err err =
	    store_backup_begin(serve->book.store, frame->fds[0], frame->fds[1]);

	if (err.code != ERR_OK)
		return answer_failed(keeper, frame->id, err);
	serve->copy = (struct book_copy){.runs = true,
	    .keeper = (uint32_t)keepers_place(&serve->keepers, keeper),
	    .id = frame->id};
	return OK;
}

/* A step of it, between which all else is done. */
static struct err
go_on_copying(struct book_serve *serve)
{
	struct channel *keeper = &serve->keepers.channels[serve->copy.keeper];
	bool done = false;

	if (!serve->copy.runs)
		return OK;
	struct err err = store_backup_step(serve->book.store, &done);
	if (err.code == ERR_OK && !done)
		return OK;
	serve->copy.runs = false;
	err = err.code == ERR_OK ? channel_send_body(keeper, BOOK_COPIED,
				       serve->copy.id, span_of(NULL, 0))
				 : answer_failed(keeper, serve->copy.id, err);
	/* Whoever asked may have left. */
	return err.code == ERR_CLOSED ? OK : err;
}

static const struct channel_rule rules[] = {
    {BOOK_OPEN, CHANNEL_ANY_STATE, false, 8, 0, on_open},
    {BOOK_CLOSE, CHANNEL_ANY_STATE, false, 0, 0, on_close},
    {BOOK_RESOLVE, CHANNEL_ANY_STATE, false, STORE_CODE, 0, on_resolve},
    {BOOK_SHRED, CHANNEL_ANY_STATE, false, STORE_SUBJECT, 0, on_shred},
    {BOOK_STATUS, CHANNEL_ANY_STATE, false, 0, 0, on_status},
    {BOOK_BACKUP, CHANNEL_ANY_STATE, false, 0, 2, on_backup},
};

/* --- Keepers come and go --- */

static struct err
greet(void *context, struct channel *keeper)
{
	struct book_serve *serve = context;

	return channel_send_body(
	    keeper, BOOK_IS, 0, span_of(store_id(serve->book.store), STORE_ID));
}

void
book_serve_init(struct book_serve *out, struct store *store)
{
	static const struct keepers_manner manner = {.rules = rules,
	    .num_rules = sizeof(rules) / sizeof(rules[0]),
	    .greet = greet};

	*out = (struct book_serve){.book = {.store = store}};
	keepers_init(&out->keepers, &manner, out);
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		channel_init(&out->fills[i].channel, -1, NULL, 0, NULL);
}

/* Errors: CLOSED: it was the last one. */
static struct err
part_with(struct book_serve *serve, struct channel *keeper)
{
	size_t place = keepers_place(&serve->keepers, keeper);

	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		if (serve->fills[i].channel.fd >= 0 &&
		    serve->fills[i].keeper == place)
			channel_done(&serve->fills[i].channel);
	return keepers_part(&serve->keepers, keeper);
}

/* --- The loop --- */

static struct err
hear(struct book_serve *serve, struct channel *channel)
{
	struct err err = keepers_hear(&serve->keepers, channel, DRAIN);

	TRY(serve->book.failed);
	return err;
}

static struct err
hear_keeper(struct book_serve *serve, struct channel *keeper)
{
	if (keeper->fd < 0)
		return OK;
	struct err err = hear(serve, keeper);
	return err.code == ERR_CLOSED ? part_with(serve, keeper) : err;
}

/* What a mill does wrong is the end of its fill, and of nothing else. */
static struct err
hear_fill(struct book_serve *serve, struct book_fill *fill)
{
	if (fill->channel.fd < 0)
		return OK;
	struct err err = hear(serve, &fill->channel);
	TRY(serve->book.failed);
	return err.code == ERR_OK ? OK : part_with_fill(serve, fill, err);
}

static struct err
hear_all(struct book_serve *serve, const struct pollfd polls[POLLS])
{
	if (polls[KEEPERS_CONTROL].revents != 0)
		TRY(keepers_hear_control(&serve->keepers));
	for (size_t i = 0; i < HAND_KEEPERS; i++)
		if (polls[i].revents != 0)
			TRY(hear_keeper(serve, &serve->keepers.channels[i]));
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		if (polls[KEEPERS_POLLS + i].revents != 0)
			TRY(hear_fill(serve, &serve->fills[i]));
	return OK;
}

static bool
is_unsettled(const struct book_serve *serve)
{
	return book_fill_settled(&serve->book) < serve->book.last;
}

static struct err
commit(struct book_serve *serve)
{
	serve->book.failed = store_commit(serve->book.store);
	metric_count(METRIC_BOOK_COMMITS);
	TRY(serve->book.failed);
	return count_entries(serve->book.store);
}

/* One commit for all that wait. */
static struct err
settle_all(struct book_serve *serve, bool idle)
{
	bool waits = idle && is_unsettled(serve);

	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		waits = waits ||
		    (serve->fills[i].channel.fd >= 0 && serve->fills[i].waits);
	if (!waits)
		return OK;
	TRY(commit(serve));
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++) {
		struct book_fill *fill = &serve->fills[i];
		if (fill->channel.fd < 0)
			continue;
		struct err err = book_fill_settle(fill);
		if (err.code != ERR_OK)
			TRY(part_with_fill(serve, fill, err));
	}
	return OK;
}

/* How long, in ms; -1: for ever. With an heir, who takes no answers for some
 * time sends him away. */
static int
patience(const struct book_serve *serve)
{
	if (serve->copy.runs)
		return 0;
	if (serve->keepers.heir >= 0)
		return HAND_QUIET_MS;
	return is_unsettled(serve) ? BOOK_SERVE_IDLE_MS : -1;
}

/* Up to the last fill there is: the kernel takes no more of them than it
 * permits descriptors. */
static size_t
num_polls(const struct book_serve *serve)
{
	size_t num = BOOK_SERVE_FILLS;

	while (num > 0 && serve->fills[num - 1].channel.fd < 0)
		num--;
	return KEEPERS_POLLS + num;
}

static struct err
wait_for_some(
    struct book_serve *serve, struct pollfd polls[POLLS], bool *out_idle)
{
	keepers_watch_all(&serve->keepers, polls);
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		polls[KEEPERS_POLLS + i] =
		    keepers_watch(&serve->keepers, &serve->fills[i].channel);
	TRY(keepers_wait(polls, num_polls(serve), patience(serve), out_idle));
	if (*out_idle && serve->keepers.heir >= 0)
		keepers_refuse_heir(&serve->keepers);
	return OK;
}

/* An heir does not wait for a backup, which may take minutes. */
static struct err
give_up_copying(struct book_serve *serve)
{
	if (serve->keepers.heir < 0 || !serve->copy.runs)
		return OK;
	serve->copy.runs = false;
	store_backup_end(serve->book.store);
	struct err err = answer_failed(
	    &serve->keepers.channels[serve->copy.keeper], serve->copy.id,
	    ERR(UNAVAILABLE, "book: an heir takes it over"));
	return err.code == ERR_CLOSED ? OK : err;
}

/* When nobody has an answer of ours to take: what he was told would be lost.
 * Errors: CLOSED: the heir has all of it. */
static struct err
hand_over(struct book_serve *serve)
{
	bool busy = !keepers_are_quiet(&serve->keepers);

	if (serve->keepers.heir < 0)
		return OK;
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		busy = busy || serve->fills[i].channel.num_queued > 0;
	if (busy)
		return OK;
	TRY(commit(serve));
	return book_hand_over(serve);
}

struct err
book_serve_run(struct book_serve *serve, int control)
{
	static struct pollfd polls[POLLS];
	bool idle;

	keepers_listen(&serve->keepers, control);
	TRY(count_entries(serve->book.store));
	for (;;) {
		TRY(wait_for_some(serve, polls, &idle));
		TRY(hear_all(serve, polls));
		TRY(settle_all(serve, idle));
		TRY(give_up_copying(serve));
		TRY(go_on_copying(serve));
		TRY(hand_over(serve));
	}
}
