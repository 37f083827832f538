#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/memory/secret_fd.h"
#include "crypto/root_check.h"
#include "crypto/root_seal.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f"
#define HEAD "gatehouse-root-v2 "
#define CHECK "check " HEX32 "\n"
#define SALT "salt " HEX32 "\n"
#define HEX60 HEX32 HEX32 HEX32 "000102030405060708090a0b"
#define HEX72 HEX60 "0c0d0e0f0a0b0c0d0e0f0a0b"
#define WRAPPED "wrapped vault:v12:AAab/+09==\n"
#define SEALED "sealed " HEX72 "\n"

static const uint8_t root[ROOT_LEN] = {0xaa, 1, 2, 3};

static void
root_file_parse__reads_what_it_writes(void **state)
{
	static const char *const texts[] = {
	    HEAD "none\n" CHECK "root " HEX32 HEX32 "\n",
	    HEAD "passphrase\n" CHECK "argon2id 262144 3\n" SALT SEALED,
	    HEAD "systemd\n" CHECK SALT SEALED,
	    HEAD "pkcs11\n" CHECK "sealed " HEX60 "\n",
	    HEAD "vault\n" CHECK WRAPPED SALT SEALED,
	};

	(void)state;
	for (unsigned i = 0; i < NUM_ROOT_PROVIDERS; i++) {
		struct buf again CLEANUP(buf_wipe) = {.max = ROOT_FILE_MAX};
		struct root_file file;
		expect_ok(root_file_parse(&file, span_str(texts[i])));
		assert_int_equal(file.provider, i);
		assert_true(file.has_check && file.check[15] == 15);
		expect_ok(root_file_write(&again, &file));
		assert_true(span_equal_str(buf_span(&again), texts[i]));
	}
}

/* One line each, for who has to mend it. */
static void
root_file_parse__tells_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
	    {"", ERR_TRUNCATED},
	    {"gatehouse-root-v1 none " HEX32 HEX32, ERR_TRUNCATED},
	    {"gatehouse-root-v1 none " HEX32 "\n", ERR_MALFORMED},
	    {"gatehouse-root-v1 none\n", ERR_MALFORMED},
	    {"gatehouse-root-v1 tpm " HEX32 HEX32 "\n", ERR_UNSUPPORTED},
	    {"gatehouse-root-v1 none " HEX32 HEX32 "\n\n", ERR_MALFORMED},
	    {"gatehouse-root-v2 none " HEX32 HEX32 "\n", ERR_MALFORMED},
	    {"gatehouse-root-v3 none\n", ERR_UNSUPPORTED},
	    {HEAD "tpm\n" CHECK, ERR_UNSUPPORTED},
	    {HEAD "none\n", ERR_TRUNCATED},
	    {HEAD "none\n" CHECK, ERR_TRUNCATED},
	    {HEAD "none\n" CHECK "root " HEX32 "\n", ERR_MALFORMED},
	    {HEAD "none\n" CHECK "sealed " HEX32 HEX32 "\n", ERR_MALFORMED},
	    {HEAD "none\n" CHECK "root " HEX32 HEX32 "\n\n", ERR_MALFORMED},
	    {HEAD "pkcs11\n" CHECK "sealed " HEX72 "\n", ERR_MALFORMED},
	    {HEAD "systemd\n" CHECK SEALED, ERR_MALFORMED},
	    {HEAD "vault\n" CHECK SALT SEALED, ERR_MALFORMED},
	    {HEAD "vault\n" CHECK WRAPPED SEALED, ERR_MALFORMED},
	    {HEAD "vault\n" CHECK WRAPPED SALT, ERR_TRUNCATED},
	    {HEAD "vault\n" CHECK "wrapped vault:v0:AA==\n", ERR_MALFORMED},
	    {HEAD "vault\n" CHECK "wrapped vault:v01:AA==\n", ERR_MALFORMED},
	    {HEAD "vault\n" CHECK "wrapped vault:v1:\n", ERR_MALFORMED},
	    {HEAD "vault\n" CHECK "wrapped vault:v1\n", ERR_MALFORMED},
	    {HEAD "vault\n" CHECK "wrapped vault:v1:A A=\n", ERR_MALFORMED},
	    {HEAD "vault\n" CHECK "wrapped vault:v1:A\"A=\n", ERR_MALFORMED},
	    {HEAD "vault\n" CHECK "wrapped bao:v1:AA==\n", ERR_MALFORMED},
	};
	struct root_file file;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err =
		    root_file_parse(&file, span_str(cases[i].text));
		if (err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].text, err_name(err.code));
	}
}

static void
root_file_set_wrapped__takes_what_fits(void **state)
{
	char text[ROOT_MAX_WRAPPED + 2] = "vault:v1:";
	struct root_file file = {.provider = ROOT_VAULT};

	(void)state;
	memset(text + 9, 'A', ROOT_MAX_WRAPPED - 8);
	expect_err(TOO_BIG,
	    root_file_set_wrapped(&file, span_of(text, ROOT_MAX_WRAPPED + 1)));
	assert_int_equal(file.wrapped[0], 0);
	expect_ok(
	    root_file_set_wrapped(&file, span_of(text, ROOT_MAX_WRAPPED)));
	assert_int_equal(strlen(file.wrapped), ROOT_MAX_WRAPPED);
	/* Nothing of a longer one is left behind a shorter one. */
	expect_ok(root_file_set_wrapped(&file, span_str("vault:v1:AA==")));
	assert_string_equal(file.wrapped, "vault:v1:AA==");
}

/* Who can write the file cannot make the machine swap for an hour. */
static void
root_file_parse__bounds_what_a_file_may_ask(void **state)
{
	static const struct {
		const char *cost;
		enum err_code code;
	} cases[] = {
	    {"8192 1", ERR_OK},
	    {"1048576 4", ERR_OK},
	    {"65536 64", ERR_OK},
	    {"1048576 5", ERR_TOO_BIG},
	    {"1048577 1", ERR_TOO_BIG},
	    {"8192 65", ERR_TOO_BIG},
	    {"4294967295 4294967295", ERR_TOO_BIG},
	    {"4294967296 1", ERR_TOO_BIG},
	    {"8191 1", ERR_MALFORMED},
	    {"8192 0", ERR_MALFORMED},
	    {"8192", ERR_MALFORMED},
	    {"08192 1", ERR_MALFORMED},
	    {"8192 1 1", ERR_MALFORMED},
	};
	char text[512];
	struct root_file file;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
		    HEAD "passphrase\n" CHECK "argon2id %s\n" SALT SEALED,
		    cases[i].cost);
		struct err err = root_file_parse(&file, span_str(text));
		if (err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].cost, err_name(err.code));
	}
}

static int
file_of(const char *text)
{
	int fd = memfd_create("root", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
root_file_head__reads_no_root(void **state)
{
	static const char open[] = HEAD "none\n" CHECK "root " HEX32 HEX32 "\n";
	static const char old[] = "gatehouse-root-v1 none " HEX32 HEX32 "\n";
	struct root_file head;

	(void)state;
	/* What it would read beyond the head is not there. */
	int fd = file_of(HEAD "none\n" CHECK);
	expect_ok(root_file_head(&head, fd));
	assert_true(head.provider == ROOT_NONE && head.has_check);
	close(fd);
	fd = file_of("gatehouse-root-v1 none ");
	expect_ok(root_file_head(&head, fd));
	assert_true(head.provider == ROOT_NONE && !head.has_check);
	close(fd);
	fd = file_of(open);
	expect_ok(root_file_head(&head, fd));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), strlen(open));
	close(fd);
	fd = file_of(old);
	expect_ok(root_file_head(&head, fd));
	close(fd);
}

static void
root_file_head__tells_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
	    {"", ERR_TRUNCATED},
	    {HEAD "none\n", ERR_TRUNCATED},
	    {HEAD "none", ERR_TRUNCATED},
	    {HEAD "tpm\n" CHECK, ERR_UNSUPPORTED},
	    {"gatehouse-root-v1 tpm " HEX32 "\n", ERR_UNSUPPORTED},
	    {"gatehouse-root-v3 none\n" CHECK, ERR_UNSUPPORTED},
	    {HEAD "none none\n" CHECK, ERR_MALFORMED},
	    {HEAD "none\nroot " HEX32 "\n", ERR_MALFORMED},
	    {"something else\nand more of it\n", ERR_MALFORMED},
	};
	struct root_file head;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = file_of(cases[i].text);
		struct err err = root_file_head(&head, fd);
		if (err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].text, err_name(err.code));
		close(fd);
	}
}

/* --- Sealed --- */

static const struct span words = {
    (const uint8_t *)"correct horse battery staple!!!!", 32};

static void
seal(struct root_file *file, enum root_provider provider)
{
	uint8_t key[32];

	expect_ok(root_begin(file, provider, root));
	if (provider == ROOT_VAULT)
		expect_ok(
		    root_file_set_wrapped(file, span_str("vault:v1:AA==")));
	file->memory_kib = ROOT_MIN_KIB; /* for a test */
	file->passes = 1;
	expect_ok(root_key(key, file, words));
	expect_ok(root_close(file, key, root));
}

static void
root_open__opens_under_the_key_alone(void **state)
{
	static const enum root_provider providers[] = {
	    ROOT_PASSPHRASE, ROOT_SYSTEMD, ROOT_VAULT};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct root_file file, again;
		uint8_t key[32], out[ROOT_LEN] = {0};
		seal(&file, providers[i]);
		seal(&again, providers[i]);
		assert_memory_not_equal(file.salt, again.salt, ROOT_SALT);
		assert_memory_equal(file.check, again.check, ROOT_CHECK);
		expect_ok(root_key(key, &file, words));
		expect_ok(root_open(out, &file, key));
		assert_memory_equal(out, root, ROOT_LEN);
		expect_ok(root_check_verify(file.check, out));
		expect_err(DENIED, root_open(out, &again, key));
		expect_ok(root_key(
		    key, &file, span_str("another horse battery staple!!!!")));
		expect_err(DENIED, root_open(out, &file, key));
	}
}

/* All that stands in the file is what was sealed, or it does not open. */
static void
root_open__is_bound_to_all_of_the_file(void **state)
{
	struct root_file file, other;
	uint8_t key[32], out[ROOT_LEN];

	(void)state;
	seal(&file, ROOT_PASSPHRASE);
	expect_ok(root_key(key, &file, words));
	other = file;
	other.check[0] ^= 1;
	expect_err(DENIED, root_open(out, &other, key));
	other = file;
	other.provider = ROOT_SYSTEMD;
	expect_err(DENIED, root_open(out, &other, key));
	other = file;
	other.passes++;
	expect_err(DENIED, root_open(out, &other, key));
	other = file;
	other.sealed[ROOT_AEAD - 1] ^= 1;
	expect_err(DENIED, root_open(out, &other, key));
	seal(&file, ROOT_VAULT);
	expect_ok(root_key(key, &file, words));
	other = file;
	expect_ok(root_file_set_wrapped(&other, span_str("vault:v1:AB==")));
	expect_err(DENIED, root_open(out, &other, key));
	expect_ok(root_open(out, &file, key));
}

static void
root_key__refuses_a_short_credential(void **state)
{
	struct root_file file;
	uint8_t key[32];

	(void)state;
	expect_ok(root_begin(&file, ROOT_SYSTEMD, root));
	expect_err(USAGE, root_key(key, &file, span_sub(words, 0, 31)));
	expect_ok(root_key(key, &file, words));
}

static void
root_check_verify__knows_another_root(void **state)
{
	uint8_t check[ROOT_CHECK], other[ROOT_LEN] = {0xaa, 1, 2, 4};

	(void)state;
	expect_ok(root_check(check, root));
	expect_ok(root_check_verify(check, root));
	expect_err(CRYPTO, root_check_verify(check, other));
}

/* --- Behind a descriptor --- */

static void
secret_fd_get__reads_what_was_put(void **state)
{
	uint8_t out[SECRET_FD_LEN];
	int fd = -1;

	(void)state;
	expect_ok(secret_fd_make(&fd));
	expect_ok(secret_fd_put(fd, root));
	for (int i = 0; i < 2; i++) {
		memset(out, 0, sizeof(out));
		expect_ok(secret_fd_get(out, fd));
		assert_memory_equal(out, root, SECRET_FD_LEN);
	}
	/* Nobody can cut it under who reads it. */
	assert_int_not_equal(ftruncate(fd, 0), 0);
	close(fd);
}

static void
secret_fd_get__refuses_what_could_shrink(void **state)
{
	uint8_t out[SECRET_FD_LEN];
	int fd = file_of(HEX32); /* 32 bytes, and no seal */

	(void)state;
	expect_err(MALFORMED, secret_fd_get(out, fd));
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	close(fd);
	fd = file_of(HEX32 "0");
	expect_err(MALFORMED, secret_fd_get(out, fd));
	close(fd);
	expect_err(IO, secret_fd_get(out, -1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(root_file_parse__reads_what_it_writes),
	    cmocka_unit_test(root_file_parse__tells_what_is_wrong),
	    cmocka_unit_test(root_file_parse__bounds_what_a_file_may_ask),
	    cmocka_unit_test(root_file_set_wrapped__takes_what_fits),
	    cmocka_unit_test(root_file_head__reads_no_root),
	    cmocka_unit_test(root_file_head__tells_what_is_wrong),
	    cmocka_unit_test(root_open__opens_under_the_key_alone),
	    cmocka_unit_test(root_open__is_bound_to_all_of_the_file),
	    cmocka_unit_test(root_key__refuses_a_short_credential),
	    cmocka_unit_test(root_check_verify__knows_another_root),
	    cmocka_unit_test(secret_fd_get__reads_what_was_put),
	    cmocka_unit_test(secret_fd_get__refuses_what_could_shrink),
	};

	return crypto_init().code == ERR_OK
	    ? cmocka_run_group_tests(tests, NULL, NULL)
	    : 1;
}
