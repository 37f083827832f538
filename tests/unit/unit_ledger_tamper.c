/*
 * replay, and the opening of a ledger: files that somebody altered, cut, mixed
 * or set back are found, and the first wrong record is named.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "tests/harness/expect.h"
#include "tests/harness/ledgerbox.h"

/* --- The files of a ledger --- */

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
		expect_ok(disk_read(box->dir, path, &bytes));
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
	expect_ok(disk_write(fd, span_of(file->data, len), 0));
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
	expect_ok(ledgerbox_open(box));
	ledgerbox_fill(box, num, 100);
	expect_ok(ledger_publish(box->ledger));
	ledgerbox_fill(box, num_tail, 2);
	ledgerbox_expect_size(box, num + num_tail);
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
			expect_ok(disk_write(fd, span_of(&byte, 1), at));
			struct err err = ledgerbox_verify(&box, &index, &torn);
			if (err.code == ERR_OK && !torn)
				fail_msg("%s: byte %zu", file->path, at);
			if (index > 26)
				fail_msg("%s: index %u", file->path,
				    (unsigned)index);
			expect_ok(
			    disk_write(fd, span_of(&file->data[at], 1), at));
			close(fd);
		}
	}
	ledgerbox_expect_size(&box, 26);
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
	ledgerbox_expect_size(&box, 26);
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
		expect_ok(buf_append(&with, span_sub(all, 0, at[i])));
		expect_ok(buf_append(&with, two));
		expect_ok(buf_append(&with, one));
		expect_ok(buf_append(&with, span_sub(all, at[i + 2], all.len)));
		expect_wrong(&box, bundle, &with, i);
		buf_reset(&with);
		expect_ok(buf_append(&with, span_sub(all, 0, at[i])));
		expect_ok(buf_append(&with, span_sub(all, at[i + 1], all.len)));
		expect_wrong(&box, bundle, &with, i);
		buf_reset(&with);
		expect_ok(buf_append(&with, span_sub(all, 0, at[i + 1])));
		expect_ok(buf_append(&with, span_sub(all, at[i], all.len)));
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
	expect_ok(ledgerbox_open(&other));
	ledgerbox_add(&other, RECORD_ADMIN, 0);
	ledgerbox_fill(&other, 299, 100);
	expect_ok(ledger_publish(other.ledger));
	ledgerbox_add(&other, RECORD_ADMIN, 0);
	ledgerbox_fill(&other, 3, 2);
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
		expect_ok(disk_read(other.dir, files[i].path, &mine));
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
	ledgerbox_expect_size(&other, 304);
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
	ledgerbox_start(&box, 64 * JOURNAL_PAGE);
	ledgerbox_fill(&box, 30, 10);
	expect_ok(ledger_publish(box.ledger));
	ledgerbox_init(&old, 64 * JOURNAL_PAGE);
	ledgerbox_copy(&old, &box);
	ledgerbox_fill(&box, 5, 5);
	expect_ok(ledger_publish(box.ledger));
	expect_ok(replay_open(&replay, box.dir, &box.signer.key, NULL));
	known = replay.checkpoint;
	replay_done(&replay);
	for (int i = 0; i < 3; i++) {
		struct merkle_tree given = known;
		given.root[0] ^= i == 2;
		expect_ok(replay_open(&replay, i == 1 ? old.dir : box.dir,
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
		expect_ok(disk_write(fd, span_of(&byte, 1), at));
		struct err err = ledgerbox_open(&box);
		if (i < 2) {
			assert_int_equal(err.code, ERR_CHANGED);
			assert_int_equal(box.found.wrong, 20 + 2 * i);
			expect_ok(
			    disk_write(fd, span_of(&journal->data[at], 1), at));
		} else {
			expect_ok(err);
			assert_true(box.found.is_torn);
			assert_int_equal(box.found.size, 24);
			ledgerbox_expect_size(&box, 24);
		}
		close(fd);
	}
	ledgerbox_fill(&box, 3, 1);
	ledgerbox_expect_size(&box, 27);
	free_files();
	ledgerbox_done(&box);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
