/*
 * ledger, when system calls fail and when the power goes. This program stands
 * in the place of the calls that the ledger writes by: it makes the nth fail,
 * and it keeps what is not synced yet, so that it can take it back as a power
 * cut would: all of it, none, or any part, page by page.
 *
 * A kill alone proves nothing here: without any sync at all, nothing is lost
 * by it. So the harness also runs with a disk that says "synced" and is lying,
 * and has to notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/journal.h"
#include "tests/harness/expect.h"
#include "tests/harness/ledgerbox.h"

enum {
	JOURNAL = 24 * JOURNAL_PAGE,
	RECORDS = 40, /* of a run */
	MAX_OPS = 4096,
};

/* --- The disk --- */

enum call {
	CALL_PWRITE,
	CALL_FDATASYNC,
	CALL_FSYNC,
	CALL_RENAME,
	CALL_MKDIR,
	CALL_OPEN,
	NUM_CALLS,
};

/* Something that a power cut may take back. */
struct op {
	enum call call;
	int fd;		/* of a write: a copy of the descriptor */
	ino_t inode;	/* of a write: the file; else: the folder */
	uint64_t at;	/* of a write */
	uint8_t *old;	/* what was there before */
	size_t old_len; /* of a write: may be less than what was written */
	size_t len;
	off_t old_size; /* of the file; -1: it was not there */
	char path[100];
};

static struct {
	bool on;
	int dir; /* of the ledger: paths are relative to it */
	struct op ops[MAX_OPS];
	size_t num_ops;

	unsigned count;	   /* calls so far, of all kinds or of fail_call */
	unsigned fail_at;  /* that one fails; 0: none */
	unsigned fail_num; /* and so many after it, 0: only that one */
	int fail_call;	   /* -1: any */
	int fail_error;	   /* errno; 0: the power goes */
	bool fail_short;   /* of a write: half of it is done first */
	bool is_off;	   /* the power is gone */
	bool lies;	   /* a sync does nothing */
} disk;

static void
free_op(struct op *op)
{
	free(op->old);
	if (op->fd >= 0)
		close(op->fd);
}

/* Off, and nothing of what was done is remembered. */
static void
disk_reset(void)
{
	for (size_t i = 0; i < disk.num_ops; i++)
		free_op(&disk.ops[i]);
	memset(&disk, 0, sizeof(disk));
	disk.fail_call = -1;
}

/* True: this call is to fail, and errno says how. */
static bool
must_fail(enum call call)
{
	if (!disk.on)
		return false;
	if (disk.is_off) {
		errno = EIO;
		return true;
	}
	if (disk.fail_call >= 0 && disk.fail_call != (int)call)
		return false;
	disk.count++;
	if (disk.fail_at == 0 || disk.count < disk.fail_at ||
	    disk.count > disk.fail_at + disk.fail_num)
		return false;
	if (disk.fail_error == 0)
		disk.is_off = true;
	errno = disk.fail_error != 0 ? disk.fail_error : EIO;
	return true;
}

static struct op *
new_op(enum call call)
{
	struct op *op = &disk.ops[disk.num_ops++];

	assert_true(disk.num_ops < MAX_OPS);
	*op = (struct op){.call = call, .fd = -1, .old_size = -1};
	return op;
}

static void
drop_ops(bool is_folder, ino_t inode)
{
	size_t kept = 0;

	for (size_t i = 0; i < disk.num_ops; i++) {
		struct op *op = &disk.ops[i];
		if (op->inode == inode &&
		    (op->call == CALL_PWRITE) == !is_folder)
			free_op(op);
		else
			disk.ops[kept++] = *op;
	}
	disk.num_ops = kept;
}

static ssize_t
raw_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

static void
remember_write(int fd, size_t len, off_t at)
{
	struct op *op = new_op(CALL_PWRITE);
	char name[40];
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	op->fd = dup(fd);
	op->inode = st.st_ino;
	op->at = (uint64_t)at;
	op->len = len;
	op->old_size = st.st_size;
	op->old = malloc(len + 1);
	/* A descriptor for writing only: read it by its other name. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	int in =
	    (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
	ssize_t got = pread(in, op->old, len, at);
	close(in);
	op->old_len = got > 0 ? (size_t)got : 0;
}

/* A power cut in the middle of a write: it may be there, or not. */
ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	bool fails = must_fail(CALL_PWRITE);
	bool is_cut = fails && disk.fail_error == 0;
	bool is_short = fails && disk.fail_short && disk.count == disk.fail_at;

	if (fails && !is_cut && !is_short)
		return -1; /* must_fail said why */
	if (is_short)
		len /= 2;
	if (disk.on)
		remember_write(fd, len, at);
	ssize_t written = raw_pwrite(fd, bytes, len, at);
	if (!is_cut)
		return written;
	errno = EIO;
	return -1;
}

/* A failed sync drops the pages, and the next one knows nothing of them. */
static int
sync_file(int fd, enum call call)
{
	struct stat st;

	if (must_fail(call))
		return -1;
	if (!disk.on)
		return 0;
	assert_int_equal(fstat(fd, &st), 0);
	if (!disk.lies)
		drop_ops(S_ISDIR(st.st_mode), st.st_ino);
	return 0;
}

int
fdatasync(int fd)
{
	return sync_file(fd, CALL_FDATASYNC);
}

int
fsync(int fd)
{
	return sync_file(fd, CALL_FSYNC);
}

static ino_t
parent_inode(const char *path)
{
	char folder[100] = ".";
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (slash != NULL)
		snprintf(
		    folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return fstatat(disk.dir, folder, &st, 0) == 0 ? st.st_ino : 0;
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (must_fail(CALL_RENAME))
		return -1;
	if (disk.on && parent_inode(to) != 0) {
		struct buf old = {.max = 1 << 20};
		struct op *op = new_op(CALL_RENAME);
		op->inode = parent_inode(to);
		snprintf(op->path, sizeof(op->path), "%s", to);
		if (disk_read(disk.dir, to, &old).code == ERR_OK) {
			op->old_size = (off_t)old.len;
			op->old = old.data;
			op->old_len = old.len;
		}
	}
	return (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	if (must_fail(CALL_MKDIR))
		return -1;
	int failed = (int)syscall(SYS_mkdirat, dir, path, mode);
	if (disk.on && failed == 0) {
		struct op *op = new_op(CALL_MKDIR);
		op->inode = parent_inode(path);
		snprintf(op->path, sizeof(op->path), "%s", path);
	}
	return failed;
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode = 0;

	if ((flags & O_CREAT) != 0) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
		if (must_fail(CALL_OPEN))
			return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

/* --- The power cut --- */

static uint64_t seed;

static bool
toss(void)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (seed >> 40 & 1) != 0;
}

enum cut {
	CUT_KEEPS_ALL,
	CUT_KEEPS_NOTHING,
	CUT_KEEPS_SOME,
	NUM_CUTS,
};

/* A write goes page by page, and each page is there or is not. */
static void
undo_write(const struct op *op, enum cut cut)
{
	for (size_t from = 0; from < op->len; from += JOURNAL_PAGE) {
		size_t len = op->len - from;
		if (len > JOURNAL_PAGE)
			len = JOURNAL_PAGE;
		if (cut == CUT_KEEPS_SOME && toss())
			continue;
		if (from < op->old_len)
			(void)!raw_pwrite(op->fd, op->old + from,
			    op->old_len - from < len ? op->old_len - from : len,
			    (off_t)(op->at + from));
		else if ((off_t)(op->at + from) >= op->old_size)
			(void)!ftruncate(op->fd, (off_t)(op->at + from));
	}
}

static void
undo_rename(const struct op *op)
{
	if (op->old_size < 0) {
		unlinkat(disk.dir, op->path, 0);
		return;
	}
	int fd = (int)syscall(SYS_openat, disk.dir, op->path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	(void)!raw_pwrite(fd, op->old, op->old_len, 0);
	close(fd);
}

/* What was not synced goes, the latest first; then the power is back. */
static void
cut_power(enum cut cut)
{
	for (size_t i = disk.num_ops; i-- > 0 && cut != CUT_KEEPS_ALL;) {
		const struct op *op = &disk.ops[i];
		if (op->call == CALL_PWRITE)
			undo_write(op, cut);
		else if (cut == CUT_KEEPS_SOME && toss())
			continue;
		else if (op->call == CALL_RENAME)
			undo_rename(op);
		else if (op->call == CALL_MKDIR)
			(void)unlinkat(disk.dir, op->path, AT_REMOVEDIR);
	}
	disk_reset();
}

/* --- What a gateway does --- */

struct run {
	struct ledgerbox box;
	uint64_t num_acknowledged;
	struct err worst; /* the last that was not OK */
	bool wants_space; /* an error was NO_SPACE */
};

/* Record i is recognised by its time. Every third is an intent. */
static struct err
append(struct ledgerbox *box, uint64_t i, uint64_t *out_index)
{
	struct record record = {.kind = RECORD_DENIED, .time_ms = i};
	const struct intent *open =
	    intents_next(ledger_intents(box->ledger), 0);

	if (i % 3 == 0) {
		record.kind = RECORD_INTENT;
	} else if (i % 3 == 2 && open != NULL) {
		record.kind = RECORD_COMPLETE;
		record.intent = record_number(open->index);
	}
	return ledgerbox_append_record(box, &record, out_index);
}

/*
 * Batches of one to three, some of them published. Only what a commit said OK
 * to counts. `patience` times a lack of space is waited out.
 */
static void
drive(struct run *run, unsigned patience)
{
	uint64_t index, made = ledger_size(run->box.ledger);

	while (made < RECORDS) {
		struct err err = OK;
		uint64_t num = 1 + made % 3, taken = 0;
		while (taken < num && err.code == ERR_OK) {
			err = append(&run->box, made + taken, &index);
			if (err.code == ERR_OK)
				taken++;
		}
		if (taken > 0)
			err = ledger_commit(run->box.ledger);
		made = ledger_size(run->box.ledger);
		if (err.code == ERR_OK)
			run->num_acknowledged = made;
		if (made % 4 == 0 || err.code == ERR_NO_SPACE) {
			struct err published = ledger_publish(run->box.ledger);
			if (published.code == ERR_OK) {
				published = ledger_save(run->box.ledger);
				/* The older one will do. */
				assert_int_not_equal(
				    published.code, ERR_NO_SPACE);
			}
			if (err.code == ERR_OK)
				err = published;
		}
		if (err.code == ERR_OK)
			continue;
		run->worst = err;
		run->wants_space = err.code == ERR_NO_SPACE;
		if (err.code != ERR_NO_SPACE || patience-- == 0)
			break;
	}
}

/* All records that are there are those that were sent, in their order. */
static void
check_contents(const struct run *run)
{
	struct replay replay;
	struct span entry;
	struct err err;
	uint64_t ms;

	expect_ok(
	    replay_open(&replay, run->box.dir, &run->box.signer.key, NULL));
	while ((err = replay_next(&replay, &entry)).code == ERR_OK) {
		expect_ok(jcs_read_find_u64(entry, "time-ms", &ms));
		assert_int_equal(ms, replay.index - 1);
	}
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_true(replay.index >= run->num_acknowledged);
	replay_done(&replay);
}

/* From here on, call `fail_at` of this kind fails: -1, of all kinds. */
static void
start_disk(struct run *run, unsigned fail_at, int call, int error)
{
	disk_reset();
	disk.dir = run->box.dir;
	disk.fail_at = fail_at;
	disk.fail_call = call;
	disk.fail_error = error;
	disk.on = true;
}

/* A new run, on such a disk from its first call on. */
static void
start_run(struct run *run, unsigned fail_at, int call, int error)
{
	*run = (struct run){0};
	ledgerbox_init(&run->box, JOURNAL);
	run->box.summary_every = 5;
	start_disk(run, fail_at, call, error);
}

static unsigned num_resumed; /* ledgers that began from their summary */

/*
 * The power goes at call `fail_at`. True: everything that was acknowledged is
 * there afterwards. A ledger that does not open at all fails the test, but
 * with a disk that lies.
 */
static bool
survives_cut(struct run *run, unsigned fail_at, enum cut cut, bool lies)
{
	start_run(run, fail_at, -1, 0);
	disk.lies = lies;
	run->worst = ledgerbox_open(&run->box);
	if (run->worst.code == ERR_OK)
		drive(run, 0);
	ledgerbox_close(&run->box);
	bool was_cut = disk.is_off;
	disk.on = false;
	if (!was_cut)
		disk.fail_at = 0; /* it came to its end before */
	cut_power(was_cut ? cut : CUT_KEEPS_ALL);
	struct err err = ledgerbox_open(&run->box);
	if (err.code != ERR_OK) {
		if (!lies)
			fail_msg("call %u, cut %d: %s", fail_at, cut, err.why);
		return false;
	}
	num_resumed += run->box.found.num_summed > 0;
	bool kept = ledger_size(run->box.ledger) >= run->num_acknowledged;
	if (kept && !lies) {
		check_contents(run);
		/* And it goes on. */
		drive(run, 0);
		check_contents(run);
		assert_int_equal(ledger_size(run->box.ledger), RECORDS);
	}
	return kept;
}

/* How many calls a run makes that nothing disturbs. */
static unsigned
count_calls(int call)
{
	struct run run;

	start_run(&run, 0, call, 0);
	expect_ok(ledgerbox_open(&run.box));
	drive(&run, 0);
	expect_ok(run.worst);
	unsigned count = disk.count;
	disk_reset();
	ledgerbox_done(&run.box);
	return count;
}

static void
ledger_commit__survives_a_power_cut_at_every_call(void **state)
{
	unsigned num = count_calls(-1), cuts = 0;
	struct run run;

	(void)state;
	assert_true(num > 200);
	for (unsigned at = 1; at <= num; at++)
		for (int cut = 0; cut < NUM_CUTS; cut++) {
			seed = at;
			if (!survives_cut(&run, at, (enum cut)cut, false))
				fail_msg("call %u, cut %d: lost", at, cut);
			cuts += run.worst.code != ERR_OK;
			ledgerbox_done(&run.box);
		}
	assert_true(cuts >= NUM_CUTS * num * 9 / 10);
	assert_true(num_resumed >= cuts / 2);
}

/* The same harness, and a disk that does not sync: it must be noticed. */
static void
harness__notices_a_sync_that_does_nothing(void **state)
{
	unsigned num = count_calls(-1), lost = 0;
	struct run run;

	(void)state;
	for (unsigned at = 1; at <= num; at += 7) {
		lost += !survives_cut(&run, at, CUT_KEEPS_NOTHING, true);
		ledgerbox_done(&run.box);
	}
	assert_true(lost > num / 14);
}

static void
check_after_failure(struct run *run)
{
	uint64_t index;

	disk_reset();
	/* Whatever comes after the first failure is refused. */
	if (run->box.ledger != NULL && run->worst.code == ERR_IO) {
		assert_int_equal(append(&run->box, 0, &index).code, ERR_IO);
		assert_int_equal(ledger_commit(run->box.ledger).code, ERR_IO);
		assert_int_equal(ledger_publish(run->box.ledger).code, ERR_IO);
		assert_int_equal(ledger_save(run->box.ledger).code, ERR_IO);
	}
	ledgerbox_close(&run->box);
	expect_ok(ledgerbox_open(&run->box));
	check_contents(run);
	drive(run, 0);
	check_contents(run);
	ledgerbox_done(&run->box);
}

static void
ledger__ends_at_the_first_failed_call(void **state)
{
	(void)state;
	for (int call = 0; call < NUM_CALLS; call++) {
		unsigned num = count_calls(call);
		assert_true(num > 0);
		for (unsigned at = 1; at <= num; at++) {
			struct run run;
			start_run(&run, at, call, EIO);
			run.worst = ledgerbox_open(&run.box);
			if (run.worst.code == ERR_OK)
				drive(&run, 0);
			if (run.worst.code != ERR_IO)
				fail_msg("kind %d, call %u: %s", call, at,
				    err_name(run.worst.code));
			check_after_failure(&run);
		}
	}
}

/* One failed sync, and then syncs that say OK: never acknowledged again. */
static void
ledger__does_not_try_a_failed_sync_again(void **state)
{
	struct run run = {0};

	(void)state;
	ledgerbox_start(&run.box, JOURNAL);
	start_disk(&run, 3, CALL_FDATASYNC, EIO);
	drive(&run, 10);
	uint64_t acknowledged = run.num_acknowledged;
	assert_true(acknowledged > 0);
	drive(&run, 10);
	assert_int_equal(run.num_acknowledged, acknowledged);
	check_after_failure(&run);
}

/* A full disk, for a while: refused, and then it goes on. */
static void
ledger__waits_for_space(void **state)
{
	static const enum call CALLS[] = {
	    CALL_PWRITE, CALL_RENAME, CALL_MKDIR, CALL_OPEN};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(CALLS) / sizeof(CALLS[0]); i++) {
		enum call call = CALLS[i / 2];
		unsigned num = count_calls((int)call);
		for (unsigned at = 1; at <= num; at++) {
			struct run run;
			start_run(&run, at, (int)call, ENOSPC);
			disk.fail_num = 5;
			disk.fail_short = i % 2 != 0;
			run.worst = ledgerbox_open(&run.box);
			if (run.worst.code != ERR_OK) {
				assert_int_equal(run.worst.code, ERR_NO_SPACE);
				assert_null(run.box.ledger);
			} else {
				drive(&run, 20);
				assert_int_equal(run.num_acknowledged, RECORDS);
			}
			check_after_failure(&run);
		}
	}
}

/* No tile can be written any more: what was admitted is still completed. */
static void
ledger__completes_every_intent_on_a_full_disk(void **state)
{
	struct run run = {0};
	uint64_t intents[64];
	unsigned num = 0;

	(void)state;
	ledgerbox_start(&run.box, 40 * JOURNAL_PAGE);
	start_disk(&run, 1, CALL_OPEN, ENOSPC);
	disk.fail_num = UINT32_MAX / 2;
	while (
	    ledgerbox_append(&run.box, RECORD_INTENT, 0, &intents[num]).code ==
	    ERR_OK)
		num++;
	assert_in_range(num, 10, 20);
	expect_ok(ledger_commit(run.box.ledger));
	assert_int_equal(ledger_publish(run.box.ledger).code, ERR_NO_SPACE);
	for (unsigned i = 0; i < num; i++) {
		expect_ok(ledgerbox_complete(
		    &run.box, intents[i], LEDGER_MAX_COMPLETION));
		expect_ok(ledger_commit(run.box.ledger));
	}
	ledgerbox_add(&run.box, RECORD_STOP, 0);
	expect_ok(ledger_commit(run.box.ledger));
	disk_reset();
	ledgerbox_close(&run.box);
	expect_ok(ledgerbox_open(&run.box));
	assert_int_equal(ledger_size(run.box.ledger), 2 * num + 1);
	ledgerbox_done(&run.box);
}

static void
ledger__goes_on_after_an_interrupted_write(void **state)
{
	unsigned num = count_calls(CALL_PWRITE);

	(void)state;
	for (unsigned at = 1; at <= num; at++) {
		struct run run;
		start_run(&run, at, CALL_PWRITE, EINTR);
		expect_ok(ledgerbox_open(&run.box));
		drive(&run, 0);
		assert_int_equal(run.num_acknowledged, RECORDS);
		check_after_failure(&run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ledger_commit__survives_a_power_cut_at_every_call),
	    cmocka_unit_test(harness__notices_a_sync_that_does_nothing),
	    cmocka_unit_test(ledger__ends_at_the_first_failed_call),
	    cmocka_unit_test(ledger__does_not_try_a_failed_sync_again),
	    cmocka_unit_test(ledger__waits_for_space),
	    cmocka_unit_test(ledger__completes_every_intent_on_a_full_disk),
	    cmocka_unit_test(ledger__goes_on_after_an_interrupted_write),
	};

	disk.fail_call = -1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
