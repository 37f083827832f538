/*
 * tile, edge, checkpoint. The paths are those of c2sp.org/tlog-tiles; the log
 * of fifteen entries, its key and its last root are the test data of
 * transparency-dev/tessera.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "crypto/encode.h"
#include "crypto/init.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/tile.h"
#include "gateway/ledger/edge.h"

static void
assert_ok(struct err err)
{
	if (err.code != ERR_OK)
		fail_msg("%s: %s", err_name(err.code), err.why);
}

static void
tile_path__names_files_as_the_format_does(void **state)
{
	static const struct {
		struct tile_id id;
		const char *path;
	} CASES[] = {
	    {{0, 0, 256}, "tile/0/000"},
	    {{0, 0, 1}, "tile/0/000.p/1"},
	    {{1, 999, 255}, "tile/1/999.p/255"},
	    {{2, 1000, 256}, "tile/2/x001/000"},
	    {{0, 1234067, 256}, "tile/0/x001/x234/067"},
	    {{TILE_ENTRIES, 1234067, 8}, "tile/entries/x001/x234/067.p/8"},
	    {{7, UINT64_MAX, 256}, "tile/7/x018/x446/x744/x073/x709/x551/615"},
	};
	char path[TILE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		tile_path(path, CASES[i].id);
		assert_string_equal(path, CASES[i].path);
	}
}

static void
edge_root__is_that_of_the_worked_log(void **state)
{
	/* Their spelling. */
	static const char *const ENTRIES[] = {"one", "two", "three", "four",
	    "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf",
	    "threeten", "fourten", "fivten"};
	struct edge edge;
	struct buf text = {.max = 64};
	uint8_t hash[32];

	(void)state;
	assert_ok(edge_init(&edge, 15));
	assert_ok(edge_root(&edge, hash));
	assert_ok(encode_base64(&text, span_of(hash, 32)));
	assert_true(span_equal_str(
	    buf_span(&text), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
	for (size_t i = 0; i < 15; i++) {
		assert_ok(merkle_leaf(hash, span_str(ENTRIES[i])));
		assert_ok(edge_push(&edge, hash));
	}
	buf_reset(&text);
	assert_ok(edge_root(&edge, hash));
	assert_ok(encode_base64(&text, span_of(hash, 32)));
	assert_true(span_equal_str(
	    buf_span(&text), "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="));
	buf_done(&text);
	edge_done(&edge);
}

/* MTH of RFC 6962 s.2.1 by its definition, over leaf hashes. */
static void
define_root(uint8_t out[32], const uint8_t (*leaf)[32], size_t num)
{
	uint8_t left[32], right[32];
	size_t split = 1;

	if (num == 1) {
		memcpy(out, leaf[0], 32);
		return;
	}
	while (2 * split < num)
		split *= 2;
	define_root(left, leaf, split);
	define_root(right, leaf + split, num - split);
	assert_ok(merkle_node(out, left, right));
}

static uint8_t leaves[70000][32];

static void
edge_tile__holds_the_roots_of_subtrees(void **state)
{
	struct edge edge;
	uint8_t root[32];

	(void)state;
	assert_ok(edge_init(&edge, 70000));
	for (size_t i = 0; i < 70000; i++) {
		assert_ok(merkle_leaf(leaves[i], span_of(&i, sizeof(i))));
		assert_ok(edge_push(&edge, leaves[i]));
	}
	define_root(root, (const uint8_t(*)[32])leaves, 70000);
	uint8_t got[32];
	assert_ok(edge_root(&edge, got));
	assert_memory_equal(root, got, 32);
	/* Level 2 has one hash: of the first 65536 leaves. */
	struct span tile =
	    edge_tile(&edge, (struct tile_id){.level = 2, .width = 1});
	define_root(root, (const uint8_t(*)[32])leaves, 65536);
	assert_memory_equal(root, tile.data, 32);
	/* Level 1, tile 1: 17 hashes, the last of leaves 272*256 on. */
	tile = edge_tile(
	    &edge, (struct tile_id){.level = 1, .number = 1, .width = 17});
	define_root(root, (const uint8_t(*)[32])leaves + 272 * 256, 256);
	assert_memory_equal(root, tile.data + 16 * 32, 32);
	/* Trimmed, the partial tiles are as before. */
	edge_trim(&edge);
	tile = edge_tile(
	    &edge, (struct tile_id){.level = 1, .number = 1, .width = 17});
	assert_memory_equal(root, tile.data + 16 * 32, 32);
	assert_int_equal(tile_count(0, 70000) % 256, 112);
	tile = edge_tile(
	    &edge, (struct tile_id){.level = 0, .number = 273, .width = 112});
	assert_memory_equal(leaves[273 * 256], tile.data, 32);
	edge_done(&edge);
}

static void
edge_push__refuses_more_than_it_can_hold(void **state)
{
	struct edge edge;
	uint8_t leaf[32] = {0}, before[32], after[32];

	(void)state;
	assert_ok(edge_init(&edge, 10));
	size_t num = 0;
	while (edge_push(&edge, leaf).code == ERR_OK)
		num++;
	assert_int_equal(num, 10 + TILE_WIDTH + 1);
	assert_ok(edge_root(&edge, before));
	assert_int_equal(edge_push(&edge, leaf).code, ERR_TOO_BIG);
	assert_ok(edge_root(&edge, after));
	assert_memory_equal(before, after, 32);
	edge_trim(&edge);
	assert_ok(edge_push(&edge, leaf));
	edge_done(&edge);
	edge_done(&edge);
}

static void
tile_take_entry__splits_a_bundle(void **state)
{
	static const uint8_t BUNDLE[] = {0, 1, 'a', 0, 0, 0, 2, 'b', 'c', 0};
	struct span rest = span_of(BUNDLE, sizeof(BUNDLE)), entry;

	(void)state;
	assert_ok(tile_take_entry(&rest, &entry));
	assert_true(span_equal_str(entry, "a"));
	assert_ok(tile_take_entry(&rest, &entry));
	assert_int_equal(entry.len, 0);
	assert_ok(tile_take_entry(&rest, &entry));
	assert_true(span_equal_str(entry, "bc"));
	assert_int_equal(tile_take_entry(&rest, &entry).code, ERR_TRUNCATED);
	assert_int_equal(rest.len, 1);
	for (size_t len = 0; len < 4; len++) {
		rest = span_of(BUNDLE + 5, len);
		assert_int_equal(
		    tile_take_entry(&rest, &entry).code, ERR_TRUNCATED);
	}
}

static void
checkpoint__keeps_its_two_uses_apart(void **state)
{
	struct note_signer signer, other;
	struct buf note = {.max = CHECKPOINT_MAX};
	struct merkle_tree tree = {.size = UINT64_MAX, .root = {1, 2, 3}}, got;

	(void)state;
	assert_ok(note_keygen(&signer, span_str("a.example/log")));
	assert_ok(note_keygen(&other, span_str("a.example/log")));
	for (int i = 0; i < 2; i++) {
		enum checkpoint_use use =
		    i == 0 ? CHECKPOINT_PUBLIC : CHECKPOINT_JOURNAL;
		enum checkpoint_use wrong =
		    i == 0 ? CHECKPOINT_JOURNAL : CHECKPOINT_PUBLIC;
		buf_reset(&note);
		assert_ok(checkpoint_sign(&note, &signer, use, &tree));
		assert_ok(
		    checkpoint_verify(buf_span(&note), &signer.key, use, &got));
		assert_int_equal(got.size, tree.size);
		assert_memory_equal(got.root, tree.root, 32);
		assert_int_equal(
		    checkpoint_verify(buf_span(&note), &signer.key, wrong, &got)
			.code,
		    ERR_MALFORMED);
		assert_int_equal(
		    checkpoint_verify(buf_span(&note), &other.key, use, &got)
			.code,
		    ERR_CRYPTO);
		assert_ok(checkpoint_peek(buf_span(&note), &got));
		assert_int_equal(got.size, tree.size);
	}
	/* The longest that we can write fits into its cap. */
	char name[NOTE_NAME_MAX];
	memset(name, 'n', sizeof(name));
	note_signer_done(&signer);
	assert_ok(note_keygen(&signer, span_of(name, sizeof(name))));
	buf_reset(&note);
	assert_ok(checkpoint_sign(&note, &signer, CHECKPOINT_JOURNAL, &tree));
	note_signer_done(&signer);
	note_signer_done(&other);
	buf_done(&note);
}

static void
checkpoint_verify__refuses_every_changed_byte(void **state)
{
	struct note_signer signer;
	struct buf note = {.max = CHECKPOINT_MAX};
	struct merkle_tree tree = {.size = 17}, got;

	(void)state;
	assert_ok(note_keygen(&signer, span_str("a.example/log")));
	assert_ok(checkpoint_sign(&note, &signer, CHECKPOINT_PUBLIC, &tree));
	for (size_t i = 0; i < note.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			note.data[i] ^= (uint8_t)(1U << bit);
			assert_int_not_equal(
			    checkpoint_verify(buf_span(&note), &signer.key,
				CHECKPOINT_PUBLIC, &got)
				.code,
			    ERR_OK);
			note.data[i] ^= (uint8_t)(1U << bit);
		}
	for (size_t len = 0; len < note.len; len++)
		assert_int_not_equal(
		    checkpoint_verify(span_sub(buf_span(&note), 0, len),
			&signer.key, CHECKPOINT_PUBLIC, &got)
			.code,
		    ERR_OK);
	note_signer_done(&signer);
	buf_done(&note);
}

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tile_path__names_files_as_the_format_does),
	    cmocka_unit_test(edge_root__is_that_of_the_worked_log),
	    cmocka_unit_test(edge_tile__holds_the_roots_of_subtrees),
	    cmocka_unit_test(edge_push__refuses_more_than_it_can_hold),
	    cmocka_unit_test(tile_take_entry__splits_a_bundle),
	    cmocka_unit_test(checkpoint__keeps_its_two_uses_apart),
	    cmocka_unit_test(checkpoint_verify__refuses_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
