#include "gateway/ledger/publish.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/disk.h"

struct err
publish_init(struct publish *publish, int dir, const struct note_signer *signer,
    size_t entries_len)
{
	*publish = (struct publish){.dir = dir, .signer = signer};
	buf_init(&publish->entries, entries_len + TILE_BUNDLE_MAX);
	TRY(buf_reserve(&publish->entries, entries_len + TILE_BUNDLE_MAX));
	return edge_init(&publish->edge, LEDGER_MAX_UNPUBLISHED);
}

void
publish_done(struct publish *publish)
{
	edge_done(&publish->edge);
	buf_done(&publish->entries);
}

uint64_t
publish_num(const struct publish *publish)
{
	return publish->edge.frontier.size - publish->published;
}

static struct err
put_entry(struct publish *publish, struct span entry)
{
	TRY(buf_put_u16be(&publish->entries, (uint16_t)entry.len));
	return buf_append(&publish->entries, entry);
}

struct err
publish_push(
    struct publish *publish, struct span entry, const uint8_t leaf[MERKLE_HASH])
{
	TRY(put_entry(publish, entry));
	return edge_push(&publish->edge, leaf);
}

struct err
publish_keep(struct publish *publish, struct span entry, uint64_t index,
    uint64_t published)
{
	if (index % TILE_WIDTH == 0 && index <= published)
		buf_reset(&publish->entries);
	return put_entry(publish, entry);
}

void
publish_adopt(struct publish *publish, struct edge *edge, uint64_t published)
{
	edge_done(&publish->edge);
	publish->edge = *edge;
	*edge = (struct edge){0};
	publish->published = published;
	if (publish_num(publish) == 0 && published % TILE_WIDTH == 0)
		buf_reset(&publish->entries);
}

/* --- Writing --- */

/* The folder of the file that was written last, to be synced once. */
struct writer {
	int dir;
	char last[TILE_PATH_MAX];
};

static struct err
sync_last(struct writer *writer)
{
	if (writer->last[0] == '\0')
		return OK;
	TRY(disk_sync_parent(writer->dir, writer->last));
	writer->last[0] = '\0';
	return OK;
}

static struct err
write_tile(struct writer *writer, struct tile_id id, struct span bytes)
{
	char path[TILE_PATH_MAX];

	tile_path(path, id);
	TRY(disk_replace(writer->dir, path, bytes));
	if (!disk_same_parent(path, writer->last))
		TRY(sync_last(writer));
	memcpy(writer->last, path, sizeof(path));
	return OK;
}

/* Tile `number` of a level that has `count` hashes. */
static struct tile_id
tile_at(unsigned level, uint64_t number, uint64_t count)
{
	uint64_t left = count - number * TILE_WIDTH;

	return (struct tile_id){.level = level,
	    .number = number,
	    .width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH};
}

static struct err
write_hashes(const struct publish *publish, struct writer *writer)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t before = tile_count(level, publish->published);
		uint64_t count = tile_count(level, publish->edge.frontier.size);
		if (count == before)
			break; /* and the levels above have nothing new */
		for (uint64_t n = before / TILE_WIDTH; n * TILE_WIDTH < count;
		     n++) {
			struct tile_id id = tile_at(level, n, count);
			TRY(write_tile(
			    writer, id, edge_tile(&publish->edge, id)));
		}
	}
	return OK;
}

/* The first `num` entries of `rest`, as one span; `rest` is shortened. */
static struct err
take_entries(struct span *rest, unsigned num, struct span *out)
{
	struct span all = *rest, entry;

	for (unsigned i = 0; i < num; i++)
		TRY(tile_take_entry(rest, &entry));
	*out = span_sub(all, 0, all.len - rest->len);
	return OK;
}

static struct err
write_bundles(const struct publish *publish, struct writer *writer)
{
	uint64_t count = publish->edge.frontier.size;
	struct span rest = buf_span(&publish->entries), bundle;

	for (uint64_t n = publish->published / TILE_WIDTH;
	     n * TILE_WIDTH < count; n++) {
		struct tile_id id = tile_at(TILE_ENTRIES, n, count);
		TRY(take_entries(&rest, id.width, &bundle));
		TRY(write_tile(writer, id, bundle));
	}
	assert(rest.len == 0);
	return OK;
}

struct err
publish_checkpoint(
    int dir, const struct note_signer *signer, const struct merkle_tree *tree)
{
	uint8_t bytes[CHECKPOINT_MAX];
	struct buf note = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};

	TRY(checkpoint_sign(&note, signer, CHECKPOINT_PUBLIC, tree));
	TRY(disk_replace(dir, "checkpoint", buf_span(&note)));
	return disk_sync_parent(dir, "checkpoint");
}

static struct err
write_all(struct publish *publish)
{
	struct writer writer = {.dir = publish->dir};
	struct merkle_tree tree = {.size = publish->edge.frontier.size};

	TRY(write_hashes(publish, &writer));
	TRY(write_bundles(publish, &writer));
	TRY(sync_last(&writer));
	TRY(edge_root(&publish->edge, tree.root));
	return publish_checkpoint(publish->dir, publish->signer, &tree);
}

/* --- Afterwards --- */

/* The folder of a full tile's partial predecessors, if it has one. */
static void
remove_partials(int dir, struct tile_id id)
{
	char path[TILE_PATH_MAX], folder[TILE_PATH_MAX + 2];

	id.width = TILE_WIDTH;
	tile_path(path, id);
	int len = snprintf(folder, sizeof(folder), "%s.p", path);
	assert(len > 0 && (size_t)len < sizeof(folder));
	if (unlinkat(dir, folder, AT_REMOVEDIR) == 0 ||
	    (errno != ENOTEMPTY && errno != EEXIST))
		return;
	for (unsigned width = 1; width < TILE_WIDTH; width++) {
		id.width = width;
		tile_path(path, id);
		(void)unlinkat(dir, path, 0);
	}
	(void)unlinkat(dir, folder, AT_REMOVEDIR);
}

/* All tiles that became full between two sizes. */
static void
remove_all_partials(const struct publish *publish, uint64_t before)
{
	for (unsigned level = 0; level <= TILE_ENTRIES; level++) {
		uint64_t from = tile_count(level, before) / TILE_WIDTH;
		uint64_t to =
		    tile_count(level, publish->edge.frontier.size) / TILE_WIDTH;
		for (uint64_t n = from; n < to; n++)
			remove_partials(publish->dir,
			    (struct tile_id){.level = level, .number = n});
	}
}

/* Only the tile before the current one can have been left so. */
void
publish_tidy(const struct publish *publish)
{
	for (unsigned level = 0; level <= TILE_ENTRIES; level++) {
		uint64_t full =
		    tile_count(level, publish->published) / TILE_WIDTH;
		if (full > 0)
			remove_partials(publish->dir,
			    (struct tile_id){
				.level = level, .number = full - 1});
	}
}

/* Keep the bytes of the partial bundle only. */
static void
drop_bundles(struct publish *publish, uint64_t before)
{
	struct span rest = buf_span(&publish->entries), entry;
	uint64_t first = before - before % TILE_WIDTH;
	uint64_t kept = publish->published - publish->published % TILE_WIDTH;

	for (uint64_t i = first; i < kept; i++)
		if (tile_take_entry(&rest, &entry).code != ERR_OK)
			break;
	buf_consume(&publish->entries, publish->entries.len - rest.len);
}

struct err
publish_run(struct publish *publish)
{
	uint64_t before = publish->published;

	if (publish_num(publish) == 0)
		return OK;
	struct err err = write_all(publish);
	publish->is_full = err.code == ERR_NO_SPACE;
	TRY(err);
	publish->published = publish->edge.frontier.size;
	drop_bundles(publish, before);
	edge_trim(&publish->edge);
	remove_all_partials(publish, before);
	return OK;
}
