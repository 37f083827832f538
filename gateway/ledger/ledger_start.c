#include "gateway/ledger/ledger_body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "gateway/ledger/summary.h"

/* The first checkpoint, over nothing; then the journal. */
static struct err
make_new(const struct ledger_options *options, uint64_t journal_len)
{
	bool has_tiles, has_journal, has_summary;
	struct merkle_frontier empty = {0};
	struct merkle_tree tree = {0};

	TRY(disk_exists(options->dir, "tile", &has_tiles));
	TRY(disk_exists(options->dir, JOURNAL_PATH, &has_journal));
	TRY(disk_exists(options->dir, SUMMARY_PATH, &has_summary));
	if (has_tiles || has_journal || has_summary)
		return ERR(NOT_FOUND,
		    "ledger: tiles, a journal or a summary without a "
		    "checkpoint");
	TRY(merkle_frontier_root(&empty, tree.root));
	TRY(publish_checkpoint(options->dir, options->signer, &tree));
	return journal_create(options->dir, journal_len);
}

/* One entry that was there before: into the intents, and what waits. */
static struct err
take_back(struct ledger *ledger, struct replay *replay, struct span entry)
{
	uint64_t index = replay->index - 1;
	struct record_brief brief;

	/* The summary has it: only its bundle is still to be filled up. */
	if (index < ledger->num_summed)
		return publish_keep(
		    &ledger->publish, entry, index, replay->checkpoint.size);
	if (index % LEDGER_MAX_BATCH_NUM == 0)
		intents_sweep(&ledger->intents);
	struct err err = record_brief_read(entry, &brief);
	if (err.code == ERR_OK)
		err = ledger_note_intents(ledger, &brief, index);
	if (err.code != ERR_OK) {
		replay->index = index;
		return ERR(CHANGED, "ledger: an entry that we do not write");
	}
	if (ledger->options.saw != NULL)
		ledger->options.saw(ledger->options.ctx, index, entry);
	return publish_keep(
	    &ledger->publish, entry, index, replay->checkpoint.size);
}

static struct err
take_back_all(struct ledger *ledger, struct replay *replay)
{
	struct span entry;

	for (;;) {
		struct err err = replay_next(replay, &entry);
		if (err.code == ERR_NOT_FOUND)
			break;
		TRY(err);
		TRY(take_back(ledger, replay, entry));
	}
	/* Behind the last whole block; a torn one is overwritten. */
	if (replay->num_tail > 0)
		ledger->at = replay->journal.at;
	memcpy(ledger->before, replay->journal.before, sizeof(ledger->before));
	publish_adopt(&ledger->publish, &replay->edge, replay->checkpoint.size);
	return OK;
}

/* What is known of it so far, also of one that is refused. */
static void
tell_found(const struct ledger *ledger, struct ledger_found *found)
{
	const struct replay *replay = &ledger->replay;

	found->size = found->wrong = replay->index;
	found->num_tail = replay->num_tail;
	found->num_summed = ledger->num_summed;
	found->is_torn = replay->is_torn;
	found->has_no_journal = replay->has_no_journal;
}

/* The lock lies on the journal: readers need none. */
static struct err
lock_journal(const struct ledger *ledger)
{
	if (flock(ledger->journal_fd, LOCK_EX | LOCK_NB) == 0)
		return OK;
	return errno == EWOULDBLOCK
	    ? ERR(EXISTS, "ledger: another process has it open")
	    : ERR(IO, "ledger: it cannot be locked");
}

static struct err
open_journal(struct ledger *ledger, int dir)
{
	struct stat st;

	ledger->journal_fd =
	    openat(dir, JOURNAL_PATH, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (ledger->journal_fd < 0)
		return ERR(IO, "journal: it does not open");
	if (fstat(ledger->journal_fd, &st) != 0)
		return ERR(IO, "journal: its size is not known");
	ledger->journal_len =
	    (uint64_t)st.st_size / JOURNAL_PAGE * JOURNAL_PAGE;
	return OK;
}

/* What a start makes that finds no ledger, or none of its files. */
static struct err
make_missing(const struct ledger_options *options, struct ledger_found *found)
{
	uint64_t journal_len =
	    options->journal_len > 0 ? options->journal_len : LEDGER_JOURNAL;
	bool has_checkpoint, has_journal;

	TRY(disk_exists(options->dir, "checkpoint", &has_checkpoint));
	if (!has_checkpoint) {
		TRY(make_new(options, journal_len));
		found->is_new = true;
	}
	/* A first start that ended in between is not a journal that is gone. */
	TRY(disk_exists(options->dir, JOURNAL_PATH, &has_journal));
	if (!has_journal) {
		TRY(journal_create(options->dir, journal_len));
		found->has_no_journal = true;
	}
	return OK;
}

/* Room, the files, and nothing read of them. */
static struct err
prepare(struct ledger *ledger, const struct ledger_options *options)
{
	size_t block_max =
	    LEDGER_MAX_BATCH + JOURNAL_OVERHEAD + 2 * (size_t)JOURNAL_PAGE;

	buf_init(&ledger->block, block_max);
	TRY(buf_reserve(&ledger->block, block_max));
	TRY(intents_init(&ledger->intents));
	TRY(ledger_room_for_summary(ledger));
	TRY(open_journal(ledger, options->dir));
	return publish_init(&ledger->publish, options->dir, options->signer,
	    ledger->journal_len);
}

static struct err
begin_replay(struct ledger *ledger)
{
	TRY(ledger_read_summary(ledger));
	TRY(replay_open(&ledger->replay, ledger->publish.dir,
	    &ledger->options.signer->key, NULL));
	return ledger_resume(ledger);
}

/* All of it is taken back: a lap starts afresh. */
static struct err
go_on(struct ledger *ledger, struct ledger_found *found)
{
	struct err err = take_back_all(ledger, &ledger->replay);

	tell_found(ledger, found);
	replay_done(&ledger->replay);
	TRY(err);
	publish_tidy(&ledger->publish);
	/* Fold the tail in. */
	err = ledger_publish(ledger);
	return err.code == ERR_NO_SPACE ? OK : err;
}

static struct err
open_all(struct ledger *ledger, const struct ledger_options *options,
    struct ledger_found *found)
{
	TRY(make_missing(options, found));
	bool was_gone = found->has_no_journal;
	TRY(prepare(ledger, options));
	TRY(lock_journal(ledger));
	struct err err = begin_replay(ledger);
	if (err.code != ERR_OK)
		tell_found(ledger, found);
	TRY(err);
	TRY(go_on(ledger, found));
	found->has_no_journal = was_gone && found->size > 0;
	return OK;
}

static struct err
follow(struct ledger *ledger, const struct ledger_options *options,
    struct ledger_found *found)
{
	struct span entry;

	TRY(prepare(ledger, options));
	struct err err = begin_replay(ledger);
	while (err.code == ERR_OK && replay_is_behind(&ledger->replay)) {
		err = replay_next(&ledger->replay, &entry);
		if (err.code == ERR_OK)
			err = take_back(ledger, &ledger->replay, entry);
	}
	tell_found(ledger, found);
	return err;
}

/* By one of both ways. */
static struct err
make(struct ledger **out, struct ledger_found *found,
    const struct ledger_options *options,
    struct err (*open)(
	struct ledger *, const struct ledger_options *, struct ledger_found *))
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	*found = (struct ledger_found){0};
	if (ledger == NULL)
		return ERR(NO_MEMORY, "ledger: no memory");
	ledger->journal_fd = ledger->replay.journal_fd = -1;
	ledger->options = *options;
	struct err err = open(ledger, options, found);
	if (err.code != ERR_OK) {
		ledger_close(ledger);
		return err;
	}
	*out = ledger;
	return OK;
}

struct err
ledger_open(struct ledger **out, struct ledger_found *found,
    const struct ledger_options *options)
{
	return make(out, found, options, open_all);
}

struct err
ledger_follow(struct ledger **out, struct ledger_found *found,
    const struct ledger_options *options)
{
	return make(out, found, options, follow);
}

struct err
ledger_take(struct ledger *ledger, struct ledger_found *found)
{
	TRY(lock_journal(ledger));
	struct err err = replay_again(&ledger->replay);
	tell_found(ledger, found);
	TRY(err);
	return go_on(ledger, found);
}
