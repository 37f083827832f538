/*
 * store, when system calls fail and when the power goes. This program stands in
 * the place of the calls that it writes by: it makes the nth fail, and keeps
 * what is not synced yet, so that it can take it back as a power cut would: all
 * of it, or any sectors of it.
 *
 * Whatever happens, what was said to be durable has the same code afterwards,
 * who was shredded is gone, and the store is whole. A kill proves nothing here:
 * so the harness also runs with a disk that says "synced" and is lying, and has
 * to notice.
 *
 * unit_store_faults whole: not only each seventh call, but each.
 */
#include "tests/harness/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/init.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/storebox.h"
#include "tests/harness/sweep.h"

enum {
	MAX_OPS = 4096,
	SECTOR = 512,
	ROUNDS = 4, /* of a run: a batch, a commit, now and then a shredding */
	BATCH = 40,
	PER = 4,
	NUM = ROUNDS * BATCH,
};

/* --- The disk --- */

/* A write or a cut that a power cut may take back. */
struct op {
	int fd; /* a copy */
	ino_t inode;
	off_t at, old_size;
	size_t len;
	uint8_t *old;
	size_t old_len; /* less, where the file grew */
};

static struct {
	bool on, lies;
	struct op ops[MAX_OPS];
	size_t num_ops;
	unsigned count;	  /* calls so far */
	unsigned fail_at; /* from this one on they fail; 0: none */
	int error;	  /* errno; 0: the power is gone */
	bool has_failed;
	bool left_bytes; /* what was cut off was not overwritten before */
} disk;

static bool
fails(void)
{
	if (disk.on && ++disk.count == disk.fail_at)
		disk.has_failed = true;
	/* After an error the disk is as before; no power stays no power. */
	bool now = disk.on && disk.fail_at != 0 &&
	    (disk.count == disk.fail_at ||
		(disk.error == 0 && disk.count > disk.fail_at));
	if (now)
		errno = disk.error != 0 ? disk.error : EIO;
	return now;
}

static void
remember(int fd, off_t at, size_t len)
{
	struct stat st;
	struct op *op = &disk.ops[disk.num_ops];

	if (!disk.on)
		return;
	if (disk.num_ops == MAX_OPS || fstat(fd, &st) != 0)
		abort();
	failalloc_pause();
	*op = (struct op){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
	    .inode = st.st_ino,
	    .at = at,
	    .old_size = st.st_size,
	    .len = len,
	    .old = malloc(len + 1)};
	failalloc_resume();
	ssize_t got = pread(fd, op->old, len, at);
	if (op->fd < 0 || got < 0)
		abort();
	op->old_len = (size_t)got;
	disk.num_ops++;
}

static void
free_op(struct op *op)
{
	free(op->old);
	close(op->fd);
}

/* What was done to this file stays; all files, where it is 0. */
static void
forget(ino_t inode)
{
	size_t kept = 0;

	for (size_t i = 0; i < disk.num_ops; i++)
		if (inode != 0 && disk.ops[i].inode != inode)
			disk.ops[kept++] = disk.ops[i];
		else
			free_op(&disk.ops[i]);
	disk.num_ops = kept;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	/* Half of what fails may be there. */
	bool failing = fails();
	size_t done = failing ? len / 2 : len;

	remember(fd, at, done);
	ssize_t written = syscall(SYS_pwrite64, fd, bytes, done, at);
	return failing ? -1 : written;
}

/* Blocks that a file gives back hold what they held: it should be nothing. */
static void
look_at_cut(int fd, off_t at)
{
	uint8_t bytes[SECTOR];
	ssize_t got;

	while ((got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			disk.left_bytes = disk.left_bytes || bytes[i] != 0;
		at += got;
	}
}

int
ftruncate(int fd, off_t len)
{
	struct stat st;

	if (fails() || fstat(fd, &st) != 0)
		return -1;
	if (st.st_size > len) {
		remember(fd, len, (size_t)(st.st_size - len));
		look_at_cut(fd, len);
	}
	return (int)syscall(SYS_ftruncate, fd, len);
}

static int
sync_file(int fd)
{
	struct stat st;

	if (fails() || fstat(fd, &st) != 0)
		return -1;
	if (disk.on && !disk.lies)
		forget(st.st_ino);
	return 0;
}

int
fdatasync(int fd)
{
	return sync_file(fd);
}

int
fsync(int fd)
{
	return sync_file(fd);
}

static uint32_t
draw(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* Sectors of one write, by chance or all of them, from the last write back. */
static void
take_back_one(const struct op *op, bool all)
{
	for (size_t i = 0; i < op->old_len; i += SECTOR) {
		size_t len =
		    op->old_len - i < SECTOR ? op->old_len - i : SECTOR;
		if (all || draw() % 2 == 0)
			(void)syscall(SYS_pwrite64, op->fd, op->old + i, len,
			    op->at + (off_t)i);
	}
	if (all || draw() % 2 == 0)
		(void)syscall(SYS_ftruncate, op->fd, op->old_size);
}

static void
take_back(bool all)
{
	disk.on = false;
	for (size_t i = disk.num_ops; i > 0; i--)
		take_back_one(&disk.ops[i - 1], all);
	forget(0);
}

static void
switch_on(unsigned fail_at, int error, bool lies)
{
	disk.on = true;
	disk.count = 0;
	disk.fail_at = fail_at;
	disk.error = error;
	disk.lies = lies;
	disk.has_failed = false;
	disk.left_bytes = false;
}

/* --- What is promised --- */

static struct {
	uint8_t codes[NUM][STORE_CODE];
	bool durable[NUM], shredded[NUM];
	uint64_t doubt; /* a subject whose shredding did not return */
} said;

static struct err
shred(struct storebox *box, uint64_t subject)
{
	uint8_t hash[STORE_SUBJECT];
	uint64_t entries;

	storebox_hash(hash, 's', subject);
	said.doubt = subject;
	TRY(store_shred(box->store, hash, &entries));
	said.doubt = NUM;
	for (uint64_t i = subject * PER; i < (subject + 1) * PER; i++)
		said.shredded[i] = true;
	return OK;
}

static struct err
work(struct storebox *box)
{
	uint64_t seq;

	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t from = round * BATCH;
		TRY(storebox_insert(
		    box, from, BATCH, PER, &said.codes[from], &seq));
		TRY(store_commit(box->store));
		assert_int_equal(store_durable(box->store), seq);
		for (uint64_t i = from; i < from + BATCH; i++)
			said.durable[i] = true;
		if (round % 2 == 1)
			TRY(shred(box, from / PER));
	}
	return OK;
}

/* How many promises are broken; -1: the store does not open. */
static int
count_broken(struct storebox *box)
{
	uint8_t codes[1][STORE_CODE];
	struct store_report report;
	int broken = 0;

	if (storebox_open(box).code != ERR_OK)
		return -1;
	if (store_check(box->store, &report).code != ERR_OK)
		return -1;
	for (uint64_t i = 0; i < NUM; i++) {
		bool known = storebox_lookup(box, i, 1, codes) == 1;
		if (said.shredded[i])
			broken += known;
		else if (known && said.durable[i])
			broken += memcmp(codes[0], said.codes[i], 16) != 0;
		else
			broken += said.durable[i] && i / PER != said.doubt;
	}
	/* And it goes on, with one code for each. */
	if (storebox_insert(box, 0, BATCH, PER, NULL, NULL).code != ERR_OK ||
	    store_check(box->store, &report).code != ERR_OK)
		broken++;
	return broken;
}

enum cut {
	CUT_NONE, /* of the power: only an error */
	CUT_ALL,
	CUT_SOME
};

/* A run in which the call of that number fails. False: it has not so many. */
static bool
run(unsigned fail_at, int error, enum cut cut, bool lies, int *out_broken)
{
	struct storebox box;

	memset(&said, 0, sizeof(said));
	said.doubt = NUM;
	storebox_init(&box);
	expect_ok(storebox_open(&box));
	switch_on(fail_at, error, lies);
	struct err err = work(&box);
	bool failed = disk.has_failed;
	if (failed && err.code == ERR_OK)
		fail_msg("call %u failed, and nobody was told", fail_at);
	assert_false(disk.left_bytes);
	/* What has failed stays so, and nothing more is written. */
	if (failed) {
		disk.fail_at = 0;
		disk.count = 0;
		assert_int_equal(store_commit(box.store).code, err.code);
		storebox_close(&box);
		assert_int_equal(disk.count, 0);
	}
	storebox_close(&box);
	if (cut == CUT_NONE)
		forget(0);
	take_back(cut == CUT_ALL);
	*out_broken = count_broken(&box);
	storebox_done(&box);
	return failed;
}

static unsigned step = 7;

static void
sweep_calls(int error, enum cut cut)
{
	unsigned at = 1;
	int broken;

	for (; run(at, error, cut, false, &broken); at += step)
		if (broken != 0)
			fail_msg(
			    "call %u, errno %d: %d broken", at, error, broken);
	assert_true(at > 100);
	assert_int_equal(broken, 0);
}

static void
store__keeps_its_promises_when_a_call_fails(void **state)
{
	(void)state;
	sweep_calls(EIO, CUT_NONE);
	sweep_calls(ENOSPC, CUT_NONE);
}

static void
store__keeps_its_promises_when_the_power_goes(void **state)
{
	(void)state;
	sweep_calls(0, CUT_ALL);
	sweep_calls(0, CUT_SOME);
	sweep_calls(EIO, CUT_SOME);
}

static void
a_disk_that_lies_is_found(void **state)
{
	int broken = 0;

	(void)state;
	for (unsigned at = 1; broken == 0; at += 7)
		if (!run(at, 0, CUT_ALL, true, &broken))
			fail_msg("nothing was lost");
}

/* --- Memory --- */

static struct storebox swept;

static struct err
work_once(void *context, struct buf *out, struct arena *arena)
{
	static uint64_t from;

	(void)context, (void)out, (void)arena;
	TRY(storebox_open(&swept));
	struct err err = storebox_insert(&swept, from++, 3, 1, NULL, NULL);
	if (err.code == ERR_OK)
		err = store_commit(swept.store);
	if (err.code == ERR_OK)
		err = shred(&swept, 0);
	storebox_close(&swept);
	return err;
}

static void
store__says_when_there_is_no_memory(void **state)
{
	struct store_report report;

	(void)state;
	storebox_init(&swept);
	assert_true(
	    sweep_allocations(work_once, NULL) > 0 || !failalloc_works());
	expect_ok(storebox_open(&swept));
	expect_ok(store_check(swept.store, &report));
	storebox_done(&swept);
}

/* --- Making one --- */

static void
store_open__makes_a_whole_one_or_none(void **state)
{
	bool failed = true;

	(void)state;
	for (unsigned at = 1; failed; at++) {
		struct storebox box;
		struct store_report report;

		storebox_init(&box);
		switch_on(at, 0, false);
		struct err err = storebox_open(&box);
		failed = disk.has_failed;
		assert_int_equal(err.code == ERR_OK, !failed);
		disk.fail_at = 0;
		storebox_close(&box);
		take_back(true);
		expect_ok(storebox_open(&box));
		expect_ok(store_check(box.store, &report));
		assert_int_equal(report.num_entries, 0);
		storebox_done(&box);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(store__keeps_its_promises_when_a_call_fails),
	    cmocka_unit_test(store__keeps_its_promises_when_the_power_goes),
	    cmocka_unit_test(a_disk_that_lies_is_found),
	    cmocka_unit_test(store__says_when_there_is_no_memory),
	    cmocka_unit_test(store_open__makes_a_whole_one_or_none),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	if (argc > 1 && strcmp(argv[1], "whole") == 0)
		step = 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
