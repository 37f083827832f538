#include "tests/harness/expect.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/memory/secret.h"
#include "tests/harness/failalloc.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* Run in a child what must end it: the signal that did, or 0. */
static int
killed_by(void (*run)(struct secret *), struct secret *secret)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL); /* the sanitizer's would exit(1) */
		signal(SIGBUS, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		run(secret);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
read_closed(struct secret *unused)
{
	struct secret *secret;

	(void)unused;
	if (secret_new(&secret, 32).code != ERR_OK)
		_exit(0);
	volatile uint8_t *bytes = secret_open(secret);
	bytes[0] = 1;
	secret_close(secret);
	(void)bytes[0];
}

static void
read_behind(struct secret *unused)
{
	struct secret *secret;

	(void)unused;
	if (secret_new(&secret, 48).code != ERR_OK)
		_exit(0);
	volatile uint8_t *bytes = secret_open(secret);
	(void)bytes[48];
}

static void
read_in_child(struct secret *secret)
{
	volatile uint8_t *bytes = secret_open(secret);

	/* Gone with the fork, or wiped by it: both are well. */
	if (bytes[0] == 0)
		abort();
}

static void
secret_new__is_zeroed_and_holds_what_is_put(void **state)
{
	const size_t lens[] = {1, 32, 4095, 4096, 4097, 10000};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct secret *secret;
		expect_ok(secret_new(&secret, lens[i]));
		assert_int_equal(secret_len(secret), lens[i]);
		uint8_t *bytes = secret_open(secret);
		for (size_t at = 0; at < lens[i]; at++)
			assert_int_equal(bytes[at], 0);
		memset(bytes, 0x5a, lens[i]);
		secret_close(secret);
		bytes = secret_open(secret);
		for (size_t at = 0; at < lens[i]; at++)
			assert_int_equal(bytes[at], 0x5a);
		secret_close(secret);
		secret_free(secret);
	}
	secret_free(NULL);
}

static void
secret_open__nests(void **state)
{
	struct secret *secret;

	(void)state;
	expect_ok(secret_new(&secret, 32));
	uint8_t *outer = secret_open(secret);
	uint8_t *inner = secret_open(secret);
	assert_ptr_equal(outer, inner);
	secret_close(secret);
	outer[0] = 1;
	secret_close(secret);
	secret_free(secret);
}

static void
secret_close__makes_reading_fatal(void **state)
{
	(void)state;
	assert_int_equal(killed_by(read_closed, NULL), SIGSEGV);
}

static void
secret_open__ends_at_a_guard_page(void **state)
{
	(void)state;
	assert_int_equal(killed_by(read_behind, NULL), SIGSEGV);
}

static void
secret_new__is_not_a_childs(void **state)
{
	struct secret *secret;

	(void)state;
	expect_ok(secret_new(&secret, 32));
	secret_open(secret)[0] = 7;
	assert_int_not_equal(killed_by(read_in_child, secret), 0);
	assert_int_equal(secret_open(secret)[0], 7);
	secret_close(secret);
	secret_close(secret);
	secret_free(secret);
}

/* Without lockable memory neither kind can be had. */
static void
refuse_unlocked(struct secret *unused)
{
	const struct rlimit none = {0, 0};
	struct secret *secret;

	(void)unused;
	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
	    (geteuid() == 0 && seteuid(65534) != 0))
		_exit(0);
	if (secret_new(&secret, 32).code == ERR_NO_MEMORY)
		abort();
}

static void
secret_new__refuses_pages_that_cannot_be_locked(void **state)
{
	(void)state;
#ifdef GATEHOUSE_SANITIZED
	skip(); /* AddressSanitizer answers mlock(2) itself: it never fails */
#endif
	assert_int_equal(killed_by(refuse_unlocked, NULL), SIGABRT);
}

/* Without a descriptor to be had, there is no hidden memory. */
static void
use_fallback(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_NOFILE, &none) != 0)
		_exit(0);
}

static void
hold_without_hidden_memory(struct secret *unused)
{
	struct secret *secret;

	(void)unused;
	use_fallback();
	if (secret_new(&secret, 100).code != ERR_OK ||
	    secret_kernel_hidden(secret))
		_exit(0);
	uint8_t *bytes = secret_open(secret);
	for (size_t i = 0; i < 100; i++)
		if (bytes[i] != 0)
			_exit(0);
	memset(bytes, 0x5a, 100);
	secret_close(secret);
	if (secret_open(secret)[99] != 0x5a)
		_exit(0);
	secret_close(secret);
	secret_free(secret);
	abort(); /* all was well */
}

static void
read_closed_without_hidden_memory(struct secret *unused)
{
	use_fallback();
	read_closed(unused);
}

static void
secret_new__is_as_good_without_hidden_memory(void **state)
{
	(void)state;
	assert_int_equal(killed_by(hold_without_hidden_memory, NULL), SIGABRT);
	assert_int_equal(
	    killed_by(read_closed_without_hidden_memory, NULL), SIGSEGV);
}

static void
secret_new__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct secret *secret = NULL;
		failalloc_arm(n);
		struct err err = secret_new(&secret, 32);
		failed = failalloc_disarm();
		assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
		secret_free(secret);
		assert_true(!failalloc_works() || failed || n > 0);
	}
}

static void
secret_equal__compares_all_bytes(void **state)
{
	(void)state;
	assert_true(secret_equal("abcd", "abcd", 4));
	assert_false(secret_equal("abcd", "abce", 4));
	assert_false(secret_equal("abcd", "bbcd", 4));
	assert_true(secret_equal("a", "b", 0));
}

static void
secret_wipe__wipes_the_stack_copy(void **state)
{
	uint8_t bytes[32], zeros[32] = {0};

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	secret_wipe32(&bytes);
	assert_memory_equal(bytes, zeros, sizeof(bytes));
}

static void
secret_reserve__serves_its_length_and_takes_back_wiped(void **state)
{
	struct secret *a = NULL, *b = NULL, *other = NULL, *again = NULL;

	(void)state;
	expect_ok(secret_reserve(1, 77));
	expect_ok(secret_new(&other, 78));
	expect_ok(secret_new(&a, 77));
	uint8_t *place = secret_open(a);
	memset(place, 0x5a, 77);
	secret_close(a);
	expect_ok(secret_new(&b, 77)); /* the reserve is empty: a new one */
	assert_ptr_not_equal(secret_open(b), place);
	secret_close(b);
	secret_free(a);
	expect_ok(secret_new(&again, 77));
	assert_ptr_equal(secret_open(again), place);
	for (size_t i = 0; i < 77; i++)
		assert_int_equal(place[i], 0);
	memset(place, 0x5a, 77);
	secret_close(again);
	secret_free(again);
	/* A shorter one ends where the longer one did, and is wiped as well. */
	expect_ok(secret_new(&again, 70));
	assert_int_equal(secret_len(again), 70);
	assert_ptr_equal(secret_open(again), place + 7);
	for (size_t i = 0; i < 77; i++)
		assert_int_equal(place[i], 0);
	secret_close(again);
	secret_free(again);
	secret_free(b);
	secret_free(other);
	expect_err(TOO_BIG, secret_reserve(SECRET_MAX_RESERVE + 1, 16));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(secret_new__is_zeroed_and_holds_what_is_put),
	    cmocka_unit_test(secret_open__nests),
	    cmocka_unit_test(secret_close__makes_reading_fatal),
	    cmocka_unit_test(secret_open__ends_at_a_guard_page),
	    cmocka_unit_test(secret_new__is_not_a_childs),
	    cmocka_unit_test(secret_new__refuses_pages_that_cannot_be_locked),
	    cmocka_unit_test(secret_new__is_as_good_without_hidden_memory),
	    cmocka_unit_test(secret_new__survives_each_failed_allocation),
	    cmocka_unit_test(secret_equal__compares_all_bytes),
	    cmocka_unit_test(secret_wipe__wipes_the_stack_copy),
	    cmocka_unit_test(
		secret_reserve__serves_its_length_and_takes_back_wiped),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
