#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/origin/dir_origin.h"

/* A fresh folder "root" with a secret beside it, as the origin's neighbour. */
static char place[] = "/tmp/gatehouse-origin-XXXXXX";
static int top = -1, root = -1;

static void
put_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
set_up(void **state)
{
	static const char *const folders[] = {"root", "root/d", "root/d/e",
	    "root/2024", "root/2025", "root/2025/deep", "root/_tmp", "out"};
	static const char *const files[] = {"root/a.csv", "root/b.csv",
	    "root/d/x.csv", "root/d/e/y.csv", "root/2024/p.csv",
	    "root/2024/q.jsonl", "root/2025/p.csv", "root/2025/deep/z.csv",
	    "root/_tmp/p.csv", "root/2024/_SUCCESS", "root/2025/_p.csv",
	    "root/2025/bad\xff.csv", "root/2025/ctl\x01.csv", "out/secret"};

	(void)state;
	if (mkdtemp(place) == NULL)
		return 1;
	top = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdirat(top, folders[i], 0700), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put_file(top, files[i], files[i]);
	assert_int_equal(symlinkat("../out/secret", top, "root/link.csv"), 0);
	assert_int_equal(symlinkat("a.csv", top, "root/inner.csv"), 0);
	assert_int_equal(symlinkat("../out", top, "root/folder"), 0);
	assert_int_equal(symlinkat("/proc/self/root", top, "root/magic"), 0);
	assert_int_equal(mkfifoat(top, "root/fifo.csv", 0600), 0);
	root = openat(top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0;
}

static void
remove_all(int dir, const char *const *names, int flags)
{
	for (size_t i = 0; names[i] != NULL; i++)
		(void)unlinkat(dir, names[i], flags);
}

static int
tear_down(void **state)
{
	static const char *const files[] = {"root/a.csv", "root/b.csv",
	    "root/d/x.csv", "root/d/e/y.csv", "root/2024/p.csv",
	    "root/2024/q.jsonl", "root/2025/p.csv", "root/2025/deep/z.csv",
	    "root/_tmp/p.csv", "root/2024/_SUCCESS", "root/2025/_p.csv",
	    "root/2025/bad\xff.csv", "root/2025/ctl\x01.csv", "out/secret",
	    "root/link.csv", "root/inner.csv", "root/folder", "root/magic",
	    "root/fifo.csv", NULL};
	static const char *const folders[] = {"out", "root/_tmp",
	    "root/2025/deep", "root/2025", "root/2024", "root/d/e", "root/d",
	    "root", NULL};

	(void)state;
	remove_all(top, files, 0);
	remove_all(top, folders, AT_REMOVEDIR);
	close(root);
	close(top);
	return rmdir(place);
}

static struct err
open_key(struct span key)
{
	struct dir_origin_file file;
	int fd = -1;
	struct err err = dir_origin_open(root, key, &fd, &file);

	assert_true((err.code == ERR_OK) == (fd >= 0));
	if (fd >= 0)
		close(fd);
	return err;
}

static void
dir_origin_open__opens_what_lies_beneath(void **state)
{
	struct dir_origin_file file;
	char text[32] = {0};
	int fd;

	(void)state;
	expect_ok(dir_origin_open(root, span_str("d/e/y.csv"), &fd, &file));
	assert_int_equal(read(fd, text, sizeof(text)), 14);
	assert_string_equal(text, "root/d/e/y.csv");
	assert_int_equal(file.size, 14);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_in_range(
	    file.mtime_ns / 1000000000, time(NULL) - 60, time(NULL));
	close(fd);
	expect_err(NOT_FOUND, open_key(span_str("none.csv")));
	expect_err(NOT_FOUND, open_key(span_str("a.csv/x")));
}

static void
dir_origin_open__never_leaves_the_directory(void **state)
{
	static const char *const keys[] = {"..", "../out/secret", "/etc/passwd",
	    "//etc/passwd", "d/../../out/secret", "d/..", "./a.csv",
	    "d/./x.csv", "d//x.csv", "d/x.csv/", "/", "", ".", "d/",
	    "d/../a.csv", "%2e%2e/out/secret", "%252e%252e/out/secret",
	    "..%2fout/secret", "..\\out\\secret", "\xc0\xae\xc0\xae/out/secret",
	    "\xe0\x80\xae\xe0\x80\xae/out/secret", "..\xc0\xaf/out/secret",
	    "\xc0\xaf/etc/passwd", "\xf0\x80\x80\xae./out/secret",
	    "\xef\xbc\x8e\xef\xbc\x8e/out/secret", "a.csv\n", "a.csv\x7f",
	    "\xed\xa0\x80.csv", "\xf4\x90\x80\x80.csv", "\xc2\x85.csv", "\xc2",
	    "link.csv", "inner.csv", "folder/secret", "folder", "magic",
	    "magic/etc/passwd", "fifo.csv", "d", "2024"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct err err = open_key(span_str(keys[i]));
		if (err.code != ERR_MALFORMED && err.code != ERR_DENIED &&
		    err.code != ERR_NOT_FOUND)
			fail_msg("key %zu: %s", i, err_name(err.code));
	}
	/* A NUL would cut the name for the kernel. */
	expect_err(MALFORMED, open_key(span_of("a.csv\0.age", 10)));
	expect_err(MALFORMED, open_key(span_of("\0", 1)));
	expect_err(DENIED, open_key(span_str("link.csv")));
	expect_err(DENIED, open_key(span_str("inner.csv")));
	expect_err(DENIED, open_key(span_str("magic/etc/passwd")));
	expect_err(DENIED, open_key(span_str("fifo.csv")));
	/* The descriptor of another folder, given by number, is no way out. */
	expect_err(NOT_FOUND, open_key(span_str("proc/self/fd/3")));
}

static void
dir_origin_open__does_not_cross_into_another_file_system(void **state)
{
	struct dir_origin_file file;
	int fd = -1, slash = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	expect_err(DENIED,
	    dir_origin_open(slash, span_str("proc/version"), &fd, &file));
	assert_int_equal(fd, -1);
	close(slash);
}

/* Overlong forms, surrogates, beyond U+10FFFF, cut off, and controls. */
static void
dir_origin_check_key__refuses_what_is_no_text(void **state)
{
	static const char *const bad[] = {"\xc0\xae\xc0\xae/x", "\xc1\xbf",
	    "\xe0\x80\xae", "\xe0\x9f\xbf", "\xf0\x80\x80\xae",
	    "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\x80", "\xc3",
	    "\xe2\x82", "\xf0\x9f\x98", "\xc3(", "\xe2(\xa1", "\xc2\x80",
	    "\xc2\x9f", "\x01", "\x1f", "\x7f", "a\tb", "a\rb", "a//b", "/a",
	    "a/", ".", "..", "a/.", "a/..", "./a", "../a"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (dir_origin_check_key(span_str(bad[i])).code !=
		    ERR_MALFORMED)
			fail_msg("key %zu passed", i);
}

static void
dir_origin_check_key__knows_utf8_and_lengths(void **state)
{
	uint8_t key[ORIGIN_MAX_KEY + 1];

	(void)state;
	expect_ok(dir_origin_check_key(span_str("a")));
	expect_ok(dir_origin_check_key(span_str("...")));
	expect_ok(dir_origin_check_key(span_str("..a/.b")));
	expect_ok(dir_origin_check_key(
	    span_str("\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x98\x80 \xc2\xa0")));
	memset(key, 'k', sizeof(key));
	expect_err(TOO_BIG, dir_origin_check_key(span_of(key, 256)));
	for (size_t i = 200; i < sizeof(key); i += 200)
		key[i] = '/';
	expect_ok(dir_origin_check_key(span_of(key, ORIGIN_MAX_KEY)));
	expect_err(TOO_BIG, dir_origin_check_key(span_of(key, sizeof(key))));
}

static void
dir_origin_stat__version_changes_with_the_file(void **state)
{
	struct dir_origin_file a, again, b;

	(void)state;
	expect_ok(dir_origin_stat(root, span_str("a.csv"), &a));
	expect_ok(dir_origin_stat(root, span_str("a.csv"), &again));
	assert_memory_equal(&a, &again, sizeof(a));
	expect_ok(dir_origin_stat(root, span_str("b.csv"), &b));
	assert_memory_not_equal(a.version, b.version, 32);
	/* Same length, old times put back: the change time still tells. */
	struct timespec old[2] = {{.tv_nsec = UTIME_OMIT},
	    {.tv_sec = (time_t)(a.mtime_ns / 1000000000),
		.tv_nsec = (long)(a.mtime_ns % 1000000000)}};
	usleep(20000);
	put_file(root, "a.csv", "ROOT/A.CSV");
	assert_int_equal(utimensat(root, "a.csv", old, 0), 0);
	expect_ok(dir_origin_stat(root, span_str("a.csv"), &again));
	assert_int_equal(again.size, a.size);
	assert_int_equal(again.mtime_ns, a.mtime_ns);
	assert_memory_not_equal(a.version, again.version, 32);
	/* An open file that is written to is another one afterwards. */
	int fd;
	expect_ok(dir_origin_open(root, span_str("a.csv"), &fd, &a));
	usleep(20000);
	put_file(root, "a.csv", "ROOT/B.CSV");
	expect_ok(dir_origin_identify(fd, span_str("a.csv"), &again));
	assert_memory_not_equal(a.version, again.version, 32);
	close(fd);
}

/* The pattern's keys, joined by a space, and how many were skipped. */
static void
expect_list(const char *pattern, const char *keys, size_t skipped)
{
	struct dir_origin_list list;
	char joined[512] = "";
	size_t len = 0;

	expect_ok(dir_origin_list(root, span_str(pattern), &list));
	for (size_t i = 0; i < list.num_entries; i++) {
		struct dir_origin_file file;
		struct span key = list.entries[i].key;
		memcpy(joined + len, key.data, key.len);
		len += key.len;
		joined[len++] = ' ';
		/* What is listed is what is opened. */
		expect_ok(dir_origin_stat(root, key, &file));
		assert_memory_equal(&file, &list.entries[i].file, sizeof(file));
	}
	joined[len] = '\0';
	assert_string_equal(joined, keys);
	assert_int_equal(list.num_skipped, skipped);
	dir_origin_list_done(&list);
	dir_origin_list_done(&list);
}

static void
dir_origin_list__goes_as_deep_as_the_pattern(void **state)
{
	(void)state;
	expect_list("*.csv", "a.csv b.csv ", 3); /* two links, one FIFO */
	expect_list("a.csv", "a.csv ", 0);
	expect_list("none/*.csv", "", 0);
	expect_list("a.csv/*", "", 0);
	expect_list("link.csv", "", 1);
	expect_list("folder/*", "", 1);
	expect_list("2024/*", "2024/p.csv 2024/q.jsonl ", 1);
	/* links to folders count, for files would lie behind them */
	expect_list("20*/*.csv", "2024/p.csv 2025/p.csv ", 3);
	expect_list("*/deep/*", "2025/deep/z.csv ", 6);
	expect_list("d/*/y*", "d/e/y.csv ", 0);
	expect_list("*5/*e*p/*.*v", "2025/deep/z.csv ", 0);
	expect_list("**a**.c*v*", "a.csv ", 0);
	expect_list("2025", "", 0);
}

static void
dir_origin_list__refuses_a_pattern_that_is_no_key(void **state)
{
	static const char *const bad[] = {
	    "", "/", "/a", "a/", "../*", "a//b", "*/../*", "a/./*", "*\n"};
	struct dir_origin_list list;
	char deep[200] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_err(
		    MALFORMED, dir_origin_list(root, span_str(bad[i]), &list));
	for (size_t i = 0; i <= ORIGIN_MAX_SEGMENTS; i++)
		memcpy(deep + 2 * i, "*/", 2);
	expect_err(TOO_BIG,
	    dir_origin_list(
		root, span_of(deep, 2 * ORIGIN_MAX_SEGMENTS + 1), &list));
}

static void
dir_origin_fits__is_what_a_listing_would_show(void **state)
{
	static const struct {
		const char *pattern, *key;
		bool fits;
	} rows[] = {
	    {"*.csv", "a.csv", true},
	    {"*.csv", "a.csv.gz", false},
	    {"*.csv", "d/x.csv", false},
	    {"*.csv", "a.txt", false},
	    {"*.csv", "_a.csv", false},
	    {"*.csv", "", false},
	    {"*/*.csv", "a.csv", false},
	    {"*/*.csv", "2025/p.csv", true},
	    {"*/*.csv", "2025/_p.csv", false},
	    {"*/*.csv", "_tmp/p.csv", false},
	    {"*/*.csv", "2025/deep/z.csv", false},
	    {"20*/part-*-of-*.gz", "2025/part-1-of-2.gz", true},
	    {"20*/part-*-of-*.gz", "2125/part-1-of-2.gz", false},
	    {"a.csv", "a.csv", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (dir_origin_fits(span_str(rows[i].pattern),
			span_str(rows[i].key)) != rows[i].fits)
			fail_msg("%s: %s", rows[i].pattern, rows[i].key);
	assert_false(dir_origin_fits(span_of(NULL, 0), span_str("a.csv")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dir_origin_open__opens_what_lies_beneath),
	    cmocka_unit_test(dir_origin_open__never_leaves_the_directory),
	    cmocka_unit_test(
		dir_origin_open__does_not_cross_into_another_file_system),
	    cmocka_unit_test(dir_origin_check_key__refuses_what_is_no_text),
	    cmocka_unit_test(dir_origin_check_key__knows_utf8_and_lengths),
	    cmocka_unit_test(dir_origin_list__goes_as_deep_as_the_pattern),
	    cmocka_unit_test(dir_origin_list__refuses_a_pattern_that_is_no_key),
	    cmocka_unit_test(dir_origin_fits__is_what_a_listing_would_show),
	    cmocka_unit_test(dir_origin_stat__version_changes_with_the_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
