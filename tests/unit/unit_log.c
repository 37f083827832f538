#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/base/log.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(log_event__writes_one_line),
	    cmocka_unit_test(log_event__shows_hostile_values_as_one_line),
	    cmocka_unit_test(log_event__escapes_every_byte),
	    cmocka_unit_test(
		log_event__cuts_long_values_and_drops_whole_fields),
	    cmocka_unit_test(log_error__shows_code_and_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
