/*
 * torture_codebook [-m] FOLDER ROUNDS: a writer of a codebook is
 *killed at some moment, ROUNDS times, and each time it is looked at what is
 *left. FOLDER is empty; a CONNINFO has a `=` in it.
 *
 * The writer inserts, commits, shreds, and says what is durable by then. After
 * each kill: every code that was said is there, for the same index; none was
 * given twice, to whomever; who was shredded has none of the old ones, and half
 * of a subject is never left.
 *
 *	-m   the mutant: says that codes are durable before it commits them
 *
 * Exit   0: so it was each time; 1: not, and a line says what was wrong
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/random.h"
#include "gateway/base/sysio.h"
#include "gateway/store/store.h"

enum {
	NUM = 3000, /* indexes that there are */
	PER = 5,    /* of one subject */
	MAX_BATCH = 100,
	MAX_WAIT_MS = 250, /* until a kill; it takes some to begin */
	CODES = 1 << 18,   /* places for codes that were ever given */
	CHECK_EACH = 10,   /* rounds */
	NOBODY = NUM,
};

/* What a writer says: of a size that a pipe takes at once or not at all. */
struct said {
	enum {
		DURABLE,
		SHREDDING,
		SHREDDED
	} what;
	uint32_t number; /* of an index, or of a subject */
	uint8_t code[STORE_CODE];
};

static int dir;
static bool is_mutant;

static void
must(struct err err, const char *what)
{
	if (err.code != ERR_OK)
		errx(1, "%s: %s: %s", what, err_name(err.code), err.why);
}

static uint32_t
draw(uint32_t below)
{
	uint32_t x;

	random_bytes(&x, sizeof(x));
	return x % below;
}

/* An index ('i') or a subject ('s') of that number. */
static void
name(uint8_t out[16], char what, uint32_t number)
{
	memset(out, what, 16);
	memcpy(out, &number, sizeof(number));
}

static struct store *
open_store(void)
{
	struct store *store;

	must(store_open_sqlite(&store, dir), "open");
	must(store_start(store), "start");
	return store;
}

/* --- The writer --- */

static struct said queue[NUM];
static uint32_t num_queued;

static void
say(int out, const struct said *said)
{
	if (write(out, said, sizeof(*said)) != sizeof(*said))
		_exit(1);
}

static void
say_queued(int out)
{
	for (uint32_t i = 0; i < num_queued; i++)
		say(out, &queue[i]);
	num_queued = 0;
}

static void
insert_some(struct store *store)
{
	static uint8_t names[MAX_BATCH][2][16];
	uint8_t codes[MAX_BATCH][STORE_CODE];
	struct store_new entries[MAX_BATCH];
	uint32_t num = 1 + draw(MAX_BATCH), from = draw(NUM - MAX_BATCH);
	uint64_t seq;

	for (uint32_t i = 0; i < num; i++) {
		name(names[i][0], 'i', from + i);
		name(names[i][1], 's', (from + i) / PER);
		entries[i] = (struct store_new){
		    names[i][0], names[i][1], span_str("what a mill sealed")};
	}
	must(store_insert(store, entries, num, codes, &seq), "insert");
	for (uint32_t i = 0; i < num && num_queued < NUM; i++) {
		struct said *said = &queue[num_queued++];
		*said = (struct said){.what = DURABLE, .number = from + i};
		memcpy(said->code, codes[i], STORE_CODE);
	}
}

static void
shred_one(struct store *store, int out)
{
	struct said said = {.what = SHREDDING, .number = draw(NUM / PER)};
	uint8_t subject[16];
	uint64_t entries;

	name(subject, 's', said.number);
	say(out, &said);
	must(store_shred(store, subject, &entries), "shred");
	said.what = SHREDDED;
	say(out, &said);
}

/* Until it is killed. */
static _Noreturn void
write_on(int out)
{
	struct store *store = open_store();

	for (;;) {
		insert_some(store);
		if (is_mutant)
			say_queued(out);
		if (draw(4) != 0)
			continue;
		must(store_commit(store), "commit");
		say_queued(out);
		if (draw(4) == 0)
			shred_one(store, out);
	}
}

/* --- What should be there --- */

static struct {
	uint8_t code[NUM][STORE_CODE];
	bool has[NUM];	/* it was said, or seen */
	uint32_t doubt; /* a subject whose shredding was begun, or NOBODY */
} known = {.doubt = NOBODY};

static struct {
	uint8_t code[STORE_CODE];
	uint32_t number; /* + 1; 0: free */
} given[CODES];

/* A code is one index's for ever. */
static void
give(const uint8_t code[STORE_CODE], uint32_t number)
{
	uint32_t at;

	memcpy(&at, code, sizeof(at));
	for (at %= CODES; given[at].number != 0; at = (at + 1) % CODES) {
		if (memcmp(given[at].code, code, STORE_CODE) != 0)
			continue;
		errx(1, "index %" PRIu32 " got a code that %" PRIu32 " had",
		    number, given[at].number - 1);
	}
	memcpy(given[at].code, code, STORE_CODE);
	given[at].number = number + 1;
}

static void
note(uint32_t number, const uint8_t code[STORE_CODE])
{
	if (known.has[number]) {
		if (memcmp(known.code[number], code, STORE_CODE) != 0)
			errx(1, "index %" PRIu32 " has two codes", number);
		return;
	}
	give(code, number);
	memcpy(known.code[number], code, STORE_CODE);
	known.has[number] = true;
}

static void
forget(uint32_t subject)
{
	for (uint32_t i = subject * PER; i < (subject + 1) * PER; i++)
		known.has[i] = false;
}

static void
hear(const struct said *said)
{
	switch (said->what) {
	case DURABLE:
		note(said->number, said->code);
		break;
	case SHREDDING:
		known.doubt = said->number;
		break;
	case SHREDDED:
		forget(said->number);
		known.doubt = NOBODY;
		break;
	}
}

/* The code of an index, as a reader gets it. */
static bool
look_up(struct store *store, uint32_t number, uint8_t out[STORE_CODE])
{
	uint8_t index[STORE_INDEX], codes[1][STORE_CODE];
	uint64_t seq;
	bool there;

	name(index, 'i', number);
	must(store_lookup(store, index, 1, codes, &there, &seq), "lookup");
	memcpy(out, codes[0], STORE_CODE);
	return there;
}

/* Of whose shredding was begun, all is left or nothing. */
static void
settle_doubt(struct store *store)
{
	uint32_t from = known.doubt * PER;
	uint8_t code[STORE_CODE];

	if (known.doubt == NOBODY)
		return;
	known.doubt = NOBODY;
	for (uint32_t i = from; i < from + PER; i++)
		if (known.has[i] && !look_up(store, i, code)) {
			forget(from / PER);
			break;
		}
	for (uint32_t i = from; i < from + PER; i++)
		if (!known.has[i] && look_up(store, i, code))
			/* One that was committed and not said. */
			note(i, code);
}

static void
look(bool whole)
{
	struct store *store = open_store();
	struct store_report report;
	uint8_t code[STORE_CODE];

	settle_doubt(store);
	for (uint32_t i = 0; i < NUM; i++) {
		bool there = look_up(store, i, code);
		if (there)
			note(i, code);
		else if (known.has[i])
			errx(1, "index %" PRIu32 " lost its code", i);
	}
	if (whole)
		must(store_check(store, &report), "check");
	store_close(store);
}

/* --- Rounds --- */

/* What the writer says until it is killed, to the last word. */
static void
listen_until(int in, pid_t pid, uint64_t deadline)
{
	struct pollfd poll_in = {.fd = in, .events = POLLIN};
	struct said said;
	ssize_t got = 1;

	for (uint64_t now; (now = sysio_monotonic_ms()) < deadline;) {
		if (poll(&poll_in, 1, (int)(deadline - now)) <= 0)
			continue;
		got = read(in, &said, sizeof(said));
		if (got != sizeof(said))
			errx(1, "the writer has ended by itself");
		hear(&said);
	}
	(void)kill(pid, SIGKILL);
	while (read(in, &said, sizeof(said)) == sizeof(said))
		hear(&said);
}

static void
run_round(unsigned round)
{
	int ends[2], status;

	if (pipe2(ends, O_CLOEXEC) != 0)
		err(1, "pipe");
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		close(ends[0]);
		write_on(ends[1]);
	}
	close(ends[1]);
	listen_until(
	    ends[0], pid, sysio_monotonic_ms() + 1 + draw(MAX_WAIT_MS));
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		errx(1, "the writer was not killed");
	look(round % CHECK_EACH == 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-m") == 0) {
		is_mutant = true;
		argc--, argv++;
	}
	if (argc != 3)
		errx(2, "usage: torture_codebook [-m] FOLDER ROUNDS");
	must(crypto_init(), "start");
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "%s", argv[1]);
	unsigned rounds = (unsigned)strtoul(argv[2], NULL, 10);
	for (unsigned i = 1; i <= rounds; i++)
		run_round(i);
	look(true);
	uint32_t codes = 0;
	for (uint32_t i = 0; i < CODES; i++)
		codes += given[i].number != 0;
	printf("%u kills, %" PRIu32 " codes given, none lost, none twice\n",
	    rounds, codes);
	return 0;
}
