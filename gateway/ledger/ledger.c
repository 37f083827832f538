#include "gateway/ledger/ledger.h"

#include <assert.h>
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
#include "gateway/ledger/publish.h"
#include "gateway/ledger/replay.h"

enum {
	/* Of the journal, kept for each open intent. */
	COMPLETION_PAGES = 2,
	/* Pages beyond those: for start, stop and degraded. */
	SPARE_PAGES = 4,
	/* The journal is left for tiles when one part in so many is used. */
	PUBLISH_PART = 4,
};

/* An appended entry: what it did to the intents, to undo it, and its leaf. */
struct staged {
	enum record_kind kind;
	uint64_t intent;
	uint8_t leaf[MERKLE_HASH];
};

struct ledger {
	struct ledger_options options;
	bool ended; /* a write or sync failed */
	struct intents intents;
	struct publish publish; /* the tree, and what is in no tile yet */
	struct replay replay;	/* until all of it is taken back */

	/* the journal */
	int journal_fd;
	uint64_t journal_len;
	uint64_t at; /* where the next block goes */
	uint8_t before[JOURNAL_DIGEST];

	/* the next commit */
	struct buf block;
	uint32_t num_staged;
	struct staged staged[LEDGER_MAX_BATCH_NUM];
};

/* --- Room --- */

/*
 * Pages of the journal that stay free for those whose intents are open. A
 * completion that is committed alone takes all of its pages; several that
 * share a commit take fewer.
 */
static uint64_t
reserved_len(size_t num_open)
{
	static_assert(LEDGER_MAX_COMPLETION + 2 + JOURNAL_OVERHEAD <=
		COMPLETION_PAGES * JOURNAL_PAGE,
	    "a completion fits into what is kept for it");
	return ((uint64_t)num_open * COMPLETION_PAGES + SPARE_PAGES) *
	    JOURNAL_PAGE;
}

/* The staged block with one more entry and all that ends it. */
static uint64_t
block_len(const struct ledger *ledger, size_t entry_len)
{
	return journal_padded(ledger->block.len + 2 + entry_len +
		   CHECKPOINT_MAX + JOURNAL_DIGEST) +
	    JOURNAL_PAGE;
}

static bool
is_completion(enum record_kind kind)
{
	return kind == RECORD_COMPLETE || kind == RECORD_INTERRUPTED;
}

/* Records that tell of the ledger's own troubles may use the spare pages. */
static bool
may_use_reserve(enum record_kind kind)
{
	return is_completion(kind) || kind == RECORD_START ||
	    kind == RECORD_STOP || kind == RECORD_DEGRADED;
}

static struct err
check_room(const struct ledger *ledger, enum record_kind kind, size_t entry_len)
{
	size_t num_open =
	    ledger->intents.num_open + (kind == RECORD_INTENT ? 1 : 0);
	uint64_t need = block_len(ledger, entry_len);
	uint64_t entries =
	    publish_num(&ledger->publish) + ledger->num_staged + 1;

	if (!may_use_reserve(kind)) {
		if (ledger->publish.is_full)
			return ERR(NO_SPACE, "ledger: the disk is full");
		need += reserved_len(num_open);
		entries += num_open + SPARE_PAGES;
	}
	if (ledger->at + need > ledger->journal_len ||
	    entries > LEDGER_MAX_UNPUBLISHED)
		return ERR(NO_SPACE, "ledger: the journal is full");
	return OK;
}

/* --- Append --- */

static struct err
note_intents(
    struct ledger *ledger, const struct record_brief *brief, uint64_t index)
{
	if (brief->kind == RECORD_INTENT)
		return intents_open(&ledger->intents, index, brief->request,
		    brief->bytes_most.known ? brief->bytes_most.value
					    : UINT64_MAX);
	if (is_completion(brief->kind))
		return intents_close(&ledger->intents, brief->intent.value);
	return OK;
}

static void
undo_staged(struct ledger *ledger)
{
	uint64_t index = ledger_size(ledger) + ledger->num_staged;

	while (ledger->num_staged > 0) {
		struct staged *staged = &ledger->staged[--ledger->num_staged];
		index--;
		if (staged->kind == RECORD_INTENT)
			intents_undo_open(&ledger->intents, index);
		else if (is_completion(staged->kind))
			intents_undo_close(&ledger->intents, staged->intent);
	}
}

static struct err
begin_batch(struct ledger *ledger)
{
	if (ledger->num_staged > 0)
		return OK;
	intents_sweep(&ledger->intents);
	return journal_begin(&ledger->block);
}

static struct err
put_entry(struct ledger *ledger, struct span record)
{
	TRY(buf_put_u16be(&ledger->block, (uint16_t)record.len));
	return buf_append(&ledger->block, record);
}

struct err
ledger_append(struct ledger *ledger, struct span record, uint64_t *out_index)
{
	uint64_t index = ledger_size(ledger) + ledger->num_staged;
	struct record_brief brief;

	if (ledger->ended)
		return ERR(IO, "ledger: it has ended");
	TRY(record_check(record, &brief));
	if (is_completion(brief.kind) && record.len > LEDGER_MAX_COMPLETION)
		return ERR(TOO_BIG, "ledger: a completion is over its cap");
	TRY(begin_batch(ledger));
	if (ledger->num_staged == LEDGER_MAX_BATCH_NUM ||
	    ledger->block.len - JOURNAL_HEADER + 2 + record.len >
		LEDGER_MAX_BATCH)
		return ERR(AGAIN, "ledger: commit first");
	TRY(check_room(ledger, brief.kind, record.len));
	struct staged *staged = &ledger->staged[ledger->num_staged];
	TRY(merkle_leaf(staged->leaf, record));
	TRY(note_intents(ledger, &brief, index));
	staged->kind = brief.kind;
	staged->intent = brief.intent.value;
	ledger->num_staged++;
	TRY(put_entry(ledger, record)); /* the room was reserved at open */
	*out_index = index;
	return OK;
}

enum record_kind
ledger_append_kind(const struct ledger *ledger)
{
	assert(ledger->num_staged > 0);
	return ledger->staged[ledger->num_staged - 1].kind;
}

/* --- Commit --- */

/* What the commit will be once it is on the disk. */
struct commit {
	struct merkle_tree tree;
	uint8_t digest[JOURNAL_DIGEST];
	struct span entries; /* in the block */
};

/* The root over the staged entries, without touching the tree itself. */
static struct err
hash_staged(const struct ledger *ledger, struct merkle_tree *out)
{
	struct merkle_frontier frontier = ledger->publish.edge.frontier;

	for (size_t i = 0; i < ledger->num_staged; i++)
		TRY(merkle_frontier_append(&frontier, ledger->staged[i].leaf));
	out->size = frontier.size;
	return merkle_frontier_root(&frontier, out->root);
}

static struct err
seal_block(struct ledger *ledger, struct commit *commit)
{
	uint8_t bytes[CHECKPOINT_MAX];
	struct buf note = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
	size_t entries_len = ledger->block.len - JOURNAL_HEADER;

	commit->entries =
	    span_sub(buf_span(&ledger->block), JOURNAL_HEADER, entries_len);
	TRY(hash_staged(ledger, &commit->tree));
	TRY(checkpoint_sign(
	    &note, ledger->options.signer, CHECKPOINT_JOURNAL, &commit->tree));
	struct journal_head head = {.first = ledger_size(ledger),
	    .num = ledger->num_staged,
	    .note = buf_span(&note),
	    .before = ledger->before};
	return journal_end(&ledger->block, &head, commit->digest);
}

/* It is on the disk: so it is in the tree, and waits for its tiles. */
static struct err
take_in(struct ledger *ledger, const struct commit *commit)
{
	struct span rest = commit->entries, entry;

	for (size_t i = 0; i < ledger->num_staged; i++) {
		TRY(tile_take_entry(&rest, &entry));
		TRY(publish_push(
		    &ledger->publish, entry, ledger->staged[i].leaf));
	}
	memcpy(ledger->before, commit->digest, sizeof(ledger->before));
	ledger->at += ledger->block.len - JOURNAL_PAGE;
	ledger->num_staged = 0;
	return OK;
}

static struct err
write_block(struct ledger *ledger)
{
	struct commit commit;

	TRY(seal_block(ledger, &commit));
	TRY(disk_write(
	    ledger->journal_fd, buf_span(&ledger->block), ledger->at));
	TRY(disk_sync(ledger->journal_fd));
	return take_in(ledger, &commit);
}

/* Whatever is not just a lack of space is final. */
static struct err
end_on(struct ledger *ledger, struct err err)
{
	if (err.code != ERR_OK && err.code != ERR_NO_SPACE)
		ledger->ended = true;
	return err;
}

/* Failing to publish is no failure to commit: it shows in is_full. */
static struct err
publish_early(struct ledger *ledger)
{
	if (ledger->at < ledger->journal_len / PUBLISH_PART &&
	    publish_num(&ledger->publish) <
		LEDGER_MAX_UNPUBLISHED / PUBLISH_PART)
		return OK;
	if (ledger->publish.is_full)
		return OK;
	struct err err = ledger_publish(ledger);
	return err.code == ERR_NO_SPACE ? OK : err;
}

struct err
ledger_commit(struct ledger *ledger)
{
	if (ledger->ended)
		return ERR(IO, "ledger: it has ended");
	if (ledger->num_staged == 0)
		return OK;
	struct err err = end_on(ledger, write_block(ledger));
	if (err.code == ERR_NO_SPACE)
		undo_staged(ledger);
	TRY(err);
	return publish_early(ledger);
}

struct err
ledger_publish(struct ledger *ledger)
{
	if (ledger->ended)
		return ERR(IO, "ledger: it has ended");
	assert(ledger->num_staged == 0);
	TRY(end_on(ledger, publish_run(&ledger->publish)));
	/* All blocks are in tiles: the next lap may overwrite them. */
	ledger->at = 0;
	return OK;
}

uint64_t
ledger_size(const struct ledger *ledger)
{
	return ledger->publish.edge.frontier.size;
}

uint64_t
ledger_unpublished(const struct ledger *ledger)
{
	return publish_num(&ledger->publish);
}

bool
ledger_is_full(const struct ledger *ledger)
{
	return ledger->publish.is_full;
}

const struct intents *
ledger_intents(const struct ledger *ledger)
{
	return &ledger->intents;
}

/* --- Open --- */

/* The first checkpoint, over nothing; then the journal. */
static struct err
make_new(const struct ledger_options *options, uint64_t journal_len)
{
	bool has_tiles, has_journal;
	struct merkle_frontier empty = {0};
	struct merkle_tree tree = {0};

	TRY(disk_exists(options->dir, "tile", &has_tiles));
	TRY(disk_exists(options->dir, JOURNAL_PATH, &has_journal));
	if (has_tiles || has_journal)
		return ERR(NOT_FOUND,
		    "ledger: tiles or a journal without a checkpoint");
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

	if (index % LEDGER_MAX_BATCH_NUM == 0)
		intents_sweep(&ledger->intents);
	struct err err = record_brief_read(entry, &brief);
	if (err.code == ERR_OK)
		err = note_intents(ledger, &brief, index);
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
	TRY(open_journal(ledger, options->dir));
	return publish_init(&ledger->publish, options->dir, options->signer,
	    ledger->journal_len);
}

static struct err
begin_replay(struct ledger *ledger)
{
	return replay_open(&ledger->replay, ledger->publish.dir,
	    &ledger->options.signer->key, NULL);
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
	TRY(begin_replay(ledger));
	TRY(go_on(ledger, found));
	found->has_no_journal = was_gone && found->size > 0;
	return OK;
}

static struct err
follow(struct ledger *ledger, const struct ledger_options *options,
    struct ledger_found *found)
{
	struct err err = OK;
	struct span entry;

	TRY(prepare(ledger, options));
	TRY(begin_replay(ledger));
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

void
ledger_give_up(struct ledger *ledger)
{
	assert(ledger->num_staged == 0);
	ledger->ended = true;
	if (ledger->journal_fd >= 0)
		(void)close(ledger->journal_fd);
	ledger->journal_fd = -1;
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	if (ledger->journal_fd >= 0)
		(void)close(ledger->journal_fd);
	replay_done(&ledger->replay);
	intents_done(&ledger->intents);
	publish_done(&ledger->publish);
	buf_done(&ledger->block);
	free(ledger);
}
