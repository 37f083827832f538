#include "tests/harness/expect.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

static void
on_alarm(int number)
{
	(void)number;
}

/* A timer that interrupts each blocking call again and again. */
static void
start_alarms(void)
{
	struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
	struct itimerval often = {
	    .it_interval = {0, 500}, .it_value = {0, 500}};

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void
stop_alarms(void)
{
	struct itimerval never = {.it_value = {0, 0}};

	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
}

static void
sysio_read_full__goes_on_after_signals_and_short_reads(void **state)
{
	int ends[2];
	uint8_t sent[4096], got[4096];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7);
	pid_t child = fork();
	if (child == 0) {
		for (size_t i = 0; i < sizeof(sent); i += 512) {
			usleep(3000);
			if (write(ends[1], sent + i, 512) != 512)
				_exit(1);
		}
		_exit(0);
	}
	start_alarms();
	expect_ok(sysio_read_full(ends[0], got, sizeof(got)));
	stop_alarms();
	assert_memory_equal(sent, got, sizeof(got));
	assert_int_equal(close(ends[1]), 0);
	expect_err(TRUNCATED, sysio_read_full(ends[0], got, 1));
	close(ends[0]);
}

static void
sysio_write_full__goes_on_after_signals_and_short_writes(void **state)
{
	enum {
		LEN = 300000
	};
	int ends[2];
	uint8_t *bytes = calloc(1, LEN);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		size_t total = 0;
		close(ends[1]);
		for (ssize_t n; (n = read(ends[0], bytes, 5000)) > 0;) {
			total += (size_t)n;
			usleep(500);
		}
		_exit(total == LEN ? 0 : 1);
	}
	close(ends[0]);
	start_alarms();
	expect_ok(sysio_write_full(ends[1], span_of(bytes, LEN)));
	stop_alarms();
	close(ends[1]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(bytes);
}

static void
sysio_read__tells_not_ready_from_the_end(void **state)
{
	int ends[2];
	uint8_t byte;
	size_t len = 77;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	expect_err(AGAIN, sysio_read(ends[0], &byte, 1, &len));
	assert_int_equal(len, 77);
	sysio_close(&ends[1]);
	assert_int_equal(ends[1], -1);
	sysio_close(&ends[1]);
	expect_ok(sysio_read(ends[0], &byte, 1, &len));
	assert_int_equal(len, 0);
	sysio_close(&ends[0]);
	expect_err(IO, sysio_read(ends[0], &byte, 1, &len));
}

static void
sysio_write__tells_that_nobody_reads(void **state)
{
	int ends[2];
	size_t len;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	expect_err(CLOSED, sysio_write(ends[1], span_str("x"), &len));
	close(ends[1]);
}

static void
sysio_write_full__tells_a_full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY);

	(void)state;
	if (full < 0)
		skip();
	expect_err(NO_SPACE, sysio_write_full(full, span_str("x")));
	expect_err(NO_SPACE, sysio_pwrite_full(full, span_str("x"), 0));
	close(full);
}

static void
sysio_pread__stops_at_the_end_only(void **state)
{
	int file = memfd_create("sysio", MFD_CLOEXEC);
	uint8_t bytes[16] = {0};
	size_t len;

	(void)state;
	expect_ok(sysio_pwrite_full(file, span_str("0123456789"), 3));
	expect_ok(sysio_pread(file, bytes, sizeof(bytes), 5, &len));
	assert_int_equal(len, 8);
	assert_memory_equal(bytes, "23456789", 8);
	expect_ok(sysio_pread(file, bytes, sizeof(bytes), 100, &len));
	assert_int_equal(len, 0);
	close(file);
}

static void
sysio_monotonic_ms__goes_with_time(void **state)
{
	uint64_t before = sysio_monotonic_ms();

	(void)state;
	usleep(20000);
	uint64_t after = sysio_monotonic_ms();
	assert_in_range(after - before, 19, 5000);
	assert_in_range(sysio_wall_ns() / 1000000000 - time(NULL) + 1, 0, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		sysio_read_full__goes_on_after_signals_and_short_reads),
	    cmocka_unit_test(
		sysio_write_full__goes_on_after_signals_and_short_writes),
	    cmocka_unit_test(sysio_read__tells_not_ready_from_the_end),
	    cmocka_unit_test(sysio_write__tells_that_nobody_reads),
	    cmocka_unit_test(sysio_write_full__tells_a_full_disk),
	    cmocka_unit_test(sysio_pread__stops_at_the_end_only),
	    cmocka_unit_test(sysio_monotonic_ms__goes_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
