/*
 * hostile_mill: a mill that somebody has taken over (tests/harness/hostile.h).
 * It has its socket to the keeper, and of each order a source and a slot. The
 * source it may read, and this slot it may spoil: nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/age_stream.h"
#include "gateway/base/jail_tables.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/fill.h"
#include "tests/harness/hostile.h"

enum {
	BLOCK = 1 << 20
};

static int keeper = -1;
static uint64_t spool_len;
static int source, slot;
static size_t header_len;
static struct control_items items;
static const uint8_t block[BLOCK];

/* --- Of what it may say --- */

static void
send_number(uint16_t type, uint64_t number)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};

	if (buf_put_u64be(&body, number).code == ERR_OK)
		(void)hostile_send(keeper, type, 0, buf_span(&body));
}

static void
send_done(uint64_t slot_len, uint64_t plain_len)
{
	const struct fill_done done = {
	    .slot_len = slot_len, .plain_len = plain_len};
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	if (fill_put_done(&body, &done).code == ERR_OK)
		(void)hostile_send(keeper, FILL_DONE, 0, buf_span(&body));
}

static void
say_cut(const char *name)
{
	hostile_say(name, hostile_is_cut(keeper));
}

/* The others have theirs before: it may take a while. */
static bool
hear_patiently(struct frame *out)
{
	for (int i = 0; i < 6; i++) {
		errno = 0;
		if (hostile_hear(keeper, out))
			return true;
		if (errno != EAGAIN)
			break;
	}
	return false;
}

static bool
take_order(void)
{
	struct fill_order order;
	struct frame frame;

	do {
		if (!hear_patiently(&frame))
			return false;
	} while (frame.type != FILL_ORDER);
	if (frame.num_fds != 2 ||
	    fill_take_order(&order, frame.body).code != ERR_OK)
		return false;
	source = frame.fds[0];
	slot = frame.fds[1];
	header_len = order.header.len;
	fill_wipe_order(&order);
	return true;
}

/* --- What it tries, with an order --- */

static void
try_lengths(void)
{
	send_done(UINT64_C(1) << 40, 5);
	say_cut("lengths that do not fit");
}

static void
try_backwards(void)
{
	send_number(FILL_PROGRESS, 1000);
	send_number(FILL_PROGRESS, 999);
	say_cut("progress backwards");
}

static void
try_endless(void)
{
	send_number(FILL_PROGRESS, UINT64_MAX);
	say_cut("a slot without an end");
}

static void
try_order(void)
{
	send_number(FILL_ORDER, 1);
	say_cut("an order of its own");
}

static void
try_failure(void)
{
	send_number(FILL_FAILED, UINT64_MAX);
	say_cut("a failure that is none");
}

/* The same number again is no progress, and no harm. */
static void
try_flood(void)
{
	size_t num = hostile_flood();

	for (size_t i = 0; i < num; i++)
		send_number(FILL_PROGRESS, 1000);
	send_number(FILL_PROGRESS, 1);
	say_cut("a flood of progress");
}

/* The slot is write-only: not even what others left in it can be read. */
static void
try_reading(void)
{
	char byte;

	hostile_say("it cannot read the slot", read(slot, &byte, 1) < 0);
	hostile_say("it cannot write the source", write(source, "x", 1) < 0);
	send_done(0, 0);
	say_cut("nothing at all");
}

static void
try_size(void)
{
	uint64_t len = 0;
	ssize_t written;

	while (len <= spool_len && (written = write(slot, block, BLOCK)) > 0)
		len += (uint64_t)written;
	hostile_say("more than the spool may hold", len <= spool_len);
	send_done(len, len);
	say_cut("and done with it");
}

/*
 * As long as it should be, so that it would be published, but still open for
 * writing; who reads it must not see what is written then.
 */
static void
try_late(void)
{
	const uint64_t plain_len = 1000;
	uint64_t len = header_len + age_payload_len(plain_len);
	struct frame next;

	hostile_say("a slot of zeros", write(slot, block, len) == (ssize_t)len);
	send_done(len, plain_len);
	/* The next order comes when it has been looked at. */
	(void)hostile_hear(keeper, &next);
	hostile_say("it writes on", write(slot, block, len) == (ssize_t)len);
}

static void (*const tries[])(void) = {try_lengths, try_backwards, try_endless,
    try_order, try_failure, try_flood, try_reading, try_size, try_late};

enum {
	NUM_TRIES = sizeof(tries) / sizeof(tries[0]),
	EARLY = HOSTILE_BREAKS + NUM_TRIES, /* unasked */
	SWEEP = EARLY + 1,
};

static void
take_turn(size_t turn)
{
	if (turn < HOSTILE_BREAKS) {
		say_cut(hostile_break(keeper, turn));
	} else if (turn < EARLY) {
		if (take_order())
			tries[turn - HOSTILE_BREAKS]();
		else
			hostile_say("no order came", false);
	} else if (turn == EARLY) {
		send_done(1000, 10);
		send_number(FILL_PROGRESS, 77);
	}
}

static struct err
start(void)
{
	struct rlimit limit;

	TRY(control_receive(&items, CONTROL_FD));
	TRY(control_fd(&items, "keeper", 0, &keeper));
	TRY(control_number(&items, "spool", 0, &spool_len, INT64_MAX));
	limit.rlim_cur = limit.rlim_max = spool_len;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return ERR(IO, "hostile: files cannot be limited");
	hostile_patience(keeper);
	hostile_patience(CONTROL_FD);
	return control_send_ready(CONTROL_FD, "hostile");
}

int
main(void)
{
	const struct jail_table *table = jail_tables_find("mill");
	struct jail_spec spec = {.role = "mill",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls};
	struct jail_report report;
	size_t turn = hostile_begin("mill", SWEEP + 1);

	(void)signal(SIGXFSZ, SIG_IGN);
	if (start().code != ERR_OK)
		return 1;
	hostile_wait();
	if (turn == SWEEP) {
		close(keeper); /* no order for this one */
		hostile_sweep(&spec);
	} else if (jail_enter(&report, &spec).code != ERR_OK) {
		return 1;
	}
	take_turn(turn);
	close(keeper);
	hostile_stay();
}
