/*
 * ledger, begun from its summary: as if all had been read, at every size, and
 * only where the summary is ours and agrees with the tiles and the checkpoint.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "gateway/ledger/summary.h"
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/ledgerbox.h"

enum {
	JOURNAL = 1024 * 1024,
	LEAST_JOURNAL = 16 * JOURNAL_PAGE, /* what little of it is copied */
};

static void
start(struct ledgerbox *box, uint64_t journal_len)
{
	ledgerbox_init(box, journal_len);
	box->summary_every = 1;
	expect_ok(ledgerbox_open(box));
}

/* Records, a checkpoint over them, and a summary. */
static void
fill_and_save(struct ledgerbox *box, unsigned num)
{
	ledgerbox_fill(box, num, 50);
	expect_ok(ledger_publish(box->ledger));
	expect_ok(ledger_save(box->ledger));
}

static void
expect_same_intents(const struct intents *a, const struct intents *b)
{
	uint64_t from = 0;

	assert_int_equal(a->num_open, b->num_open);
	for (size_t i = 0; i < a->num_open; i++) {
		const struct intent *x = intents_next(a, from);
		const struct intent *y = intents_next(b, from);
		assert_non_null(x);
		assert_non_null(y);
		assert_int_equal(x->index, y->index);
		assert_int_equal(x->bytes_most, y->bytes_most);
		assert_true(span_equal(span_of(x->request, x->request_len),
		    span_of(y->request, y->request_len)));
		from = x->index + 1;
	}
}

/* Opened once from the summary and once from all that there is. */
static void
expect_same_as_whole(struct ledgerbox *box, uint64_t num_summed)
{
	struct ledgerbox copy;
	uint64_t size = ledger_size(box->ledger);

	ledgerbox_close(box);
	ledgerbox_init(&copy, box->journal_len);
	ledgerbox_copy(&copy, box);
	note_signer_done(&copy.signer);
	copy.signer = box->signer;
	copy.summary_every = 1;
	expect_ok(ledgerbox_open(box));
	assert_int_equal(box->found.num_summed, num_summed);
	assert_int_equal(box->num_seen, size);
	assert_int_equal(ledger_size(box->ledger), size);
	expect_ok(ledgerbox_open_whole(&copy));
	assert_int_equal(copy.found.num_summed, 0);
	assert_int_equal(copy.num_seen, size);
	expect_same_intents(
	    ledger_intents(box->ledger), ledger_intents(copy.ledger));
	copy.signer = (struct note_signer){.secret = NULL};
	ledgerbox_done(&copy);
}

static void
ledger_open__resumes_at_every_size(void **state)
{
	struct ledgerbox box;
	uint64_t size = 0;

	(void)state;
	start(&box, 2 * JOURNAL);
	for (unsigned round = 0; size < 800; round++) {
		fill_and_save(&box, 1 + round % 5);
		uint64_t num_summed = size += 1 + round % 5;
		/* Some of them in tiles, and some in the journal alone. */
		ledgerbox_fill(&box, round % 4, 3);
		if (round % 3 == 0)
			expect_ok(ledger_publish(box.ledger));
		size += round % 4;
		expect_same_as_whole(&box, num_summed);
		ledgerbox_expect_size(&box, size);
	}
	ledgerbox_done(&box);
}

/* Where a tile of each level begins, and right before and behind it. */
static void
ledger_open__resumes_across_levels(void **state)
{
	static const unsigned STEPS[] = {255, 1, 1, 65278, 1, 1, 255, 300};
	struct ledgerbox box;
	uint64_t size = 0;

	(void)state;
	start(&box, 16 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
		fill_and_save(&box, STEPS[i]);
		size += STEPS[i];
		ledgerbox_close(&box);
		expect_ok(ledgerbox_open(&box));
		assert_int_equal(box.found.num_summed, size);
		assert_int_equal(ledger_size(box.ledger), size);
		ledgerbox_expect_size(&box, size);
	}
	ledgerbox_done(&box);
}

/* A heir starts from it, too, while another one replaces it. */
static void
ledger_follow__resumes(void **state)
{
	struct ledgerbox box;
	struct ledger_found found;
	struct ledger *heir;

	(void)state;
	start(&box, JOURNAL);
	fill_and_save(&box, 300);
	struct ledgerbox other = box;
	struct ledger_options options = ledgerbox_options(&other);
	options.ctx = &other;
	expect_ok(ledger_follow(&heir, &found, &options));
	assert_int_equal(found.num_summed, 300);
	fill_and_save(&box, 500);
	ledgerbox_fill(&box, 10, 5);
	uint64_t num_open = ledger_intents(box.ledger)->num_open;
	ledger_give_up(box.ledger);
	ledgerbox_close(&box);
	expect_ok(ledger_take(heir, &found));
	assert_int_equal(found.size, 810);
	assert_int_equal(other.num_seen, 810);
	assert_int_equal(ledger_intents(heir)->num_open, num_open);
	box.ledger = heir;
	ledgerbox_expect_size(&box, 810);
	ledgerbox_done(&box);
}

/* Not more often than it has to be, and of what is published alone. */
static void
ledger_save__waits_until_it_is_worth_it(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	box.summary_every = 100;
	expect_ok(ledgerbox_open(&box));
	fill_and_save(&box, 99);
	ledgerbox_fill(&box, 1, 1);
	expect_ok(ledger_save(box.ledger));
	ledgerbox_close(&box);
	expect_ok(ledgerbox_open(&box));
	assert_int_equal(box.found.num_summed, 0);
	expect_ok(ledger_save(box.ledger));
	fill_and_save(&box, 99);
	ledgerbox_close(&box);
	expect_ok(ledgerbox_open(&box));
	assert_int_equal(box.found.num_summed, 100);
	ledgerbox_done(&box);
}

/* --- Altered --- */

static void
read_file(const struct ledgerbox *box, const char *path, struct buf *out)
{
	buf_reset(out);
	expect_ok(disk_read(box->dir, path, out));
}

/* In one of its bytes; again, and it is as it was. */
static void
flip(const struct ledgerbox *box, const char *path, size_t at)
{
	struct buf file CLEANUP(buf_done) = {.max = 1 << 24};

	read_file(box, path, &file);
	file.data[at] ^= 1;
	expect_ok(disk_replace(box->dir, path, buf_span(&file)));
}

static void
summary__is_none_when_a_byte_is_another(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = 1 << 20};
	struct ledgerbox box;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 40);
	ledgerbox_close(&box);
	read_file(&box, SUMMARY_PATH, &file);
	for (size_t at = 0; at < file.len; at++) {
		flip(&box, SUMMARY_PATH, at);
		expect_ok(ledgerbox_open(&box));
		assert_int_equal(box.found.num_summed, 0);
		assert_int_equal(box.num_seen, 40);
		ledgerbox_close(&box);
		flip(&box, SUMMARY_PATH, at);
	}
	for (size_t len = 0; len < file.len; len++) {
		expect_ok(disk_replace(
		    box.dir, SUMMARY_PATH, span_of(file.data, len)));
		expect_ok(ledgerbox_open(&box));
		assert_int_equal(box.found.num_summed, 0);
		ledgerbox_close(&box);
	}
	ledgerbox_done(&box);
}

static void
summary__of_another_key_is_none(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = 1 << 20};
	struct ledgerbox box, other;

	(void)state;
	start(&box, LEAST_JOURNAL);
	start(&other, LEAST_JOURNAL);
	fill_and_save(&box, 40);
	fill_and_save(&other, 40);
	read_file(&other, SUMMARY_PATH, &file);
	ledgerbox_close(&box);
	expect_ok(disk_replace(box.dir, SUMMARY_PATH, buf_span(&file)));
	expect_ok(ledgerbox_open(&box));
	assert_int_equal(box.found.num_summed, 0);
	ledgerbox_done(&other);
	ledgerbox_done(&box);
}

static void
expect_changed(struct ledgerbox *box, uint64_t wrong)
{
	expect_err(CHANGED, ledgerbox_open(box));
	assert_int_equal(box->found.wrong, wrong);
}

/* What it stands on is looked at: the tiles at the edge of its tree, of every
 * level, and the last bundle. */
static void
ledger_open__finds_what_a_summary_contradicts(void **state)
{
	struct ledgerbox box;

	(void)state;
	start(&box, 16 * 1024 * 1024);
	fill_and_save(&box, 65536 + 2 * 256 + 7);
	ledgerbox_close(&box);
	flip(&box, "tile/0/258.p/7", 3 * 32);
	expect_changed(&box, 65536 + 512);
	flip(&box, "tile/0/258.p/7", 3 * 32);
	flip(&box, "tile/1/001.p/2", 1);
	expect_changed(&box, 65536 + 512);
	flip(&box, "tile/1/001.p/2", 1);
	flip(&box, "tile/2/000.p/1", 1);
	expect_changed(&box, 65536 + 512);
	flip(&box, "tile/2/000.p/1", 1);
	assert_int_equal(unlinkat(box.dir, "tile/1/001.p/2", 0), 0);
	expect_changed(&box, 65536);
	ledgerbox_done(&box);
}

static void
ledger_open__checks_the_rest_of_the_last_bundle(void **state)
{
	struct ledgerbox box;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 300);
	ledgerbox_close(&box);
	flip(&box, "tile/entries/001.p/44", 20);
	expect_changed(&box, 256);
	flip(&box, "tile/entries/001.p/44", 20);
	expect_ok(ledgerbox_open(&box));
	/* It is filled up from what was read. */
	fill_and_save(&box, 300);
	ledgerbox_expect_size(&box, 600);
	ledgerbox_done(&box);
}

/* That is what another process is for (gateway/verifier), or `whole`. */
static void
ledger_open__leaves_what_lies_before_to_others(void **state)
{
	struct ledgerbox box;

	(void)state;
	start(&box, JOURNAL);
	fill_and_save(&box, 600);
	ledgerbox_close(&box);
	flip(&box, "tile/entries/000", 20);
	expect_ok(ledgerbox_open(&box));
	ledgerbox_close(&box);
	expect_err(CHANGED, ledgerbox_open_whole(&box));
	assert_int_equal(box.found.wrong, 0);
	/* And the summary does not come back. */
	expect_changed(&box, 0);
	ledgerbox_done(&box);
}

/* Tiles, checkpoint and journal as they were once, and a later summary. */
static void
ledger_open__finds_that_a_ledger_was_put_back(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = 1 << 20};
	struct ledgerbox box, older;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 300);
	ledgerbox_init(&older, LEAST_JOURNAL);
	ledgerbox_copy(&older, &box);
	fill_and_save(&box, 10);
	read_file(&box, SUMMARY_PATH, &file);
	expect_ok(disk_replace(older.dir, SUMMARY_PATH, buf_span(&file)));
	struct note_signer own = older.signer;
	older.signer = box.signer;
	older.summary_every = 1;
	expect_changed(&older, 300);
	older.signer = own;
	ledgerbox_done(&older);
	ledgerbox_done(&box);
}

/* The other way round, only more is read. */
static void
summary__may_be_an_older_one(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = 1 << 20};
	struct ledgerbox box;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 250);
	read_file(&box, SUMMARY_PATH, &file);
	fill_and_save(&box, 300);
	expect_ok(disk_replace(box.dir, SUMMARY_PATH, buf_span(&file)));
	expect_same_as_whole(&box, 250);
	ledgerbox_expect_size(&box, 550);
	ledgerbox_done(&box);
}

static void
ledger_open__begins_no_new_one_beside_a_summary(void **state)
{
	struct ledgerbox box;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 3);
	ledgerbox_close(&box);
	ledgerbox_remove(box.path);
	assert_int_equal(mkdir(box.path, 0700), 0);
	close(box.dir);
	box.dir = open(box.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	expect_ok(disk_replace(box.dir, SUMMARY_PATH, span_str("anything")));
	expect_err(NOT_FOUND, ledgerbox_open(&box));
	ledgerbox_done(&box);
}

/* The file of a ledger with records, and what it is of. */
static struct span
make_one(struct ledgerbox *box, struct buf *file, struct merkle_tree *tree)
{
	struct span body;

	start(box, LEAST_JOURNAL);
	fill_and_save(box, 3);
	read_file(box, SUMMARY_PATH, file);
	expect_ok(summary_parse(buf_span(file), &box->signer.key, tree, &body));
	return body;
}

/* Ours, and not as we make them: gone, so that the next start reads all. */
static void
summary__that_cannot_be_read_is_removed(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = 4096};
	struct ledgerbox box;
	struct merkle_tree tree;

	(void)state;
	(void)make_one(&box, &file, &tree);
	ledgerbox_close(&box);
	buf_reset(&file);
	expect_ok(summary_begin(&file, &tree));
	expect_ok(buf_put_u32be(&file, LEDGER_MAX_OPEN + 1));
	expect_ok(summary_end(&file, &box.signer));
	expect_ok(disk_replace(box.dir, SUMMARY_PATH, buf_span(&file)));
	expect_err(MALFORMED, ledgerbox_open(&box));
	expect_ok(ledgerbox_open(&box));
	assert_int_equal(box.num_seen, 3);
	ledgerbox_done(&box);
}

/* What the key signs of one kind is nothing of another. */
static void
summary__passes_for_no_checkpoint(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = 4096};
	struct ledgerbox box;
	struct merkle_tree tree;

	(void)state;
	struct span body = make_one(&box, &file, &tree);
	size_t at = (size_t)(body.data - file.data) + body.len;
	struct span note = span_sub(buf_span(&file), at, file.len - at);
	expect_err(MALFORMED,
	    checkpoint_verify(note, &box.signer.key, CHECKPOINT_PUBLIC, &tree));
	expect_err(MALFORMED,
	    checkpoint_verify(
		note, &box.signer.key, CHECKPOINT_JOURNAL, &tree));
	struct buf other CLEANUP(buf_done) = {.max = 4096};
	expect_ok(buf_append(&other, span_sub(buf_span(&file), 0, at)));
	expect_ok(
	    checkpoint_sign(&other, &box.signer, CHECKPOINT_PUBLIC, &tree));
	expect_err(CRYPTO,
	    summary_parse(buf_span(&other), &box.signer.key, &tree, &body));
	ledgerbox_done(&box);
}

/* Two that are open, and one that is not. */
static void
open_some(struct intents *intents)
{
	expect_ok(intents_init(intents));
	expect_ok(intents_open(intents, 3, span_str("r-3"), 1000));
	expect_ok(intents_open(intents, 5, span_str("r-5"), 1000));
	expect_ok(intents_open(intents, 8, span_str(""), UINT64_MAX));
	expect_ok(intents_close(intents, 5));
}

static struct err
put_all(struct buf *out, const struct intents *intents,
    const struct note_signer *signer)
{
	const struct merkle_tree tree = {.size = 9};

	TRY(summary_begin(out, &tree));
	TRY(intents_put(intents, out));
	return summary_end(out, signer);
}

static void
summary__is_whole_or_none(void **state)
{
	struct buf whole CLEANUP(buf_done) = {.max = 4096};
	struct note_signer signer;
	struct intents intents;

	(void)state;
	open_some(&intents);
	expect_ok(note_keygen(&signer, span_str("test.example/ledger")));
	expect_ok(put_all(&whole, &intents, &signer));
	for (size_t max = 0; max < whole.len; max++) {
		struct buf small CLEANUP(buf_done) = {.max = max};
		expect_err(TOO_BIG, put_all(&small, &intents, &signer));
	}
	note_signer_done(&signer);
	intents_done(&intents);
}

static void
expect_take(enum err_code code, struct span in)
{
	struct intents intents;

	expect_ok(intents_init(&intents));
	assert_int_equal(intents_take(&intents, &in).code, code);
	intents_done(&intents);
}

static void
intents_take__takes_what_was_put(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = 4096};
	struct intents intents, next;

	(void)state;
	open_some(&intents);
	expect_ok(intents_put(&intents, &text));
	for (size_t len = 0; len < text.len; len++)
		expect_take(ERR_TRUNCATED, span_of(text.data, len));
	struct span in = buf_span(&text);
	expect_ok(intents_init(&next));
	expect_ok(intents_take(&next, &in));
	expect_same_intents(&intents, &next);
	/* Into others that are there, or in another order, it is none. */
	in = buf_span(&text);
	expect_err(MALFORMED, intents_take(&next, &in));
	intents_done(&next);
	intents_done(&intents);
	text.data[11] = 9; /* of the first: its index, behind the other's */
	expect_take(ERR_MALFORMED, buf_span(&text));
	text.data[11] = 3;
	text.data[23] = LEDGER_MAX_REQUEST + 1; /* how long its request is */
	expect_take(ERR_TOO_BIG, buf_span(&text));
}

/* More than any of ours: none. What is no file is a fault of the disk. */
static void
ledger_open__meets_something_else_in_its_place(void **state)
{
	struct buf large CLEANUP(buf_done) = {.max = 1 << 22};
	struct ledgerbox box;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 3);
	ledgerbox_close(&box);
	expect_ok(buf_reserve(&large, 1 << 22));
	memset(large.data, 0, 1 << 22);
	expect_ok(
	    disk_replace(box.dir, SUMMARY_PATH, span_of(large.data, 1 << 22)));
	expect_ok(ledgerbox_open(&box));
	assert_int_equal(box.num_seen, 3);
	ledgerbox_close(&box);
	assert_int_equal(unlinkat(box.dir, SUMMARY_PATH, 0), 0);
	assert_int_equal(mkdirat(box.dir, SUMMARY_PATH, 0700), 0);
	expect_err(IO, ledgerbox_open(&box));
	ledgerbox_done(&box);
}

/* A tile at the edge that is longer than its file may be, or shorter. */
static void
ledger_open__measures_the_tiles_at_the_edge(void **state)
{
	static const uint8_t zeros[257 * 32];
	static const size_t LENS[] = {43 * 32, 257 * 32};
	struct ledgerbox box;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&box, LEAST_JOURNAL);
		fill_and_save(&box, 300);
		ledgerbox_close(&box);
		expect_ok(disk_replace(
		    box.dir, "tile/0/001.p/44", span_of(zeros, LENS[i])));
		expect_changed(&box, 256);
		ledgerbox_done(&box);
	}
}

static void
ledger_open__frees_all_when_memory_fails(void **state)
{
	struct ledgerbox box;
	unsigned num_failed = 0;

	(void)state;
	start(&box, LEAST_JOURNAL);
	fill_and_save(&box, 300);
	ledgerbox_close(&box);
	if (!failalloc_works())
		skip();
	for (unsigned at = 1;; at++) {
		size_t live = failalloc_live();
		failalloc_arm(at);
		struct err err = ledgerbox_open(&box);
		if (!failalloc_disarm()) {
			expect_ok(err);
			break;
		}
		assert_int_equal(err.code, ERR_NO_MEMORY);
		assert_int_equal(failalloc_live(), live);
		num_failed++;
	}
	assert_true(num_failed > 10);
	assert_int_equal(box.found.num_summed, 300);
	ledgerbox_done(&box);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ledger_open__resumes_at_every_size),
	    cmocka_unit_test(ledger_open__resumes_across_levels),
	    cmocka_unit_test(ledger_follow__resumes),
	    cmocka_unit_test(ledger_save__waits_until_it_is_worth_it),
	    cmocka_unit_test(summary__is_none_when_a_byte_is_another),
	    cmocka_unit_test(summary__of_another_key_is_none),
	    cmocka_unit_test(ledger_open__finds_what_a_summary_contradicts),
	    cmocka_unit_test(ledger_open__checks_the_rest_of_the_last_bundle),
	    cmocka_unit_test(ledger_open__leaves_what_lies_before_to_others),
	    cmocka_unit_test(ledger_open__finds_that_a_ledger_was_put_back),
	    cmocka_unit_test(summary__may_be_an_older_one),
	    cmocka_unit_test(ledger_open__begins_no_new_one_beside_a_summary),
	    cmocka_unit_test(summary__that_cannot_be_read_is_removed),
	    cmocka_unit_test(summary__passes_for_no_checkpoint),
	    cmocka_unit_test(summary__is_whole_or_none),
	    cmocka_unit_test(intents_take__takes_what_was_put),
	    cmocka_unit_test(ledger_open__meets_something_else_in_its_place),
	    cmocka_unit_test(ledger_open__measures_the_tiles_at_the_edge),
	    cmocka_unit_test(ledger_open__frees_all_when_memory_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
