#include "tests/harness/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/version_dir.h"
#include "tests/harness/ledgerbox.h"
#include "tests/harness/vectors.h"

static char state_dir[64];
static int dir = -1;

static int
set_up(void **state)
{
	const char *tmp = getenv("GATEHOUSE_TEST_TMP");

	(void)state;
	(void)snprintf(state_dir, sizeof(state_dir), "%s/version.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(state_dir) == NULL)
		return -1;
	return version_dir_open(&dir, state_dir, true).code == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)close(dir);
	ledgerbox_remove(state_dir);
	return 0;
}

static const struct source_file files[] = {
    {{(const uint8_t *)"policy.yaml", 11}, {(const uint8_t *)"a: 1\n", 5}},
    {{(const uint8_t *)"codes/icd.csv", 13}, {(const uint8_t *)"x,y\n", 4}},
};
static const struct step_signature signatures[] = {
    {{(const uint8_t *)"anna", 4}, {(const uint8_t *)"S", 1}},
};
static const struct version_dir_content content = {.files = files,
    .num_files = 2,
    .statement = {(const uint8_t *)"statement\n", 10},
    .signatures = signatures,
    .num_signatures = 1};

static void
expect_file(uint64_t version, const char *below, const char *bytes)
{
	char path[VERSION_DIR_PATH], folder[128];
	struct buf got CLEANUP(buf_done) = {.max = 64};

	(void)snprintf(folder, sizeof(folder), "%s/policy", state_dir);
	expect_ok(version_dir_path(path, folder, version, below));
	vectors_read_file(&got, path);
	assert_true(span_equal_str(buf_span(&got), bytes));
}

static void
expect_whole(uint64_t version)
{
	expect_file(version, "files/policy.yaml", "a: 1\n");
	expect_file(version, "files/codes/icd.csv", "x,y\n");
	expect_file(version, "statement", "statement\n");
	expect_file(version, "signatures/anna.sig", "S");
}

static uint64_t
highest(void)
{
	uint64_t version = 99;

	expect_ok(version_dir_highest(&version, dir));
	return version;
}

static void
version_dir_write__makes_the_next_and_changes_none(void **state)
{
	(void)state;
	assert_int_equal(highest(), 0);
	expect_ok(version_dir_write(dir, 1, &content));
	expect_ok(version_dir_write(dir, 2, &content));
	expect_err(EXISTS, version_dir_write(dir, 2, &content));
	assert_int_equal(highest(), 2);
	expect_whole(1);
	expect_whole(2);
	for (uint64_t i = 3; i <= 11; i++)
		expect_ok(version_dir_write(dir, i, &content));
	assert_int_equal(highest(), 11);
}

/* What a crash leaves after each step of a write is no version, and in the
 * way of none. */
static void
version_dir_write__survives_its_own_ends(void **state)
{
	static const char *const steps[] = {"", "files/", "files/policy.yaml",
	    "files/codes/", "files/codes/icd.csv", "statement", "signatures/",
	    "signatures/anna.sig"};
	enum {
		NUM = sizeof(steps) / sizeof(steps[0])
	};

	(void)state;
	for (size_t num = 1; num <= NUM; num++) {
		for (size_t i = 0; i < num; i++) {
			char path[256];
			size_t len = strlen(steps[i]);
			bool folder = len == 0 || steps[i][len - 1] == '/';

			(void)snprintf(path, sizeof(path), "%s/policy/.part/%s",
			    state_dir, steps[i]);
			int fd = folder ? mkdir(path, 0700)
					: open(path, O_CREAT | O_WRONLY, 0600);
			assert_true(fd >= 0);
			if (!folder)
				assert_int_equal(close(fd), 0);
		}
		assert_int_equal(highest(), num - 1);
		expect_ok(version_dir_write(dir, num, &content));
		expect_whole(num);
		assert_int_equal(faccessat(dir, ".part", F_OK, 0), -1);
	}
}

static void
version_dir_withdraw__leaves_the_one_before(void **state)
{
	(void)state;
	expect_ok(version_dir_write(dir, 1, &content));
	expect_ok(version_dir_write(dir, 2, &content));
	expect_ok(version_dir_withdraw(dir, 2));
	assert_int_equal(highest(), 1);
	expect_err(IO, version_dir_withdraw(dir, 2));
	expect_ok(version_dir_write(dir, 2, &content));
	expect_whole(2);
}

static void
version_dir_write__stays_in_its_folder(void **state)
{
	static const char *const names[] = {
	    "", "/etc/x", "../x", "a/../x", "a//x", "a/", ".x"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct source_file file = {span_str(names[i]), span_str("x")};
		struct version_dir_content wrong = {
		    .files = &file, .num_files = 1};
		expect_err(MALFORMED, version_dir_write(dir, 1, &wrong));
		assert_int_equal(highest(), 0);
	}
}

/* Names that are no number of ours are nobody's version. */
static void
version_dir_highest__counts_numbers_alone(void **state)
{
	static const char *const names[] = {
	    "007", "-1", "8x", " 9", "99999999999999999999", ".part"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(mkdirat(dir, names[i], 0700), 0);
	assert_int_equal(highest(), 0);
}

static void
version_dir_open__makes_it_only_if_told(void **state)
{
	int other = -1;

	(void)state;
	expect_err(NOT_FOUND, version_dir_open(&other, "/nowhere", true));
	assert_int_equal(unlinkat(AT_FDCWD, state_dir, AT_REMOVEDIR), -1);
	char path[256];
	(void)snprintf(path, sizeof(path), "%s/policy", state_dir);
	expect_err(NOT_FOUND, version_dir_open(&other, path, false));
	assert_int_equal(other, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(version_dir_write__makes_the_next_and_changes_none),
	    TEST(version_dir_write__survives_its_own_ends),
	    TEST(version_dir_withdraw__leaves_the_one_before),
	    TEST(version_dir_write__stays_in_its_folder),
	    TEST(version_dir_highest__counts_numbers_alone),
	    TEST(version_dir_open__makes_it_only_if_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
