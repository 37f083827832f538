/*
 * keys/scopes on a disk that fails. The calls which change it are made here in
 * the place of the C library's: the nth of them fails, alone or with all after
 * it, as if the machine had stopped there.
 */
#include "tests/harness/expect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/scope_store.h"

#define SEED_A                                                                 \
	"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define SEED_B                                                                 \
	"ff02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

/* --- The disk --- */

static struct {
	long fail_at; /* counted down; -1: never */
	bool lasting;
	long num; /* calls that were made */
} disk = {.fail_at = -1};

static bool
fails(void)
{
	disk.num++;
	if (disk.fail_at < 0)
		return false;
	if (disk.fail_at > 0) {
		disk.fail_at--;
		return false;
	}
	if (!disk.lasting)
		disk.fail_at = -1;
	errno = EIO;
	return true;
}

/* Half of what fails is on the disk all the same. */
ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	bool failed = fails();

	if (failed && len > 1)
		(void)syscall(SYS_pwrite64, fd, bytes, len / 2, at);
	return failed ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

int
fsync(int fd)
{
	return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails()
	    ? -1
	    : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fails()
	    ? -1
	    : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int
unlinkat(int dir, const char *name, int flags)
{
	return fails() ? -1 : (int)syscall(SYS_unlinkat, dir, name, flags);
}

/* --- The folder --- */

struct fixture {
	char path[64];
	int keys;
};

static void
clear(const struct fixture *f)
{
	static const char *const names[] = {
	    "scopes", "scopes.new", "scopes.old", "other"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)syscall(SYS_unlinkat, f->keys, names[i], 0);
}

static int
start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || crypto_init().code != ERR_OK)
		return -1;
	snprintf(f->path, sizeof(f->path), "/tmp/scope_store.XXXXXX");
	if (mkdtemp(f->path) == NULL)
		return -1;
	f->keys = open(f->path, O_RDONLY | O_DIRECTORY);
	*state = f;
	return f->keys >= 0 ? 0 : -1;
}

static int
stop(void **state)
{
	struct fixture *f = *state;

	clear(f);
	close(f->keys);
	(void)rmdir(f->path);
	free(f);
	return 0;
}

static int
begin(void **state)
{
	clear(*state);
	disk.fail_at = -1;
	return 0;
}

static struct scope
scope(void)
{
	return (struct scope){span_str("a"), span_str("b"), span_str("c")};
}

/* Scope a:b:c with one live epoch of SEED_A. */
static void
make(const struct fixture *f)
{
	struct scope_store store;
	struct scope a = scope();

	expect_ok(scope_store_open(&store, f->keys));
	assert_false(store.is_there);
	expect_ok(scope_file_open(&store.file, &a, span_str(SEED_A), 1000));
	expect_ok(scope_store_write(&store));
	scope_store_close(&store);
}

static size_t
count_files(const struct fixture *f)
{
	DIR *dir = opendir(f->path);
	struct dirent *entry;
	size_t num = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		num += entry->d_name[0] != '.';
	closedir(dir);
	return num;
}

static size_t
read_file(char out[4096], int fd)
{
	ssize_t len = pread(fd, out, 4095, 0);

	assert_true(len >= 0);
	out[len] = '\0';
	return (size_t)len;
}

/* --- Tests --- */

static void
scope_store__keeps_what_was_written(void **state)
{
	struct fixture *f = *state;
	struct scope_store store;
	struct scope a = scope();
	struct stat st;

	make(f);
	assert_int_equal(fstatat(f->keys, "scopes", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	expect_ok(scope_store_open(&store, f->keys));
	assert_true(store.is_there);
	struct scope_entry *entry = scope_file_current(&store.file, &a);
	assert_non_null(entry);
	expect_span(entry->seed, SEED_A);
	expect_ok(scope_store_sync(&store));
	expect_ok(scope_file_open(&store.file, &a, span_str(SEED_B), 1001));
	expect_ok(scope_store_write(&store));
	scope_store_close(&store);
	/* The one before is there for a keeper that comes again. */
	assert_int_equal(count_files(f), 2);
	expect_ok(scope_store_open(&store, f->keys));
	assert_int_equal(scope_file_current(&store.file, &a)->epoch, 2);
	expect_ok(scope_store_erase(&store));
	scope_store_close(&store);
	assert_int_equal(count_files(f), 1);
}

static void
scope_store_open__refuses_what_is_not_its_own(void **state)
{
	struct fixture *f = *state;
	struct scope_store store;

	make(f);
	assert_int_equal(fchmodat(f->keys, "scopes", 0640, 0), 0);
	expect_err(DENIED, scope_store_open(&store, f->keys));
	scope_store_close(&store);
	clear(f);
	assert_int_equal(symlinkat("/dev/null", f->keys, "scopes"), 0);
	expect_err(IO, scope_store_open(&store, f->keys));
	scope_store_close(&store);
	clear(f);
	int fd = openat(f->keys, "scopes", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "gatehouse-scopes-v9\n", 20), 20);
	close(fd);
	expect_err(UNSUPPORTED, scope_store_open(&store, f->keys));
	assert_int_equal(store.line, 1);
	scope_store_close(&store);
}

/* Who changes it while another one does waits for his turn. */
static void
scope_store_open__is_of_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct scope_store store;
	int done[2], status;

	make(f);
	assert_int_equal(pipe(done), 0);
	expect_ok(scope_store_open(&store, f->keys));
	pid_t other = fork();
	if (other == 0) {
		struct scope_store theirs;
		close(store.dir); /* the lock is of both */
		bool ok = scope_store_open(&theirs, f->keys).code == ERR_OK &&
		    write(done[1], "x", 1) == 1;
		_exit(ok ? 0 : 1);
	}
	struct scope a = scope();
	expect_ok(scope_file_open(&store.file, &a, span_str(SEED_B), 1001));
	expect_ok(scope_store_write(&store));
	assert_int_equal(fcntl(done[0], F_SETFL, O_NONBLOCK), 0);
	char byte;
	assert_int_equal(read(done[0], &byte, 1), -1);
	scope_store_close(&store);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
	close(done[0]);
	close(done[1]);
}

/* A change, and whether it came to its end. */
static struct err
destroy(const struct fixture *f)
{
	struct scope_store store;
	struct scope a = scope();
	struct err err = scope_store_open(&store, f->keys);

	if (err.code == ERR_OK) {
		scope_file_destroy(scope_file_current(&store.file, &a), 2000);
		err = scope_store_write(&store);
	}
	if (err.code == ERR_OK)
		err = scope_store_erase(&store);
	scope_store_close(&store);
	return err;
}

/* Whole, of before or of after. Returns whether the seed is there. */
static bool
is_live(const struct fixture *f)
{
	struct scope_store store;
	struct scope a = scope();

	expect_ok(scope_store_open(&store, f->keys));
	struct scope_entry *entry = scope_file_current(&store.file, &a);
	assert_non_null(entry);
	assert_int_equal(entry->epoch, 1);
	assert_int_equal(entry->since_s, 1000);
	bool live = entry->seed.len > 0;
	scope_store_close(&store);
	return live;
}

static void
fail_each(const struct fixture *f, bool lasting)
{
	char was[4096], text[4096];
	bool ended = false;
	long num_cases = 0;

	for (long nth = 0; !ended; nth++) {
		clear(f);
		make(f);
		int before = openat(f->keys, "scopes", O_RDONLY);
		size_t len = read_file(was, before);
		assert_non_null(strstr(was, SEED_A));

		disk.fail_at = nth;
		disk.lasting = lasting;
		struct err err = destroy(f);
		ended = disk.fail_at > 0;
		disk.fail_at = -1;
		if (ended)
			assert_int_equal(err.code, ERR_OK);
		num_cases++;
		if (err.code == ERR_OK)
			assert_false(is_live(f));
		else if (is_live(f))
			expect_ok(destroy(f));
		/* What was cut off is brought to its end, however far it was.
		 */
		struct scope_store store;
		expect_ok(scope_store_open(&store, f->keys));
		expect_ok(scope_store_erase(&store));
		scope_store_close(&store);
		assert_false(is_live(f));
		assert_int_equal(count_files(f), 1);
		assert_int_equal(read_file(text, before), len);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(text[i], 0);
		close(before);
	}
	assert_true(num_cases > 8);
}

static void
scope_store__is_old_or_new_when_a_call_fails(void **state)
{
	fail_each(*state, false);
}

static void
scope_store__is_old_or_new_when_all_ends(void **state)
{
	fail_each(*state, true);
}

/* It was given a second name, and nothing else happened yet: that name is not
 * overwritten, for it is the file that holds. */
static void
scope_store_erase__spares_what_is_in_force(void **state)
{
	struct fixture *f = *state;
	struct scope_store store;

	make(f);
	assert_int_equal(
	    linkat(f->keys, "scopes", f->keys, "scopes.old", 0), 0);
	expect_ok(scope_store_open(&store, f->keys));
	expect_ok(scope_store_erase(&store));
	scope_store_close(&store);
	assert_true(is_live(f));
	assert_int_equal(count_files(f), 1);
}

static void
scope_store_draw__gives_another_each_time(void **state)
{
	char a[SCOPE_FILE_SEED + 1], b[SCOPE_FILE_SEED + 1];

	(void)state;
	scope_store_draw(a);
	scope_store_draw(b);
	assert_int_equal(strlen(a), SCOPE_FILE_SEED);
	assert_string_not_equal(a, b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(scope_store__keeps_what_was_written, begin),
	    cmocka_unit_test_setup(
		scope_store_open__refuses_what_is_not_its_own, begin),
	    cmocka_unit_test_setup(
		scope_store_open__is_of_one_at_a_time, begin),
	    cmocka_unit_test_setup(
		scope_store__is_old_or_new_when_a_call_fails, begin),
	    cmocka_unit_test_setup(
		scope_store__is_old_or_new_when_all_ends, begin),
	    cmocka_unit_test_setup(
		scope_store_erase__spares_what_is_in_force, begin),
	    cmocka_unit_test(scope_store_draw__gives_another_each_time),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
