/*
 * replay and what it rests on, away from the straight way: read without a key,
 * from the middle, with tiles that are gone, too long, or full by now; intents
 * up to their cap; a ledger that finds its folder changed.
 */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/intents.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"
#include "tests/harness/ledgerbox.h"

enum {
	JOURNAL = 1 << 20,
	PUBLISHED = 600,
	TAIL = 7,
};

static struct ledgerbox box;

static int
fill_box(void **state)
{
	(void)state;
	ledgerbox_start_filled(&box, JOURNAL, PUBLISHED, TAIL);
	return 0;
}

static int
empty_box(void **state)
{
	(void)state;
	ledgerbox_done(&box);
	return 0;
}

/* --- without a key, from the middle --------------------------------------- */

static uint64_t
count_from(uint64_t index, uint64_t *out_first)
{
	struct replay replay;
	struct span entry;
	uint64_t num = 0;
	struct err err;

	expect_ok(replay_open(&replay, box.dir, NULL, NULL));
	replay_skip_to(&replay, index);
	*out_first = replay.index;
	while ((err = replay_next(&replay, &entry)).code == ERR_OK) {
		struct record_brief brief;

		expect_ok(record_check(entry, &brief));
		num++;
	}
	expect_err(NOT_FOUND, err);
	replay_done(&replay);
	replay_done(&replay);
	return num;
}

static void
replay_next__reads_from_any_bundle_on(void **state)
{
	const uint64_t size = ledger_size(box.ledger);
	const uint64_t published = size - ledger_unpublished(box.ledger);
	uint64_t first;

	(void)state;
	assert_true(published >= PUBLISHED && published < size);
	assert_int_equal(count_from(0, &first), size);
	assert_int_equal(first, 0);
	assert_int_equal(count_from(300, &first), size - 256);
	assert_int_equal(first, 256);
	assert_int_equal(count_from(512, &first), size - 512);
	/* Beyond the checkpoint: from its last bundle. */
	assert_int_equal(count_from(UINT64_MAX, &first), size - first);
	assert_int_equal(first, published - published % TILE_WIDTH);
}

/* --- files that are not what they should be ------------------------------- */

static struct err
verify(uint64_t *out_index)
{
	bool torn;

	return ledgerbox_verify(&box, out_index, &torn);
}

/* The file at `path` has other bytes, is verified, and is put back. */
static struct err
with_file(const char *path, struct span bytes, uint64_t *out_index)
{
	struct buf before = {.max = 1 << 20};

	expect_ok(disk_read(box.dir, path, &before));
	if (bytes.data == NULL)
		assert_int_equal(unlinkat(box.dir, path, 0), 0);
	else
		expect_ok(disk_replace(box.dir, path, bytes));
	struct err err = verify(out_index);
	expect_ok(disk_replace(box.dir, path, buf_span(&before)));
	buf_done(&before);
	return err;
}

static void
replay_next__names_the_file_that_is_wrong(void **state)
{
	static uint8_t much[TILE_BUNDLE_MAX + 1];
	static const struct {
		const char *path;
		uint64_t index;
	} files[] = {{"tile/entries/000", 0}, {"tile/entries/001", 256},
	    {"tile/0/000", 0}, {"tile/0/001", 256}};
	uint64_t index;

	(void)state;
	expect_ok(verify(&index));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		expect_err(CHANGED,
		    with_file(files[i].path, span_of(NULL, 0), &index));
		assert_int_equal(index, files[i].index);
		expect_err(CHANGED,
		    with_file(
			files[i].path, span_of(much, sizeof(much)), &index));
		assert_int_equal(index, files[i].index);
		expect_err(
		    CHANGED, with_file(files[i].path, span_str(""), &index));
		assert_int_equal(index, files[i].index);
	}
	expect_ok(verify(&index));
}

/* Bytes behind the last entry of a bundle, a full one and the last. */
static void
replay_next__accounts_for_every_byte_of_a_bundle(void **state)
{
	const uint64_t published =
	    ledger_size(box.ledger) - ledger_unpublished(box.ledger);
	char last[TILE_PATH_MAX];
	const char *paths[] = {"tile/entries/000", last};
	uint64_t index;

	(void)state;
	tile_path(last,
	    (struct tile_id){.level = TILE_ENTRIES,
		.number = published / TILE_WIDTH,
		.width = (unsigned)(published % TILE_WIDTH)});
	for (size_t i = 0; i < 2; i++) {
		struct buf bytes = {.max = 1 << 20};

		expect_ok(disk_read(box.dir, paths[i], &bytes));
		expect_ok(buf_append_str(&bytes, "more"));
		expect_err(
		    CHANGED, with_file(paths[i], buf_span(&bytes), &index));
		buf_done(&bytes);
	}
	/* A folder in the place of a tile. */
	assert_int_equal(renameat(box.dir, last, box.dir, "aside"), 0);
	assert_int_equal(mkdirat(box.dir, last, 0700), 0);
	expect_err(IO, verify(&index));
	assert_int_equal(unlinkat(box.dir, last, AT_REMOVEDIR), 0);
	assert_int_equal(renameat(box.dir, "aside", box.dir, last), 0);
	expect_ok(verify(&index));
}

/* The tile of the level above, whose hashes stand for 256 entries each. */
static void
replay_next__checks_the_levels_above(void **state)
{
	static uint8_t much[TILE_WIDTH * MERKLE_HASH + 1];
	struct buf tile = {.max = 1 << 20};
	uint64_t index;

	(void)state;
	expect_ok(disk_read(box.dir, "tile/1/000.p/2", &tile));
	assert_int_equal(tile.len, 2 * MERKLE_HASH);
	expect_err(
	    CHANGED, with_file("tile/1/000.p/2", span_of(NULL, 0), &index));
	expect_err(CHANGED,
	    with_file("tile/1/000.p/2", span_of(much, sizeof(much)), &index));
	expect_err(CHANGED,
	    with_file(
		"tile/1/000.p/2", span_sub(buf_span(&tile), 0, 33), &index));
	/* One hash more than there are, and it is no full tile. */
	expect_ok(buf_append(&tile, span_of(much, MERKLE_HASH)));
	expect_err(
	    CHANGED, with_file("tile/1/000.p/2", buf_span(&tile), &index));
	tile.len -= MERKLE_HASH;
	tile.data[MERKLE_HASH] ^= 1;
	expect_err(
	    CHANGED, with_file("tile/1/000.p/2", buf_span(&tile), &index));
	assert_int_equal(index, 256);
	buf_done(&tile);
}

/* A reader that has an older checkpoint finds full tiles for partial ones. */
static void
replay_next__takes_the_full_tile_for_a_partial_one(void **state)
{
	struct buf old = {.max = 4096}, now = {.max = 4096};
	uint64_t index;

	(void)state;
	expect_ok(disk_read(box.dir, "checkpoint", &old));
	ledgerbox_fill(&box, 300, 50);
	expect_ok(ledger_publish(box.ledger));
	expect_ok(disk_read(box.dir, "checkpoint", &now));
	expect_ok(disk_replace(box.dir, "checkpoint", buf_span(&old)));
	expect_ok(verify(&index));
	expect_ok(disk_replace(box.dir, "checkpoint", buf_span(&now)));
	expect_ok(verify(&index));
	buf_done(&old);
	buf_done(&now);
}

static void
replay_open__wants_a_checkpoint(void **state)
{
	struct buf note = {.max = 4096};
	struct replay replay;

	(void)state;
	expect_ok(disk_read(box.dir, "checkpoint", &note));
	expect_ok(disk_replace(box.dir, "checkpoint", span_str("a\nb\n")));
	expect_err(MALFORMED, replay_open(&replay, box.dir, NULL, NULL));
	expect_err(
	    MALFORMED, replay_open(&replay, box.dir, &box.signer.key, NULL));
	assert_int_equal(unlinkat(box.dir, "checkpoint", 0), 0);
	expect_err(NOT_FOUND, replay_open(&replay, box.dir, NULL, NULL));
	expect_ok(disk_replace(box.dir, "checkpoint", buf_span(&note)));
	/* A journal that is a link is none of ours. */
	assert_int_equal(
	    renameat(box.dir, JOURNAL_PATH, box.dir, "elsewhere"), 0);
	assert_int_equal(symlinkat("elsewhere", box.dir, JOURNAL_PATH), 0);
	expect_err(IO, replay_open(&replay, box.dir, NULL, NULL));
	assert_int_equal(
	    renameat(box.dir, "elsewhere", box.dir, JOURNAL_PATH), 0);
	buf_done(&note);
}

/* --- a ledger that opens ---------------------------------------------------
 */

static void
ledger_open__refuses_a_folder_of_another_kind(void **state)
{
	struct ledgerbox other;
	struct ledger_options options;

	(void)state;
	ledgerbox_init(&other, JOURNAL);
	options = (struct ledger_options){.dir = -1, .signer = &other.signer};
	expect_err(IO, ledger_open(&other.ledger, &other.found, &options));
	/* Tiles, or a journal, and nothing that signs them. */
	assert_int_equal(mkdirat(other.dir, "tile", 0700), 0);
	expect_err(NOT_FOUND, ledgerbox_open(&other));
	assert_int_equal(unlinkat(other.dir, "tile", AT_REMOVEDIR), 0);
	assert_int_equal(mkdirat(other.dir, JOURNAL_PATH, 0700), 0);
	expect_err(NOT_FOUND, ledgerbox_open(&other));
	assert_int_equal(unlinkat(other.dir, JOURNAL_PATH, AT_REMOVEDIR), 0);
	expect_ok(ledgerbox_open(&other));
	ledgerbox_close(&other);
	/* The journal is a folder. */
	assert_int_equal(unlinkat(other.dir, JOURNAL_PATH, 0), 0);
	assert_int_equal(mkdirat(other.dir, JOURNAL_PATH, 0700), 0);
	expect_err(IO, ledgerbox_open(&other));
	ledger_close(NULL);
	ledgerbox_done(&other);
}

static void
ledger_open__tidies_partial_tiles_that_were_left(void **state)
{
	struct ledgerbox other;
	bool there;

	(void)state;
	ledgerbox_start(&other, JOURNAL);
	ledgerbox_fill(&other, 260, 50);
	expect_ok(ledger_publish(other.ledger));
	ledgerbox_close(&other);
	expect_ok(
	    disk_replace(other.dir, "tile/entries/000.p/3", span_str("old")));
	expect_ok(ledgerbox_open(&other));
	expect_ok(disk_exists(other.dir, "tile/entries/000.p", &there));
	assert_false(there);
	ledgerbox_done(&other);
}

static void
ledger_append__refuses_a_completion_over_its_cap(void **state)
{
	uint64_t intent = ledgerbox_add(&box, RECORD_INTENT, 0);

	(void)state;
	assert_int_equal(ledger_append_kind(box.ledger), RECORD_INTENT);
	expect_err(TOO_BIG,
	    ledgerbox_complete(&box, intent, LEDGER_MAX_COMPLETION + 1));
	expect_ok(ledgerbox_complete(&box, intent, LEDGER_MAX_COMPLETION));
	expect_ok(ledger_commit(box.ledger));
}

/* --- blocks that are whole, and lie -----------------------------------------
 */

/* What a block of one entry says. */
struct lie {
	struct span entries;
	const struct note_signer *signer;
	uint64_t size; /* that it signs */
	bool other_root;
	enum err_code opened; /* what a ledger says that opens it */
};

/* A new ledger with this block in its journal. */
static struct err
open_with(struct ledgerbox *other, const struct lie *lie)
{
	static const uint8_t before[JOURNAL_DIGEST];
	struct buf note = {.max = 4096}, block = {.max = 1 << 16};
	struct merkle_tree tree = {.size = lie->size};
	struct span rest = lie->entries, entry;
	uint8_t digest[JOURNAL_DIGEST];

	if (tile_take_entry(&rest, &entry).code == ERR_OK)
		expect_ok(merkle_leaf(tree.root, entry));
	tree.root[0] ^= lie->other_root;
	expect_ok(
	    checkpoint_sign(&note, lie->signer, CHECKPOINT_JOURNAL, &tree));
	const struct journal_head head = {
	    .num = 1, .note = buf_span(&note), .before = before};
	expect_ok(journal_begin(&block));
	expect_ok(buf_append(&block, lie->entries));
	expect_ok(journal_end(&block, &head, digest));
	int fd = openat(other->dir, JOURNAL_PATH, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	expect_ok(disk_write(fd, buf_span(&block), 0));
	close(fd);
	buf_done(&note);
	buf_done(&block);
	struct err err = ledgerbox_open(other);
	ledgerbox_close(other);
	return err;
}

static void
ledger_open__refuses_a_block_that_lies(void **state)
{
	struct buf entry = {.max = 4096}, longer = {.max = 4096};
	const struct record record = {.kind = RECORD_DENIED, .time_ms = 1};
	struct note_signer stranger;

	(void)state;
	expect_ok(buf_put_u16be(&entry, 0));
	expect_ok(record_encode(&entry, &record));
	entry.data[1] = (uint8_t)(entry.len - 2);
	expect_ok(buf_append(&longer, buf_span(&entry)));
	expect_ok(buf_append_str(&longer, "more"));
	expect_ok(note_keygen(&stranger, span_str("test.example/ledger")));
	for (int i = 0; i < 7; i++) {
		struct ledgerbox other;

		ledgerbox_start(&other, JOURNAL);
		ledgerbox_close(&other);
		const struct lie lies[] = {
		    {buf_span(&entry), &other.signer, 1, false, ERR_OK},
		    {buf_span(&entry), &stranger, 1, false, ERR_CHANGED},
		    {buf_span(&entry), &other.signer, 2, false, ERR_CHANGED},
		    {buf_span(&entry), &other.signer, 1, true, ERR_CHANGED},
		    {buf_span(&longer), &other.signer, 1, false, ERR_CHANGED},
		    {span_of("\0\5x", 3), &other.signer, 1, false, ERR_CHANGED},
		    /* All of it is true, and it is no record. */
		    {span_of("\0\1x", 3), &other.signer, 1, false, ERR_CHANGED},
		};
		struct err err = open_with(&other, &lies[i]);
		if (err.code != lies[i].opened)
			fail_msg("block %d: %s", i, err_name(err.code));
		ledgerbox_done(&other);
	}
	note_signer_done(&stranger);
	buf_done(&entry);
	buf_done(&longer);
}

static void
ledger_append__knows_each_kind(void **state)
{
	uint64_t intent = ledgerbox_add(&box, RECORD_INTENT, 0);

	(void)state;
	(void)ledgerbox_add(&box, RECORD_INTERRUPTED, intent);
	assert_int_equal(ledger_append_kind(box.ledger), RECORD_INTERRUPTED);
	(void)ledgerbox_add(&box, RECORD_START, 0);
	(void)ledgerbox_add(&box, RECORD_DEGRADED, 0);
	(void)ledgerbox_add(&box, RECORD_STOP, 0);
	expect_ok(ledger_commit(box.ledger));
}

/* --- intents ---------------------------------------------------------------
 */

static void
intents__holds_as_many_as_may_be_open(void **state)
{
	static const uint8_t request[LEDGER_MAX_REQUEST + 1];
	struct intents intents;
	uint64_t index = 0;

	(void)state;
	expect_ok(intents_init(&intents));
	expect_err(TOO_BIG,
	    intents_open(&intents, 0, span_of(request, sizeof(request)), 1));
	/* Closed ones make room when they are swept, open ones stay. */
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < LEDGER_MAX_OPEN / 2; i++) {
			intents_sweep(&intents);
			expect_ok(intents_open(
			    &intents, index, span_of(request, 4), 1));
			expect_ok(intents_close(&intents, index));
			expect_err(NOT_FOUND, intents_close(&intents, index));
			index++;
		}
	}
	expect_err(NOT_FOUND, intents_close(&intents, index));
	while (intents.num_open < LEDGER_MAX_OPEN) {
		intents_sweep(&intents);
		expect_ok(intents_open(&intents, index++, span_of(NULL, 0), 1));
	}
	expect_err(
	    NO_SPACE, intents_open(&intents, index, span_of(NULL, 0), 1));
	assert_int_equal(
	    intents_next(&intents, 0)->index, index - LEDGER_MAX_OPEN);
	intents_undo_open(&intents, index - 1);
	assert_int_equal(intents.num_open, LEDGER_MAX_OPEN - 1);
	intents_done(&intents);
}

/* --- the journal's blocks ---------------------------------------------------
 */

static struct err
end_block(size_t max, struct buf *block)
{
	static const uint8_t before[JOURNAL_DIGEST];
	const struct journal_head head = {
	    .first = 5, .num = 1, .note = span_str("note"), .before = before};
	uint8_t digest[JOURNAL_DIGEST];

	buf_init(block, max);
	TRY(journal_begin(block));
	TRY(buf_append(block, span_of("\0\1x", 3)));
	return journal_end(block, &head, digest);
}

static void
journal_end__ends_at_any_ceiling(void **state)
{
	struct journal_block got;
	struct buf block;

	(void)state;
	expect_ok(end_block(1 << 20, &block));
	const size_t len = block.len;
	expect_ok(journal_parse(buf_span(&block), &got));
	assert_int_equal(got.first, 5);
	assert_int_equal(got.num, 1);
	expect_span(got.note, "note");
	/* Cut anywhere before its padding, it is no block. */
	for (size_t cut = 0; cut < got.len; cut++)
		assert_int_not_equal(
		    journal_parse(span_sub(buf_span(&block), 0, cut), &got)
			.code,
		    ERR_OK);
	buf_done(&block);
	for (size_t max = 0; max < len; max++) {
		expect_err(TOO_BIG, end_block(max, &block));
		buf_done(&block);
	}
}

static void
jcs_compare__orders_what_utf16_orders_otherwise(void **state)
{
	struct span object = span_str(
	    "{\"\xf0\x90\x80\x80\":1,\"\xee\x80\x80\":2,\"\xef\xbf\xbd\":3}");
	struct buf out = {.max = 100};
	struct jcs jcs;

	(void)state;
	expect_ok(jcs_read_check(object));
	assert_true(jcs_compare(span_str("\xf0\x90\x80\x80"),
			span_str("\xee\x80\x80")) < 0);
	assert_true(jcs_compare(span_str("\xee\x80\x80"),
			span_str("\xef\xbf\xbd")) < 0);
	assert_true(jcs_compare(span_str("a"), span_str("")) > 0);
	jcs_init(&jcs, &out);
	assert_false(jcs_is_whole(&jcs));
	expect_ok(jcs_open_array(&jcs));
	assert_false(jcs_is_whole(&jcs));
	expect_ok(jcs_close_array(&jcs));
	assert_true(jcs_is_whole(&jcs));
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replay_next__reads_from_any_bundle_on),
	    cmocka_unit_test(replay_next__names_the_file_that_is_wrong),
	    cmocka_unit_test(replay_next__accounts_for_every_byte_of_a_bundle),
	    cmocka_unit_test(replay_next__checks_the_levels_above),
	    cmocka_unit_test(
		replay_next__takes_the_full_tile_for_a_partial_one),
	    cmocka_unit_test(replay_open__wants_a_checkpoint),
	    cmocka_unit_test(ledger_open__refuses_a_folder_of_another_kind),
	    cmocka_unit_test(ledger_open__tidies_partial_tiles_that_were_left),
	    cmocka_unit_test(ledger_append__refuses_a_completion_over_its_cap),
	    cmocka_unit_test(ledger_open__refuses_a_block_that_lies),
	    cmocka_unit_test(ledger_append__knows_each_kind),
	    cmocka_unit_test(intents__holds_as_many_as_may_be_open),
	    cmocka_unit_test(journal_end__ends_at_any_ceiling),
	    cmocka_unit_test(jcs_compare__orders_what_utf16_orders_otherwise),
	};

	return cmocka_run_group_tests(tests, fill_box, empty_box);
}
