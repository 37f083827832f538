/*
 * Target: replay_next over a whole ledger, from the bytes of its files. The
 * first byte of the input says how they are made of the rest.
 *
 * 0   As they come, and nobody checks them: chunks of u8 which file, u16
 *     length, bytes. A block of the journal (u64 first, u32 num, u8 length of
 *     the note, note, entries) gets its digest here: no input would have it.
 *     What is read is counted right, and comes to its end.
 * n   Signed, with n - 1 entries in tiles and the others in a block of the
 *     journal; and then one byte of one file is another: u8 which, u16 at, u8
 *     by; then the entries, as a bundle. What replays is what was put in.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/ledger/replay.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	FILE_MAX = 1 << 18,
	NUM_FILES = 9,
	RAW_BLOCK = NUM_FILES, /* as `which`: appended to the journal */
};

/* Those of the honest ledger come first. Its tiles have their full names, which
 * a reader of partial ones takes too, and no partial one is as wide as these.
 */
static struct ledger_file {
	const char *path;
	int fd;
	struct buf bytes;
	size_t written; /* bytes that the file has */
} files[NUM_FILES] = {
    {.path = "checkpoint"},
    {.path = "tile/entries/000"},
    {.path = "tile/0/000"},
    {.path = "journal"},
    {.path = "tile/0/000.p/255"},
    {.path = "tile/0/001.p/1"},
    {.path = "tile/1/000.p/1"},
    {.path = "tile/entries/000.p/255"},
    {.path = "tile/entries/001.p/1"},
};
static struct buf *const checkpoint = &files[0].bytes;
static struct buf *const bundle = &files[1].bytes;
static struct buf *const hashes = &files[2].bytes;
static struct buf *const journal = &files[3].bytes;
static char top[64] = "/tmp/fuzz_replay.XXXXXX";
static int dir = -1;
static struct note_signer signer;

/* --- The folder --- */

static void
remove_folder(void)
{
	static const char *const folders[] = {"tile/0/000.p", "tile/0/001.p",
	    "tile/1/000.p", "tile/entries/000.p", "tile/entries/001.p",
	    "tile/entries", "tile/0", "tile/1", "tile"};

	for (size_t i = 0; i < NUM_FILES; i++)
		(void)unlinkat(dir, files[i].path, 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		(void)unlinkat(dir, folders[i], AT_REMOVEDIR);
	(void)rmdir(top);
}

static int
make_file(const char *path)
{
	char folder[64];

	for (size_t i = 0; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		(void)mkdirat(dir, folder, 0700);
	}
	return openat(dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char secret[] =
	    "PRIVATE+KEY+fuzz.example/ledger+a1e75659+"
	    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";

	(void)argc, (void)argv;
	if (crypto_init().code != ERR_OK ||
	    note_secret_parse(&signer, span_str(secret)).code != ERR_OK ||
	    mkdtemp(top) == NULL)
		abort();
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < NUM_FILES; i++) {
		buf_init(&files[i].bytes, FILE_MAX);
		files[i].fd = make_file(files[i].path);
		if (files[i].fd < 0)
			abort();
	}
	return atexit(remove_folder);
}

static void
write_files(void)
{
	for (size_t i = 0; i < NUM_FILES; i++) {
		struct span bytes = buf_span(&files[i].bytes);
		if (bytes.len == 0 && files[i].written == 0)
			continue;
		files[i].written = bytes.len;
		if (ftruncate(files[i].fd, (off_t)bytes.len) != 0 ||
		    pwrite(files[i].fd, bytes.data, bytes.len, 0) !=
			(ssize_t)bytes.len)
			abort();
	}
}

/* --- Files as they come --- */

static struct err
put_block(struct span in)
{
	static const uint8_t before[JOURNAL_DIGEST];
	struct buf block CLEANUP(buf_done) = {.max = FILE_MAX};
	struct journal_head head = {.before = before};
	uint8_t digest[JOURNAL_DIGEST], note_len;

	TRY(span_take_u64be(&in, &head.first));
	TRY(span_take_u32be(&in, &head.num));
	TRY(span_take_u8(&in, &note_len));
	TRY(span_take(&in, &head.note, note_len));
	TRY(journal_begin(&block));
	TRY(buf_append(&block, in));
	TRY(journal_end(&block, &head, digest));
	/* The page of zeros behind it is the next one's. */
	return buf_append(
	    journal, span_sub(buf_span(&block), 0, block.len - JOURNAL_PAGE));
}

static struct err
put_chunks(struct span in)
{
	while (in.len > 0) {
		struct span bytes;
		uint8_t which;
		uint16_t len;

		TRY(span_take_u8(&in, &which));
		TRY(span_take_u16be(&in, &len));
		TRY(span_take(&in, &bytes, len));
		which %= NUM_FILES + 1;
		TRY(which == RAW_BLOCK
			? put_block(bytes)
			: buf_append(&files[which].bytes, bytes));
	}
	return OK;
}

static void
read_unchecked(struct span in)
{
	struct replay replay;
	struct span entry;
	uint64_t num = 0;

	if (put_chunks(in).code != ERR_OK)
		return;
	write_files();
	if (replay_open(&replay, dir, NULL, NULL).code != ERR_OK)
		return;
	while (replay_next(&replay, &entry).code == ERR_OK) {
		num++;
		assert(replay.index == num);
		assert(entry.len <= in.len);
	}
	assert(num <= in.len);
	replay_done(&replay);
}

/* --- Signed, and changed --- */

static struct err
sign(struct buf *out, const struct merkle_frontier *frontier,
    enum checkpoint_use use)
{
	struct merkle_tree tree = {.size = frontier->size};

	TRY(merkle_frontier_root(frontier, tree.root));
	return checkpoint_sign(out, &signer, use, &tree);
}

/* From the front of `in`, also into the tree; false: there is none. */
static bool
put_entry(struct buf *out, struct merkle_frontier *frontier, struct span *in,
    uint8_t leaf[MERKLE_HASH])
{
	struct span whole = *in, entry;

	if (tile_take_entry(in, &entry).code != ERR_OK)
		return false;
	if (merkle_leaf(leaf, entry).code != ERR_OK ||
	    merkle_frontier_append(frontier, leaf).code != ERR_OK ||
	    buf_append(out, span_sub(whole, 0, whole.len - in->len)).code !=
		ERR_OK)
		abort();
	return true;
}

static struct err
put_journal(struct merkle_frontier *frontier, struct span in)
{
	static const uint8_t before[JOURNAL_DIGEST];
	struct buf block CLEANUP(buf_done) = {.max = FILE_MAX};
	struct buf note CLEANUP(buf_done) = {.max = CHECKPOINT_MAX};
	struct journal_head head = {.first = frontier->size, .before = before};
	uint8_t leaf[MERKLE_HASH], digest[JOURNAL_DIGEST];

	TRY(journal_begin(&block));
	while (put_entry(&block, frontier, &in, leaf))
		head.num++;
	if (head.num == 0)
		return OK;
	TRY(sign(&note, frontier, CHECKPOINT_JOURNAL));
	head.note = buf_span(&note);
	TRY(journal_end(&block, &head, digest));
	return buf_append(journal, buf_span(&block));
}

/* The ledger of these entries; how many they are. */
static uint64_t
make_signed(struct span in, unsigned num_bundled)
{
	struct merkle_frontier frontier = {0};
	uint8_t leaf[MERKLE_HASH];

	while (frontier.size < num_bundled &&
	    put_entry(bundle, &frontier, &in, leaf)) {
		if (buf_append(hashes, span_of(leaf, sizeof(leaf))).code !=
		    ERR_OK)
			abort();
	}
	if (sign(checkpoint, &frontier, CHECKPOINT_PUBLIC).code != ERR_OK ||
	    put_journal(&frontier, in).code != ERR_OK)
		abort();
	return frontier.size;
}

static void
change(uint8_t which, uint16_t at, uint8_t by)
{
	struct buf *bytes = &files[which % 4].bytes;

	if (bytes->len > 0)
		bytes->data[at % bytes->len] ^= by;
}

static void
read_signed(struct span in, unsigned num_bundled)
{
	struct replay replay;
	struct span entry, want;
	uint8_t which, by;
	uint16_t at;

	if (span_take_u8(&in, &which).code != ERR_OK ||
	    span_take_u16be(&in, &at).code != ERR_OK ||
	    span_take_u8(&in, &by).code != ERR_OK)
		return;
	uint64_t num = make_signed(in, num_bundled);
	change(which, at, by);
	write_files();
	struct err err = replay_open(&replay, dir, &signer.key, NULL);
	assert(err.code == ERR_OK || by != 0);
	if (err.code != ERR_OK)
		return;
	while ((err = replay_next(&replay, &entry)).code == ERR_OK)
		assert(tile_take_entry(&in, &want).code == ERR_OK &&
		    span_equal(entry, want));
	/* The last write may be torn: then that is said. */
	assert(
	    err.code == ERR_CHANGED || replay.is_torn || replay.index == num);
	assert(by != 0 || (err.code == ERR_NOT_FOUND && !replay.is_torn));
	replay_done(&replay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0 || len > UINT16_MAX)
		return 0;
	for (size_t i = 0; i < NUM_FILES; i++)
		buf_reset(&files[i].bytes);
	const struct span rest = span_of(data + 1, len - 1);
	if (data[0] == 0)
		read_unchecked(rest);
	else
		read_signed(rest, data[0] - 1);
	return 0;
}
