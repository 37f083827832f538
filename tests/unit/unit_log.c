#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/base/log.h"
#include "gateway/base/log_report.h"
#include "gateway/base/log_unblock.h"

/* What one event writes to stderr, as a string. */
static char written[2 * LOG_MAX_LINE];

static void
capture(const char *event, const struct log_field *fields, size_t num)
{
	int file = memfd_create("log", MFD_CLOEXEC);
	int saved = dup(STDERR_FILENO);

	assert_true(file >= 0 && saved >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
	log_event(event, fields, num);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	ssize_t len = pread(file, written, sizeof(written) - 1, 0);
	assert_true(len >= 0);
	written[len] = '\0';
	close(file);
	close(saved);
}

/* What is written of so many lines, and by what. */
static void
log_event_soon__is_written_in_its_order(void **state)
{
	int file = memfd_create("log", MFD_CLOEXEC);
	int saved = dup(STDERR_FILENO);
	struct log_field number = log_number("n", 1);
	char text[LOG_MAX_SOON + 100];

	(void)state;
	assert_true(file >= 0 && saved >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
	log_event_soon("a", &number, 1);
	log_event_soon("b", NULL, 0);
	off_t before = lseek(file, 0, SEEK_END);
	log_flush();
	off_t flushed = lseek(file, 0, SEEK_END);
	log_flush();
	log_event_soon("c", NULL, 0);
	log_event("d", NULL, 0);
	off_t all = lseek(file, 0, SEEK_END);
	/* One more than fits: those before it are written. */
	for (size_t i = 0; i < LOG_MAX_SOON / 4 + 1; i++)
		log_event_soon("abc", NULL, 0);
	off_t many = lseek(file, 0, SEEK_END);
	log_flush();
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	assert_int_equal(before, 0);
	assert_int_equal(flushed, strlen("a n=1\nb\n"));
	assert_int_equal(many - all, LOG_MAX_SOON);
	assert_int_equal(lseek(file, 0, SEEK_END) - many, strlen("abc\n"));
	assert_int_equal(pread(file, text, (size_t)all, 0), all);
	assert_memory_equal(text, "a n=1\nb\nc\nd\n", (size_t)all);
	close(file);
}

static void
log_event__writes_one_line(void **state)
{
	struct log_field fields[] = {
	    log_text("peer", "127.0.0.1"),
	    log_number("bytes", UINT64_MAX),
	    log_number("left", 0),
	    log_text("empty", ""),
	};

	(void)state;
	capture("served", fields, 4);
	assert_string_equal(written,
	    "served peer=127.0.0.1 bytes=18446744073709551615 left=0 "
	    "empty=\"\"\n");
	log_set_role("worker");
	capture("ready", NULL, 0);
	assert_string_equal(written, "ready role=worker\n");
	log_set_role(NULL);
}

static void
log_event__shows_hostile_values_as_one_line(void **state)
{
	struct log_field fields[] = {
	    log_text("a", "x\r\nforged event=1"),
	    log_text("b", "\x1b[31mred\x7f"),
	    log_text("c", "quote\"back\\slash"),
	    log_text("d", "\xe2\x80\xae rlo"),
	    log_span("e", span_of("nul\0x", 5)),
	};

	(void)state;
	capture("refused", fields, 5);
	assert_string_equal(written,
	    "refused a=\"x\\x0d\\x0aforged event=1\" b=\"\\x1b[31mred\\x7f\" "
	    "c=\"quote\\\"back\\\\slash\" d=\"\\xe2\\x80\\xae rlo\" "
	    "e=\"nul\\x00x\"\n");
}

/* Every byte alone: what comes out is printable ASCII on one line. */
static void
log_event__escapes_every_byte(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i;
		struct log_field field = log_span("k", span_of(&byte, 1));
		capture("e", &field, 1);
		size_t len = strlen(written);
		assert_true(len >= 6 && written[len - 1] == '\n');
		for (size_t j = 0; j + 1 < len; j++)
			assert_in_range(written[j], 0x20, 0x7e);
	}
}

static void
log_event__cuts_long_values_and_drops_whole_fields(void **state)
{
	uint8_t big[LOG_MAX_VALUE + 1];
	struct log_field fields[12];

	(void)state;
	memset(big, 'v', sizeof(big));
	fields[0] = log_span("k", span_of(big, LOG_MAX_VALUE));
	capture("e", fields, 1);
	assert_int_equal(strlen(written), 5 + LOG_MAX_VALUE);
	fields[0] = log_span("k", span_of(big, sizeof(big)));
	capture("e", fields, 1);
	assert_string_equal(written + 4 + LOG_MAX_VALUE, "...\n");
	memset(big, 1, sizeof(big)); /* each byte becomes four */
	for (size_t i = 0; i < 12; i++)
		fields[i] = log_span("k", span_of(big, sizeof(big)));
	capture("e", fields, 12);
	size_t len = strlen(written);
	assert_true(len <= LOG_MAX_LINE);
	assert_string_equal(written + len - 5, "...\"\n");
}

static void
log_error__shows_code_and_reason(void **state)
{
	(void)state;
	struct err error = ERR(DENIED, "policy: no");
	struct log_field fields[] = {
	    log_text("code", err_name(error.code)),
	    log_text("why", error.why),
	};
	int file = memfd_create("log", MFD_CLOEXEC);
	int saved = dup(STDERR_FILENO);

	capture("failed", fields, 2);
	dup2(file, STDERR_FILENO);
	log_error("failed", error);
	dup2(saved, STDERR_FILENO);
	char line[100] = {0};
	assert_true(pread(file, line, sizeof(line) - 1, 0) > 0);
	assert_string_equal(line, "failed code=denied why=\"policy: no\"\n");
	assert_string_equal(line, written);
	close(file);
	close(saved);
}

/* --- A log that nobody reads -------------------------------------------- */

/* All that lies in a pipe or a socket, of which the last line is `written`. */
static char all[1 << 20];

static size_t
read_all(int fd)
{
	size_t len = 0;
	ssize_t n;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while ((n = read(fd, all + len, sizeof(all) - 1 - len)) > 0)
		len += (size_t)n;
	all[len] = '\0';
	assert_true(len > 0 && all[len - 1] == '\n');
	size_t at = len - 1;
	while (at > 0 && all[at - 1] != '\n')
		at--;
	assert_true(len - at < sizeof(written));
	memcpy(written, all + at, len - at + 1);
	return len;
}

/* So many lines that nobody reads: the call returns each time (or the test
 * hangs), no line is there in part, and the next one tells of the lost. */
static void
fill_and_read(int end)
{
	enum {
		LINES = 30000
	};
	struct log_field field = log_text("k", "0123456789");
	size_t line = strlen("e k=0123456789\n"), lost;

	for (size_t i = 0; i < LINES; i++)
		log_event("e", &field, 1);
	size_t len = read_all(end);
	assert_int_equal(len % line, 0);
	assert_true(len / line < LINES);
	log_event("e", &field, 1);
	read_all(end);
	assert_int_equal(
	    sscanf(written, "e k=0123456789 log-lost=%zu\n", &lost), 1);
	assert_int_equal(lost, LINES - len / line);
	log_event("e", &field, 1);
	read_all(end);
	assert_string_equal(written, "e k=0123456789\n");
}

static void
log_event__waits_for_nobody_at_a_pipe(void **state)
{
	int saved = dup(STDERR_FILENO), pair[2], old = -1;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	dup2(pair[1], STDERR_FILENO);
	log_set_role(NULL);
	struct err err = log_unblock();
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	old = fcntl(pair[1], F_GETFL);
	if (err.code == ERR_OK)
		fill_and_read(pair[0]);
	dup2(saved, STDERR_FILENO);
	expect_ok(err);
	assert_int_equal(flags & O_NONBLOCK, O_NONBLOCK);
	/* What whoever gave it to us holds is as it was. */
	assert_int_equal(old & O_NONBLOCK, 0);
	close(pair[0]);
	close(pair[1]);
	close(saved);
}

/* Each line is there, or in the number of those that were lost. */
static void
log_event_soon__counts_each_line_that_is_lost(void **state)
{
	enum {
		LINES = 30000
	};
	int saved = dup(STDERR_FILENO), pair[2];
	size_t num = 0, lost = 0;

	(void)state;
	assert_int_equal(pipe2(pair, O_NONBLOCK), 0);
	dup2(pair[1], STDERR_FILENO);
	for (size_t i = 0; i < LINES; i++)
		log_event_soon("event", NULL, 0);
	log_flush();
	read_all(pair[0]);
	for (const char *at = all; (at = strstr(at, "event")) != NULL; at++)
		num++;
	assert_null(strstr(all, "log-lost"));
	log_event_soon("event", NULL, 0);
	log_flush();
	read_all(pair[0]);
	dup2(saved, STDERR_FILENO);
	assert_true(num < LINES);
	assert_int_equal(sscanf(written, "event log-lost=%zu\n", &lost), 1);
	assert_int_equal(num + lost, LINES);
	close(pair[0]);
	close(pair[1]);
	close(saved);
}

static void
log_event__waits_for_nobody_at_a_socket(void **state)
{
	int saved = dup(STDERR_FILENO), pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	dup2(pair[1], STDERR_FILENO);
	log_set_role(NULL);
	struct err err = log_unblock();
	fill_and_read(pair[0]);
	/* And for nobody at all. */
	close(pair[0]);
	log_event("e", NULL, 0);
	dup2(saved, STDERR_FILENO);
	log_set_role(NULL);
	expect_ok(err);
	capture("e", NULL, 0);
	assert_string_equal(written, "e log-lost=1\n");
	close(pair[1]);
	close(saved);
}

/* A file is left as it is: nothing of it can be full of others' lines. */
static void
log_unblock__leaves_a_file_alone(void **state)
{
	int file = memfd_create("log", MFD_CLOEXEC);
	int saved = dup(STDERR_FILENO);

	(void)state;
	dup2(file, STDERR_FILENO);
	struct err err = log_unblock();
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	dup2(saved, STDERR_FILENO);
	expect_ok(err);
	assert_int_equal(flags & (O_NONBLOCK | O_APPEND), 0);
	close(file);
	close(saved);
}

/* The reader takes its time; all of a report comes, though it is larger than
 * the pipe, which does not block. */
static void
log_report__waits_for_a_slow_reader(void **state)
{
	enum {
		LEN = 300000
	};
	char *text = malloc(LEN), *got = malloc(LEN + 1);
	int pair[2], status;
	size_t len = 0;
	ssize_t n;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		text[i] = (char)('a' + i % 26);
	assert_int_equal(pipe2(pair, O_NONBLOCK), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pair[1], STDERR_FILENO);
		log_report(span_of(text, LEN));
		_exit(0);
	}
	close(pair[1]);
	assert_int_equal(fcntl(pair[0], F_SETFL, 0), 0);
	usleep(200000);
	while ((n = read(pair[0], got + len, LEN + 1 - len)) > 0)
		len += (size_t)n;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(len, LEN);
	assert_memory_equal(got, text, LEN);
	close(pair[0]);
	free(text);
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(log_event__waits_for_nobody_at_a_pipe),
	    cmocka_unit_test(log_event_soon__counts_each_line_that_is_lost),
	    cmocka_unit_test(log_event__waits_for_nobody_at_a_socket),
	    cmocka_unit_test(log_unblock__leaves_a_file_alone),
	    cmocka_unit_test(log_report__waits_for_a_slow_reader),
	    cmocka_unit_test(log_event__writes_one_line),
	    cmocka_unit_test(log_event_soon__is_written_in_its_order),
	    cmocka_unit_test(log_event__shows_hostile_values_as_one_line),
	    cmocka_unit_test(log_event__escapes_every_byte),
	    cmocka_unit_test(
		log_event__cuts_long_values_and_drops_whole_fields),
	    cmocka_unit_test(log_error__shows_code_and_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
