#include "gateway/ledger/ledger_body.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"

enum {
	/* Of the journal, kept for each open intent. */
	COMPLETION_PAGES = 2,
	/* Pages beyond those: for start, stop and degraded. */
	SPARE_PAGES = 4,
	/* The journal is left for tiles when one part in so many is used. */
	PUBLISH_PART = 4,
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

struct err
ledger_note_intents(
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
	TRY(ledger_note_intents(ledger, &brief, index));
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

struct err
ledger_end_on(struct ledger *ledger, struct err err)
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
	struct err err = ledger_end_on(ledger, write_block(ledger));
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
	TRY(ledger_end_on(ledger, publish_run(&ledger->publish)));
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

/* --- End --- */

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
	buf_done(&ledger->summary);
	free(ledger);
}
