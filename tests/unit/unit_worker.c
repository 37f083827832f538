#include <sys/mman.h>
#include <unistd.h>

#include "crypto/age_stream.h"
#include "crypto/init.h"
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

enum {
	PLAIN_LEN = 3 * AGE_CHUNK + 1234,
	HEADER_LEN = 200, /* stands for an age header */
	OFFSET = 77,	  /* of the payload in the slot */
};

/* --- a slot ------------------------------------------------------------ */

struct test_slot {
	int fd;
	uint8_t *plain, *payload;
	size_t payload_len;
	uint8_t header[HEADER_LEN];
	struct ask_answer answer;
};

static void
slot_make(struct test_slot *s, bool age, size_t plain_len)
{
	static const uint8_t nonce[AGE_NONCE] = {9};
	struct age_stream *stream;

	*s = (struct test_slot){.answer = {.kind = ASK_OBJECT,
				    .request = "00112233445566ff",
				    .record = 42,
				    .age = age,
				    .payload_at = OFFSET,
				    .modified = 784111777,
				    .etag = ETAG,
				    .file_key = {7}}};
	s->plain = malloc(plain_len + 1);
	for (size_t i = 0; i < plain_len; i++)
		s->plain[i] = (uint8_t)(i * 7 + (i >> 9));
	s->payload_len = (size_t)age_payload_len(plain_len);
	s->payload = malloc(s->payload_len);
	memcpy(s->payload, nonce, AGE_NONCE);
	expect_ok(age_stream_new(&stream, s->answer.file_key, nonce));
	for (size_t i = 0; i == 0 || i * AGE_CHUNK < plain_len; i++) {
		struct span piece = span_sub(
		    span_of(s->plain, plain_len), i * AGE_CHUNK, AGE_CHUNK);

		expect_ok(age_stream_seal(stream, i,
		    (i + 1) * AGE_CHUNK >= plain_len, piece,
		    s->payload + AGE_NONCE + i * (AGE_CHUNK + AGE_TAG)));
	}
	age_stream_free(stream);
	for (size_t i = 0; i < HEADER_LEN; i++)
		s->header[i] = (uint8_t)(255 - i);
	if (age) {
		s->answer.header = span_of(s->header, HEADER_LEN);
		memset(s->answer.file_key, 0, 16);
	}
	s->answer.payload_len = s->payload_len;
	s->fd = memfd_create("slot", MFD_CLOEXEC);
	assert_int_equal(pwrite(s->fd, s->payload, s->payload_len, OFFSET),
	    (ssize_t)s->payload_len);
}

static void
slot_free(struct test_slot *s)
{
	close(s->fd);
	free(s->plain);
	free(s->payload);
}

/* The delivered form. */
static struct span
slot_delivered(const struct test_slot *s, size_t plain_len, struct buf *out)
{
	buf_init(out, 1 << 24);
	if (!s->answer.age) {
		expect_ok(buf_append(out, span_of(s->plain, plain_len)));
		return buf_span(out);
	}
	expect_ok(buf_append(out, span_of(s->header, HEADER_LEN)));
	expect_ok(buf_append(out, span_of(s->payload, s->payload_len)));
	return buf_span(out);
}

/* --- one request ------------------------------------------------------- */

static struct workerbox box;

static int
start(void **state)
{
	(void)state;
	if (crypto_init().code != ERR_OK)
		return -1;
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

/* Ask for an object with these lines; the slot answers; the response is read
 * to its end, and the keeper hears the outcome. */
static void
get(struct workerbox_client *client, const struct test_slot *s,
    const char *request, struct ask_done *out_done)
{
	bool has_body = strncmp(request, "HEAD", 4) != 0;

	workerbox_connect(&box, client);
	workerbox_send(&box, client, request);
	workerbox_question(&box, client);
	workerbox_answer(&box, &s->answer, s->fd);
	workerbox_response(&box, client, has_body);
	workerbox_done(&box, client, out_done);
}

static void
expect_delivered(const struct test_slot *s, size_t plain_len,
    const char *request, const char *status, struct ask_range range)
{
	struct workerbox_client client;
	struct buf body CLEANUP(buf_done), all CLEANUP(buf_done);
	struct ask_done done;
	struct span expected;

	get(&client, s, request, &done);
	expected = slot_delivered(s, plain_len, &all);
	expected = span_sub(expected, (size_t)range.first,
	    (size_t)(range.last - range.first + 1));
	assert_true(workerbox_has(&client, status));
	assert_true(workerbox_has(&client, "ETag: " ETAG "\r\n"));
	assert_true(workerbox_has(
	    &client, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	assert_true(workerbox_has(&client, "x-gatehouse-record: 42\r\n"));
	assert_true(
	    workerbox_has(&client, "x-amz-request-id: 00112233445566ff\r\n"));
	assert_true(span_equal(workerbox_body(&client, &body), expected));
	assert_int_equal(done.outcome, ASK_DELIVERED);
	assert_int_equal(done.bytes, expected.len);
	assert_int_equal(done.num_ranges, 1);
	assert_int_equal(done.ranges[0].first, range.first);
	assert_int_equal(done.ranges[0].last, range.last);
	workerbox_close(&client);
}

static void
worker__serves_a_slot_whole_and_in_parts(void **state)
{
	(void)state;
	for (int age = 0; age < 2; age++) {
		struct test_slot s;
		struct buf all CLEANUP(buf_done);

		slot_make(&s, age == 1, PLAIN_LEN);
		uint64_t len = slot_delivered(&s, PLAIN_LEN, &all).len;
		expect_delivered(&s, PLAIN_LEN,
		    "GET /bkt/k HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 200 OK\r\n",
		    (struct ask_range){0, len - 1});
		expect_delivered(&s, PLAIN_LEN,
		    "GET /bkt/k HTTP/1.1\r\nRange: "
		    "bytes=65530-65540\r\n" HEAD_END,
		    "HTTP/1.1 206 Partial Content\r\n",
		    (struct ask_range){65530, 65540});
		expect_delivered(&s, PLAIN_LEN,
		    "GET /bkt/k HTTP/1.1\r\nRange: bytes=100-\r\n" HEAD_END,
		    "HTTP/1.1 206 ", (struct ask_range){100, len - 1});
		expect_delivered(&s, PLAIN_LEN,
		    "GET /bkt/k HTTP/1.1\r\nRange: bytes=-1\r\n" HEAD_END,
		    "HTTP/1.1 206 ", (struct ask_range){len - 1, len - 1});
		slot_free(&s);
	}
}

static void
worker__head_conditions_and_impossible_ranges(void **state)
{
	static const struct {
		const char *request, *status, *also;
		enum ask_outcome outcome;
	} cases[] = {
	    {"HEAD /bkt/k HTTP/1.1\r\n" HEAD_END, "HTTP/1.1 200 OK",
		"Content-Length: 197842\r\n", ASK_HEAD_ONLY},
	    {"GET /bkt/k HTTP/1.1\r\nIf-None-Match: " ETAG "\r\n" HEAD_END,
		"HTTP/1.1 304 Not Modified", "ETag: " ETAG, ASK_NOT_MODIFIED},
	    {"GET /bkt/k HTTP/1.1\r\nIf-Match: \"x\"\r\n" HEAD_END,
		"HTTP/1.1 412 ", "<Code>PreconditionFailed</Code>",
		ASK_NOT_MODIFIED},
	    {"GET /bkt/k HTTP/1.1\r\nRange: bytes=999999-\r\n" HEAD_END,
		"HTTP/1.1 416 ", "<ActualObjectSize>197842</ActualObjectSize>",
		ASK_NOT_MODIFIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct workerbox_client client;
		struct test_slot s;
		struct ask_done done;

		slot_make(&s, false, PLAIN_LEN);
		get(&client, &s, cases[i].request, &done);
		if (!workerbox_has(&client, cases[i].status) ||
		    !workerbox_has(&client, cases[i].also))
			fail_msg("case %zu: %.*s", i, (int)client.in.len,
			    client.in.data);
		assert_int_equal(done.outcome, cases[i].outcome);
		assert_int_equal(done.num_ranges, 0);
		assert_int_equal(done.bytes, 0);
		workerbox_close(&client);
		slot_free(&s);
	}
}

static void
worker__serves_an_empty_object(void **state)
{
	struct workerbox_client client;
	struct test_slot s;
	struct ask_done done;

	(void)state;
	slot_make(&s, false, 0);
	get(&client, &s, "GET /bkt/k HTTP/1.1\r\n" HEAD_END, &done);
	assert_true(workerbox_has(&client, "Content-Length: 0\r\n"));
	assert_int_equal(done.outcome, ASK_DELIVERED);
	assert_int_equal(done.bytes, 0);
	workerbox_close(&client);
	slot_free(&s);
}

/* --- a slot that grows ------------------------------------------------- */

static void
say_progress(enum ask_growth growth, uint64_t len)
{
	struct buf body CLEANUP(buf_done) = {.max = 64};
	struct ask_progress progress = {growth, len};

	expect_ok(ask_put_progress(&body, &progress));
	workerbox_say(&box, ASK_PROGRESS, buf_span(&body));
}

static void
begin_growing(struct workerbox_client *client, struct test_slot *s, bool age)
{
	slot_make(s, age, PLAIN_LEN);
	s->answer.kind = ASK_GROWING;
	s->answer.payload_len = 0;
	workerbox_connect(&box, client);
	workerbox_send(&box, client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, client);
	assert_true(box.question.whole);
	workerbox_answer(&box, &s->answer, s->fd);
}

static void
worker__follows_a_growing_slot(void **state)
{
	(void)state;
	for (int age = 0; age < 2; age++) {
		struct workerbox_client client;
		struct test_slot s;
		struct buf body CLEANUP(buf_done), all CLEANUP(buf_done);
		struct ask_done done;

		begin_growing(&client, &s, age == 1);
		say_progress(ASK_GROWS, AGE_NONCE + 10);
		say_progress(ASK_GROWS, AGE_NONCE + AGE_CHUNK + AGE_TAG + 1);
		workerbox_read(&box, &client, AGE_CHUNK);
		assert_true(
		    workerbox_has(&client, "Transfer-Encoding: chunked\r\n"));
		say_progress(ASK_GROWS, 3 * AGE_CHUNK);
		say_progress(ASK_FULL, s.payload_len);
		workerbox_response(&box, &client, true);
		assert_true(span_equal(workerbox_body(&client, &body),
		    slot_delivered(&s, PLAIN_LEN, &all)));
		workerbox_done(&box, &client, &done);
		assert_int_equal(done.outcome, ASK_DELIVERED);
		assert_int_equal(done.bytes, all.len);
		workerbox_close(&client);
		slot_free(&s);
	}
}

static void
worker__a_spoilt_slot_is_an_error_before_and_a_cut_after(void **state)
{
	struct workerbox_client client;
	struct test_slot s;
	struct ask_done done;

	(void)state;
	begin_growing(&client, &s, false);
	say_progress(ASK_SPOILT, 0);
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 502 Bad Gateway\r\n"));
	assert_true(workerbox_has(&client, "<Code>SourceMalformed</Code>"));
	workerbox_done(&box, &client, &done);
	assert_int_equal(done.bytes, 0);
	workerbox_close(&client);
	slot_free(&s);

	begin_growing(&client, &s, false);
	say_progress(ASK_GROWS, AGE_NONCE + 2 * (AGE_CHUNK + AGE_TAG) + 1);
	workerbox_read(&box, &client, 2 * AGE_CHUNK);
	say_progress(ASK_SPOILT, 0);
	workerbox_response(&box, &client, true);
	assert_true(client.cut);
	assert_false(workerbox_has(&client, "\r\n0\r\n\r\n"));
	workerbox_done(&box, &client, &done);
	assert_int_equal(done.outcome, ASK_CUT);
	assert_int_equal(done.bytes, 2 * AGE_CHUNK);
	workerbox_close(&client);
	slot_free(&s);
}

/* A slot whose bytes were changed gives none of that chunk. */
static void
worker__a_chunk_that_is_not_authentic_is_not_sent(void **state)
{
	struct workerbox_client client;
	struct test_slot s;
	struct ask_done done;

	(void)state;
	slot_make(&s, false, PLAIN_LEN);
	assert_int_equal(
	    pwrite(s.fd, "x", 1, OFFSET + AGE_NONCE + AGE_CHUNK + AGE_TAG + 5),
	    1);
	get(&client, &s, "GET /bkt/k HTTP/1.1\r\n" HEAD_END, &done);
	assert_true(client.cut);
	assert_int_equal(done.outcome, ASK_CUT);
	assert_int_equal(done.bytes, AGE_CHUNK);
	workerbox_close(&client);
	slot_free(&s);
}

/* --- the keeper away --------------------------------------------------- */

static void
worker__without_its_keeper_answers_503_and_cuts(void **state)
{
	struct workerbox_client waiting, growing, other;
	struct test_slot s;

	(void)state;
	begin_growing(&growing, &s, false);
	say_progress(ASK_GROWS, AGE_NONCE + 2 * (AGE_CHUNK + AGE_TAG) + 1);
	workerbox_read(&box, &growing, 2 * AGE_CHUNK);
	workerbox_connect(&box, &waiting);
	workerbox_send(&box, &waiting, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, &waiting);
	workerbox_connect(&box, &other);
	workerbox_lose_keeper(&box);
	workerbox_response(&box, &waiting, true);
	assert_true(workerbox_has(&waiting, "HTTP/1.1 503 "));
	assert_true(workerbox_has(&waiting, "<Code>ServiceUnavailable</Code>"));
	assert_true(workerbox_has(&waiting, "Retry-After: 1\r\n"));
	workerbox_response(&box, &growing, true);
	assert_true(growing.cut);
	workerbox_send(&box, &other,
	    "GET /readyz HTTP/1.1\r\n" HEAD_END
	    "GET /livez HTTP/1.1\r\n" HEAD_END
	    "GET /bkt HTTP/1.1\r\n" HEAD_END);
	workerbox_until(&box, &other, "</Error>");
	assert_true(workerbox_has(&other, "not ready\n"));
	assert_true(workerbox_has(&other, "\r\n\r\nok\n"));
	assert_true(workerbox_has(&other, "<Code>ServiceUnavailable</Code>"));
	workerbox_close(&waiting);
	workerbox_close(&growing);
	workerbox_close(&other);
	slot_free(&s);

	workerbox_new_keeper(&box);
	workerbox_connect(&box, &other);
	workerbox_send(&box, &other, "GET /readyz HTTP/1.1\r\n" HEAD_END);
	workerbox_response(&box, &other, true);
	assert_true(workerbox_has(&other, "HTTP/1.1 200 OK\r\n"));
	workerbox_close(&other);
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
	workerbox_connect(&box, &client);
	workerbox_send(&box, &client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, &client);
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
	workerbox_connect(&box, &client);
	workerbox_send(&box, &client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, &client);
	workerbox_answer(&box, &wrong, -1);
	workerbox_say(&box, ASK_PART, buf_span(&part));
	workerbox_response(&box, &client, true);
	assert_true(workerbox_has(&client, "HTTP/1.1 500 "));
	workerbox_done(&box, &client, &done);
	workerbox_close(&client);
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
	workerbox_connect(&box, &client);
	workerbox_send(&box, &client,
	    "GET /bkt/a%2bb?partNumber=1 HTTP/1.1\r\nHost: gate:8443\r\n"
	    "x-amz-date: 20261123T100000Z\r\nRange: bytes=0-1\r\n"
	    "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
	    "Authorization: " AUTH "\r\n\r\n");
	workerbox_question(&box, &client);
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
	workerbox_connect(&box, &client);
	workerbox_send(&box, &client,
	    "PUT /bkt/k HTTP/1.1\r\nContent-Length: 200000\r\n" HEAD_END
	    "the beginning of a long body");
	workerbox_question(&box, &client);
	workerbox_answer(&box, &refusal, -1);
	workerbox_read(&box, &client, SIZE_MAX);
	assert_true(client.ended);
	assert_true(workerbox_has(&client, "HTTP/1.1 403 "));
	assert_true(workerbox_has(&client, "<Code>AccessDenied</Code>"));
	assert_true(workerbox_has(&client, "Connection: close\r\n"));
	assert_false(workerbox_has(&client, "x-gatehouse-record"));
	workerbox_close(&client);
}

static void
worker__tells_the_keeper_when_the_client_leaves(void **state)
{
	struct workerbox_client client;
	struct test_slot s;
	struct ask_done done;

	(void)state;
	begin_growing(&client, &s, false);
	say_progress(ASK_GROWS, AGE_NONCE + 2 * (AGE_CHUNK + AGE_TAG) + 1);
	workerbox_read(&box, &client, 2 * AGE_CHUNK);
	workerbox_close(&client);
	say_progress(ASK_GROWS, AGE_NONCE + 3 * (AGE_CHUNK + AGE_TAG) + 1);
	say_progress(ASK_FULL, s.payload_len);
	workerbox_done(&box, NULL, &done);
	assert_int_equal(done.outcome, ASK_CLIENT_LEFT);
	assert_true(done.bytes >= 2 * AGE_CHUNK);
	slot_free(&s);
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
	workerbox_connect(&box, &slow);
	workerbox_send(&box, &slow, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, &slow);
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
	workerbox_connect(&box, &client);
	workerbox_send(&box, &client,
	    "GET /bkt?list-type=2&delimiter=%2F&max-keys=2 "
	    "HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, &client);
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
	workerbox_connect(&box, &client);
	/* Both heads in one write: the second waits for the first. */
	workerbox_send(&box, &client,
	    "HEAD /bkt HTTP/1.1\r\n" HEAD_END
	    "GET /bkt?location HTTP/1.1\r\nConnection: close\r\n" HEAD_END);
	workerbox_question(&box, &client);
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
	    cmocka_unit_test(worker__serves_a_slot_whole_and_in_parts),
	    cmocka_unit_test(worker__head_conditions_and_impossible_ranges),
	    cmocka_unit_test(worker__serves_an_empty_object),
	    cmocka_unit_test(worker__follows_a_growing_slot),
	    cmocka_unit_test(
		worker__a_spoilt_slot_is_an_error_before_and_a_cut_after),
	    cmocka_unit_test(worker__a_chunk_that_is_not_authentic_is_not_sent),
	    cmocka_unit_test(worker__without_its_keeper_answers_503_and_cuts),
	    cmocka_unit_test(worker__a_keeper_that_raves_is_lost),
	    cmocka_unit_test(worker__asks_with_the_canonical_request),
	    cmocka_unit_test(worker__refuses_by_itself_what_is_no_question),
	    cmocka_unit_test(worker__answers_a_write_and_closes),
	    cmocka_unit_test(worker__tells_the_keeper_when_the_client_leaves),
	    cmocka_unit_test(worker__ends_clients_that_keep_it_waiting),
	    cmocka_unit_test(worker__writes_a_listing_out_of_its_parts),
	    cmocka_unit_test(worker__keeps_a_connection_for_the_next_request),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
