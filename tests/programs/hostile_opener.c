/*
 * hostile_opener: an opener that somebody has taken over
 * (tests/harness/hostile.h), of an origin or of the spool. It has its folder,
 * and its socket to the keeper, whom it answers wrongly.
 */
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/jail_tables.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/open.h"
#include "tests/harness/hostile.h"

/* Of what it might pass for a file. */
enum thing {
	THING_FOLDER,
	THING_PIPE,
	THING_DEVICE,
	THING_WRITABLE,
	NUM_THINGS,
};
static const char *const thing_names[NUM_THINGS] = {
    "a folder", "a pipe", "a device", "a file that is open for writing"};

static int keeper = -1, folder = -1;
static int things[NUM_THINGS];
static bool of_spool;
static struct control_items items;

/* --- Answers --- */

static void
say_cut(const char *name)
{
	hostile_say(name, hostile_is_cut(keeper));
}

static void
send_one(uint16_t type, uint64_t id, size_t len)
{
	static const uint8_t zeros[FRAME_MAX_BODY];

	(void)hostile_send(keeper, type, id, span_of(zeros, len));
}

static void
pass(uint16_t type, uint64_t id, struct span body, enum thing thing, size_t num)
{
	struct frame frame = {
	    .type = type, .id = id, .body = body, .num_fds = num};

	for (size_t i = 0; i < num; i++)
		frame.fds[i] = things[thing];
	if (frame_send(keeper, &frame).code != ERR_OK)
		hostile_say("an answer that does not go out", false);
}

/*
 * Right in its form, but for what the descriptor is. False: this question has
 * an answer without one, and is answered well.
 */
static bool
answer(const struct frame *question, enum thing thing)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	const struct open_file file = {.len = 100, .modified = 1};
	const struct open_slot slot = {.len = 100, .meta = span_str("meta")};
	bool found = question->type == OPEN_SLOT;

	if (found ? open_put_slot(&body, &slot).code != ERR_OK
		  : open_put_file(&body, &file).code != ERR_OK)
		errx(1, "hostile: no answer");
	if (question->type == OPEN_SOURCE)
		pass(OPEN_SOURCE_IS, question->id, buf_span(&body), thing, 1);
	else if (found)
		pass(OPEN_SLOT_IS, question->id, buf_span(&body), thing, 1);
	else if (question->type == OPEN_CREATE)
		pass(OPEN_CREATED, question->id, span_of(NULL, 0), thing, 2);
	else if (question->type == OPEN_LOOK)
		(void)hostile_send(
		    keeper, OPEN_LOOKED, question->id, buf_span(&body));
	else
		(void)hostile_send(keeper, OPEN_FAILED, question->id,
		    span_of(&(uint8_t){ERR_NOT_FOUND}, 1));
	return question->type == OPEN_SOURCE || found ||
	    question->type == OPEN_CREATE;
}

/* --- What it tries --- */

/* An origin may not be asked for a file: for that, all others have to do their
 * part. It answers some other questions, and leaves its place to the next. */
static void
try_thing(enum thing thing)
{
	struct frame question;

	for (int i = 0; i < 10 && hostile_hear(keeper, &question); i++) {
		if (!answer(&question, thing))
			continue;
		say_cut(thing_names[thing]);
		return;
	}
}

static void
try_unasked(void)
{
	send_one(of_spool ? OPEN_REMOVED : OPEN_LISTED, 12345, 5);
	say_cut("an answer to a question that was not asked");
}

static void
try_other_kind(void)
{
	struct frame question;

	hostile_say("a question", hostile_hear(keeper, &question));
	send_one(of_spool ? OPEN_STOCK_IS : OPEN_LISTED, question.id, 3);
	say_cut("an answer of another kind");
}

/* An origin alone lists. A listing of nothing that never ends is a flood. */
static void
try_listing(void)
{
	struct frame question;
	size_t num = hostile_flood();

	hostile_say("another question", hostile_hear(keeper, &question));
	for (size_t i = 0; i < num && !of_spool; i++)
		send_one(OPEN_LISTED, question.id, 5);
	send_one(OPEN_SOURCE, question.id, 0);
	say_cut("a listing without an end");
}

static void
try_evicted(void)
{
	size_t num = of_spool ? hostile_flood() : 0;
	struct buf body CLEANUP(buf_done) = {.max = 80};

	if (buf_put_field(&body, span_str("00")).code != ERR_OK)
		return;
	for (size_t i = 0; i < num; i++)
		(void)hostile_send(keeper, OPEN_EVICTED, 0, buf_span(&body));
	send_one(OPEN_EVICTED, 0, 70);
	say_cut("evicted what is not there");
}

static void (*const tries[])(void) = {
    try_unasked, try_other_kind, try_listing, try_evicted};

enum {
	NUM_TRIES = sizeof(tries) / sizeof(tries[0]),
	FIRST_BREAK = NUM_THINGS,
	FIRST_TRY = FIRST_BREAK + HOSTILE_BREAKS,
	SWEEP = FIRST_TRY + NUM_TRIES,
};

static void
take_turn(size_t turn)
{
	if (turn < FIRST_BREAK)
		try_thing((enum thing)turn);
	else if (turn < FIRST_TRY)
		say_cut(hostile_break(keeper, turn - FIRST_BREAK));
	else if (turn < SWEEP)
		tries[turn - FIRST_TRY]();
}

/* --- The way in --- */

static struct err
make_things(void)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) != 0)
		return ERR(IO, "hostile: no pipe");
	things[THING_FOLDER] = folder;
	things[THING_PIPE] = pair[0];
	things[THING_DEVICE] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	things[THING_WRITABLE] = memfd_create("hostile", MFD_CLOEXEC);
	return OK;
}

static struct err
start(struct jail_path *path)
{
	TRY(control_receive(&items, CONTROL_FD));
	TRY(control_fd(&items, "keeper", 0, &keeper));
	TRY(control_fd(&items, "folder", 0, &folder));
	TRY(make_things());
	of_spool = control_find(&items, "pattern", 0) == NULL;
	path->dir = folder;
	path->rights = of_spool ? JAIL_READ | JAIL_WRITE : JAIL_READ;
	hostile_patience(keeper);
	hostile_patience(CONTROL_FD);
	return control_send_ready(CONTROL_FD, "hostile");
}

int
main(void)
{
	const struct jail_table *table = jail_tables_find("opener");
	struct jail_path path = {.dir = -1};
	struct jail_spec spec = {.role = "opener",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls,
	    .paths = &path,
	    .num_paths = 1};
	struct jail_report report;
	size_t turn = hostile_begin("opener", SWEEP + 1);

	if (start(&path).code != ERR_OK)
		return 1;
	if (turn == SWEEP)
		hostile_sweep(&spec);
	else if (jail_enter(&report, &spec).code != ERR_OK)
		return 1;
	take_turn(turn);
	close(keeper);
	hostile_stay();
}
