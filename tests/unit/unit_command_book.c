/*
 * command_book: what somebody asks of the codebook: nothing reaches it before
 * the record, whom a shred is about is known by the policy's kind, and the
 * answer is that of its own question.
 */
#include "gateway/keeper/command_book.h"

#include <unistd.h>

#include "crypto/derive.h"
#include "crypto/memory/secret.h"
#include "gateway/ipc/book.h"
#include "gateway/keeper/peers.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"
#include "tests/harness/typist.h"

static struct keeperbox box;
static struct typist typist = {.fd = -1};
static int book; /* the codebook's end */
static uint8_t bytes[FRAME_MAX];
static struct frame got;

static int
set_up(void **state)
{
	struct control_item item = {.name = "codebook", .fd = -1};
	int ends[2];

	(void)state;
	keeperbox_start(&box);
	expect_ok(command_init(&box.keeper));
	expect_ok(frame_pair(ends));
	book = ends[0];
	item.fd = ends[1];
	expect_ok(peers_attach(&box.keeper, &item));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	typist_leave(&typist, &box);
	frame_close_fds(&got);
	close(book);
	keeperbox_run(&box);
	free(box.keeper.commands);
	keeperbox_stop(&box);
	return 0;
}

static void
type(enum admin_type what, struct span body, unsigned num_fds)
{
	int ends[2] = {-1, -1};
	struct frame frame = {.type = (uint16_t)what, .body = body};

	typist_connect(&typist, &box, "1000");
	if (num_fds > 0) {
		assert_int_equal(pipe(ends), 0);
		frame.fds[0] = ends[0], frame.fds[1] = ends[1];
		frame.num_fds = num_fds;
	}
	typist_say(&typist, &box, &frame);
	for (unsigned i = 0; i < num_fds; i++)
		close(ends[i]);
}

static void
type_question(enum admin_type what, unsigned num_fds)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(
	    admin_put_question(&body, &(struct admin_question){.number = 0}));
	type(what, buf_span(&body), num_fds);
}

static void
type_shred(const char *dataset, const char *column, struct span subject)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(admin_put_shred(&body,
	    &(struct admin_shred){
		span_str(dataset), span_str(column), subject}));
	type(ADMIN_BOOK_SHRED, buf_span(&body), 0);
}

/* What the codebook is asked; false: nothing. */
static bool
asked(void)
{
	keeperbox_run(&box);
	frame_close_fds(&got);
	return frame_recv(book, bytes, &got).code == ERR_OK;
}

static void
answer(enum book_type type, struct span body)
{
	expect_ok(frame_send(book,
	    &(struct frame){
		.type = (uint16_t)type, .id = got.id, .body = body}));
	keeperbox_run(&box);
	typist_hear(&typist, &box);
}

/* The record of what was typed, which comes before all else. */
static void
recorded(const char *command)
{
	assert_false(asked());
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, command));
	assert_true(keeperbox_honest(&box));
}

/* --- Each of them --- */

static void
command_book__says_what_it_holds(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = 17};

	(void)state;
	type_question(ADMIN_BOOK_STATUS, 0);
	recorded("\"command\":\"codebook status\"");
	assert_true(asked());
	assert_int_equal(got.type, BOOK_STATUS);
	expect_ok(book_put_status(&body, &(struct book_status){77, 33, true}));
	answer(BOOK_STATUS_IS, buf_span(&body));
	assert_int_equal(typist.status, 0);
	assert_non_null(strstr(
	    typist.pairs, "kept-in postgresql\nentries 77\nsubjects 33\n"));
}

static void
command_book__passes_the_files_of_a_backup(void **state)
{
	(void)state;
	type_question(ADMIN_BOOK_BACKUP, 2);
	recorded("\"command\":\"codebook backup\"");
	assert_true(asked());
	assert_int_equal(got.type, BOOK_BACKUP);
	assert_int_equal(got.num_fds, 2);
	answer(BOOK_COPIED, span_of(NULL, 0));
	assert_int_equal(typist.status, 0);
}

static void
command_book__says_why_there_is_no_backup(void **state)
{
	static const struct {
		enum err_code code;
		int status;
		const char *why;
	} cases[] = {
	    {ERR_UNSUPPORTED, 1, "pg_dump"},
	    {ERR_EXISTS, 75, "a backup is being made"},
	    {ERR_NO_SPACE, 1, "disk of the backup is full"},
	    {ERR_UNAVAILABLE, 75, "other programs"},
	    {ERR_IO, 1, "cannot be written"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t code = (uint8_t)cases[i].code;
		type_question(ADMIN_BOOK_BACKUP, 2);
		recorded("backup");
		assert_true(asked());
		answer(BOOK_FAILED, span_of(&code, 1));
		assert_int_equal(typist.status, cases[i].status);
		assert_non_null(strstr(typist.why, cases[i].why));
	}
}

/* What the mill would make of it (transform_token), under the keeper's root. */
static void
expect_subject(const char *kind, const char *value)
{
	const struct keyring_keys *keys = keyring_open(box.keeper.ring);
	uint8_t key[32] CLEANUP(secret_wipe32), want[1][TOKEN_INDEX];
	struct span in = span_str(value);
	struct hmac_key *subjects;

	expect_ok(derive_subkey(key, keys->root, TOKEN_SUBJECTS));
	keyring_close(box.keeper.ring);
	expect_ok(hmac_key_new(&subjects, key, span_str(kind)));
	token_subjects(subjects, &in, 1, want);
	hmac_key_free(subjects);
	assert_true(asked());
	assert_int_equal(got.type, BOOK_SHRED);
	assert_true(span_equal(got.body, span_of(want[0], TOKEN_INDEX)));
}

static void
command_book__shreds_whom_the_mill_means(void **state)
{
	uint8_t num[8] = {[7] = 4};

	(void)state;
	type_shred("hospital/patients", "", span_str("  M 12 "));
	recorded("\"command\":\"codebook shred\",\"dataset\":"
		 "\"hospital/patients\"");
	/* Case and blanks inside may matter in one of this kind. */
	expect_subject("record-number", "M 12");
	answer(BOOK_SHREDDED, span_of(num, sizeof(num)));
	assert_int_equal(typist.status, 0);
	assert_string_equal(typist.pairs, "entries 4\n");
}

/* Without a subject each value is its own, of its column's kind. */
static void
command_book__shreds_a_value_of_a_column(void **state)
{
	uint8_t num[8] = {0};

	(void)state;
	box.fixture.datasets[FIXTURE_CARDS].subject_column = NO_INDEX;
	type_shred("bank/cards", "iban", span_str("de 02-1203"));
	recorded("codebook shred");
	expect_subject("iban", "DE021203");
	answer(BOOK_SHREDDED, span_of(num, sizeof(num)));
	assert_int_equal(typist.status, 2);
	assert_non_null(strstr(typist.why, "nothing of this subject"));
}

static void
command_book__knows_nobody_of_such_a_name(void **state)
{
	static const struct {
		const char *dataset, *column, *subject, *why;
	} cases[] = {
	    {"hospital/patient", "", "M12", "no such dataset"},
	    {"hospital/patients", "zip", "M12", "leave --column out"},
	    {"bank/cards", "", "DE02", "--column says"},
	    {"bank/cards", "none", "DE02", "no such column"},
	    {"bank/cards", "iban", "DE02?", "no identifier of the kind"},
	    {"hospital/patients", "", "  ", "no identifier of the kind"},
	};

	(void)state;
	box.fixture.datasets[FIXTURE_CARDS].subject_column = NO_INDEX;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		type_shred(cases[i].dataset, cases[i].column,
		    span_str(cases[i].subject));
		typist_hear(&typist, &box);
		assert_int_equal(typist.status, 2);
		assert_non_null(strstr(typist.why, cases[i].why));
		assert_false(keeperbox_next(&box, BOX_AUDITOR));
		assert_false(asked());
	}
}

static void
command_book__takes_the_hash_that_the_ledger_has(void **state)
{
	static const uint8_t hash[16] = {0xab, [15] = 0xcd};

	(void)state;
	type_shred("", "", span_of(hash, sizeof(hash)));
	recorded("\"object\":\"ab0000000000000000000000000000cd\"");
	assert_true(asked());
	assert_true(span_equal(got.body, span_of(hash, sizeof(hash))));
	/* One that is shorter is none, and ends who says it. */
	type_shred("", "", span_of(hash, 15));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_false(asked());
}

/* --- What goes wrong --- */

static void
command_book__does_nothing_without_a_record(void **state)
{
	const uint8_t full = AUDIT_FULL;

	(void)state;
	type_shred("hospital/patients", "", span_str("M12"));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	keeperbox_reply(&box, AUDIT_REFUSED, span_of(&full, 1), 0);
	typist_hear(&typist, &box);
	assert_int_equal(typist.status, 75);
	assert_false(asked());
}

static void
command_book__ends_with_the_codebook(void **state)
{
	(void)state;
	type_question(ADMIN_BOOK_STATUS, 0);
	recorded("status");
	assert_true(asked());
	/* An answer to another question is none: the codebook is lost. */
	answer(BOOK_COPIED, span_of(NULL, 0));
	assert_int_equal(typist.status, 75);
	type_question(ADMIN_BOOK_STATUS, 0);
	keeperbox_settle(&box);
	typist_hear(&typist, &box);
	assert_int_equal(typist.status, 75);
	assert_string_equal(typist.why, "the codebook is away");
}

static void
command_book__is_not_told_who_has_left(void **state)
{
	(void)state;
	type_question(ADMIN_BOOK_BACKUP, 2);
	recorded("backup");
	assert_true(asked());
	typist_leave(&typist, &box);
	expect_ok(frame_send(
	    book, &(struct frame){.type = BOOK_COPIED, .id = got.id}));
	keeperbox_run(&box);
	type_question(ADMIN_BOOK_STATUS, 0);
	recorded("status");
	assert_true(asked());
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(command_book__says_what_it_holds),
	    TEST(command_book__passes_the_files_of_a_backup),
	    TEST(command_book__says_why_there_is_no_backup),
	    TEST(command_book__shreds_whom_the_mill_means),
	    TEST(command_book__shreds_a_value_of_a_column),
	    TEST(command_book__knows_nobody_of_such_a_name),
	    TEST(command_book__takes_the_hash_that_the_ledger_has),
	    TEST(command_book__does_nothing_without_a_record),
	    TEST(command_book__ends_with_the_codebook),
	    TEST(command_book__is_not_told_who_has_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
