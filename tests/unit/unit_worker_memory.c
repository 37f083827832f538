/*
 * What the worker does when there is no memory: over whole connections, with
 * each allocation after its start failing in turn.
 */
#include "gateway/ipc/control.h"
#include "gateway/worker/front.h"
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"

/* The program itself, in whose process failalloc is; armed when it is ready. */
static size_t fail_at;
static bool fail_on;

static struct err
ready(int socket, const char *report)
{
	struct err err = control_send_ready(socket, report);

	if (fail_on)
		failalloc_arm_lasting(fail_at);
	else
		failalloc_arm(fail_at);
	return err;
}

/* Told to the test: whether one failed before the end. */
static bool *has_failed;

static void
finish(struct front *front)
{
	*has_failed = failalloc_disarm();
	front_done(front);
}

#define control_send_ready ready
#define front_done finish
#define main worker_main
int worker_main(void);
#include "gateway/worker/worker.c"
#undef control_send_ready
#undef front_done
#undef main

#include <poll.h>
#include <sys/mman.h>

#include "crypto/age_stream.h"
#include "tests/harness/workerbox.h"

enum {
	PLAIN_LEN = 70000,
	STRIDE = 29, /* of thousands, most of them in a handshake */
	LIMIT_MS = 20000
};

static struct workerbox box;
static uint8_t plain[PLAIN_LEN];
static int slot_fd;
static struct ask_answer object = {.kind = ASK_OBJECT,
    .request = "00112233445566ff",
    .record = 42,
    .modified = 784111777,
    .etag = "\"0123456789abcdef0123456789abcdef-1\"",
    .file_key = {7}};

static void
program(void)
{
	(void)worker_main();
}

static int
make_slot(void **state)
{
	static uint8_t payload[PLAIN_LEN + 100];
	static const uint8_t nonce[AGE_NONCE] = {9};
	struct age_stream *stream;

	(void)state;
	for (size_t i = 0; i < PLAIN_LEN; i++)
		plain[i] = (uint8_t)(i * 7 + (i >> 9));
	object.payload_len = age_payload_len(PLAIN_LEN);
	expect_ok(crypto_init());
	memcpy(payload, nonce, AGE_NONCE);
	expect_ok(age_stream_new(&stream, object.file_key, nonce));
	expect_ok(age_stream_seal(
	    stream, 0, false, span_of(plain, AGE_CHUNK), payload + AGE_NONCE));
	expect_ok(age_stream_seal(stream, 1, true,
	    span_of(plain + AGE_CHUNK, PLAIN_LEN - AGE_CHUNK),
	    payload + AGE_NONCE + AGE_CHUNK + AGE_TAG));
	age_stream_free(stream);
	has_failed = mmap(NULL, sizeof(*has_failed), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (has_failed == MAP_FAILED)
		return 1;
	slot_fd = memfd_create("slot", MFD_CLOEXEC);
	return pwrite(slot_fd, payload, object.payload_len, 0) !=
	    (ssize_t)object.payload_len;
}

static int
free_slot(void **state)
{
	(void)state;
	close(slot_fd);
	return 0;
}

/* Whole, or cut: never other bytes. */
static bool
is_whole(const struct workerbox_client *client)
{
	struct buf body;
	struct span got = workerbox_body(client, &body);
	bool whole = workerbox_has(client, "HTTP/1.1 200 OK\r\n") &&
	    got.len == PLAIN_LEN;

	if (workerbox_has(client, "HTTP/1.1 200 OK\r\n"))
		assert_memory_equal(got.data, plain, got.len);
	buf_done(&body);
	return whole;
}

/* The keeper hears of the end of what it granted, or that it is left. */
static void
wait_done(void)
{
	struct pollfd wait = {.fd = box.ask, .events = POLLIN};
	struct frame frame;
	struct err err;

	do {
		assert_int_equal(poll(&wait, 1, LIMIT_MS), 1);
		err = inbox_next(&box.inbox, box.ask, &frame);
	} while (err.code == ERR_OK && frame.type != ASK_DONE);
	assert_true(err.code == ERR_OK || err.code == ERR_CLOSED);
}

/* One request of one connection. True: it was granted, and all of it came. */
static bool
get_object(void)
{
	static const char request[] =
	    "GET /bkt/key HTTP/1.1\r\nHost: gate:8443\r\n\r\n";
	struct workerbox_client client;
	struct frame frame;
	bool whole = false;

	workerbox_connect(&box, &client);
	if (!client.cut)
		(void)SSL_write(client.ssl, request, sizeof(request) - 1);
	if (!client.cut && workerbox_hears(&box, &client, ASK_READ, &frame)) {
		box.id = frame.id;
		workerbox_answer(&box, &object, slot_fd);
		workerbox_response(&box, &client, true);
		whole = is_whole(&client);
		wait_done();
	}
	/* A refusal of its own is one that tells of the fault. */
	if (!whole && workerbox_has(&client, "HTTP/1.1 "))
		assert_true(workerbox_has(&client, "HTTP/1.1 50") ||
		    workerbox_has(&client, "HTTP/1.1 200 OK"));
	workerbox_close(&client);
	return whole;
}

/* GATEHOUSE_TEST_STRIDE=1 fails every one of them, in some minutes. */
static size_t
stride(void)
{
	const char *text = getenv("GATEHOUSE_TEST_STRIDE");
	size_t value = text == NULL ? 0 : strtoul(text, NULL, 10);

	return value > 0 ? value : STRIDE;
}

static void
worker_memory__each_allocation_may_fail(void **state)
{
	unsigned num_whole = 0;

	(void)state;
	fail_on = false;
	*has_failed = true;
	for (fail_at = 0; *has_failed; fail_at += stride()) {
		workerbox_start_in(&box, program);
		num_whole += get_object();
		workerbox_new_keeper(&box); /* it may have left the other */
		/* One of the two was not the one that failed. */
		if (!get_object() && !get_object())
			fail_msg("no object once allocation %zu had failed",
			    fail_at);
		workerbox_stop(&box); /* in order, and by itself */
	}
	assert_true(num_whole > 0);
}

/* None at all any more: it serves nobody, and still ends when it is told. */
static void
worker_memory__all_of_it_may_be_gone(void **state)
{
	(void)state;
	fail_on = true;
	*has_failed = true;
	for (fail_at = 0; *has_failed; fail_at += 2 * stride()) {
		workerbox_start_in(&box, program);
		(void)get_object();
		workerbox_stop(&box);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worker_memory__each_allocation_may_fail),
	    cmocka_unit_test(worker_memory__all_of_it_may_be_gone),
	};

	if (!failalloc_works())
		print_message("no allocation fails under valgrind\n");
	/* The worker's, which is forked from here: before our own of OpenSSL.
	 */
	if (tls_pause_guard().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, make_slot, free_slot);
}
