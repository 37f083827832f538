#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/ledger/replay.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/audit_print.h"
#include "gateway/tool/audit_verbs.h"
#include "gateway/tool/options.h"

enum {
	TAIL_DEFAULT = 10,
	FOLLOW_US = 200000, /* between two looks at the files */
	TRIES = 5,	    /* looks before something is wrong */
};

struct tail {
	int dir;
	uint64_t next; /* the first record not shown yet */
	uint64_t num;
	bool follow;
	bool json;
};

/* How many records there are now. */
static struct err
count_records(const struct tail *tail, uint64_t *out)
{
	struct replay replay;
	struct span record;

	TRY(replay_open(&replay, tail->dir, NULL, NULL));
	replay_skip_to(&replay, UINT64_MAX);
	struct err err = OK;
	while (err.code == ERR_OK)
		err = replay_next(&replay, &record);
	*out = replay.index;
	replay_done(&replay);
	return err.code == ERR_NOT_FOUND ? OK : err;
}

/* Whatever came since. */
static struct err
show_new(struct tail *tail)
{
	struct replay replay;
	struct span record;

	TRY(replay_open(&replay, tail->dir, NULL, NULL));
	replay_skip_to(&replay, tail->next);
	struct err err;
	for (;;) {
		err = replay_next(&replay, &record);
		if (err.code != ERR_OK)
			break;
		uint64_t index = replay.index - 1;
		if (index < tail->next)
			continue;
		if (tail->json)
			audit_print_json(index, record);
		else
			audit_print_line(index, record);
		tail->next = index + 1;
	}
	replay_done(&replay);
	(void)fflush(stdout);
	return err.code == ERR_NOT_FOUND ? OK : err;
}

/* The last ones, from however many there are now. */
static struct err
show_last(struct tail *tail)
{
	uint64_t size;

	TRY(count_records(tail, &size));
	if (tail->next == 0 && size > tail->num)
		tail->next = size - tail->num;
	return show_new(tail);
}

/*
 * While a checkpoint is being made, a look may see the old one beside the new
 * journal; nothing is lost by looking again, behind what was shown already.
 */
static struct err
show_tail(struct tail *tail)
{
	struct err err = show_last(tail);

	for (int i = 0; i < TRIES && err.code == ERR_CHANGED; i++) {
		usleep(FOLLOW_US);
		err = show_last(tail);
	}
	while (tail->follow && ferror(stdout) == 0 &&
	    (err.code == ERR_OK || err.code == ERR_CHANGED)) {
		usleep(FOLLOW_US);
		err = show_new(tail);
	}
	return err;
}

int
audit_tail_main(int argc, char **argv)
{
	struct tail tail = {.num = TAIL_DEFAULT};
	struct options options = {
	    .usage = "audit tail [DIR] [-n N] [-f] [--json]",
	    .rows = {{.letter = 'n', .number = &tail.num, .most = UINT64_MAX},
		{.letter = 'f', .flag = &tail.follow},
		{"json", .flag = &tail.json}},
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	const char *path =
	    options.num_operands > 0 ? options.operands[0] : NULL;
	struct err err = audit_dir_open(path, &tail.dir);
	if (err.code == ERR_OK)
		err = show_tail(&tail);
	if (err.code == ERR_OK)
		return 0;
	fprintf(stderr, "gatehouse: %s: %s\n", audit_dir_name(path), err.why);
	return 1;
}
