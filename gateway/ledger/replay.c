#include "gateway/ledger/replay.h"

#include <assert.h>
#include <fcntl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"

/* --- Start and end --- */

static struct err
read_checkpoint(struct replay *replay)
{
	struct buf note;

	buf_init(&note, CHECKPOINT_READ_MAX);
	struct err err = disk_read(replay->dir, "checkpoint", &note);
	if (err.code == ERR_OK && replay->verifies)
		err = checkpoint_verify(buf_span(&note), &replay->key,
		    CHECKPOINT_PUBLIC, &replay->checkpoint);
	else if (err.code == ERR_OK)
		err = checkpoint_peek(buf_span(&note), &replay->checkpoint);
	buf_done(&note);
	return err;
}

static struct err
open_journal(struct replay *replay)
{
	int fd = openat(
	    replay->dir, JOURNAL_PATH, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return ERR(IO, "journal: it does not open");
	replay->has_no_journal = fd < 0;
	replay->journal_fd = fd;
	journal_read_init(&replay->journal, fd);
	return OK;
}

struct err
replay_open(struct replay *replay, int dir, const struct note_key *key,
    const struct merkle_tree *known)
{
	*replay = (struct replay){
	    .dir = dir, .journal_fd = -1, .verifies = key != NULL};
	if (key != NULL)
		replay->key = *key;
	if (known != NULL)
		replay->known = *known;
	buf_init(&replay->bundle, TILE_BUNDLE_MAX);
	buf_init(&replay->hashes, TILE_WIDTH * MERKLE_HASH);
	struct err err = OK;
	if (replay->verifies)
		err = edge_init(&replay->edge, LEDGER_MAX_UNPUBLISHED);
	if (err.code == ERR_OK)
		err = read_checkpoint(replay);
	if (err.code == ERR_OK)
		err = open_journal(replay);
	if (err.code != ERR_OK)
		replay_done(replay);
	return err;
}

void
replay_done(struct replay *replay)
{
	edge_done(&replay->edge);
	buf_done(&replay->bundle);
	buf_done(&replay->hashes);
	journal_read_done(&replay->journal);
	if (replay->journal_fd >= 0)
		(void)close(replay->journal_fd);
	replay->journal_fd = -1;
}

void
replay_skip_to(struct replay *replay, uint64_t index)
{
	assert(!replay->verifies && replay->index == 0);
	if (index > replay->checkpoint.size)
		index = replay->checkpoint.size;
	replay->index = index - index % TILE_WIDTH;
}

/* --- Files --- */

/* The wrong thing concerns the entries from `index` on. */
static struct err
changed(struct replay *replay, uint64_t index, const char *why)
{
	replay->index = index;
	return (struct err){.code = ERR_CHANGED, .why = why};
}

/*
 * A tile as the checkpoint's size has it. A partial one may have given way to
 * the full one since the checkpoint was read: then that begins with it.
 */
static struct err
read_tile(struct replay *replay, struct tile_id id, struct buf *out)
{
	char path[TILE_PATH_MAX];

	buf_reset(out);
	tile_path(path, id);
	struct err err = disk_read(replay->dir, path, out);
	if (err.code != ERR_NOT_FOUND || id.width == TILE_WIDTH)
		return err;
	id.width = TILE_WIDTH;
	tile_path(path, id);
	return disk_read(replay->dir, path, out);
}

/* The first hash in which they differ; TILE_WIDTH: none. */
static unsigned
find_difference(struct span file, struct span expected)
{
	for (unsigned i = 0; i < expected.len / MERKLE_HASH; i++)
		if (!span_equal(span_sub(file, i * MERKLE_HASH, MERKLE_HASH),
			span_sub(expected, i * MERKLE_HASH, MERKLE_HASH)))
			return i;
	return TILE_WIDTH;
}

/* A tile's file has the hashes that we computed from below. */
static struct err
check_tile(struct replay *replay, struct tile_id id)
{
	uint64_t unit = UINT64_C(1) << (8 * id.level);
	uint64_t first = id.number * TILE_WIDTH * unit;
	struct span expected = edge_tile(&replay->edge, id);

	struct err err = read_tile(replay, id, &replay->hashes);
	if (err.code == ERR_NOT_FOUND)
		return changed(replay, first, "a hash tile is missing");
	if (err.code == ERR_TOO_BIG)
		return changed(replay, first, "a hash tile is too long");
	TRY(err);
	unsigned at = find_difference(buf_span(&replay->hashes), expected);
	if (at < TILE_WIDTH)
		return changed(
		    replay, first + at * unit, "a hash tile differs");
	if (replay->hashes.len != expected.len &&
	    replay->hashes.len != TILE_WIDTH * MERKLE_HASH)
		return changed(replay, first, "a hash tile has another length");
	return OK;
}

/* --- Up to the checkpoint --- */

/* How wide the bundle is, and the tile of level 0 over it. */
static unsigned
bundle_width(const struct replay *replay)
{
	uint64_t first = replay->index - replay->index % TILE_WIDTH;
	uint64_t left = replay->checkpoint.size - first;

	return left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
}

static struct err
load_bundle(struct replay *replay)
{
	struct tile_id id = {.level = TILE_ENTRIES,
	    .number = replay->index / TILE_WIDTH,
	    .width = bundle_width(replay)};

	struct err err = read_tile(replay, id, &replay->bundle);
	if (err.code == ERR_NOT_FOUND)
		return changed(
		    replay, replay->index, "a bundle of entries is missing");
	if (err.code == ERR_TOO_BIG)
		return changed(
		    replay, replay->index, "a bundle of entries is too long");
	TRY(err);
	replay->rest = buf_span(&replay->bundle);
	if (!replay->verifies)
		return OK;
	id.level = 0;
	err = read_tile(replay, id, &replay->hashes);
	if (err.code == ERR_NOT_FOUND)
		return changed(replay, replay->index, "a hash tile is missing");
	if (err.code == ERR_TOO_BIG)
		return changed(
		    replay, replay->index, "a hash tile is too long");
	return err;
}

bool
replay_is_behind(const struct replay *replay)
{
	return replay->index < replay->checkpoint.size;
}

/* What was read of a bundle that was partial then. */
static struct err
skip_read(struct replay *replay)
{
	struct span entry;

	if (!replay_is_behind(replay) || replay->index % TILE_WIDTH == 0)
		return OK;
	TRY(load_bundle(replay));
	for (uint64_t i = 0; i < replay->index % TILE_WIDTH; i++) {
		if (tile_take_entry(&replay->rest, &entry).code != ERR_OK)
			return changed(replay, replay->index,
			    "a bundle of entries ends early");
	}
	return OK;
}

struct err
replay_again(struct replay *replay)
{
	assert(!replay->in_journal);
	TRY(read_checkpoint(replay));
	if (replay->checkpoint.size < replay->index)
		return changed(replay, replay->checkpoint.size,
		    "the checkpoint covers less than it did");
	return skip_read(replay);
}

/* What the last tile of a level had when the tree was of that size. */
static struct err
resume_level(struct replay *replay, unsigned level)
{
	unsigned width = edge_resume_width(&replay->edge, level);
	uint64_t number = replay->edge.level[level].first / TILE_WIDTH;
	size_t len = width * (size_t)MERKLE_HASH;
	struct err err = OK;

	buf_reset(&replay->hashes);
	if (width > 0)
		err = read_tile(replay,
		    (struct tile_id){
			.level = level, .number = number, .width = width},
		    &replay->hashes);
	if (err.code == ERR_NOT_FOUND || err.code == ERR_TOO_BIG ||
	    (err.code == ERR_OK && replay->hashes.len < len))
		return changed(replay, (number * TILE_WIDTH) << (8 * level),
		    "a hash tile is missing, or has another length");
	TRY(err);
	return edge_resume_level(
	    &replay->edge, level, span_sub(buf_span(&replay->hashes), 0, len));
}

struct err
replay_resume(struct replay *replay, const struct merkle_tree *tree)
{
	uint64_t first = tree->size - tree->size % TILE_WIDTH;
	uint8_t root[MERKLE_HASH];

	assert(replay->verifies && replay->index == 0);
	if (tree->size > replay->checkpoint.size)
		return changed(replay, replay->checkpoint.size,
		    "the checkpoint covers less than the summary");
	edge_resume(&replay->edge, tree->size);
	for (unsigned level = 0; level < TILE_LEVELS; level++)
		TRY(resume_level(replay, level));
	TRY(edge_root(&replay->edge, root));
	if (memcmp(root, tree->root, sizeof(root)) != 0)
		return changed(replay, first,
		    "the hash tiles are not those of the summary");
	replay->index = first;
	return OK;
}

static struct err
check_known(struct replay *replay)
{
	uint8_t root[MERKLE_HASH];

	if (replay->known.size == 0 ||
	    replay->edge.frontier.size != replay->known.size)
		return OK;
	TRY(edge_root(&replay->edge, root));
	if (memcmp(root, replay->known.root, sizeof(root)) != 0)
		return changed(
		    replay, 0, "the known checkpoint is of another history");
	return OK;
}

/* After the last entry of a full tile: it, and those above that it filled. */
static struct err
check_full_tiles(struct replay *replay)
{
	uint64_t size = replay->edge.frontier.size;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t count = tile_count(level, size);
		if (count << (8 * level) != size || count % TILE_WIDTH != 0)
			break;
		TRY(check_tile(replay,
		    (struct tile_id){.level = level,
			.number = count / TILE_WIDTH - 1,
			.width = TILE_WIDTH}));
	}
	edge_trim(&replay->edge);
	return OK;
}

/* The tree and the bundle must agree on each entry, those before a resumed
 * edge, too. */
static struct err
check_entry(struct replay *replay, struct span entry)
{
	unsigned before = (unsigned)(replay->index % TILE_WIDTH);
	bool is_resumed = replay->index < replay->edge.frontier.size;
	struct span hashes = is_resumed
	    ? edge_tile(&replay->edge,
		  (struct tile_id){.number = replay->index / TILE_WIDTH,
		      .width = before + 1})
	    : buf_span(&replay->hashes);
	uint8_t leaf[MERKLE_HASH];

	TRY(merkle_leaf(leaf, entry));
	if (!span_equal(span_of(leaf, sizeof(leaf)),
		span_sub(hashes, before * (size_t)MERKLE_HASH, MERKLE_HASH)))
		return changed(replay, replay->index,
		    "an entry is not the one that its hash stands for");
	if (is_resumed)
		return OK;
	TRY(edge_push(&replay->edge, leaf));
	return check_known(replay);
}

/* After the last entry of a bundle, before the next one is loaded. */
static struct err
end_bundle(struct replay *replay)
{
	uint64_t first = replay->index - 1 - (replay->index - 1) % TILE_WIDTH;
	bool is_full = replay->index % TILE_WIDTH == 0;
	size_t width = (size_t)(replay->index - first);

	if (is_full && replay->rest.len != 0)
		return changed(replay, replay->index - 1,
		    "bytes follow the last entry of a bundle");
	if (!replay->verifies)
		return OK;
	if (is_full)
		return check_full_tiles(replay);
	/* Partial: no more in the file, unless it is the full one by now. */
	if (replay->hashes.len == width * MERKLE_HASH && replay->rest.len != 0)
		return changed(replay, replay->index - 1,
		    "bytes follow the last entry of a bundle");
	return OK;
}

static struct err
next_bundled(struct replay *replay, struct span *out)
{
	struct span entry;

	if (replay->index % TILE_WIDTH == 0)
		TRY(load_bundle(replay));
	if (tile_take_entry(&replay->rest, &entry).code != ERR_OK)
		return changed(
		    replay, replay->index, "a bundle of entries ends early");
	if (replay->verifies)
		TRY(check_entry(replay, entry));
	replay->index++;
	if (replay->index % TILE_WIDTH == 0 ||
	    replay->index == replay->checkpoint.size)
		TRY(end_bundle(replay));
	*out = entry;
	return OK;
}

struct err
replay_check_checkpoint(struct replay *replay)
{
	assert(replay->verifies && !replay->in_journal);
	assert(replay->index == replay->checkpoint.size);
	uint64_t size = replay->checkpoint.size;
	uint8_t root[MERKLE_HASH];

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t count = tile_count(level, size);
		if (count % TILE_WIDTH == 0)
			continue;
		TRY(check_tile(replay,
		    (struct tile_id){.level = level,
			.number = count / TILE_WIDTH,
			.width = (unsigned)(count % TILE_WIDTH)}));
	}
	TRY(edge_root(&replay->edge, root));
	if (memcmp(root, replay->checkpoint.root, sizeof(root)) != 0)
		return changed(replay, 0,
		    "entries and tiles agree, and are not what was signed");
	return OK;
}

/* --- After the checkpoint --- */

/* The place where a block should begin or the journal end does neither. */
static struct err
judge_broken(struct replay *replay)
{
	bool later;

	TRY(journal_read_has_later(&replay->journal, replay->index, &later));
	if (later)
		return changed(replay, replay->index,
		    "a block of the journal is broken, and later ones exist");
	replay->is_torn = true;
	return ERR(NOT_FOUND, "journal: it ends in an unfinished write");
}

static struct err
check_note(struct replay *replay, const struct journal_block *block)
{
	if (!replay->verifies)
		return OK;
	struct err err = checkpoint_verify(
	    block->note, &replay->key, CHECKPOINT_JOURNAL, &replay->block);
	if (err.code == ERR_NO_MEMORY)
		return err;
	if (err.code != ERR_OK)
		return changed(replay, block->first,
		    "a block of the journal is not signed by this key");
	if (replay->block.size != block->first + block->num)
		return changed(replay, block->first,
		    "a block of the journal signs another size");
	return OK;
}

/*
 * The next block. A lap begins with the first entry after the checkpoint, or
 * all of it is in tiles: a checkpoint is made between laps only.
 */
static struct err
load_block(struct replay *replay)
{
	struct journal_block block;

	struct err err = journal_read_next(&replay->journal, &block);
	if (err.code == ERR_MALFORMED)
		return judge_broken(replay);
	TRY(err);
	if (replay->num_tail == 0 && block.first < replay->index)
		return ERR(NOT_FOUND, "journal: all of it is in tiles");
	if (block.first != replay->index)
		return changed(replay, replay->index,
		    "entries are missing before a block of the journal");
	TRY(check_note(replay, &block));
	replay->rest = block.entries;
	replay->block.size = block.first + block.num;
	return OK;
}

/* After the last entry of a block: what it signs is what we have. */
static struct err
end_block(struct replay *replay)
{
	uint8_t root[MERKLE_HASH];

	if (replay->rest.len != 0)
		return changed(replay, replay->index - 1,
		    "bytes follow the last entry of a block");
	if (!replay->verifies)
		return OK;
	TRY(edge_root(&replay->edge, root));
	if (memcmp(root, replay->block.root, sizeof(root)) != 0)
		return changed(replay, replay->index - 1,
		    "a block of the journal signs another root");
	return OK;
}

static struct err
push_tail(struct replay *replay, struct span entry)
{
	uint8_t leaf[MERKLE_HASH];

	if (replay->num_tail == LEDGER_MAX_UNPUBLISHED)
		return changed(
		    replay, replay->index, "the journal holds too many");
	if (!replay->verifies)
		return OK;
	TRY(merkle_leaf(leaf, entry));
	TRY(edge_push(&replay->edge, leaf));
	return check_known(replay);
}

static struct err
next_journaled(struct replay *replay, struct span *out)
{
	struct span entry;

	if (replay->num_tail == 0 || replay->index == replay->block.size)
		TRY(load_block(replay));
	if (tile_take_entry(&replay->rest, &entry).code != ERR_OK)
		return changed(
		    replay, replay->index, "a block of the journal ends early");
	TRY(push_tail(replay, entry));
	replay->index++;
	replay->num_tail++;
	if (replay->index == replay->block.size)
		TRY(end_block(replay));
	*out = entry;
	return OK;
}

/* --- All --- */

static struct err
check_end(struct replay *replay)
{
	if (replay->verifies && replay->known.size > replay->index)
		return changed(replay, replay->index,
		    "entries that the known checkpoint covers are gone");
	return ERR(NOT_FOUND, "ledger: no entry is left");
}

struct err
replay_next(struct replay *replay, struct span *out)
{
	if (replay_is_behind(replay))
		return next_bundled(replay, out);
	if (!replay->in_journal) {
		if (replay->verifies)
			TRY(replay_check_checkpoint(replay));
		replay->in_journal = true;
	}
	struct err err = ERR(NOT_FOUND, "ledger: no journal");
	if (!replay->has_no_journal)
		err = next_journaled(replay, out);
	if (err.code == ERR_NOT_FOUND)
		return check_end(replay);
	return err;
}
