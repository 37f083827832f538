/*
 * worker, and what it sends of a slot: whole, in parts, while it grows, and
 * only what is authentic; and what it tells the keeper of that.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/age_stream.h"
#include "tests/harness/expect.h"
#include "tests/harness/workerbox.h"

#define ETAG "\"0123456789abcdef0123456789abcdef-1\""
#define HEAD_END "Host: gate:8443\r\n\r\n"

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

	workerbox_ask(&box, client, request);
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
	    {"GET /bkt/k?versionId=0123456789abcdef0123456789abcdee "
	     "HTTP/1.1\r\n" HEAD_END,
		"HTTP/1.1 404 ", "<Code>NoSuchVersion</Code>",
		ASK_NOT_MODIFIED},
	    {"HEAD /bkt/k?versionId=0123456789abcdef0123456789abcdef "
	     "HTTP/1.1\r\n" HEAD_END,
		"HTTP/1.1 200 ",
		"x-amz-version-id: 0123456789abcdef0123456789abcdef\r\n",
		ASK_HEAD_ONLY},
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

/* --- the headers of an answer ------------------------------------------- */

#define SUM "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define SIGNED "X-Amz-SignedHeaders=host&X-Amz-Signature=a"
#define CHECKED "x-amz-checksum-mode: ENABLED\r\n"

/* GET and HEAD have the same head, but for Date; this is in it, that not. */
static void
expect_head(const struct test_slot *s, const char *rest, const char *has,
    const char *has_not)
{
	struct workerbox_client got, head;
	struct ask_done done;
	char request[512];

	snprintf(request, sizeof(request), "GET %s" HEAD_END, rest);
	get(&got, s, request, &done);
	snprintf(request, sizeof(request), "HEAD %s" HEAD_END, rest);
	get(&head, s, request, &done);
	if (!workerbox_has(&got, has) || workerbox_has(&got, has_not))
		fail_msg("%s: %.*s", rest,
		    (int)(got.in.len < 900 ? got.in.len : 900), got.in.data);
	struct span a = buf_span(&got.in), b = buf_span(&head.in), x, y;
	while (span_take_line(&b, &y).code == ERR_OK) {
		expect_ok(span_take_line(&a, &x));
		if (!span_starts_with(x, span_str("Date: ")))
			assert_true(span_equal(x, y));
	}
	workerbox_close(&got);
	workerbox_close(&head);
}

static void
worker__heads_say_what_was_asked_for(void **state)
{
	static const uint8_t ones[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct test_slot s, empty;

	(void)state;
	slot_make(&s, false, PLAIN_LEN);
	slot_make(&empty, false, 0);
	s.answer.sha256 = span_of(ones, 32);
	expect_head(&s, "/bkt/k HTTP/1.1\r\n" CHECKED,
	    "x-amz-checksum-sha256: " SUM
	    "\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
	    "Content-Range");
	expect_head(&s, "/bkt/k HTTP/1.1\r\n", "HTTP/1.1 200 ", "checksum");
	expect_head(&s, "/bkt/k HTTP/1.1\r\nRange: bytes=0-\r\n" CHECKED,
	    "HTTP/1.1 206 ", "checksum");
	expect_head(&s, "/bkt/k?partNumber=1 HTTP/1.1\r\n" CHECKED,
	    "Content-Range: bytes 0-197841/197842\r\n"
	    "x-amz-mp-parts-count: 1\r\n",
	    "checksum");
	expect_head(&empty, "/bkt/k?partNumber=1 HTTP/1.1\r\n",
	    "HTTP/1.1 200 OK\r\n", "Content-Range");
	expect_head(&empty, "/bkt/k HTTP/1.1\r\n" CHECKED,
	    "Content-Length: 0\r\n", "checksum");
	expect_head(&s,
	    "/bkt/k?" SIGNED "&response-content-type=text%2Fcsv&"
	    "response-cache-control=no-store HTTP/1.1\r\n",
	    "Cache-Control: no-store\r\nContent-Type: text/csv\r\n",
	    "octet-stream");
	slot_free(&s);
	slot_free(&empty);
}

static void
worker__tells_an_objects_attributes(void **state)
{
	static const uint8_t zeros[32] = {0};
	static const struct {
		const char *wanted, *status, *says;
	} rows[] = {
	    {"ObjectSize", "HTTP/1.1 200 ",
		"/\"><ObjectSize>197842</ObjectSize></GetObjectAttributes"},
	    {"ETag,ObjectParts, StorageClass", "HTTP/1.1 200 ",
		"<ETag>0123456789abcdef0123456789abcdef-1</ETag>"
		"<StorageClass>STANDARD</StorageClass></GetObject"},
	    {"Checksum", "HTTP/1.1 200 ",
		"<ChecksumSHA256>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
		"</ChecksumSHA256>"},
	    {"", "HTTP/1.1 400 ", "<Code>InvalidArgument</Code>"},
	    {"ETag,Owner", "HTTP/1.1 400 ", "<Code>InvalidArgument</Code>"},
	};
	struct test_slot s;

	(void)state;
	slot_make(&s, false, PLAIN_LEN);
	s.answer.sha256 = span_of(zeros, 32);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct workerbox_client client;
		struct ask_done done;
		char request[256];

		snprintf(request, sizeof(request),
		    "GET /bkt/k?attributes HTTP/1.1\r\n"
		    "x-amz-object-attributes: %s\r\n" HEAD_END,
		    rows[i].wanted);
		get(&client, &s, request, &done);
		assert_false(box.question.whole);
		if (!workerbox_has(&client, rows[i].status) ||
		    !workerbox_has(&client, rows[i].says))
			fail_msg("case %zu: %.*s", i, (int)client.in.len,
			    client.in.data);
		assert_int_equal(done.num_ranges, 0);
		workerbox_close(&client);
	}
	slot_free(&s);
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
	workerbox_ask(&box, client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
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

/* "Full" of less than an empty object's payload is no empty object. */
static void
worker__a_slot_that_ends_before_its_first_chunk_is_no_object(void **state)
{
	static const size_t lens[] = {0, 5, AGE_NONCE};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct workerbox_client client;
		struct test_slot s;
		struct ask_done done;

		begin_growing(&client, &s, false);
		say_progress(ASK_FULL, lens[i]);
		workerbox_response(&box, &client, true);
		assert_false(workerbox_has(&client, "HTTP/1.1 200"));
		workerbox_done(&box, &client, &done);
		assert_int_equal(done.outcome, ASK_CUT);
		assert_int_equal(done.bytes, 0);
		workerbox_close(&client);
		slot_free(&s);
	}
}

/* What the record says may be sent is all that is. */
static void
worker__sends_no_more_than_was_charged(void **state)
{
	static const struct {
		const char *request;
		uint64_t most;
		const char *status;
	} cases[] = {
	    {"GET /bkt/k HTTP/1.1\r\n" HEAD_END, PLAIN_LEN, "HTTP/1.1 200"},
	    {"GET /bkt/k HTTP/1.1\r\n" HEAD_END, PLAIN_LEN - 1, "HTTP/1.1 5"},
	    {"GET /bkt/k HTTP/1.1\r\nRange: bytes=5-14\r\n" HEAD_END, 10,
		"HTTP/1.1 206"},
	    {"GET /bkt/k HTTP/1.1\r\nRange: bytes=5-15\r\n" HEAD_END, 10,
		"HTTP/1.1 5"},
	    {"HEAD /bkt/k HTTP/1.1\r\n" HEAD_END, 1, "HTTP/1.1 200"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct workerbox_client client;
		struct test_slot s;
		struct ask_done done;

		slot_make(&s, false, PLAIN_LEN);
		s.answer.bytes_most = cases[i].most;
		get(&client, &s, cases[i].request, &done);
		assert_true(workerbox_has(&client, cases[i].status));
		assert_true(done.bytes <= cases[i].most);
		workerbox_close(&client);
		slot_free(&s);
	}
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
	workerbox_ask(&box, &waiting, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
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
	/* The socket takes one send, and fails after the client's answer to it;
	 * what is there at once would be one send. */
	usleep(200 * 1000);
	say_progress(ASK_FULL, s.payload_len);
	workerbox_done(&box, NULL, &done);
	assert_int_equal(done.outcome, ASK_CLIENT_LEFT);
	assert_true(done.bytes >= 2 * AGE_CHUNK);
	slot_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(worker__serves_a_slot_whole_and_in_parts),
	    cmocka_unit_test(worker__head_conditions_and_impossible_ranges),
	    cmocka_unit_test(worker__heads_say_what_was_asked_for),
	    cmocka_unit_test(worker__tells_an_objects_attributes),
	    cmocka_unit_test(worker__serves_an_empty_object),
	    cmocka_unit_test(worker__follows_a_growing_slot),
	    cmocka_unit_test(
		worker__a_spoilt_slot_is_an_error_before_and_a_cut_after),
	    cmocka_unit_test(worker__a_chunk_that_is_not_authentic_is_not_sent),
	    cmocka_unit_test(
		worker__a_slot_that_ends_before_its_first_chunk_is_no_object),
	    cmocka_unit_test(worker__sends_no_more_than_was_charged),
	    cmocka_unit_test(worker__without_its_keeper_answers_503_and_cuts),
	    cmocka_unit_test(worker__tells_the_keeper_when_the_client_leaves),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
