#include "gateway/keeper/form.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "gateway/base/sysio.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_grant.h"
#include "tests/harness/typist_form.h"

static struct keeperbox box;
static struct typist_form command;

static const uint8_t identity[32] = {3, 1, 4, 1, 5};

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	expect_ok(command_init(&box.keeper));
	typist_form_init(&command);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	typist_form_done(&command, &box);
	keeperbox_settle(&box);
	assert_int_equal(box.keeper.num_forms, 0);
	free(box.keeper.commands);
	keeperbox_stop(&box);
	return 0;
}

static void
ask(const char *agreement, const char *place)
{
	typist_form_ask(&command, &box, agreement, place);
}

static void
take(uint64_t bytes, bool whole)
{
	typist_form_take(&command, &box, bytes, whole);
}

/* Up to the order; the mill has it in box.got. */
static void
ask_to_order(void)
{
	ask("readmission", "virginia");
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
}

static bool
pipes_ended(void)
{
	return typist_form_ended(&command, &box);
}

static void
record_has(const char *text)
{
	if (!keeperbox_has(&box, text))
		fail_msg("the record lacks %s", text);
}

/* --- The record comes first --- */

static void
form_begin__moves_nothing_before_its_record(void **state)
{
	(void)state;
	ask("readmission", "virginia");
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"kind\":\"intent\"");
	record_has("\"command\":\"transform\"");
	record_has("\"agreement\":\"readmission\"");
	record_has("\"place\":\"virginia\"");
	record_has("\"uid\":1000");
	record_has("\"protection\":");
	assert_false(keeperbox_has(&box, "\"recipient\""));
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_MILL));
	assert_int_equal(box.got.type, FILL_ORDER);
}

static void
form_begin__does_nothing_without_a_record(void **state)
{
	const uint8_t full = AUDIT_FULL;

	(void)state;
	ask("readmission", "virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	keeperbox_reply(&box, AUDIT_REFUSED, span_of(&full, 1), 0);
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 75);
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(pipes_ended());
}

/* How much it will be is known too late to charge it. */
static void
form_begin__makes_nothing_that_a_day_limits(void **state)
{
	struct agreement *a = &box.fixture.agreements[FIXTURE_READMISSION];

	(void)state;
	for (int i = 0; i < 4; i++) {
		a->limits = a->per_caller = (struct limits){.rows_per_day = 0};
		*(i < 2		 ? i == 0 ? &a->limits.rows_per_day
					  : &a->limits.bytes_per_day
			: i == 2 ? &a->per_caller.rows_per_day
				 : &a->per_caller.bytes_per_day) = 1u << 30;
		ask("readmission", "virginia");
		assert_true(keeperbox_next(&box, BOX_AUDITOR));
		record_has("\"kind\":\"denied\"");
		record_has("\"reason\":\"uncounted\"");
		assert_true(keeperbox_honest(&box));
		typist_hear(&command.typist, &box);
		assert_int_equal(command.typist.status, 6);
		assert_false(keeperbox_next(&box, BOX_MILL));
		assert_true(pipes_ended());
	}
}

static void
form_begin__costs_a_request(void **state)
{
	const struct audit_over over = {.limit = AUDIT_LIMIT_REQUESTS,
	    .used = 7,
	    .asked = 1,
	    .retry_after_s = 9};

	(void)state;
	box.fixture.agreements[FIXTURE_READMISSION].limits =
	    (struct limits){.requests_per_minute = 7};
	ask("readmission", "virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_CHARGE);
	record_has("\"charge\":{\"bytes\":0,\"caller\":\"uid:1000\"");
	keeperbox_over(&box, &over);
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 75);
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(pipes_ended());
	ask("readmission", "virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_MILL));
}

static void
form_begin__denies_what_the_policy_denies(void **state)
{
	static const struct {
		const char *agreement, *place, *reason, *why;
	} rows[] = {
	    {"nothing", "virginia", "unknown-bucket", "no such agreement"},
	    {"readmission", "nowhere", "no-place", "no such place"},
	    {"readmission", "frankfurt", "other-place", "`frankfurt`"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(rows[i].agreement, rows[i].place);
		assert_true(keeperbox_next(&box, BOX_AUDITOR));
		record_has("\"kind\":\"denied\"");
		record_has(rows[i].reason);
		record_has("\"uid\":1000");
		typist_hear(&command.typist, &box);
		assert_int_equal(command.typist.status, -1);
		assert_true(keeperbox_honest(&box));
		typist_hear(&command.typist, &box);
		assert_int_equal(command.typist.status, 6);
		assert_non_null(strstr(command.typist.why, rows[i].why));
		assert_false(keeperbox_next(&box, BOX_MILL));
		assert_true(pipes_ended());
	}
}

static void
form_begin__denies_what_is_over(void **state)
{
	(void)state;
	box.fixture.agreements[FIXTURE_READMISSION].until = 1000;
	ask("readmission", "virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"reason\":\"expired\"");
	assert_true(keeperbox_honest(&box));
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 6);
	assert_non_null(strstr(command.typist.why, "ended on"));
}

/* --- The order is that of a slot --- */

static void
form_recorded__gives_a_fresh_mill_the_order_of_a_slot(void **state)
{
	struct fill_order slot, form;
	struct buf first CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct buf plan CLEANUP(buf_done) = {.max = FILL_MAX_PLAN};
	uint8_t file_key[16];

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	expect_ok(buf_append(&first, box.got.body));
	expect_ok(buf_append(&plan, buf_span(&box.plan)));
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);

	/* That mill has a plan already: it is let go, another one comes. */
	ask("readmission", "virginia");
	keeperbox_settle(&box);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	keeperbox_attach(&box, BOX_MILL);
	assert_true(keeperbox_next(&box, BOX_MILL));
	assert_int_equal(box.got.type, FILL_ORDER);
	assert_int_equal(box.got.num_fds, 2);
	expect_ok(fill_take_order(&slot, buf_span(&first)));
	expect_ok(fill_take_order(&form, box.got.body));
	assert_true(span_equal(buf_span(&plan), buf_span(&box.plan)));
	assert_int_equal(slot.num_keys, form.num_keys);
	assert_memory_equal(
	    slot.keys, form.keys, slot.num_keys * sizeof(slot.keys[0]));
	assert_memory_not_equal(slot.file_key, form.file_key, 16);
	expect_ok(age_header_read(&form.header, file_key, identity));
	assert_memory_equal(file_key, form.file_key, 16);
}

static void
form_made__is_complete_when_both_have_said_so(void **state)
{
	(void)state;
	ask_to_order();
	assert_true(keeperbox_honest(&box));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	take(box.plain_len, true);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"kind\":\"complete\"");
	record_has("\"outcome\":\"delivered\"");
	record_has("\"bytes\":400");
	record_has("\"read\":5");
	record_has("\"consent research\":2");
	record_has("\"sha256\":\"09");
	record_has("\"intent\":100");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 0);
	assert_non_null(strstr(command.typist.pairs, "read 5\nreleased 3\n"));
	assert_int_equal(command.typist.num_rows, 1);
	/* What it has seen was a stranger's. */
	assert_true(keeperbox_ended(&box, BOX_MILL));
}

static void
form_taken__may_come_before_the_mills_word(void **state)
{
	(void)state;
	ask_to_order();
	take(box.plain_len, true);
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, -1);
	/* The order is still in box.got. */
	assert_true(keeperbox_honest(&box));
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 0);
}

static void
form_taken__of_less_is_no_delivery(void **state)
{
	(void)state;
	ask_to_order();
	assert_true(keeperbox_honest(&box));
	take(box.plain_len - 1, true);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"outcome\":\"cut\"");
	record_has("\"bytes\":399");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 1);
}

/* More than a record can hold, it cannot have had. */
static void
form_taken__may_have_enough(void **state)
{
	(void)state;
	ask_to_order();
	take(UINT64_MAX, false);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"outcome\":\"client-left\"");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 0);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	assert_true(pipes_ended());
}

static void
form_failed__says_which_record(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = 512};

	(void)state;
	ask_to_order();
	expect_ok(fill_put_failed(&body,
	    &(struct fill_failed){.code = ERR_MALFORMED,
		.why = span_str("csv: no"),
		.record = 7}));
	keeperbox_reply(&box, FILL_FAILED, buf_span(&body), 0);
	take(64, true);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"outcome\":\"cut\"");
	record_has("\"bytes\":64");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 1);
	assert_string_equal(command.typist.why, "near record 7: csv: no");
}

static void
form_mill_lost__is_a_failure(void **state)
{
	(void)state;
	ask_to_order();
	keeperbox_lose(&box, BOX_MILL);
	take(0, true);
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 75);
	assert_true(pipes_ended());
}

/* --- It leaves --- */

static void
form_left__is_interrupted(void **state)
{
	(void)state;
	ask_to_order();
	typist_leave(&command.typist, &box);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"kind\":\"interrupted\"");
	record_has("\"intent\":100");
	assert_true(keeperbox_ended(&box, BOX_MILL));
	assert_true(pipes_ended());
}

/* The intent may be on the disk: its receipt closes it. */
static void
form_left__before_its_record(void **state)
{
	(void)state;
	ask("readmission", "virginia");
	typist_leave(&command.typist, &box);
	assert_true(pipes_ended());
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"outcome\":\"cut\"");
	record_has("\"bytes\":0");
	assert_false(keeperbox_next(&box, BOX_MILL));
}

static void
form_left__while_it_waits_for_a_mill(void **state)
{
	(void)state;
	keeperbox_lose(&box, BOX_MILL);
	ask("readmission", "virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	typist_leave(&command.typist, &box);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"outcome\":\"cut\"");
	keeperbox_attach(&box, BOX_MILL);
	assert_false(keeperbox_next(&box, BOX_MILL));
}

/* --- One mill is left to those whom the gateway is there for --- */

static void
form_dispatch__leaves_mills_to_the_others(void **state)
{
	struct typist first;

	(void)state;
	keeperbox_attach(&box, BOX_MILL_2);
	ask("readmission", "virginia");
	assert_true(keeperbox_until(&box, BOX_MILL_2, FILL_ORDER));
	first = command.typist;
	command.typist = (struct typist){.fd = -1, .place = 1};
	ask("readmission", "virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	assert_false(keeperbox_next(&box, BOX_MILL));
	typist_leave(&first, &box);
	assert_true(keeperbox_next(&box, BOX_MILL));
	assert_int_equal(box.got.type, FILL_ORDER);
	typist_leave(&command.typist, &box);
	command.typist.place = 0;
}

/* --- What is passed --- */

static void
pass(int source, int out)
{
	static uint8_t bytes[FRAME_MAX];
	struct frame frame;

	typist_connect(&command.typist, &box, "1000");
	typist_form_pipes(&command);
	int own[2] = {command.passed[0], command.passed[1]};
	command.passed[0] = source >= 0 ? source : own[0];
	command.passed[1] = out >= 0 ? out : own[1];
	typist_form_say(
	    &command, &box, ADMIN_PREVIEW, "readmission", "virginia");
	expect_err(CLOSED, frame_recv(command.typist.fd, bytes, &frame));
	command.passed[0] = own[0];
	command.passed[1] = own[1];
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

/* tear_down counts the descriptors. */
static void
form_begin__takes_two_pipes_the_right_way_round(void **state)
{
	static const struct {
		const char *path;
		int flags;
	} rows[] = {
	    {"/dev/null", O_RDWR},
	    {"/dev/null", O_PATH},
	    {"/proc/self/exe", O_RDONLY},
	    {"/", O_RDONLY},
	    {"/tmp", O_RDWR | O_TMPFILE},
	};
	int ends[2];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = open(rows[i].path, rows[i].flags | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		pass(fd, -1);
		pass(-1, fd);
		sysio_close(&fd);
	}
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	pass(ends[0], -1);
	pass(-1, ends[0]);
	sysio_close(&ends[0]);
	sysio_close(&ends[1]);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pass(ends[1], -1);
	pass(-1, ends[0]);
	sysio_close(&ends[0]);
	sysio_close(&ends[1]);
	/* A mill waits in read and write: it has no other way to. */
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	pass(ends[0], -1);
	pass(-1, ends[1]);
	sysio_close(&ends[0]);
	sysio_close(&ends[1]);
}

static void
form_begin__has_a_cap(void **state)
{
	(void)state;
	for (int i = 0; i < FORM_MAX; i++)
		ask("readmission", "virginia");
	keeperbox_run(&box);
	assert_int_equal(box.keeper.num_forms, FORM_MAX);
	ask("readmission", "virginia");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 75);
	assert_true(pipes_ended());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(form_begin__moves_nothing_before_its_record),
	    TEST(form_begin__does_nothing_without_a_record),
	    TEST(form_begin__makes_nothing_that_a_day_limits),
	    TEST(form_begin__costs_a_request),
	    TEST(form_begin__denies_what_the_policy_denies),
	    TEST(form_begin__denies_what_is_over),
	    TEST(form_recorded__gives_a_fresh_mill_the_order_of_a_slot),
	    TEST(form_made__is_complete_when_both_have_said_so),
	    TEST(form_taken__may_come_before_the_mills_word),
	    TEST(form_taken__of_less_is_no_delivery),
	    TEST(form_taken__may_have_enough),
	    TEST(form_failed__says_which_record),
	    TEST(form_mill_lost__is_a_failure),
	    TEST(form_left__is_interrupted),
	    TEST(form_left__before_its_record),
	    TEST(form_left__while_it_waits_for_a_mill),
	    TEST(form_dispatch__leaves_mills_to_the_others),
	    TEST(form_begin__takes_two_pipes_the_right_way_round),
	    TEST(form_begin__has_a_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
