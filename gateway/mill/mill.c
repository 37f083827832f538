/*
 * gatehouse-mill: raw in, delivered form out, for the files of one plan. It
 * has two descriptors per fill and the channel to the keeper, where the plan
 * has random codes one to the codebook for as long as the fill runs, and no
 * other way to anybody.
 *
 * From the supervisor (control.h): item "keeper", a descriptor of the fill
 * seam; item "spool", the size of the spool; item "allow-degraded". Exit 0: the
 * keeper went away; 1: it could not start; 76: the keeper broke the protocol.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/hmac_key.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/flow/flow.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/draw_client.h"
#include "gateway/ipc/fill.h"
#include "gateway/transform/column_key.h"

enum {
	EXIT_NOT_STARTED = 1,
	EXIT_PROTOCOL = 76,
	MILL_ARENA = 64 * 1024 * 1024,
};

/* What it is for, as long as it lives. */
struct recipe {
	struct buf bytes; /* of the plan, which points into them */
	struct arena arena;
	struct plan plan;
	struct err failed; /* it cannot be had: no order can be served */
};

/* Of the channel's state. */
enum {
	WITHOUT_PLAN,
	WITH_PLAN
};

/* The fill that runs. */
struct fill {
	struct flow *flow; /* NULL: none */
	struct arena arena;
	struct buf header; /* borrowed by the flow */
	int source, slot;
	struct draw_client client; /* fd -1: the plan has no random codes */
	uint64_t told; /* bytes of the slot that the keeper knows of */
	uint64_t read; /* of the source, when it was told */
};

static struct recipe recipe = {.bytes = {.max = FILL_MAX_PLAN}};
static const struct fill no_fill = {
    .source = -1, .slot = -1, .client = {.fd = -1}};
static struct fill fill = {.source = -1, .slot = -1, .client = {.fd = -1}};
static struct channel keeper;

static void
fill_end(void)
{
	flow_free(fill.flow);
	arena_done(&fill.arena);
	buf_wipe(&fill.header);
	if (fill.source >= 0)
		close(fill.source);
	if (fill.slot >= 0)
		close(fill.slot);
	/* The codebook sees that nobody asks any more. */
	if (fill.client.fd >= 0)
		close(fill.client.fd);
	fill = no_fill;
}

/* --- The codebook --- */

static struct err
ask_codes(void *client, const uint8_t (*indexes)[TOKEN_INDEX], size_t num,
    uint8_t (*out_codes)[TOKEN_CODE], bool *out_known)
{
	return draw_client_ask(client, indexes, num, out_codes, out_known);
}

static struct err
make_codes(void *client, const struct draw_new *entries, size_t num,
    uint8_t (*out_codes)[TOKEN_CODE])
{
	return draw_client_make(client, entries, num, out_codes);
}

static struct err
settle_codes(void *client)
{
	return draw_client_settle(client);
}

static const struct codes codes = {.ask = ask_codes,
    .make = make_codes,
    .settle = settle_codes,
    .context = &fill.client};

/* --- A fill --- */

static struct err
make_flow(const struct fill_order *order)
{
	const struct plan *plan = &recipe.plan;
	uint8_t(*keys)[32] = NULL;
	struct flow_options options = {
	    .in_fd = fill.source, .sink = {.fd = fill.slot, .encrypt = true}};

	arena_init(&fill.arena, MILL_ARENA);
	fill.header.max = FILL_MAX_HEADER;
	TRY(buf_append(&fill.header, order->header));
	TRY(recipe.failed);
	TRY(arena_alloc(&fill.arena, &keys, plan->num_columns, 32));
	for (uint32_t i = 0; i < order->num_keys; i++) {
		if (order->keys[i].column >= plan->num_columns)
			return ERR(MALFORMED, "mill: a key for no column");
		memcpy(keys[order->keys[i].column], order->keys[i].key, 32);
	}
	memcpy(options.sink.file_key, order->file_key, 16);
	memcpy(options.sink.nonce, order->nonce, 16);
	options.sink.header = buf_span(&fill.header);
	if (fill.client.fd >= 0) {
		options.codes = &codes;
		options.subject_key = order->subject_key;
	}
	struct err err = flow_new(&fill.flow, plan,
	    &(struct flow_keys){.columns = (const uint8_t(*)[32])keys,
		.num_columns = plan->num_columns},
	    &options);
	explicit_bzero(keys, (size_t)plan->num_columns * 32);
	explicit_bzero(&options, sizeof(options));
	return err;
}

static struct err
send_failed(struct err why, uint64_t record)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct fill_failed failed = {.code = (uint8_t)why.code,
	    .why = span_sub(span_str(why.why), 0, FILL_MAX_TEXT),
	    .record = record};

	fill_end();
	TRY(fill_put_failed(&body, &failed));
	return channel_send_body(&keeper, FILL_FAILED, 0, buf_span(&body));
}

/* A plan that cannot be had shows with the first order, which has an answer. */
static struct err
on_plan(void *context, struct channel *channel, struct frame *frame)
{
	struct fill_piece piece;

	(void)context;
	TRY(fill_take_piece(&piece, frame->body));
	TRY(buf_append(&recipe.bytes, piece.bytes));
	if (!piece.last)
		return OK;
	arena_init(&recipe.arena, MILL_ARENA);
	recipe.failed =
	    plan_decode(&recipe.plan, &recipe.arena, buf_span(&recipe.bytes));
	channel->state = WITH_PLAN;
	return OK;
}

static struct err
on_order(void *context, struct channel *channel, struct frame *frame)
{
	struct fill_order order;

	(void)context;
	(void)channel;
	if (fill.flow != NULL)
		return ERR(MALFORMED, "mill: an order during a fill");
	TRY(fill_take_order(&order, frame->body));
	fill.source = frame_take_fd(frame, 0);
	fill.slot = frame_take_fd(frame, 1);
	fill.client.fd = frame_take_fd(frame, 2);
	struct err err = make_flow(&order);
	fill_wipe_order(&order);
	if (err.code != ERR_OK)
		return send_failed(err, 0);
	return OK;
}

static struct err
on_stop(void *context, struct channel *channel, struct frame *frame)
{
	(void)context;
	(void)channel;
	(void)frame;
	if (fill.flow == NULL)
		return OK;
	return send_failed(ERR(UNAVAILABLE, "mill: told to stop"), 0);
}

static const struct channel_rule rules[] = {
    {FILL_PLAN, 1 << WITHOUT_PLAN, false, FRAME_MAX_BODY, 0, on_plan},
    {FILL_ORDER, 1 << WITH_PLAN, false, FRAME_MAX_BODY, 2, on_order},
    {FILL_ORDER, 1 << WITH_PLAN, false, FRAME_MAX_BODY, 3, on_order},
    {FILL_STOP, CHANNEL_ANY_STATE, false, 0, 0, on_stop},
};

static struct err
send_progress(const struct flow_stats *stats)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};
	uint64_t slot_len = stats->sink.written_len;
	bool first = fill.told == 0 && slot_len > 0;

	if (!first && slot_len < fill.told + FILL_PROGRESS_BYTES &&
	    stats->in_len < fill.read + FILL_READ_BYTES)
		return OK;
	fill.told = slot_len;
	fill.read = stats->in_len;
	TRY(buf_put_u64be(&body, slot_len));
	return channel_send_body(&keeper, FILL_PROGRESS, 0, buf_span(&body));
}

static void
put_counts(struct fill_done *done, const struct flow_stats *stats)
{
	done->rows_read = stats->rows_read;
	done->rows_released = stats->counts.rows[VERDICT_RELEASED];
	for (unsigned v = 0; v < NUM_VERDICTS; v++) {
		uint64_t rows = stats->counts.rows[v];
		if (v == VERDICT_RELEASED || rows == 0)
			continue;
		done->withheld[done->num_withheld++] = (struct fill_reason){
		    .reason = span_str(rows_verdict_name((enum verdict)v)),
		    .rows = rows};
	}
}

static struct err
send_done(const struct flow_stats *stats)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct fill_done done = {.slot_len = stats->sink.written_len,
	    .plain_len = stats->sink.plain_len};

	memcpy(done.sha256, stats->plain_sha256, sizeof(done.sha256));
	put_counts(&done, stats);
	TRY(fill_put_done(&body, &done));
	/* Closed before the keeper hears of it: no writer is left. */
	fill_end();
	return channel_send_body(&keeper, FILL_DONE, 0, buf_span(&body));
}

static struct err
step(void)
{
	struct flow_stats stats;
	bool done;
	struct err err = flow_step(fill.flow, &done);

	flow_counted(fill.flow, &stats);
	if (err.code != ERR_OK && err.code != ERR_AGAIN)
		return send_failed(err, stats.record);
	if (done)
		return send_done(&stats);
	return send_progress(&stats);
}

/* While a fill runs, the keeper is heard between two blocks. */
static struct err
serve(void)
{
	for (;;) {
		struct err err = channel_receive(&keeper);
		if (err.code == ERR_OK)
			continue;
		if (err.code != ERR_AGAIN)
			return err;
		TRY(channel_flush(&keeper));
		if (fill.flow != NULL) {
			TRY(step());
			continue;
		}
		/* Nothing to do: wait in recvmsg, which needs no other call. */
		uint8_t byte;
		struct iovec part = {.iov_base = &byte, .iov_len = 1};
		struct msghdr peek = {.msg_iov = &part, .msg_iovlen = 1};
		if (recvmsg(keeper.fd, &peek, MSG_PEEK) == 0)
			return ERR(CLOSED, "mill: the keeper went away");
	}
}

/* No slot is larger than the spool, whatever becomes of this process: what one
 * fill may be is the keeper's to say, and comes too late for the disk. */
static struct err
limit_files(const struct control_items *items)
{
	struct rlimit limit;
	uint64_t most;

	TRY(control_number(items, "spool", 0, &most, INT64_MAX));
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
		return ERR(IO, "mill: files cannot be limited");
	if (most < limit.rlim_max)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return ERR(IO, "mill: files cannot be limited");
	return OK;
}

static struct err
start(void)
{
	struct control_items items;
	struct jail_report report;
	const struct jail_table *table = jail_tables_find("mill");
	int fd = -1;

	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	struct jail_spec spec = {.role = "mill",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls,
	    .allow_degraded =
		control_find(&items, "allow-degraded", 0) != NULL};
	struct err err = limit_files(&items);
	if (err.code == ERR_OK)
		err = control_fd(&items, "keeper", 0, &fd);
	control_items_done(&items);
	TRY(err);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0)
		return ERR(IO, "mill: its channel cannot block");
	channel_init(
	    &keeper, fd, rules, sizeof(rules) / sizeof(rules[0]), NULL);
	TRY(hmac_key_reserve((size_t)COLUMN_KEY_SECRETS * FILL_MAX_KEYS));
	TRY(jail_enter(&report, &spec));
	return control_send_ready(CONTROL_FD, "jailed");
}

int
main(void)
{
	log_set_role("mill");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	struct err err = start();
	if (err.code != ERR_OK) {
		control_not_started("settings", err);
		_exit(EXIT_NOT_STARTED);
	}
	err = serve();
	_exit(err.code == ERR_CLOSED ? 0 : EXIT_PROTOCOL);
}
