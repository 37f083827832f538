/* form: what a command asked a keeper for that drains, and the policy that
 * serves by now. */
#include "gateway/keeper/form.h"

#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_grant.h"
#include "tests/harness/typist_form.h"

static struct keeperbox box;
static struct typist_form command;

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
ask(const char *place)
{
	typist_form_ask(&command, &box, "readmission", place);
}

static void
expect_has(const char *text)
{
	if (!keeperbox_has(&box, text))
		fail_msg("the record lacks %s", text);
}

/* From here on the agreement ends, or it is as it was. */
static void
recheck(bool ends)
{
	struct policy_fixture next;

	policy_fixture_init(&next);
	memcpy(
	    next.agreements, box.fixture.agreements, sizeof(next.agreements));
	if (ends)
		next.agreements[FIXTURE_READMISSION].num_places = 0;
	keeperbox_recheck(&box, &next.policy);
}

static void
expect_withdrawn(const char *bytes)
{
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	expect_has("\"kind\":\"complete\"");
	expect_has("\"outcome\":\"cut\"");
	expect_has("\"reason\":\"the policy no longer allows it\"");
	expect_has(bytes);
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 75);
	assert_string_equal(command.typist.why, "the policy changed meanwhile");
}

static void
form_withdraw__stops_the_mill(void **state)
{
	(void)state;
	ask("virginia");
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	recheck(false);
	assert_false(keeperbox_ended(&box, BOX_MILL));
	recheck(true);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	assert_true(typist_form_ended(&command, &box));
	typist_form_take(&command, &box, 64, true);
	expect_withdrawn("\"bytes\":64");
}

static void
form_withdraw__lets_none_begin(void **state)
{
	(void)state;
	keeperbox_lose(&box, BOX_MILL);
	ask("virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	recheck(true);
	expect_withdrawn("\"bytes\":0");
	keeperbox_attach(&box, BOX_MILL);
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(typist_form_ended(&command, &box));
}

/* The intent may be on the disk: its receipt closes it. */
static void
form_withdraw__before_its_record(void **state)
{
	(void)state;
	ask("virginia");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	recheck(true);
	assert_true(keeperbox_honest(&box));
	expect_withdrawn("\"bytes\":0");
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(typist_form_ended(&command, &box));
}

/* All of it lies in the pipe. */
static void
form_withdraw__leaves_what_is_made(void **state)
{
	(void)state;
	ask("virginia");
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	assert_true(keeperbox_honest(&box));
	recheck(true);
	typist_form_take(&command, &box, box.plain_len, true);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	expect_has("\"outcome\":\"delivered\"");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 0);
}

/* One that comes later is not even recorded; what our own policy denies is. */
static void
form_begin__holds_it_against_the_policy_that_serves(void **state)
{
	(void)state;
	recheck(true);
	ask("virginia");
	typist_hear(&command.typist, &box);
	assert_int_equal(command.typist.status, 75);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(typist_form_ended(&command, &box));
	ask("nowhere");
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	expect_has("\"kind\":\"denied\"");
	assert_true(keeperbox_honest(&box));
	recheck(false);
	ask("virginia");
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(form_withdraw__stops_the_mill),
	    TEST(form_withdraw__lets_none_begin),
	    TEST(form_withdraw__before_its_record),
	    TEST(form_withdraw__leaves_what_is_made),
	    TEST(form_begin__holds_it_against_the_policy_that_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
