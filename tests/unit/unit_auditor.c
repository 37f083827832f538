/*
 * The auditor as a program, seen by a supervisor and a keeper: what it has
 * acknowledged is there, whatever happened to it meanwhile.
 *
 * check: waits
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/auditor/audit_serve.h"
#include "gateway/ipc/audit.h"
#include "gateway/ipc/control.h"
#include "gateway/ledger/disk.h"
#include "tests/harness/auditorbox.h"
#include "tests/harness/ledgerbox.h"

static char program[4096];

/* What a keeper would remember of its conversation. */
struct session {
	struct auditorbox auditor;
	uint64_t num_sent;
	uint64_t num_receipts;
	uint64_t num_refused;
	uint64_t next_index; /* the highest acknowledged, plus one */
};

static void
assert_ok(struct err err)
{
	if (err.code != ERR_OK)
		fail_msg("%s: %s", err_name(err.code), err.why);
}

/* Returns once the auditor is ready, or gone. `elder`: see auditorbox. */
static bool
start_after(struct session *session, const struct ledgerbox *box,
    const struct auditorbox *elder)
{
	struct auditorbox_options options = {.program = program,
	    .dir = box->dir,
	    .signer = &box->signer,
	    .output = -1,
	    .elder = elder};

	*session = (struct session){0};
	struct err err = auditorbox_start(&session->auditor, &options);
	if (err.code == ERR_CLOSED)
		return false;
	assert_ok(err);
	return true;
}

static bool
start(struct session *session, const struct ledgerbox *box)
{
	return start_after(session, box, NULL);
}

static int
stop(struct session *session, int signal_number)
{
	return auditorbox_stop(&session->auditor, signal_number);
}

static void
send_record(struct session *session, const struct record *record)
{
	struct err err =
	    auditorbox_send(&session->auditor, ++session->num_sent, record);

	if (err.code != ERR_CLOSED)
		assert_ok(err);
}

static void
send_intent(struct session *session)
{
	char request[32];
	int len = snprintf(request, sizeof(request), "q-%llu",
	    (unsigned long long)session->num_sent);

	send_record(session,
	    &(struct record){.kind = RECORD_INTENT,
		.time_ms = 1,
		.request = span_of(request, (size_t)len),
		.bytes_most = record_number(4711)});
}

/* Takes what has come; true: there may be more to wait for. */
static bool
take_answers(struct session *session)
{
	struct auditorbox_answer answer;
	struct err err;

	while ((err = auditorbox_take(&session->auditor, &answer)).code ==
	    ERR_OK) {
		session->num_receipts += answer.is_receipt;
		session->num_refused += !answer.is_receipt;
		if (answer.is_receipt && answer.index + 1 > session->next_index)
			session->next_index = answer.index + 1;
	}
	if (err.code == ERR_CLOSED)
		return false;
	assert_int_equal(err.code, ERR_AGAIN);
	return true;
}

static void
take_all_answers(struct session *session)
{
	while (
	    session->num_receipts + session->num_refused < session->num_sent) {
		assert_ok(auditorbox_wait(session->auditor.keeper));
		assert_true(take_answers(session));
	}
}

static void
count_kinds(const struct ledgerbox *box, unsigned counts[RECORD_KINDS])
{
	struct replay replay;
	struct record_brief brief;
	struct span entry;
	struct err err;

	memset(counts, 0, RECORD_KINDS * sizeof(counts[0]));
	assert_ok(replay_open(&replay, box->dir, &box->signer.key, NULL));
	while ((err = replay_next(&replay, &entry)).code == ERR_OK) {
		assert_ok(record_check(entry, &brief));
		counts[brief.kind]++;
	}
	assert_int_equal(err.code, ERR_NOT_FOUND);
	replay_done(&replay);
}

/* Intents in packs, as a keeper sends them while the auditor syncs. */
static void
send_packs(struct session *session, unsigned num_packs)
{
	struct record intent = {.kind = RECORD_INTENT,
	    .time_ms = 1,
	    .request = span_str("q"),
	    .bytes_most = record_number(4711)};
	struct buf body CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct frame frames[FRAME_PACK];
	const struct frame *pack[FRAME_PACK];

	assert_ok(record_encode(&body, &intent));
	for (unsigned n = 0; n < num_packs; n++) {
		for (size_t i = 0; i < FRAME_PACK; i++) {
			frames[i] = (struct frame){.type = AUDIT_APPEND,
			    .id = ++session->num_sent,
			    .body = buf_span(&body)};
			pack[i] = &frames[i];
		}
		assert_ok(
		    frame_send_pack(session->auditor.keeper, pack, FRAME_PACK));
	}
}

/* More than a round has room for, all there at once. */
static void
auditor__takes_packs_beyond_a_round(void **state)
{
	const unsigned num = AUDIT_SERVE_ROUND / FRAME_PACK + 2;
	struct ledgerbox box;
	struct session session;

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&session, &box));
	/* A first record, so that the rest does not begin at a pack's edge. */
	kill(session.auditor.pid, SIGSTOP);
	send_intent(&session);
	send_packs(&session, num);
	kill(session.auditor.pid, SIGCONT);
	take_all_answers(&session);
	assert_int_equal(session.num_receipts, 1 + num * FRAME_PACK);
	assert_int_equal(session.next_index, 1 + num * FRAME_PACK);
	assert_int_equal(stop(&session, 0), 0);
	ledgerbox_done(&box);
}

static void
auditor__answers_and_closes_what_the_keeper_left(void **state)
{
	struct ledgerbox box;
	struct session session;
	unsigned counts[RECORD_KINDS];

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&session, &box));
	for (int i = 0; i < 5; i++)
		send_intent(&session);
	take_all_answers(&session);
	assert_int_equal(session.num_receipts, 5);
	assert_int_equal(session.next_index, 5);
	send_record(&session,
	    &(struct record){
		.kind = RECORD_COMPLETE, .intent = record_number(3)});
	send_record(&session,
	    &(struct record){
		.kind = RECORD_COMPLETE, .intent = record_number(3)});
	take_all_answers(&session);
	assert_int_equal(session.num_receipts, 6);
	assert_int_equal(session.num_refused, 1);
	int status = stop(&session, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTENT], 5);
	assert_int_equal(counts[RECORD_COMPLETE], 1);
	assert_int_equal(counts[RECORD_INTERRUPTED], 4);
	assert_int_equal(counts[RECORD_STOP], 1);
	/* Stopped in order, all of it is under the checkpoint. */
	struct buf note = {.max = 10000};
	assert_ok(disk_read(box.dir, "checkpoint", &note));
	assert_true(memmem(note.data, note.len, "\n11\n", 4) != NULL);
	buf_done(&note);
	ledgerbox_done(&box);
}

/* A completion waits for company, also while a checkpoint is due. */
static void
auditor__publishes_while_completions_wait(void **state)
{
	struct ledgerbox box;
	struct session session;
	unsigned counts[RECORD_KINDS];
	unsigned num = 0;

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&session, &box));
	for (time_t end = time(NULL) + 3; time(NULL) < end; num++) {
		send_intent(&session);
		take_all_answers(&session);
		send_record(&session,
		    &(struct record){.kind = RECORD_COMPLETE,
			.intent = record_number(session.next_index - 1)});
		/* Every fourth has company; the others have to go alone. */
		if (num % 4 != 0)
			take_all_answers(&session);
	}
	take_all_answers(&session);
	assert_int_equal(session.num_receipts, 2 * num);
	int status = stop(&session, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTENT], num);
	assert_int_equal(counts[RECORD_COMPLETE], num);
	ledgerbox_done(&box);
}

static void
auditor__publishes_within_two_seconds(void **state)
{
	struct ledgerbox box;
	struct session session;
	struct replay replay;
	uint64_t size = 0;

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&session, &box));
	send_intent(&session);
	take_all_answers(&session);
	for (int i = 0; i < 40 && size == 0; i++) {
		usleep(50000);
		assert_ok(replay_open(&replay, box.dir, &box.signer.key, NULL));
		size = replay.checkpoint.size;
		replay_done(&replay);
	}
	assert_int_equal(size, 1);
	assert_true(WIFEXITED(stop(&session, 0)));
	ledgerbox_done(&box);
}

/* Killed under load, again and again: nothing acknowledged is missing. */
static void
auditor__loses_nothing_when_killed(void **state)
{
	enum {
		ROUNDS = 20
	};
	struct ledgerbox box;
	uint64_t index, before = 0;
	bool torn;
	unsigned counts[RECORD_KINDS];
	struct session session;

	(void)state;
	ledgerbox_init(&box, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		assert_true(start(&session, &box));
		unsigned num = 100 + 137 * round;
		for (unsigned i = 0; i < num; i++) {
			send_intent(&session);
			if (!take_answers(&session))
				break;
		}
		int status = stop(&session, SIGKILL);
		assert_true(WIFSIGNALED(status));
		assert_ok(ledgerbox_verify(&box, &index, &torn));
		assert_true(index >= session.next_index);
		assert_true(index >= before);
		before = index;
	}
	assert_true(start(&session, &box));
	assert_true(WIFEXITED(stop(&session, 0)));
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTENT], counts[RECORD_INTERRUPTED]);
	assert_true(counts[RECORD_INTENT] > 1000);
	ledgerbox_done(&box);
}

/* Another generation's keeper, as the supervisor brings it. */
static struct session
join(const struct session *first)
{
	struct session second = {.num_sent = 1000};
	int pair[2];

	assert_ok(frame_pair(pair));
	second.auditor.keeper = pair[0];
	assert_ok(control_send_item(
	    first->auditor.control, "keeper", 0, span_of(NULL, 0), pair[1]));
	close(pair[1]);
	return second;
}

static void
complete(struct session *session, uint64_t intent)
{
	send_record(session,
	    &(struct record){
		.kind = RECORD_COMPLETE, .intent = record_number(intent)});
}

static void
take_one(struct session *session)
{
	uint64_t had = session->num_receipts;

	while (session->num_receipts == had) {
		assert_ok(auditorbox_wait(session->auditor.keeper));
		assert_true(take_answers(session));
	}
}

/* One that has completed what it began goes, and the other goes on. */
static void
auditor__serves_two_keepers_and_parts_with_one(void **state)
{
	struct ledgerbox box;
	struct session old, new;
	unsigned counts[RECORD_KINDS];

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&old, &box));
	send_intent(&old);
	take_one(&old);
	new = join(&old);
	send_intent(&new);
	take_one(&new);
	complete(&old, 0);
	take_one(&old);
	close(old.auditor.keeper);
	old.auditor.keeper = new.auditor.keeper;
	send_intent(&new);
	take_one(&new);
	assert_int_equal(new.next_index, 4);
	assert_int_equal(WEXITSTATUS(stop(&old, 0)), 0);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTENT], 3);
	assert_int_equal(counts[RECORD_COMPLETE], 1);
	assert_int_equal(counts[RECORD_INTERRUPTED], 2);
	assert_int_equal(counts[RECORD_STOP], 1);
	ledgerbox_done(&box);
}

/* One that left an intent behind has died: nobody can say what it did. */
static void
auditor__ends_when_a_keeper_leaves_an_intent(void **state)
{
	struct ledgerbox box;
	struct session old, new;
	unsigned counts[RECORD_KINDS];

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&old, &box));
	new = join(&old);
	send_intent(&new);
	take_one(&new);
	send_intent(&old);
	take_one(&old);
	complete(&new, 0);
	take_one(&new);
	int status = stop(&old, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_false(take_answers(&new));
	close(new.auditor.keeper);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTERRUPTED], 1);
	ledgerbox_done(&box);
}

static void
auditor__ends_on_a_broken_protocol(void **state)
{
	static const struct frame WRONG[] = {{.type = 0},
	    {.type = AUDIT_RECEIPT, .body = {(const uint8_t *)"12345678", 8}},
	    {.type = 63}, {.type = 64}, {.type = 65535}};
	struct ledgerbox box;

	(void)state;
	ledgerbox_init(&box, 0);
	for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
		struct session session;
		assert_true(start(&session, &box));
		assert_ok(frame_send(session.auditor.keeper, &WRONG[i]));
		int keeper = session.auditor.keeper;
		session.auditor.keeper = -1;
		int status = stop(&session, 0);
		close(keeper);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 76);
	}
	ledgerbox_done(&box);
}

static void
auditor__does_not_start_on_an_altered_ledger(void **state)
{
	struct ledgerbox box;
	struct session session;

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&session, &box));
	send_intent(&session);
	take_all_answers(&session);
	assert_true(WIFEXITED(stop(&session, 0)));
	int fd = openat(box.dir, "tile/entries/000.p/3", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 20), 1);
	close(fd);
	assert_false(start(&session, &box));
	int status = stop(&session, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	ledgerbox_done(&box);
}

/* --- Handed over --- */

/* The process alone: what it had may be another's by now. */
static int
wait_for_end(struct auditorbox *auditor)
{
	int status = -1;

	(void)waitpid(auditor->pid, &status, 0);
	close(auditor->control);
	return status;
}

/* From one to the next, and on, while a keeper goes on asking: it notices
 * nothing, and each record has one receipt and one place. */
static void
auditor__hands_its_keepers_over(void **state)
{
	enum {
		ROUNDS = 8
	};
	struct ledgerbox box;
	struct session keeper, heir;
	unsigned counts[RECORD_KINDS];

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&keeper, &box));
	for (int round = 0; round < ROUNDS; round++) {
		/* What it has not read by then is in the socket. */
		for (int i = 0; i < 300; i++) {
			send_intent(&keeper);
			assert_true(take_answers(&keeper));
		}
		assert_true(start_after(&heir, &box, &keeper.auditor));
		assert_int_equal(wait_for_end(&keeper.auditor), 0);
		take_all_answers(&keeper);
		assert_int_equal(keeper.num_receipts, 300 * (round + 1));
		assert_int_equal(keeper.next_index, 300 * (round + 1) + round);
		/* The keeper that it was started with is there, too. */
		send_record(&heir, &(struct record){.kind = RECORD_START});
		take_all_answers(&heir);
		close(heir.auditor.keeper);
		keeper.auditor.pid = heir.auditor.pid;
		keeper.auditor.control = heir.auditor.control;
	}
	complete(&keeper, 0);
	take_all_answers(&keeper);
	assert_int_equal(keeper.num_refused, 0);
	assert_int_equal(stop(&keeper, 0), 0);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTENT], 300 * ROUNDS);
	assert_int_equal(counts[RECORD_COMPLETE], 1);
	assert_int_equal(counts[RECORD_INTERRUPTED], 300 * ROUNDS - 1);
	assert_int_equal(counts[RECORD_STOP], 1);
	ledgerbox_done(&box);
}

/* Who leaves intents with the elder is missed by the heir. */
static void
auditor__inherits_what_is_open(void **state)
{
	struct ledgerbox box;
	struct session keeper, heir;
	unsigned counts[RECORD_KINDS];

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&keeper, &box));
	send_intent(&keeper);
	take_all_answers(&keeper);
	assert_true(start_after(&heir, &box, &keeper.auditor));
	assert_int_equal(wait_for_end(&keeper.auditor), 0);
	send_record(&heir, &(struct record){.kind = RECORD_START});
	take_all_answers(&heir);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTERRUPTED], 0);
	close(keeper.auditor.keeper);
	assert_int_equal(wait_for_end(&heir.auditor), 0);
	close(heir.auditor.keeper);
	count_kinds(&box, counts);
	assert_int_equal(counts[RECORD_INTERRUPTED], 1);
	ledgerbox_done(&box);
}

/* An heir that is killed before it has anything changes nothing. */
static void
auditor__goes_on_when_its_heir_is_gone(void **state)
{
	struct ledgerbox box;
	struct session keeper;
	int hands[2];

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&keeper, &box));
	send_intent(&keeper);
	take_all_answers(&keeper);
	assert_ok(frame_pair(hands));
	close(hands[1]);
	assert_ok(control_send_item(
	    keeper.auditor.control, "heir", 0, span_of(NULL, 0), hands[0]));
	close(hands[0]);
	for (int i = 0; i < 100; i++)
		send_intent(&keeper);
	take_all_answers(&keeper);
	assert_int_equal(keeper.num_receipts, 101);
	assert_int_equal(stop(&keeper, 0), 0);
	ledgerbox_done(&box);
}

/* As many as it takes, until it takes no more since nobody hears it. */
static void
send_until_stuck(struct session *session)
{
	struct record intent = {.kind = RECORD_INTENT,
	    .time_ms = 1,
	    .request = span_str("q"),
	    .bytes_most = record_number(4711)};
	struct buf body CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct pollfd room = {.fd = session->auditor.keeper, .events = POLLOUT};

	assert_ok(record_encode(&body, &intent));
	struct frame frame = {.type = AUDIT_APPEND, .body = buf_span(&body)};
	while (poll(&room, 1, 3000) == 1) {
		struct err err = frame_send(session->auditor.keeper, &frame);
		session->num_sent += err.code == ERR_OK;
		if (err.code != ERR_AGAIN)
			assert_ok(err);
	}
}

/* While a keeper takes no answers, nobody gets the ledger: what it was told
 * would be lost. */
static void
auditor__keeps_a_ledger_whose_keeper_is_stuck(void **state)
{
	struct ledgerbox box;
	struct session keeper, heir;

	(void)state;
	ledgerbox_init(&box, 0);
	assert_true(start(&keeper, &box));
	send_until_stuck(&keeper);
	assert_false(start_after(&heir, &box, &keeper.auditor));
	int status = stop(&heir, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	take_all_answers(&keeper);
	assert_int_equal(keeper.num_receipts, keeper.num_sent);
	assert_int_equal(stop(&keeper, 0), 0);
	ledgerbox_done(&box);
}

/* The program of the same build as this test. */
static int
find_program(void **state)
{
	(void)state;
	return auditorbox_find(program, sizeof(program)) ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(auditor__answers_and_closes_what_the_keeper_left),
	    cmocka_unit_test(auditor__takes_packs_beyond_a_round),
	    cmocka_unit_test(auditor__publishes_while_completions_wait),
	    cmocka_unit_test(auditor__publishes_within_two_seconds),
	    cmocka_unit_test(auditor__loses_nothing_when_killed),
	    cmocka_unit_test(auditor__serves_two_keepers_and_parts_with_one),
	    cmocka_unit_test(auditor__ends_when_a_keeper_leaves_an_intent),
	    cmocka_unit_test(auditor__ends_on_a_broken_protocol),
	    cmocka_unit_test(auditor__hands_its_keepers_over),
	    cmocka_unit_test(auditor__inherits_what_is_open),
	    cmocka_unit_test(auditor__goes_on_when_its_heir_is_gone),
	    cmocka_unit_test(auditor__keeps_a_ledger_whose_keeper_is_stuck),
	    cmocka_unit_test(auditor__does_not_start_on_an_altered_ledger),
	};

	return cmocka_run_group_tests(tests, find_program, NULL);
}
