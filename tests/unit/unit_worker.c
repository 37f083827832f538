/*
 * worker, and what it says and hears: questions, refusals, listings, clients
 * and keepers that misbehave. What it sends is in unit_worker_slot.c.
 *
 * check: waits
 */
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/ipc/control.h"
#include "gateway/s3/s3_canonical.h"
#include "tests/harness/expect.h"
#include "tests/harness/workerbox.h"

#define ETAG "\"0123456789abcdef0123456789abcdef-1\""
#define HEAD_END "Host: gate:8443\r\n\r\n"
#define AUTH                                                                   \
	"AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-central-1/s3/"           \
	"aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, "   \
	"Signature="                                                           \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

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

/* --- questions and refusals -------------------------------------------- */

static void
worker__asks_with_the_canonical_request(void **state)
{
	struct workerbox_client client;
	struct s3_canonical canonical;
	static const uint8_t loopback[16] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
	struct ask_answer refusal = {.kind = ASK_REFUSED,
	    .request = "ffeeddccbbaa0099",
	    .record = 7,
	    .refusal = ASK_ACCESS_DENIED,
	    .sentence = span_str("not for M\xc3\xbcller")};

	(void)state;
	workerbox_ask(&box, &client,
	    "GET /bkt/a%2bb?x-id=GetObject HTTP/1.1\r\nHost: gate:8443\r\n"
	    "x-amz-date: 20261123T100000Z\r\nRange: bytes=0-1\r\n"
	    "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
	    "Authorization: " AUTH "\r\n\r\n");
	assert_memory_equal(box.question.address, loopback, 16);
	assert_true(span_equal_str(box.question.authorization, AUTH));
	assert_false(box.question.whole);
	assert_int_equal(box.question.certificate.len, 0);
	expect_ok(s3_canonical_parse(box.question.canonical, &canonical));
	assert_true(span_equal_str(canonical.path, "/bkt/a%2Bb"));
	assert_true(span_equal_str(
	    canonical.names, "host;x-amz-content-sha256;x-amz-date"));
	workerbox_answer(&box, &refusal, -1);
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 403 Forbidden\r\n"));
	assert_true(workerbox_has(
	    &client, "x-gatehouse-reason: not for M%C3%BCller\r\n"));
	assert_true(workerbox_has(&client, "x-gatehouse-record: 7\r\n"));
	assert_true(
	    workerbox_has(&client, "x-amz-request-id: ffeeddccbbaa0099\r\n"));
	assert_true(
	    workerbox_has(&client, "<RequestId>ffeeddccbbaa0099</RequestId>"));
	assert_true(
	    workerbox_has(&client, "<Message>not for M\xc3\xbcller</Message>"));
	workerbox_close(&client);
}

/* The keeper gets the signature apart from what it covers. */
static void
worker__asks_for_a_presigned_request(void **state)
{
	struct workerbox_client client;
	struct s3_canonical canonical;
	struct ask_answer refusal = {.kind = ASK_REFUSED,
	    .request = "ffeeddccbbaa0099",
	    .record = UINT64_MAX,
	    .refusal = ASK_EXPIRED};

	(void)state;
	workerbox_ask(&box, &client,
	    "GET /bkt/k?X-Amz-SignedHeaders=host&X-Amz-Signature=00ff&"
	    "X-Amz-Date=20261123T100000Z HTTP/1.1\r\n" HEAD_END);
	assert_true(span_equal_str(box.question.authorization, "00ff"));
	assert_true(box.question.whole);
	expect_ok(s3_canonical_parse(box.question.canonical, &canonical));
	assert_true(span_equal_str(canonical.query,
	    "X-Amz-Date=20261123T100000Z&X-Amz-SignedHeaders=host"));
	assert_true(span_equal_str(canonical.names, "host"));
	assert_true(span_equal_str(canonical.payload, "UNSIGNED-PAYLOAD"));
	workerbox_answer(&box, &refusal, -1);
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 403 "));
	assert_true(workerbox_has(&client,
	    "<Code>AccessDenied</Code><Message>Request has expired</Message>"));
	workerbox_close(&client);
}

/* What needs no keeper gets its answer without one. The first line of each
 * is in the response; `closes` ends the connection in order. */
static void
worker__refuses_by_itself_what_is_no_question(void **state)
{
	static const struct {
		const char *request, *status, *code;
		bool closes;
	} cases[] = {
	    {"\x16\x03garbage\r\n", "HTTP/1.1 400 ", "BadRequest", true},
	    {"GET / HTTP/2.0\r\n" HEAD_END, "HTTP/1.1 505 ", "BadRequest",
		true},
	    {"TRACE / HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 501 ", "NotImplemented",
		true},
	    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 ",
		"BadRequest", true},
	    {"GET /bkt?acl HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 501 ",
		"NotImplemented", false},
	    {"GET /bkt/%zz HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 400 ",
		"InvalidURI", false},
	    {"GET /bkt/../k HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 400 ",
		"InvalidURI", false},
	    {"GET /bkt/k HTTP/1.1\r\nAuthorization: Bearer x\r\n" HEAD_END,
		"HTTP/1.1 400 ", "InvalidRequest", false},
	    {"GET /bkt/k HTTP/1.1\r\nAuthorization: " AUTH "\r\n" HEAD_END,
		"HTTP/1.1 400 ", "MissingSecurityHeader", false},
	    {"GET /bkt/k HTTP/1.1\r\nx-amz-date: a\r\nx-amz-extra: 1\r\n"
	     "x-amz-content-sha256: b\r\nAuthorization: " AUTH "\r\n" HEAD_END,
		"HTTP/1.1 403 ", "AccessDenied", false},
	    {"GET /bkt/k?X-Amz-SignedHeaders=host&X-Amz-Signature=a "
	     "HTTP/1.1\r\nAuthorization: " AUTH "\r\n" HEAD_END,
		"HTTP/1.1 400 ", "InvalidArgument", false},
	    {"GET /bkt/k?X-Amz-Signature=a HTTP/1.1\r\n" HEAD_END,
		"HTTP/1.1 400 ", "AuthorizationQueryParametersError", false},
	    {"GET /bkt/k?X-Amz-SignedHeaders=range&X-Amz-Signature=a "
	     "HTTP/1.1\r\nRange: bytes=0-1\r\n" HEAD_END,
		"HTTP/1.1 403 ", "AccessDenied", false},
	    {"GET /bkt/k?response-content-type=a HTTP/1.1\r\n" HEAD_END,
		"HTTP/1.1 400 ", "InvalidRequest", false},
	    {"GET /bkt/k?partNumber=1 HTTP/1.1\r\n"
	     "Range: bytes=0-1\r\n" HEAD_END,
		"HTTP/1.1 400 ", "InvalidRequest", false},
	    {"OPTIONS /bkt/k HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 405 ",
		"MethodNotAllowed", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct workerbox_client client;

		workerbox_connect(&box, &client);
		workerbox_send(&box, &client, cases[i].request);
		workerbox_response(&box, &client, true);
		if (!workerbox_has(&client, cases[i].status) ||
		    !workerbox_has(&client, cases[i].code))
			fail_msg("case %zu: %.*s", i, (int)client.in.len,
			    client.in.data);
		assert_int_equal(
		    workerbox_has(&client, "Connection: close\r\n"),
		    cases[i].closes);
		if (cases[i].closes) {
			workerbox_read(&box, &client, SIZE_MAX);
			assert_true(client.ended);
		}
		workerbox_close(&client);
	}
}

/* A body is not read: the answer comes, then the end, and no reset. */
static void
worker__answers_a_write_and_closes(void **state)
{
	struct workerbox_client client;
	struct ask_answer refusal = {.kind = ASK_REFUSED,
	    .request = "ffeeddccbbaa0099",
	    .record = UINT64_MAX,
	    .refusal = ASK_WRITE};

	(void)state;
	workerbox_ask(&box, &client,
	    "PUT /bkt/k HTTP/1.1\r\nContent-Length: 200000\r\n" HEAD_END
	    "the beginning of a long body");
	workerbox_answer(&box, &refusal, -1);
	workerbox_read(&box, &client, SIZE_MAX);
	assert_true(client.ended);
	assert_true(workerbox_has(&client, "HTTP/1.1 403 "));
	assert_true(workerbox_has(&client, "<Code>AccessDenied</Code>"));
	assert_true(workerbox_has(&client, "Connection: close\r\n"));
	assert_false(workerbox_has(&client, "x-gatehouse-record"));
	workerbox_close(&client);
}

/*
 * One client sends half a head, one nothing at all, and one asks for much and
 * reads none of it. The first two go after WORKER_HEAD_MS, the last one after
 * WORKER_RATE_MS; its kernel's buffers are full long before.
 */
static void
worker__ends_clients_that_keep_it_waiting(void **state)
{
	struct workerbox_client slow, half, silent;
	struct ask_answer answer = {.kind = ASK_OBJECT,
	    .request = "00112233445566ff",
	    .age = true,
	    .record = 1,
	    .payload_len = 1 << 28,
	    .etag = ETAG};
	struct ask_done done;
	int fd = memfd_create("slot", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(fd, 1 << 28), 0);
	workerbox_ask(&box, &slow, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_answer(&box, &answer, fd);
	workerbox_connect(&box, &half);
	workerbox_connect(&box, &silent);
	workerbox_send(&box, &half, "GET /bkt/k HTTP/1.1\r\nHost: ");
	workerbox_read(&box, &half, SIZE_MAX);
	assert_true(half.cut);
	workerbox_read(&box, &silent, SIZE_MAX);
	assert_true(silent.cut);
	assert_int_equal(half.in.len + silent.in.len, 0);
	workerbox_close(&half);
	workerbox_close(&silent);
	sleep(15);
	workerbox_done(&box, NULL, &done);
	assert_int_equal(done.outcome, ASK_CUT);
	assert_true(done.bytes > 0 && done.bytes < 1 << 28);
	workerbox_close(&slow);
	close(fd);
}

/* A keeper that says what it must not is not the keeper. */
static void
worker__a_keeper_that_raves_is_lost(void **state)
{
	struct workerbox_client client;
	struct ask_answer wrong = {.kind = ASK_LISTING,
	    .request = "0000000000000001",
	    .record = UINT64_MAX};

	(void)state;
	workerbox_ask(&box, &client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_say(&box, ASK_PROGRESS, span_str("garbage"));
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 503 "));
	workerbox_close(&client);
	workerbox_new_keeper(&box);

	/* And an answer to another question is no answer to this one. */
	struct buf part CLEANUP(buf_done) = {.max = 4096};
	struct ask_part last = {.last = true};
	struct ask_done done;

	expect_ok(ask_put_part(&part, &last));
	workerbox_ask(&box, &client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_answer(&box, &wrong, -1);
	workerbox_say(&box, ASK_PART, buf_span(&part));
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 500 "));
	workerbox_done(&box, &client, &done);
	workerbox_close(&client);
}

static void
expect_hangup(int fd)
{
	struct pollfd wait = {.fd = fd};

	assert_int_equal(poll(&wait, 1, 5000), 1);
	assert_true((wait.revents & POLLHUP) != 0);
}

/* Of one that is no keeper it wants nothing more: a living one sees that, and
 * tells the supervisor. Else it would answer 503 for ever. */
static void
worker__lets_go_of_a_keeper_that_is_none(void **state)
{
	(void)state;
	workerbox_say(&box, ASK_PROGRESS, span_str("garbage"));
	expect_hangup(box.ask);
	expect_hangup(box.sign);
	workerbox_new_keeper(&box);
	expect_ok(frame_send(box.sign, &(struct frame){.type = 63}));
	expect_hangup(box.sign);
	expect_hangup(box.ask);
	workerbox_new_keeper(&box);
}

/* --- listings ---------------------------------------------------------- */

static void
put_item(struct buf *items, bool prefix, const char *name)
{
	struct ask_item item = {.prefix = prefix,
	    .name = span_str(name),
	    .etag = span_str(prefix ? "" : ETAG),
	    .size = 5,
	    .modified = 784111777};

	expect_ok(ask_put_item(items, &item));
}

static void
worker__writes_a_listing_out_of_its_parts(void **state)
{
	struct workerbox_client client;
	struct ask_answer answer = {
	    .kind = ASK_LISTING, .request = "00112233445566ff", .record = 3};
	struct buf items CLEANUP(buf_done) = {.max = 4096};
	struct buf body CLEANUP(buf_done) = {.max = 8192};
	struct ask_part part = {.num_items = 1};
	struct ask_done done;

	(void)state;
	workerbox_ask(&box, &client,
	    "GET /bkt?list-type=2&delimiter=%2F&max-keys=2 "
	    "HTTP/1.1\r\n" HEAD_END);
	workerbox_answer(&box, &answer, -1);
	put_item(&items, false, "a<b");
	part.items = buf_span(&items);
	expect_ok(ask_put_part(&body, &part));
	workerbox_say(&box, ASK_PART, buf_span(&body));
	buf_reset(&items);
	buf_reset(&body);
	put_item(&items, true, "dir/");
	part.items = buf_span(&items);
	part.last = part.truncated = true;
	part.token = span_str("tok");
	expect_ok(ask_put_part(&body, &part));
	workerbox_say(&box, ASK_PART, buf_span(&body));
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 200 OK\r\n"));
	assert_true(workerbox_has(&client, "<Key>a&lt;b</Key>"));
	assert_true(workerbox_has(
	    &client, "<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>"));
	assert_true(workerbox_has(&client, "<KeyCount>2</KeyCount>"));
	assert_true(workerbox_has(&client,
	    "<NextContinuationToken>tok</NextContinuationToken>"
	    "<IsTruncated>true</IsTruncated>"));
	workerbox_done(&box, &client, &done);
	assert_int_equal(done.outcome, ASK_DELIVERED);
	assert_int_equal(done.num_ranges, 0);
	workerbox_close(&client);
}

static void
worker__keeps_a_connection_for_the_next_request(void **state)
{
	struct workerbox_client client;
	struct ask_answer answer = {
	    .kind = ASK_BUCKET, .request = "00112233445566ff", .record = 3};
	struct ask_done done;

	(void)state;
	/* Both heads in one write: the second waits for the first. */
	workerbox_ask(&box, &client,
	    "HEAD /bkt HTTP/1.1\r\n" HEAD_END
	    "GET /bkt?location HTTP/1.1\r\nConnection: close\r\n" HEAD_END);
	workerbox_answer(&box, &answer, -1);
	workerbox_done(&box, &client, &done);
	assert_int_equal(done.outcome, ASK_DELIVERED);
	workerbox_question(&box, &client);
	workerbox_answer(&box, &answer, -1);
	workerbox_done(&box, &client, &done);
	workerbox_read(&box, &client, SIZE_MAX);
	assert_true(client.ended);
	assert_true(
	    workerbox_has(&client, "x-amz-bucket-region: eu-central-1\r\n"));
	assert_true(
	    workerbox_has(&client, ">eu-central-1</LocationConstraint>"));
	workerbox_close(&client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worker__a_keeper_that_raves_is_lost),
	    cmocka_unit_test(worker__lets_go_of_a_keeper_that_is_none),
	    cmocka_unit_test(worker__asks_with_the_canonical_request),
	    cmocka_unit_test(worker__asks_for_a_presigned_request),
	    cmocka_unit_test(worker__refuses_by_itself_what_is_no_question),
	    cmocka_unit_test(worker__answers_a_write_and_closes),
	    cmocka_unit_test(worker__ends_clients_that_keep_it_waiting),
	    cmocka_unit_test(worker__writes_a_listing_out_of_its_parts),
	    cmocka_unit_test(worker__keeps_a_connection_for_the_next_request),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
