/*
 * ledger: what is acknowledged stays, what is altered is found and named. Its
 * parts publish, journal, intents and replay are tested through it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/ledgerbox.h"

enum {
	JOURNAL = 256 * 1024
};

static void
assert_ok(struct err err)
{
	if (err.code != ERR_OK)
		fail_msg("%s: %s", err_name(err.code), err.why);
}

static uint64_t
append(struct ledgerbox *box, enum record_kind kind, uint64_t intent)
{
	uint64_t index;

	assert_ok(ledgerbox_append(box, kind, intent, &index));
	return index;
}

/* `num` records, committed in batches, some of them intents and completed. */
static void
fill(struct ledgerbox *box, unsigned num, unsigned batch)
{
	for (unsigned i = 0; i < num; i++) {
		if (i % 7 == 3)
			append(box, RECORD_INTENT, 0);
		else if (i % 7 == 5 &&
		    ledger_intents(box->ledger)->num_open > 0)
			append(box, RECORD_COMPLETE,
			    intents_next(ledger_intents(box->ledger), 0)
				->index);
		else
			append(box, RECORD_DENIED, 0);
		if (i % batch == batch - 1)
			assert_ok(ledger_commit(box->ledger));
	}
	assert_ok(ledger_commit(box->ledger));
}

static void
assert_verifies(const struct ledgerbox *box, uint64_t size)
{
	uint64_t index;
	bool torn;

	assert_ok(ledgerbox_verify(box, &index, &torn));
	assert_false(torn);
	assert_int_equal(index, size);
}

static void
ledger_open__makes_an_empty_signed_log(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	assert_true(box.found.is_new);
	assert_int_equal(ledger_size(box.ledger), 0);
	assert_verifies(&box, 0);
	ledgerbox_close(&box);
	assert_ok(ledgerbox_open(&box));
	assert_false(box.found.is_new);
	assert_false(box.found.has_no_journal);
	ledgerbox_done(&box);
}

static void
ledger_open__takes_acknowledged_records_in_again(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	assert_int_equal(append(&box, RECORD_START, 0), 0);
	assert_int_equal(append(&box, RECORD_INTENT, 0), 1);
	assert_int_equal(append(&box, RECORD_INTENT, 0), 2);
	assert_ok(ledger_commit(box.ledger));
	assert_int_equal(append(&box, RECORD_COMPLETE, 1), 3);
	assert_ok(ledger_commit(box.ledger));
	/* Never committed: */
	assert_int_equal(append(&box, RECORD_COMPLETE, 2), 4);
	assert_verifies(&box, 4);
	ledgerbox_close(&box);

	assert_ok(ledgerbox_open(&box));
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
	assert_verifies(&box, 4);
	ledgerbox_done(&box);
}

static void
ledger_append__refuses_what_does_not_fit_the_rest(void **state)
{
	static char big[8000];
	struct ledgerbox box;
	uint64_t index;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	uint64_t intent = append(&box, RECORD_INTENT, 0);
	assert_int_equal(
	    ledgerbox_append(&box, RECORD_COMPLETE, 17, &index).code,
	    ERR_NOT_FOUND);
	append(&box, RECORD_COMPLETE, intent);
	assert_int_equal(
	    ledgerbox_append(&box, RECORD_COMPLETE, intent, &index).code,
	    ERR_NOT_FOUND);
	assert_int_equal(ledger_append(box.ledger, span_str("{}"), &index).code,
	    ERR_MALFORMED);
	/* A completion longer than the room that is kept for it. */
	intent = append(&box, RECORD_INTENT, 0);
	memset(big, 'x', sizeof(big));
	struct record record = {.kind = RECORD_COMPLETE,
	    .intent = record_number(intent),
	    .reason = span_of(big, sizeof(big))};
	struct buf entry = {.max = RECORD_MAX};
	assert_ok(record_encode(&entry, &record));
	assert_int_equal(
	    ledger_append(box.ledger, buf_span(&entry), &index).code,
	    ERR_TOO_BIG);
	buf_done(&entry);
	assert_ok(ledger_commit(box.ledger));
	assert_verifies(&box, 3);
	ledgerbox_done(&box);
}

static void
ledger_append__asks_to_commit_a_full_batch(void **state)
{
	struct ledgerbox box;
	uint64_t index;

	(void)state;
	ledgerbox_init(&box, 4 * 1024 * 1024);
	assert_ok(ledgerbox_open(&box));
	for (unsigned i = 0; i < LEDGER_MAX_BATCH_NUM; i++)
		append(&box, RECORD_DENIED, 0);
	assert_int_equal(
	    ledgerbox_append(&box, RECORD_DENIED, 0, &index).code, ERR_AGAIN);
	assert_ok(ledger_commit(box.ledger));
	append(&box, RECORD_DENIED, 0);
	assert_ok(ledger_commit(box.ledger));
	assert_verifies(&box, LEDGER_MAX_BATCH_NUM + 1);
	ledgerbox_done(&box);
}

static bool
exists(const struct ledgerbox *box, const char *path)
{
	bool found;

	assert_ok(disk_exists(box->dir, path, &found));
	return found;
}

static void
ledger_publish__lays_tiles_out_for_outsiders(void **state)
{
	struct ledgerbox box;
	struct stat st;

	(void)state;
	ledgerbox_init(&box, 16 * 1024 * 1024);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 200, 50);
	assert_int_equal(ledger_unpublished(box.ledger), 200);
	assert_ok(ledger_publish(box.ledger));
	assert_int_equal(ledger_unpublished(box.ledger), 0);
	assert_true(exists(&box, "tile/0/000.p/200"));
	assert_true(exists(&box, "tile/entries/000.p/200"));
	fill(&box, 50, 50);
	assert_ok(ledger_publish(box.ledger));
	/* The older one stays for a reader with the older checkpoint, */
	assert_true(exists(&box, "tile/0/000.p/200"));
	assert_true(exists(&box, "tile/0/000.p/250"));
	fill(&box, 65536 - 250 + 3, 1000);
	assert_ok(ledger_publish(box.ledger));
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
	assert_verifies(&box, 65539);
	ledgerbox_close(&box);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 300, 7);
	assert_verifies(&box, 65839);
	assert_ok(ledger_publish(box.ledger));
	assert_verifies(&box, 65839);
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
		assert_ok(ledgerbox_open(&box));
		assert_int_equal(ledger_size(box.ledger), size);
		fill(&box, 1 + size % 3, 2);
		if (size % 2 == 0)
			assert_ok(ledger_publish(box.ledger));
		assert_verifies(&box, size + 1 + size % 3);
		ledgerbox_close(&box);
	}
	ledgerbox_done(&box);
}

static void
ledger_open__refuses_a_second_process(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
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
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 10, 10);
	ledgerbox_close(&box);
	note_signer_done(&box.signer);
	assert_ok(note_keygen(&box.signer, span_str("test.example/ledger")));
	assert_int_equal(ledgerbox_open(&box).code, ERR_CRYPTO);
	ledgerbox_done(&box);
}

static void
ledger_open__refuses_a_missing_checkpoint(void **state)
{
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 10, 10);
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
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 10, 10);
	assert_ok(ledger_publish(box.ledger));
	ledgerbox_close(&box);
	assert_int_equal(unlinkat(box.dir, JOURNAL_PATH, 0), 0);
	assert_ok(ledgerbox_open(&box));
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
	ledgerbox_init(&box, JOURNAL);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 300, 10);
	assert_ok(ledger_publish(box.ledger));
	fill(&box, 3, 1);
	ledgerbox_close(&box);
	for (size_t n = 0;; n++) {
		failalloc_arm(n);
		struct err err = ledgerbox_open(&box);
		if (!failalloc_disarm()) {
			assert_ok(err);
			break;
		}
		if (err.code == ERR_OK)
			ledgerbox_close(&box); /* it could do without */
		else
			assert_int_equal(err.code, ERR_NO_MEMORY);
	}
	assert_verifies(&box, 303);
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
	ledgerbox_init(&box, 40 * JOURNAL_PAGE);
	assert_ok(ledgerbox_open(&box));
	for (;; num++) {
		struct err err =
		    ledgerbox_append(&box, RECORD_INTENT, 0, &intents[num]);
		if (err.code == ERR_NO_SPACE)
			break;
		assert_ok(err);
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
		append(&box, RECORD_COMPLETE, intents[i]);
	append(&box, RECORD_STOP, 0);
	assert_ok(ledger_commit(box.ledger));
	assert_verifies(&box, 2 * num + num_denied);
	ledgerbox_done(&box);
}

/* --- Alteration --- */

struct file {
	char path[300];
	uint8_t *data;
	size_t len;
	size_t used; /* of the journal: bytes that belong to a block */
};

static struct file files[64];
static size_t num_files;

static void
load_files(struct ledgerbox *box, const char *folder)
{
	int fd = openat(box->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);
	struct dirent *item;

	assert_non_null(dir);
	while ((item = readdir(dir)) != NULL) {
		char path[300];
		struct stat st;
		if (item->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s%s%s",
		    folder[0] == '.' ? "" : folder, folder[0] == '.' ? "" : "/",
		    item->d_name);
		assert_int_equal(fstatat(box->dir, path, &st, 0), 0);
		if (S_ISDIR(st.st_mode)) {
			load_files(box, path);
			continue;
		}
		struct file *file = &files[num_files++];
		struct buf bytes = {.max = 1 << 24};
		assert_true(num_files < 64);
		snprintf(file->path, sizeof(file->path), "%s", path);
		assert_ok(disk_read(box->dir, path, &bytes));
		file->data = bytes.data;
		file->len = file->used = bytes.len;
	}
	closedir(dir);
}

static void
store_file(struct ledgerbox *box, const struct file *file, size_t len)
{
	int fd = openat(box->dir, file->path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(disk_write(fd, span_of(file->data, len), 0));
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	close(fd);
}

static void
free_files(void)
{
	for (size_t i = 0; i < num_files; i++)
		free(files[i].data);
	num_files = 0;
}

/* Two full tiles, a partial one, and records that only the journal has. */
static void
make_specimen(struct ledgerbox *box, unsigned num, unsigned num_tail)
{
	ledgerbox_init(box, 64 * JOURNAL_PAGE);
	assert_ok(ledgerbox_open(box));
	fill(box, num, 100);
	assert_ok(ledger_publish(box->ledger));
	fill(box, num_tail, 2);
	assert_verifies(box, num + num_tail);
	ledgerbox_close(box);
	load_files(box, ".");
	for (size_t i = 0; i < num_files; i++) {
		if (strcmp(files[i].path, JOURNAL_PATH) != 0)
			continue;
		/* Blocks of this lap, and the zeros after them. */
		size_t used = 0;
		struct journal_block block;
		while (journal_parse(
			   span_of(files[i].data + used, files[i].len - used),
			   &block)
			    .code == ERR_OK &&
		    block.first >= num)
			used += block.len;
		files[i].used = used + JOURNAL_PAGE;
	}
}

/* Names of files beside the ledger, and partial tiles of older checkpoints. */
static bool
is_current(const struct file *file)
{
	return strcmp(file->path, "unfinished") != 0;
}

static void
replay__finds_every_changed_byte(void **state)
{
	struct ledgerbox box;
	size_t num = 0;

	(void)state;
	make_specimen(&box, 20, 6);
	for (size_t i = 0; i < num_files; i++) {
		struct file *file = &files[i];
		for (size_t at = 0; is_current(file) && at < file->used;
		     at++, num++) {
			uint64_t index;
			bool torn;
			uint8_t bit = (uint8_t)(1U << at % 8);
			int fd =
			    openat(box.dir, file->path, O_WRONLY | O_CLOEXEC);
			uint8_t byte = file->data[at] ^ bit;
			assert_ok(disk_write(fd, span_of(&byte, 1), at));
			struct err err = ledgerbox_verify(&box, &index, &torn);
			if (err.code == ERR_OK && !torn)
				fail_msg("%s: byte %zu", file->path, at);
			if (index > 26)
				fail_msg("%s: index %u", file->path,
				    (unsigned)index);
			assert_ok(
			    disk_write(fd, span_of(&file->data[at], 1), at));
			close(fd);
		}
	}
	assert_verifies(&box, 26);
	assert_true(num > 10000);
	free_files();
	ledgerbox_done(&box);
}

static void
replay__finds_every_truncation(void **state)
{
	struct ledgerbox box;

	(void)state;
	make_specimen(&box, 20, 6);
	for (size_t i = 0; i < num_files; i++) {
		struct file *file = &files[i];
		bool is_journal = strcmp(file->path, JOURNAL_PATH) == 0;
		size_t last =
		    is_journal ? file->used - JOURNAL_PAGE : file->len;
		for (size_t len = 0; is_current(file) && len < last; len++) {
			uint64_t index;
			bool torn;
			store_file(&box, file, len);
			struct err err = ledgerbox_verify(&box, &index, &torn);
			/* Cut between two blocks, nothing is left to see. */
			if (is_journal && len % JOURNAL_PAGE == 0)
				assert_in_range(index, 20, 25);
			else if (err.code == ERR_OK && !torn)
				fail_msg("%s: cut at %zu", file->path, len);
		}
		store_file(&box, file, file->len);
	}
	assert_verifies(&box, 26);
	free_files();
	ledgerbox_done(&box);
}

static struct file *
find_file(const char *path)
{
	for (size_t i = 0; i < num_files; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	errx(1, "%s is missing", path);
}

/* Where each entry of a bundle begins, its length included. */
static size_t
find_entries(const struct file *bundle, size_t at[257])
{
	size_t num = 0, offset = 0;

	while (offset < bundle->len) {
		at[num++] = offset;
		offset += 2 +
		    (size_t)(bundle->data[offset] << 8 |
			bundle->data[offset + 1]);
	}
	at[num] = offset;
	return num;
}

static void
expect_wrong(struct ledgerbox *box, struct file *bundle, const struct buf *with,
    uint64_t first)
{
	struct file altered = *bundle;
	uint64_t index;
	bool torn;

	altered.data = with->data;
	store_file(box, &altered, with->len);
	assert_int_equal(
	    ledgerbox_verify(box, &index, &torn).code, ERR_CHANGED);
	assert_int_equal(index, first);
	store_file(box, bundle, bundle->len);
}

/* Each record left out, doubled, swapped with the next: named exactly. */
static void
replay__names_dropped_doubled_swapped_records(void **state)
{
	struct ledgerbox box;
	size_t at[257];
	struct buf with = {.max = 1 << 20};

	(void)state;
	make_specimen(&box, 300, 0);
	struct file *bundle = find_file("tile/entries/000");
	size_t num = find_entries(bundle, at);
	struct span all = span_of(bundle->data, bundle->len);
	assert_int_equal(num, 256);
	for (size_t i = 0; i + 1 < num; i++) {
		struct span one = span_sub(all, at[i], at[i + 1] - at[i]);
		struct span two =
		    span_sub(all, at[i + 1], at[i + 2] - at[i + 1]);
		if (span_equal(one, two))
			continue; /* swapping equals changes nothing */
		buf_reset(&with);
		assert_ok(buf_append(&with, span_sub(all, 0, at[i])));
		assert_ok(buf_append(&with, two));
		assert_ok(buf_append(&with, one));
		assert_ok(buf_append(&with, span_sub(all, at[i + 2], all.len)));
		expect_wrong(&box, bundle, &with, i);
		buf_reset(&with);
		assert_ok(buf_append(&with, span_sub(all, 0, at[i])));
		assert_ok(buf_append(&with, span_sub(all, at[i + 1], all.len)));
		expect_wrong(&box, bundle, &with, i);
		buf_reset(&with);
		assert_ok(buf_append(&with, span_sub(all, 0, at[i + 1])));
		assert_ok(buf_append(&with, span_sub(all, at[i], all.len)));
		expect_wrong(&box, bundle, &with, i + 1);
	}
	buf_done(&with);
	free_files();
	ledgerbox_done(&box);
}

/* A whole history of the same key, and one file of it in the other's place. */
static void
replay__finds_spliced_histories(void **state)
{
	struct ledgerbox box, other;
	size_t num_differ = 0;

	(void)state;
	make_specimen(&box, 300, 4);
	ledgerbox_init(&other, 64 * JOURNAL_PAGE);
	note_signer_done(&other.signer);
	other.signer = box.signer;
	box.signer = (struct note_signer){0};
	assert_ok(ledgerbox_open(&other));
	append(&other, RECORD_ADMIN, 0);
	fill(&other, 299, 100);
	assert_ok(ledger_publish(other.ledger));
	append(&other, RECORD_ADMIN, 0);
	fill(&other, 3, 2);
	ledgerbox_close(&other);
	for (size_t i = 0; i < num_files; i++) {
		struct buf mine = {.max = 1 << 24};
		uint64_t index;
		bool torn;
		if (strchr(files[i].path, '.') != NULL &&
		    strstr(files[i].path, "/entries/") == NULL &&
		    strstr(files[i].path, "/0/") == NULL &&
		    strstr(files[i].path, "/1/") == NULL)
			continue;
		assert_ok(disk_read(other.dir, files[i].path, &mine));
		if (!span_equal(buf_span(&mine),
			span_of(files[i].data, files[i].len))) {
			num_differ++;
			store_file(&other, &files[i], files[i].len);
			assert_int_not_equal(
			    ledgerbox_verify(&other, &index, &torn).code,
			    ERR_OK);
			struct file back = files[i];
			back.data = mine.data;
			store_file(&other, &back, mine.len);
		}
		buf_done(&mine);
	}
	assert_true(num_differ >= 4);
	assert_verifies(&other, 304);
	free_files();
	ledgerbox_done(&other);
	ledgerbox_done(&box);
}

/* An older state of the whole folder is seen by who kept a checkpoint. */
static void
replay__finds_a_rollback_with_a_known_checkpoint(void **state)
{
	struct ledgerbox box, old;
	struct replay replay;
	struct merkle_tree known;
	struct span entry;

	(void)state;
	ledgerbox_init(&box, 64 * JOURNAL_PAGE);
	assert_ok(ledgerbox_open(&box));
	fill(&box, 30, 10);
	assert_ok(ledger_publish(box.ledger));
	ledgerbox_init(&old, 64 * JOURNAL_PAGE);
	ledgerbox_copy(&old, &box);
	fill(&box, 5, 5);
	assert_ok(ledger_publish(box.ledger));
	assert_ok(replay_open(&replay, box.dir, &box.signer.key, NULL));
	known = replay.checkpoint;
	replay_done(&replay);
	for (int i = 0; i < 3; i++) {
		struct merkle_tree given = known;
		given.root[0] ^= i == 2;
		assert_ok(replay_open(&replay, i == 1 ? old.dir : box.dir,
		    &box.signer.key, &given));
		struct err err = OK;
		while (err.code == ERR_OK)
			err = replay_next(&replay, &entry);
		assert_int_equal(
		    err.code, i == 0 ? ERR_NOT_FOUND : ERR_CHANGED);
		if (i == 1)
			assert_int_equal(replay.index, 30);
		replay_done(&replay);
	}
	ledgerbox_done(&old);
	ledgerbox_done(&box);
}

/* An altered journal block with later ones behind it was no crash. */
static void
ledger_open__tells_a_torn_write_from_an_altered_one(void **state)
{
	struct ledgerbox box;
	uint8_t byte;

	(void)state;
	make_specimen(&box, 20, 6); /* three blocks of two records */
	struct file *journal = find_file(JOURNAL_PATH);
	size_t block = (journal->used - JOURNAL_PAGE) / 3;
	for (size_t i = 0; i < 3; i++) {
		size_t at = i * block + 100;
		int fd = openat(box.dir, JOURNAL_PATH, O_WRONLY | O_CLOEXEC);
		byte = journal->data[at] ^ 1;
		assert_ok(disk_write(fd, span_of(&byte, 1), at));
		struct err err = ledgerbox_open(&box);
		if (i < 2) {
			assert_int_equal(err.code, ERR_CHANGED);
			assert_int_equal(box.found.wrong, 20 + 2 * i);
			assert_ok(
			    disk_write(fd, span_of(&journal->data[at], 1), at));
		} else {
			assert_ok(err);
			assert_true(box.found.is_torn);
			assert_int_equal(box.found.size, 24);
			assert_verifies(&box, 24);
		}
		close(fd);
	}
	fill(&box, 3, 1);
	assert_verifies(&box, 27);
	free_files();
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
	    cmocka_unit_test(ledger_open__goes_on_at_every_size),
	    cmocka_unit_test(ledger_open__refuses_a_second_process),
	    cmocka_unit_test(ledger_open__refuses_another_key),
	    cmocka_unit_test(ledger_open__refuses_a_missing_checkpoint),
	    cmocka_unit_test(ledger_open__tells_of_a_missing_journal),
	    cmocka_unit_test(ledger_open__survives_every_failed_allocation),
	    cmocka_unit_test(ledger_append__keeps_room_for_completions),
	    cmocka_unit_test(replay__finds_every_changed_byte),
	    cmocka_unit_test(replay__finds_every_truncation),
	    cmocka_unit_test(replay__names_dropped_doubled_swapped_records),
	    cmocka_unit_test(replay__finds_spliced_histories),
	    cmocka_unit_test(replay__finds_a_rollback_with_a_known_checkpoint),
	    cmocka_unit_test(
		ledger_open__tells_a_torn_write_from_an_altered_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
