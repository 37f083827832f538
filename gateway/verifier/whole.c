#include "gateway/verifier/whole.h"

#include <poll.h>

#include "gateway/ledger/replay.h"

/* The key's file, or the checkpoint: which of the two is not what it was, one
 * cannot see from here. */
static struct err
begin(struct replay *replay, int dir, const struct note_key *key)
{
	struct err err = replay_open(replay, dir, key, NULL);

	if (err.code == ERR_CRYPTO || err.code == ERR_MALFORMED ||
	    err.code == ERR_TRUNCATED || err.code == ERR_TOO_BIG)
		return ERR(CRYPTO, "the checkpoint is not signed by this key");
	return err;
}

static bool
has_hung_up(int control)
{
	struct pollfd poll = {.fd = control};
	const struct timespec now = {.tv_sec = 0};

	return ppoll(&poll, 1, &now, NULL) > 0;
}

static struct err
read_all(struct replay *replay, int control)
{
	struct span entry;

	while (replay_is_behind(replay)) {
		if (replay->index % TILE_WIDTH == 0 && has_hung_up(control))
			return ERR(CLOSED, "the supervisor went away");
		TRY(replay_next(replay, &entry));
	}
	return replay_check_checkpoint(replay);
}

struct err
whole_verify(
    struct whole_found *out, int dir, const struct note_key *key, int control)
{
	struct replay replay;

	TRY(begin(&replay, dir, key));
	struct err err = read_all(&replay, control);
	if (err.code == ERR_OK)
		out->records = replay.checkpoint.size;
	if (err.code == ERR_CHANGED)
		out->wrong = replay.index;
	replay_done(&replay);
	return err;
}
