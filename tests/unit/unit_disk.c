/*
 * disk: what the ledger does when the folder is not as it left it: names that
 * are other things, paths that are too long, descriptors that do not take what
 * is asked. A lack of space alone may pass; all else is an error for good.
 */
#include "tests/harness/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/ledgerbox.h"
#include "tests/harness/sweep.h"

static char path[200];
static int dir;

static int
make_folder(void **state)
{
	const char *tmp = getenv("GATEHOUSE_TEST_TMP");

	(void)state;
	(void)snprintf(
	    path, sizeof(path), "%s/disk.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) == NULL)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	close(dir);
	ledgerbox_remove(path);
	return 0;
}

/* A path of `len` bytes below a folder of its own. */
static const char *
long_path(size_t len)
{
	static char text[1024];

	memset(text, 'x', sizeof(text));
	for (size_t i = 100; i < len; i += 100)
		text[i] = '/';
	text[len] = '\0';
	return text;
}

static void
disk_read__tells_missing_from_unreadable(void **state)
{
	struct buf out = {.max = 4};
	bool there = true;

	(void)state;
	expect_ok(disk_replace(dir, "file", span_str("1234")));
	expect_ok(disk_read(dir, "file", &out));
	expect_span(buf_span(&out), "1234");
	expect_err(NOT_FOUND, disk_read(dir, "none", &out));
	expect_err(NOT_FOUND, disk_read(dir, "file/below", &out));
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	expect_err(IO, disk_read(dir, "link", &out));
	assert_int_equal(mkdirat(dir, "folder", 0700), 0);
	expect_err(IO, disk_read(dir, "folder", &out));
	assert_int_equal(out.len, 4);
	buf_reset(&out);
	expect_ok(disk_replace(dir, "file", span_str("12345")));
	expect_err(TOO_BIG, disk_read(dir, "file", &out));
	assert_int_equal(out.len, 0);
	buf_done(&out);

	expect_ok(disk_exists(dir, "none", &there));
	assert_false(there);
	expect_ok(disk_exists(dir, "link", &there));
	assert_true(there);
	expect_err(IO, disk_exists(dir, "file/below", &there));
}

static struct err
read_once(void *context, struct buf *out, struct arena *arena)
{
	(void)context, (void)arena;
	return disk_read(dir, "swept", out);
}

static void
disk_read__says_when_there_is_no_memory(void **state)
{
	(void)state;
	expect_ok(disk_replace(dir, "swept", span_str("some bytes")));
	assert_true(
	    sweep_allocations(read_once, NULL) > 0 || !failalloc_works());
}

static void
disk_read_at__fails_on_what_cannot_be_read(void **state)
{
	struct buf out = {.max = 100};
	int ends[2];

	(void)state;
	expect_ok(buf_append_str(&out, "before"));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	expect_err(IO, disk_read_at(ends[0], &out, 10, 0)); /* ESPIPE */
	expect_err(IO, disk_read_at(-1, &out, 10, 0));
	expect_span(buf_span(&out), "before");
	/* Nor are they written, or synced. */
	expect_err(IO, disk_write(ends[1], span_str("x"), 0));
	expect_err(IO, disk_sync(ends[1]));
	close(ends[0]);
	close(ends[1]);
	buf_done(&out);
}

static void
disk_replace__leaves_what_was_there(void **state)
{
	struct buf out = {.max = 100};

	(void)state;
	expect_ok(disk_replace(dir, "a/b/c/deep", span_str("one")));
	expect_ok(disk_replace(dir, "a/b/c/deep", span_str("two")));
	expect_ok(disk_read(dir, "a/b/c/deep", &out));
	expect_span(buf_span(&out), "two");
	/* A file stands where a folder should, a folder where a file should. */
	expect_err(IO, disk_replace(dir, "a/b/c/deep/er", span_str("x")));
	expect_err(IO, disk_replace(dir, "a/b", span_str("x")));
	buf_reset(&out);
	expect_ok(disk_read(dir, "a/b/c/deep", &out));
	expect_span(buf_span(&out), "two");
	buf_done(&out);
	/* The name of an unfinished file is a link: it is not followed. */
	(void)unlinkat(dir, "unfinished", 0);
	assert_int_equal(symlinkat("a/b/c/deep", dir, "unfinished"), 0);
	expect_err(IO, disk_replace(dir, "new", span_str("x")));
	assert_int_equal(unlinkat(dir, "unfinished", 0), 0);
	expect_err(IO, disk_replace(-1, "new", span_str("x")));
}

static void
disk_sync_parent__wants_a_folder_that_is_there(void **state)
{
	(void)state;
	expect_ok(disk_sync_parent(dir, "name"));
	expect_err(IO, disk_sync_parent(dir, "none/name"));
	expect_err(TOO_BIG, disk_sync_parent(dir, long_path(600)));
	expect_err(TOO_BIG, disk_replace(dir, long_path(600), span_str("x")));
	assert_true(disk_same_parent("a/b", "a/c"));
	assert_true(disk_same_parent("a", "b"));
	assert_false(disk_same_parent("a/b", "b"));
	assert_false(disk_same_parent("a/b", "c/b"));
}

static void
disk_error__knows_a_lack_of_space(void **state)
{
	(void)state;
	errno = ENOSPC;
	expect_err(NO_SPACE, disk_error());
	errno = EDQUOT;
	expect_err(NO_SPACE, disk_error());
	errno = EIO;
	expect_err(IO, disk_error());
	errno = EROFS;
	expect_err(IO, disk_error());
}

static void
journal_create__leaves_no_half_of_one(void **state)
{
	bool there;

	(void)state;
	expect_err(IO, journal_create(-1, JOURNAL_PAGE));
	/* Its name is taken by a folder that is not empty. */
	assert_int_equal(mkdirat(dir, JOURNAL_PATH, 0700), 0);
	assert_int_equal(mkdirat(dir, JOURNAL_PATH "/x", 0700), 0);
	expect_err(IO, journal_create(dir, JOURNAL_PAGE));
	expect_ok(disk_exists(dir, "journal.new", &there));
	assert_false(there);
	assert_int_equal(unlinkat(dir, JOURNAL_PATH "/x", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(dir, JOURNAL_PATH, AT_REMOVEDIR), 0);
	expect_ok(journal_create(dir, JOURNAL_PAGE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(disk_read__tells_missing_from_unreadable),
	    cmocka_unit_test(disk_read__says_when_there_is_no_memory),
	    cmocka_unit_test(disk_read_at__fails_on_what_cannot_be_read),
	    cmocka_unit_test(disk_replace__leaves_what_was_there),
	    cmocka_unit_test(disk_sync_parent__wants_a_folder_that_is_there),
	    cmocka_unit_test(disk_error__knows_a_lack_of_space),
	    cmocka_unit_test(journal_create__leaves_no_half_of_one),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
