/*
 * ledger: what is acknowledged stays, is found again, and always has the room
 * to be completed. Its parts publish, journal and intents are tested through
 * it; what becomes of altered files is in unit_ledger_tamper.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/ledgerbox.h"

enum {
	JOURNAL = 256 * 1024
};

static void
ledger_open__makes_an_empty_signed_log(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	assert_true(box.found.is_new);
	assert_int_equal(ledger_size(box.ledger), 0);
	ledgerbox_expect_size(&box, 0);
	ledgerbox_close(&box);
	expect_ok(ledgerbox_open(&box));
	assert_false(box.found.is_new);
	assert_false(box.found.has_no_journal);
	ledgerbox_done(&box);
}

static void
ledger_open__takes_acknowledged_records_in_again(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	assert_int_equal(ledgerbox_add(&box, RECORD_START, 0), 0);
	assert_int_equal(ledgerbox_add(&box, RECORD_INTENT, 0), 1);
	assert_int_equal(ledgerbox_add(&box, RECORD_INTENT, 0), 2);
	expect_ok(ledger_commit(box.ledger));
	assert_int_equal(ledgerbox_add(&box, RECORD_COMPLETE, 1), 3);
	expect_ok(ledger_commit(box.ledger));
	/* Never committed: */
	assert_int_equal(ledgerbox_add(&box, RECORD_COMPLETE, 2), 4);
	ledgerbox_expect_size(&box, 4);
	ledgerbox_close(&box);

	expect_ok(ledgerbox_open(&box));
	assert_int_equal(box.found.size, 4);
	assert_int_equal(box.found.num_tail, 4);
	assert_int_equal(ledger_unpublished(box.ledger), 0);
	const struct intents *intents = ledger_intents(box.ledger);
	assert_int_equal(intents->num_open, 1);
	const struct intent *open = intents_next(intents, 0);
	assert_int_equal(open->index, 2);
	assert_int_equal(open->bytes_most, 1000);
	assert_true(
	    span_equal_str(span_of(open->request, open->request_len), "r-0"));
	assert_null(intents_next(intents, 3));
	ledgerbox_expect_size(&box, 4);
	ledgerbox_done(&box);
}

static void
ledger_append__refuses_what_does_not_fit_the_rest(void **state)
{
	struct ledgerbox box;
	uint64_t index;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	uint64_t intent = ledgerbox_add(&box, RECORD_INTENT, 0);
	assert_int_equal(
	    ledgerbox_append(&box, RECORD_COMPLETE, 17, &index).code,
	    ERR_NOT_FOUND);
	ledgerbox_add(&box, RECORD_COMPLETE, intent);
	assert_int_equal(
	    ledgerbox_append(&box, RECORD_COMPLETE, intent, &index).code,
	    ERR_NOT_FOUND);
	assert_int_equal(ledger_append(box.ledger, span_str("{}"), &index).code,
	    ERR_MALFORMED);
	/* A completion longer than the room that is kept for it. */
	intent = ledgerbox_add(&box, RECORD_INTENT, 0);
	assert_int_equal(
	    ledgerbox_complete(&box, intent, LEDGER_MAX_COMPLETION + 1).code,
	    ERR_TOO_BIG);
	assert_int_equal(
	    ledgerbox_complete(&box, intent, 8100).code, ERR_TOO_BIG);
	expect_ok(ledger_commit(box.ledger));
	ledgerbox_expect_size(&box, 3);
	ledgerbox_done(&box);
}

static void
ledger_append__asks_to_commit_a_full_batch(void **state)
{
	struct ledgerbox box;
	uint64_t index;

	(void)state;
	ledgerbox_start(&box, 4 * 1024 * 1024);
	for (unsigned i = 0; i < LEDGER_MAX_BATCH_NUM; i++)
		ledgerbox_add(&box, RECORD_DENIED, 0);
	assert_int_equal(
	    ledgerbox_append(&box, RECORD_DENIED, 0, &index).code, ERR_AGAIN);
	expect_ok(ledger_commit(box.ledger));
	ledgerbox_add(&box, RECORD_DENIED, 0);
	expect_ok(ledger_commit(box.ledger));
	ledgerbox_expect_size(&box, LEDGER_MAX_BATCH_NUM + 1);
	ledgerbox_done(&box);
}

static bool
exists(const struct ledgerbox *box, const char *path)
{
	bool found;

	expect_ok(disk_exists(box->dir, path, &found));
	return found;
}

static void
ledger_publish__lays_tiles_out_for_outsiders(void **state)
{
	struct ledgerbox box;
	struct stat st;

	(void)state;
	ledgerbox_start(&box, 16 * 1024 * 1024);
	ledgerbox_fill(&box, 200, 50);
	assert_int_equal(ledger_unpublished(box.ledger), 200);
	expect_ok(ledger_publish(box.ledger));
	assert_int_equal(ledger_unpublished(box.ledger), 0);
	assert_true(exists(&box, "tile/0/000.p/200"));
	assert_true(exists(&box, "tile/entries/000.p/200"));
	ledgerbox_fill(&box, 50, 50);
	expect_ok(ledger_publish(box.ledger));
	/* The older one stays for a reader with the older checkpoint, */
	assert_true(exists(&box, "tile/0/000.p/200"));
	assert_true(exists(&box, "tile/0/000.p/250"));
	ledgerbox_fill(&box, 65536 - 250 + 3, 1000);
	expect_ok(ledger_publish(box.ledger));
	/* until the full one is there. */
	assert_true(exists(&box, "tile/0/000"));
	assert_false(exists(&box, "tile/0/000.p"));
	assert_false(exists(&box, "tile/entries/000.p"));
	assert_int_equal(fstatat(box.dir, "tile/1/000", &st, 0), 0);
	assert_int_equal(st.st_size, 8192);
	assert_true(exists(&box, "tile/0/255"));
	assert_true(exists(&box, "tile/0/256.p/3"));
	assert_true(exists(&box, "tile/2/000.p/1"));
	assert_false(exists(&box, "tile/3"));
	ledgerbox_expect_size(&box, 65539);
	ledgerbox_close(&box);
	expect_ok(ledgerbox_open(&box));
	ledgerbox_fill(&box, 300, 7);
	ledgerbox_expect_size(&box, 65839);
	expect_ok(ledger_publish(box.ledger));
	ledgerbox_expect_size(&box, 65839);
	/* That of another process, too. */
	assert_false(exists(&box, "tile/0/256.p"));
	assert_false(exists(&box, "tile/entries/256.p"));
	ledgerbox_done(&box);
}

/* However often it is published on the way, and over more than one tile. */
static void
ledger_publish__leaves_no_partial_tile_of_a_full_one(void **state)
{
	static const unsigned nums[] = {1, 7, 100, 148, 1, 300, 5, 206, 256, 3};
	struct ledgerbox box;
	unsigned size = 0;

	(void)state;
	ledgerbox_start(&box, 4 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		char path[64];

		ledgerbox_fill(&box, nums[i], 50);
		size += nums[i];
		expect_ok(ledger_publish(box.ledger));
		for (unsigned n = 0; n <= size / TILE_WIDTH; n++) {
			(void)snprintf(path, sizeof(path), "tile/0/%03u.p", n);
			assert_int_equal(exists(&box, path),
			    n == size / TILE_WIDTH && size % TILE_WIDTH != 0);
			(void)snprintf(
			    path, sizeof(path), "tile/entries/%03u.p", n);
			assert_int_equal(exists(&box, path),
			    n == size / TILE_WIDTH && size % TILE_WIDTH != 0);
		}
	}
	ledgerbox_done(&box);
}

/* Every size from 0 up: committed, published, opened again. */
static void
ledger_open__goes_on_at_every_size(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	for (unsigned size = 0; size < 520; size += 1 + size % 3) {
		expect_ok(ledgerbox_open(&box));
		assert_int_equal(ledger_size(box.ledger), size);
		ledgerbox_fill(&box, 1 + size % 3, 2);
		if (size % 2 == 0)
			expect_ok(ledger_publish(box.ledger));
		ledgerbox_expect_size(&box, size + 1 + size % 3);
		ledgerbox_close(&box);
	}
	ledgerbox_done(&box);
}

/* Each entry once, in its order, and a record. */
static void
see_next(void *ctx, uint64_t index, struct span entry)
{
	uint64_t *num_seen = ctx;
	struct record_brief brief;

	assert_int_equal(index, *num_seen);
	expect_ok(record_brief_read(entry, &brief));
	++*num_seen;
}

/* Followed at every size, while the other goes on writing, and then taken. */
static void
ledger_take__goes_on_where_another_process_was(void **state)
{
	struct ledgerbox box;
	uint64_t size = 0;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	for (unsigned round = 0; size < 900; round++) {
		uint64_t num_seen = 0;
		struct ledger_options options = {.dir = box.dir,
		    .signer = &box.signer,
		    .saw = see_next,
		    .ctx = &num_seen};
		struct ledger_found found;
		struct ledger *heir;
		unsigned more = round * 37 % 300;
		expect_ok(ledger_follow(&heir, &found, &options));
		assert_true(found.size <= size);
		assert_int_equal(num_seen, found.size);
		ledgerbox_fill(&box, more, 7);
		if (round % 3 == 0)
			expect_ok(ledger_publish(box.ledger));
		ledgerbox_fill(&box, round % 5, 2);
		size += more + round % 5;
		uint64_t num_open = ledger_intents(box.ledger)->num_open;
		/* Not before it is given up. */
		expect_err(EXISTS, ledger_take(heir, &found));
		ledger_give_up(box.ledger);
		ledgerbox_close(&box);
		expect_ok(ledger_take(heir, &found));
		assert_int_equal(found.size, size);
		assert_int_equal(num_seen, size);
		box.ledger = heir;
		assert_int_equal(ledger_size(heir), size);
		assert_int_equal(ledger_unpublished(heir), 0);
		assert_int_equal(ledger_intents(heir)->num_open, num_open);
		ledgerbox_expect_size(&box, size);
	}
	ledgerbox_done(&box);
}

/* What was read once does not vanish behind our back. */
static void
ledger_take__refuses_a_checkpoint_that_went_back(void **state)
{
	struct buf checkpoint CLEANUP(buf_done) = {.max = 4096};
	struct ledgerbox box;
	struct ledger_found found;
	struct ledger *heir;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	ledgerbox_fill(&box, 40, 7);
	expect_ok(ledger_publish(box.ledger));
	expect_ok(disk_read(box.dir, "checkpoint", &checkpoint));
	ledgerbox_fill(&box, 40, 7);
	expect_ok(ledger_publish(box.ledger));
	struct ledger_options options = {.dir = box.dir, .signer = &box.signer};
	expect_ok(ledger_follow(&heir, &found, &options));
	assert_int_equal(found.size, 80);
	ledgerbox_close(&box);
	int fd = openat(box.dir, "checkpoint", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(
	    write(fd, checkpoint.data, checkpoint.len), checkpoint.len);
	close(fd);
	expect_err(CHANGED, ledger_take(heir, &found));
	assert_int_equal(found.wrong, 40);
	ledger_close(heir);
	ledgerbox_done(&box);
}

static void
ledger_append__fails_once_it_is_given_up(void **state)
{
	struct ledgerbox box;
	uint64_t index;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	ledger_give_up(box.ledger);
	expect_err(IO, ledgerbox_append(&box, RECORD_START, 0, &index));
	expect_err(IO, ledger_publish(box.ledger));
	ledgerbox_done(&box);
}

static void
ledger_open__refuses_a_second_process(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	struct ledger *first = box.ledger;
	assert_int_equal(ledgerbox_open(&box).code, ERR_EXISTS);
	ledger_close(first);
	box.ledger = NULL;
	ledgerbox_done(&box);
}

static void
ledger_open__refuses_another_key(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	ledgerbox_fill(&box, 10, 10);
	ledgerbox_close(&box);
	note_signer_done(&box.signer);
	expect_ok(note_keygen(&box.signer, span_str("test.example/ledger")));
	assert_int_equal(ledgerbox_open(&box).code, ERR_CRYPTO);
	ledgerbox_done(&box);
}

static void
ledger_open__refuses_a_missing_checkpoint(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	ledgerbox_fill(&box, 10, 10);
	ledgerbox_close(&box);
	assert_int_equal(unlinkat(box.dir, "checkpoint", 0), 0);
	assert_int_equal(ledgerbox_open(&box).code, ERR_NOT_FOUND);
	ledgerbox_done(&box);
}

static void
ledger_open__tells_of_a_missing_journal(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	ledgerbox_fill(&box, 10, 10);
	expect_ok(ledger_publish(box.ledger));
	ledgerbox_close(&box);
	assert_int_equal(unlinkat(box.dir, JOURNAL_PATH, 0), 0);
	expect_ok(ledgerbox_open(&box));
	assert_true(box.found.has_no_journal);
	assert_int_equal(ledger_size(box.ledger), 10);
	ledgerbox_done(&box);
}

/* Each allocation of a start fails once: an error, and no harm done. */
static void
ledger_open__survives_every_failed_allocation(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_start(&box, JOURNAL);
	ledgerbox_fill(&box, 300, 10);
	expect_ok(ledger_publish(box.ledger));
	ledgerbox_fill(&box, 3, 1);
	ledgerbox_close(&box);
	for (size_t n = 0;; n++) {
		failalloc_arm(n);
		struct err err = ledgerbox_open(&box);
		if (!failalloc_disarm()) {
			expect_ok(err);
			break;
		}
		if (err.code == ERR_OK)
			ledgerbox_close(&box); /* it could do without */
		else
			assert_int_equal(err.code, ERR_NO_MEMORY);
	}
	ledgerbox_expect_size(&box, 303);
	ledgerbox_done(&box);
}

/* --- The reserve --- */

static void
ledger_append__keeps_room_for_completions(void **state)
{
	struct ledgerbox box;
	uint64_t intents[64], index;
	unsigned num = 0;

	(void)state;
	ledgerbox_start(&box, 40 * JOURNAL_PAGE);
	for (;; num++) {
		struct err err =
		    ledgerbox_append(&box, RECORD_INTENT, 0, &intents[num]);
		if (err.code == ERR_NO_SPACE)
			break;
		expect_ok(err);
		/* All in one commit: nothing is published in between. */
	}
	assert_in_range(num, 10, 20);
	/* Others may use what is left, but not what is kept. */
	struct err err = OK;
	unsigned num_denied = 0;
	for (; err.code == ERR_OK; num_denied++)
		err = ledgerbox_append(&box, RECORD_DENIED, 0, &index);
	assert_int_equal(err.code, ERR_NO_SPACE);
	for (unsigned i = 0; i < num; i++)
		ledgerbox_add(&box, RECORD_COMPLETE, intents[i]);
	ledgerbox_add(&box, RECORD_STOP, 0);
	expect_ok(ledger_commit(box.ledger));
	ledgerbox_expect_size(&box, 2 * num + num_denied);
	ledgerbox_done(&box);
}

/* A disk that is really full: a small file system of our own, and a file that
 * fills it. */
static void
ledger__keeps_its_word_on_a_full_file_system(void **state)
{
	struct ledgerbox box;
	uint64_t intents[4], index;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	if (mount("tmpfs", box.path, "tmpfs", 0, "size=512k") != 0) {
		print_message("# no right to mount a file system\n");
		ledgerbox_done(&box);
		skip();
	}
	close(box.dir);
	box.dir = open(box.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	expect_ok(ledgerbox_open(&box));
	for (size_t i = 0; i < 4; i++)
		intents[i] = ledgerbox_add(&box, RECORD_INTENT, 0);
	expect_ok(ledger_commit(box.ledger));
	int fd =
	    openat(box.dir, "ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	static const uint8_t page[4096];
	off_t at = 0;
	while (pwrite(fd, page, sizeof(page), at) > 0)
		at += (off_t)sizeof(page);
	close(fd);
	assert_int_equal(ledger_publish(box.ledger).code, ERR_NO_SPACE);
	assert_true(ledger_is_full(box.ledger));
	assert_int_equal(ledgerbox_append(&box, RECORD_INTENT, 0, &index).code,
	    ERR_NO_SPACE);
	assert_int_equal(ledgerbox_append(&box, RECORD_DENIED, 0, &index).code,
	    ERR_NO_SPACE);
	for (size_t i = 0; i < 4; i++) {
		ledgerbox_add(&box, RECORD_COMPLETE, intents[i]);
		expect_ok(ledger_commit(box.ledger));
	}
	assert_int_equal(unlinkat(box.dir, "ballast", 0), 0);
	expect_ok(ledger_publish(box.ledger));
	ledgerbox_add(&box, RECORD_INTENT, 0);
	expect_ok(ledger_commit(box.ledger));
	ledgerbox_expect_size(&box, 9);
	ledgerbox_close(&box);
	assert_int_equal(umount2(box.path, MNT_DETACH), 0);
	ledgerbox_done(&box);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ledger_open__makes_an_empty_signed_log),
	    cmocka_unit_test(ledger_open__takes_acknowledged_records_in_again),
	    cmocka_unit_test(ledger_append__refuses_what_does_not_fit_the_rest),
	    cmocka_unit_test(ledger_append__asks_to_commit_a_full_batch),
	    cmocka_unit_test(ledger_publish__lays_tiles_out_for_outsiders),
	    cmocka_unit_test(
		ledger_publish__leaves_no_partial_tile_of_a_full_one),
	    cmocka_unit_test(ledger_open__goes_on_at_every_size),
	    cmocka_unit_test(ledger_take__goes_on_where_another_process_was),
	    cmocka_unit_test(ledger_take__refuses_a_checkpoint_that_went_back),
	    cmocka_unit_test(ledger_append__fails_once_it_is_given_up),
	    cmocka_unit_test(ledger_open__refuses_a_second_process),
	    cmocka_unit_test(ledger_open__refuses_another_key),
	    cmocka_unit_test(ledger_open__refuses_a_missing_checkpoint),
	    cmocka_unit_test(ledger_open__tells_of_a_missing_journal),
	    cmocka_unit_test(ledger_open__survives_every_failed_allocation),
	    cmocka_unit_test(ledger_append__keeps_room_for_completions),
	    cmocka_unit_test(ledger__keeps_its_word_on_a_full_file_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
