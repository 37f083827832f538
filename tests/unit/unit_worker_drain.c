/* worker, told to drain: what was begun ends well, and nothing else begins. */
#include "gateway/s3/s3_canonical.h"
#include "tests/harness/expect.h"
#include "tests/harness/workerbox.h"

#define REQUEST "GET /bkt/k HTTP/1.1\r\nHost: gate:8443\r\n\r\n"

static struct workerbox box;

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
refuse(struct workerbox_client *client)
{
	const struct ask_answer refusal = {.kind = ASK_REFUSED,
	    .request = "ffeeddccbbaa0099",
	    .record = 7,
	    .refusal = ASK_ACCESS_DENIED};

	workerbox_answer(&box, &refusal, -1);
	workerbox_response(&box, client, true);
	assert_true(workerbox_has(client, "HTTP/1.1 403 "));
}

static void
worker__drained_ends_by_itself(void **state)
{
	(void)state;
	workerbox_drain(&box);
	workerbox_ended(&box);
}

/* The client hears that no other answer comes, and makes a new connection. */
static void
worker__drained_closes_who_waits_between_requests(void **state)
{
	struct workerbox_client client;

	(void)state;
	workerbox_ask(&box, &client, REQUEST);
	refuse(&client);
	workerbox_drain(&box);
	workerbox_until(&box, &client, "never");
	assert_true(client.ended);
	assert_false(client.cut);
	workerbox_close(&client);
	workerbox_ended(&box);
}

static void
worker__drained_answers_what_was_asked(void **state)
{
	struct workerbox_client client;

	(void)state;
	workerbox_ask(&box, &client, REQUEST);
	workerbox_drain(&box);
	refuse(&client);
	workerbox_until(&box, &client, "never");
	assert_true(client.ended);
	assert_false(client.cut);
	workerbox_close(&client);
	workerbox_ended(&box);
}

/* Half a head is no request yet: the next policy is to decide it. */
static void
worker__drained_sends_half_a_request_elsewhere(void **state)
{
	struct workerbox_client client;

	(void)state;
	workerbox_connect(&box, &client);
	workerbox_send(&box, &client, "GET /bkt/k HTTP/1.1\r\n");
	/* One that is answered shows that the half was read before. */
	struct workerbox_client other;
	workerbox_ask(&box, &other, REQUEST);
	refuse(&other);
	workerbox_drain(&box);
	workerbox_send(&box, &client, "Host: gate:8443\r\n\r\n");
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 503 "));
	assert_true(workerbox_has(&client, "<Code>SlowDown</Code>"));
	assert_true(workerbox_has(&client, "Connection: close\r\n"));
	workerbox_until(&box, &client, "never");
	assert_true(client.ended);
	workerbox_close(&client);
	workerbox_close(&other);
	workerbox_ended(&box);
}

/* One that has connected only has asked for nothing, but counts on an answer:
 * it is new. */
static void
worker__drained_sends_who_has_just_connected_elsewhere(void **state)
{
	struct workerbox_client client, other;

	(void)state;
	workerbox_connect(&box, &client);
	workerbox_ask(&box, &other, REQUEST);
	workerbox_drain(&box);
	refuse(&other);
	workerbox_until(&box, &other, "never");
	workerbox_send(&box, &client, REQUEST);
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "<Code>SlowDown</Code>"));
	workerbox_close(&client);
	workerbox_close(&other);
	workerbox_ended(&box);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(worker__drained_ends_by_itself),
	    TEST(worker__drained_closes_who_waits_between_requests),
	    TEST(worker__drained_answers_what_was_asked),
	    TEST(worker__drained_sends_half_a_request_elsewhere),
	    TEST(worker__drained_sends_who_has_just_connected_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
