#include "gateway/codebook/book_serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/codebook/book_hand.h"
#include "gateway/ipc/control.h"
#include "gateway/metric/metric.h"

enum {
	DRAIN = 16, /* questions of one before the others have their turn */
	POLLS = 1 + BOOK_SERVE_KEEPERS + BOOK_SERVE_FILLS,
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

static size_t
place_of(const struct book_serve *serve, const struct channel *keeper)
{
	return (size_t)(keeper - serve->keepers);
}

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
	fill->keeper = (uint32_t)place_of(serve, keeper);
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
	size_t place = place_of(serve, keeper);

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
	struct channel *keeper = &serve->keepers[fill->keeper];

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
	    .keeper = (uint32_t)place_of(serve, keeper),
	    .id = frame->id};
	return OK;
}

/* A step of it, between which all else is done. */
static struct err
go_on_copying(struct book_serve *serve)
{
	struct channel *keeper = &serve->keepers[serve->copy.keeper];
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

void
book_serve_init(struct book_serve *out, struct store *store)
{
	*out = (struct book_serve){.heir = -1, .book = {.store = store}};
	for (size_t i = 0; i < BOOK_SERVE_KEEPERS; i++)
		channel_init(&out->keepers[i], -1, NULL, 0, NULL);
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		channel_init(&out->fills[i].channel, -1, NULL, 0, NULL);
}

void
book_serve_keeper_at(struct book_serve *serve, size_t place, int socket)
{
	channel_init(&serve->keepers[place], socket, rules,
	    sizeof(rules) / sizeof(rules[0]), serve);
}

struct err
book_serve_keeper(struct book_serve *serve, int socket)
{
	size_t i = 0;

	while (i < BOOK_SERVE_KEEPERS && serve->keepers[i].fd >= 0)
		i++;
	if (i == BOOK_SERVE_KEEPERS) {
		sysio_close(&socket);
		return ERR(TOO_BIG, "book: too many keepers");
	}
	book_serve_keeper_at(serve, i, socket);
	struct err err = channel_send_body(&serve->keepers[i], BOOK_IS, 0,
	    span_of(store_id(serve->book.store), STORE_ID));
	/* One that has left already shows in the loop. */
	return err.code == ERR_CLOSED ? OK : err;
}

static struct err
take_item(void *context, struct channel *channel, struct frame *frame)
{
	static const char *const names[] = {"keeper", "heir", NULL};
	struct book_serve *serve = context;
	size_t which;
	int socket;

	(void)channel;
	TRY(control_take_channel(&socket, &which, frame, names));
	if (which == 0)
		return book_serve_keeper(serve, socket);
	sysio_close(&serve->heir);
	serve->heir = socket;
	return OK;
}

static const struct channel_rule control_rules[] = {
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, 256, 1, take_item},
};

/* Errors: CLOSED: it was the last one. */
static struct err
part_with(struct book_serve *serve, struct channel *keeper)
{
	size_t place = place_of(serve, keeper), num = 0;

	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		if (serve->fills[i].channel.fd >= 0 &&
		    serve->fills[i].keeper == place)
			channel_done(&serve->fills[i].channel);
	channel_done(keeper);
	for (size_t i = 0; i < BOOK_SERVE_KEEPERS; i++)
		num += serve->keepers[i].fd >= 0;
	return num > 0 ? OK : ERR(CLOSED, "book: no keeper is left");
}

/* --- The loop --- */

static struct err
hear(struct book_serve *serve, struct channel *channel)
{
	struct err err = channel_flush(channel);

	if (err.code == ERR_OK && serve->heir < 0)
		err = channel_drain(channel, DRAIN);
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

/* Without the supervisor there will be no other keeper. */
static struct err
hear_control(struct book_serve *serve)
{
	if (serve->control.fd < 0)
		return OK;
	struct err err = channel_drain(&serve->control, BOOK_SERVE_KEEPERS);
	if (err.code != ERR_CLOSED)
		return err;
	channel_done(&serve->control);
	return OK;
}

static struct err
hear_all(struct book_serve *serve, const struct pollfd polls[POLLS])
{
	if (polls[0].revents != 0)
		TRY(hear_control(serve));
	for (size_t i = 0; i < BOOK_SERVE_KEEPERS; i++)
		if (polls[1 + i].revents != 0)
			TRY(hear_keeper(serve, &serve->keepers[i]));
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		if (polls[1 + BOOK_SERVE_KEEPERS + i].revents != 0)
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

static struct pollfd
watch(const struct book_serve *serve, const struct channel *channel)
{
	bool hears = serve->heir < 0;

	return (struct pollfd){
	    .fd = hears || channel->num_queued > 0 ? channel->fd : -1,
	    .events = hears ? channel_events(channel) : POLLOUT};
}

/* How long, in ms; -1: for ever. With an heir, who takes no answers for some
 * time sends him away. */
static int
patience(const struct book_serve *serve)
{
	if (serve->copy.runs)
		return 0;
	if (serve->heir >= 0)
		return HAND_QUIET_MS;
	return is_unsettled(serve) ? BOOK_SERVE_IDLE_MS : -1;
}

/* Up to the last fill there is: the kernel takes no more of them than it
 * permits descriptors. */
static nfds_t
num_polls(const struct book_serve *serve)
{
	size_t num = BOOK_SERVE_FILLS;

	while (num > 0 && serve->fills[num - 1].channel.fd < 0)
		num--;
	return 1 + BOOK_SERVE_KEEPERS + num;
}

static struct err
wait_for_some(
    struct book_serve *serve, struct pollfd polls[POLLS], bool *out_idle)
{
	int ms = patience(serve), num;
	const struct timespec most = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	polls[0] = (struct pollfd){.fd = serve->control.fd, .events = POLLIN};
	for (size_t i = 0; i < BOOK_SERVE_KEEPERS; i++)
		polls[1 + i] = watch(serve, &serve->keepers[i]);
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++)
		polls[1 + BOOK_SERVE_KEEPERS + i] =
		    watch(serve, &serve->fills[i].channel);
	num = ppoll(polls, num_polls(serve), ms < 0 ? NULL : &most, NULL);
	if (num < 0 && errno != EINTR)
		return ERR(IO, "book: the wait failed");
	if (num == 0 && serve->heir >= 0)
		book_hand_refuse(serve);
	for (size_t i = 0; num < 0 && i < POLLS; i++)
		polls[i].revents = 0;
	*out_idle = num == 0;
	return OK;
}

/* An heir does not wait for a backup, which may take minutes. */
static struct err
give_up_copying(struct book_serve *serve)
{
	if (serve->heir < 0 || !serve->copy.runs)
		return OK;
	serve->copy.runs = false;
	store_backup_end(serve->book.store);
	struct err err = answer_failed(&serve->keepers[serve->copy.keeper],
	    serve->copy.id, ERR(UNAVAILABLE, "book: an heir takes it over"));
	return err.code == ERR_CLOSED ? OK : err;
}

/* When nobody has an answer of ours to take: what he was told would be lost.
 * Errors: CLOSED: the heir has all of it. */
static struct err
hand_over(struct book_serve *serve)
{
	bool busy = serve->heir < 0;

	for (size_t i = 0; i < BOOK_SERVE_KEEPERS; i++)
		busy = busy || serve->keepers[i].num_queued > 0;
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

	channel_init(&serve->control, control, control_rules, 1, serve);
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
