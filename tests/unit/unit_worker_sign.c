/*
 * worker, and signatures that are long in coming: others are served meanwhile,
 * few questions lie with the keeper, and nobody is waited for who has left.
 *
 * check: waits
 */
#include <poll.h>
#include <sys/socket.h>

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/worker/signer.h"
#include "tests/harness/expect.h"
#include "tests/harness/workerbox.h"

enum {
	/* More than have a stack to wait on. */
	CROWD = WORKER_MAX_PAUSED + 40,
	LIMIT_MS = 20000,
};

static struct workerbox box;
static struct workerbox_client crowd[CROWD];

static int
start(void **state)
{
	(void)state;
	workerbox_start(&box);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	workerbox_stop(&box);
	return 0;
}

static void
expect_served(struct workerbox_client *client)
{
	client->in.len = 0;
	workerbox_send(
	    &box, client, "GET /livez HTTP/1.1\r\nHost: gate:8443\r\n\r\n");
	workerbox_response(&box, client, true);
	assert_true(workerbox_has(client, "HTTP/1.1 200 "));
}

/* Until the worker has asked, and that is not answered. */
static void
wait_asked(void)
{
	struct pollfd wait = {.fd = box.sign, .events = POLLIN};

	assert_int_equal(poll(&wait, 1, LIMIT_MS), 1);
}

/* How many questions lie there; each is taken, and none is answered. */
static size_t
take_questions(void)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;
	size_t num = 0;

	while (frame_recv(box.sign, buffer, &frame).code == ERR_OK) {
		assert_int_equal(frame.type, SIGN_DIGEST);
		num++;
	}
	return num;
}

static void
worker__serves_others_while_a_signature_is_made(void **state)
{
	struct workerbox_client served, waits;

	(void)state;
	workerbox_connect(&box, &served);
	box.signs_nothing = true;
	workerbox_begin(&box, &waits);
	wait_asked();
	for (unsigned i = 0; i < 5; i++)
		expect_served(&served);
	assert_int_equal(SSL_is_init_finished(waits.ssl), 0);
	box.signs_nothing = false;
	workerbox_shake(&box, &waits);
	assert_false(waits.cut);
	expect_served(&waits);
	workerbox_close(&waits);
	workerbox_close(&served);
}

/* A crowd of handshakes: all are signed in the end, those too that found no
 * stack free; and no more than a few lie with the keeper at once. */
static void
worker__signs_a_crowd_in_its_turn(void **state)
{
	struct workerbox_client served;

	(void)state;
	workerbox_connect(&box, &served);
	box.signs_nothing = true;
	for (size_t i = 0; i < CROWD; i++)
		workerbox_begin(&box, &crowd[i]);
	wait_asked();
	expect_served(&served);
	box.signs_nothing = false;
	for (size_t i = CROWD; i-- > 0;) {
		workerbox_shake(&box, &crowd[i]);
		assert_false(crowd[i].cut);
		expect_served(&crowd[i]);
		workerbox_close(&crowd[i]);
	}
	expect_served(&served);
	workerbox_close(&served);
}

/* Who has left is not signed for, and gives his stack to another one. The few
 * questions that lie with the keeper are answered all the same. */
static void
worker__forgets_who_left_before_his_signature(void **state)
{
	const struct linger reset = {.l_onoff = 1};
	struct workerbox_client served;
	uint64_t limit;
	size_t asked;

	(void)state;
	workerbox_connect(&box, &served);
	box.signs_nothing = true;
	for (size_t i = 0; i < CROWD; i++)
		workerbox_begin(&box, &crowd[i]);
	wait_asked();
	expect_served(&served);
	for (size_t i = 0; i < CROWD; i++) {
		(void)setsockopt(
		    crowd[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		workerbox_close(&crowd[i]);
	}
	expect_served(&served);
	asked = take_questions();
	assert_in_range(asked, 1, SIGNER_AT_ONCE);
	/* As good as refused: nobody waits for it. */
	for (size_t i = 1; i <= asked; i++) {
		struct frame none = {.type = SIGN_RESULT};
		expect_ok(frame_send(box.sign, &none));
	}
	box.signs_nothing = false;
	limit = sysio_monotonic_ms() + LIMIT_MS;
	for (size_t i = 0; i < CROWD; i++) {
		workerbox_connect(&box, &crowd[0]);
		assert_false(crowd[0].cut);
		workerbox_close(&crowd[0]);
		assert_true(sysio_monotonic_ms() < limit);
	}
	expect_served(&served);
	workerbox_close(&served);
}

/* With its keeper goes what it was to sign; the next one signs for others. */
static void
worker__cuts_handshakes_whose_keeper_is_lost(void **state)
{
	struct workerbox_client served;

	(void)state;
	workerbox_connect(&box, &served);
	box.signs_nothing = true;
	for (size_t i = 0; i < CROWD; i++)
		workerbox_begin(&box, &crowd[i]);
	wait_asked();
	workerbox_lose_keeper(&box);
	for (size_t i = 0; i < CROWD; i++) {
		workerbox_shake(&box, &crowd[i]);
		assert_true(crowd[i].cut);
		workerbox_close(&crowd[i]);
	}
	expect_served(&served);
	box.signs_nothing = false;
	workerbox_new_keeper(&box);
	workerbox_connect(&box, &crowd[0]);
	assert_false(crowd[0].cut);
	expect_served(&crowd[0]);
	workerbox_close(&crowd[0]);
	workerbox_close(&served);
}

/* It is given up at the deadline of a handshake; the worker ends with some of
 * them still open. */
static void
worker__gives_up_a_handshake_that_nobody_signs(void **state)
{
	struct workerbox_client waits;

	(void)state;
	box.signs_nothing = true;
	workerbox_begin(&box, &waits);
	wait_asked();
	workerbox_shake(&box, &waits);
	assert_true(waits.cut);
	workerbox_close(&waits);
	for (size_t i = 0; i < 5; i++)
		workerbox_begin(&box, &crowd[i]);
	stop(NULL);
	for (size_t i = 0; i < 5; i++)
		workerbox_close(&crowd[i]);
	start(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worker__serves_others_while_a_signature_is_made),
	    cmocka_unit_test(worker__signs_a_crowd_in_its_turn),
	    cmocka_unit_test(worker__forgets_who_left_before_his_signature),
	    cmocka_unit_test(worker__cuts_handshakes_whose_keeper_is_lost),
	    cmocka_unit_test(worker__gives_up_a_handshake_that_nobody_signs),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
