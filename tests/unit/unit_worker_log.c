/*
 * worker, and the line of the log for each request: what stands in it, what
 * never does, and how many there may be of what no record shows.
 */
#include <ctype.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/age_stream.h"
#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "tests/harness/expect.h"
#include "tests/harness/workerbox.h"

#define ETAG "\"0123456789abcdef0123456789abcdef-1\""
#define HEAD_END "Host: gate:8443\r\n\r\n"
#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define TRACEPARENT "traceparent: 00-" TRACE "-b7ad6b7169203331-01\r\n"
#define ID "00112233445566FF"

enum {
	LEN = 1000, /* of a sealed object */
};

static struct workerbox box;
static int slot_fd;

static int
start(void **state)
{
	(void)state;
	workerbox_start(&box);
	slot_fd = memfd_create("slot", MFD_CLOEXEC);
	return ftruncate(slot_fd, 1 << 28);
}

static int
stop(void **state)
{
	(void)state;
	close(slot_fd);
	workerbox_stop(&box);
	return 0;
}

static struct ask_answer
object(void)
{
	return (struct ask_answer){.kind = ASK_OBJECT,
	    .request = ID,
	    .record = 42,
	    .party = true,
	    .age = true,
	    .payload_len = LEN,
	    .modified = 784111777,
	    .etag = ETAG};
}

/* --- Lines ---------------------------------------------------------------- */

/* The line of that request, which is the only one. */
static void
expect_line(const char *id, char *out, size_t size)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "request role=worker id=%s ", id);
	char *log = workerbox_logged(&box, begin);
	char *at = strstr(log, begin);
	assert_true(at == log || at[-1] == '\n');
	assert_null(strstr(at + 1, begin));
	char *end = strchr(at, '\n');
	assert_non_null(end);
	snprintf(out, size, "%.*s", (int)(end - at), at);
	free(log);
}

/* A number of the line, of a name that stands in it once. */
static uint64_t
number(const char *line, const char *name)
{
	char key[40];

	snprintf(key, sizeof(key), " %s=", name);
	const char *at = strstr(line, key);
	if (at == NULL)
		fail_msg("no %s: %s", name, line);
	assert_null(strstr(at + 1, key));
	return strtoull(at + strlen(key), NULL, 10);
}

/* All that is not a time is as it was said. */
static void
expect_like(const char *line, const char *before, const char *behind)
{
	if (strncmp(line, before, strlen(before)) != 0)
		fail_msg("begins otherwise: %s; not: %s", line, before);
	size_t len = strlen(line), end = strlen(behind);
	if (len < end || strcmp(line + len - end, behind) != 0)
		fail_msg("ends otherwise: %s; not: %s", line, behind);
	assert_true(number(line, "first-us") <= number(line, "us"));
}

/* What the client was told: 16 digits. */
static void
response_id(const struct workerbox_client *client, char out[17])
{
	static const char name[] = "x-amz-request-id: ";
	const char *at =
	    memmem(client->in.data, client->in.len, name, strlen(name));

	assert_non_null(at);
	memcpy(out, at + strlen(name), 16);
	out[16] = '\0';
	for (size_t i = 0; i < 16; i++)
		assert_true(isxdigit((unsigned char)out[i]));
}

/* --- What stands in it ------------------------------------------------------
 */

static void
request__of_an_object_says_how_it_went(void **state)
{
	static const struct {
		const char *request, *before, *behind;
	} cases[] = {
	    {"GET /train/CNRYK1 HTTP/1.1\r\n" TRACEPARENT HEAD_END,
		"outcome=delivered op=GetObject agreement=train http=1.1 "
		"trace=" TRACE " status=200 bytes=1000 first-us=",
		" record=42 slot=ready ranges=0"},
	    {"GET /train/CNRYK1 HTTP/1.1\r\nRange: bytes=5-9\r\n" HEAD_END,
		"outcome=delivered op=GetObject agreement=train http=1.1 "
		"status=206 bytes=5 first-us=",
		" record=42 slot=ready ranges=1"},
	    {"HEAD /train/CNRYK1 HTTP/1.1\r\n" HEAD_END,
		"outcome=head-only op=HeadObject agreement=train http=1.1 "
		"status=200 bytes=0 first-us=",
		" record=42 slot=ready ranges=0"},
	    {"GET /train/CNRYK1 HTTP/1.1\r\nIf-None-Match: " ETAG
	     "\r\n" HEAD_END,
		"outcome=no-data op=GetObject agreement=train http=1.1 "
		"status=304 bytes=0 first-us=",
		" record=42 slot=ready ranges=0"},
	    {"GET /train/CNRYK1 HTTP/1.0\r\nIf-Match: \"x\"\r\n" HEAD_END,
		"outcome=no-data op=GetObject agreement=train http=1.0 "
		"status=412 code=PreconditionFailed bytes=",
		" record=42 slot=ready ranges=0"},
	    {"GET /train/CNRYK1 HTTP/1.1\r\nRange: bytes=5000-\r\n" HEAD_END,
		"outcome=no-data op=GetObject agreement=train http=1.1 "
		"status=416 code=InvalidRange bytes=",
		" record=42 slot=ready ranges=0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ask_answer answer = object();
		struct workerbox_client client;
		struct ask_done done;
		char line[1024], before[512];

		snprintf(answer.request, sizeof(answer.request), "%016zX", i);
		workerbox_ask(&box, &client, cases[i].request);
		workerbox_answer(&box, &answer, slot_fd);
		workerbox_response(
		    &box, &client, strncmp(cases[i].request, "HEAD", 4) != 0);
		workerbox_done(&box, &client, &done);
		expect_line(answer.request, line, sizeof(line));
		snprintf(before, sizeof(before), "request role=worker id=%s %s",
		    answer.request, cases[i].before);
		expect_like(line, before, cases[i].behind);
		workerbox_close(&client);
	}
}

/* One that grows, and is cut because it is spoilt. */
static void
request__that_is_cut_says_so(void **state)
{
	struct ask_answer answer = object();
	struct ask_progress progress = {ASK_GROWS, LEN};
	struct buf body CLEANUP(buf_done) = {.max = 64};
	struct workerbox_client client;
	struct ask_done done;
	char line[1024];

	(void)state;
	answer.kind = ASK_GROWING;
	snprintf(answer.request, sizeof(answer.request), "CC%014d", 1);
	workerbox_ask(&box, &client, "GET /train/k HTTP/1.1\r\n" HEAD_END);
	workerbox_answer(&box, &answer, slot_fd);
	expect_ok(ask_put_progress(&body, &progress));
	workerbox_say(&box, ASK_PROGRESS, buf_span(&body));
	workerbox_until(&box, &client, "\r\n\r\n");
	buf_reset(&body);
	progress.growth = ASK_SPOILT;
	expect_ok(ask_put_progress(&body, &progress));
	workerbox_say(&box, ASK_PROGRESS, buf_span(&body));
	workerbox_read(&box, &client, SIZE_MAX);
	assert_true(client.cut);
	workerbox_done(&box, NULL, &done);
	expect_line(answer.request, line, sizeof(line));
	expect_like(line,
	    "request role=worker id=CC00000000000001 outcome=cut "
	    "op=GetObject agreement=train http=1.1 status=200 "
	    "code=SourceMalformed bytes=1000 first-us=",
	    " record=42 slot=growing ranges=0");
	workerbox_close(&client);
}

static void
request__whose_client_leaves_says_so(void **state)
{
	struct ask_answer answer = object();
	struct workerbox_client client;
	struct ask_done done;
	char line[1024];

	(void)state;
	answer.payload_len = 1 << 28;
	snprintf(answer.request, sizeof(answer.request), "AA%014d", 1);
	workerbox_ask(&box, &client, "GET /train/k HTTP/1.1\r\n" HEAD_END);
	workerbox_answer(&box, &answer, slot_fd);
	workerbox_read(&box, &client, 100000);
	workerbox_close(&client);
	workerbox_done(&box, NULL, &done);
	expect_line(answer.request, line, sizeof(line));
	expect_like(line,
	    "request role=worker id=AA00000000000001 outcome=client-left ",
	    " record=42 slot=ready ranges=0");
	assert_int_equal(number(line, "bytes"), done.bytes);
	/* Before the keeper said anything: no status, and an id of our own. */
	const struct linger reset = {.l_onoff = 1};
	workerbox_ask(&box, &client, "GET /train/k HTTP/1.1\r\n" HEAD_END);
	assert_int_equal(
	    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
	    0);
	workerbox_close(&client);
	workerbox_cancelled(&box);
	free(workerbox_logged(
	    &box, " outcome=client-left op=GetObject http=1.1 bytes=0 us="));
}

/* --- What never does --------------------------------------------------------
 */

/* The name of a bucket is told where it is an agreement, and the caller's. */
static void
request__that_is_refused_names_no_bucket_of_others(void **state)
{
	struct workerbox_client client;
	struct ask_answer answer = {
	    .kind = ASK_REFUSED, .record = 7, .refusal = ASK_ACCESS_DENIED};
	char line[1024];

	(void)state;
	for (unsigned party = 0; party < 2; party++) {
		answer.party = party == 1;
		snprintf(
		    answer.request, sizeof(answer.request), "DD%014u", party);
		workerbox_ask(&box, &client,
		    "GET /cnryb-1/k?versionId=CNRYQ1 HTTP/1.1\r\n" HEAD_END);
		workerbox_answer(&box, &answer, -1);
		workerbox_response(&box, &client, true);
		expect_line(answer.request, line, sizeof(line));
		assert_int_equal(strstr(line, "agreement=") != NULL, party);
		assert_non_null(
		    strstr(line, " status=403 code=AccessDenied bytes="));
		assert_int_equal(number(line, "record"), 7);
		workerbox_close(&client);
	}
}

/* Refused without the keeper: the client's id is that of the line, and nothing
 * that it sent is in there. */
static void
request__that_is_no_question_has_an_id_too(void **state)
{
	static const struct {
		const char *request, *fields;
	} cases[] = {
	    {"CNRY\x1b[31m\r\n\r\n",
		" outcome=refused status=400 "
		"code=BadRequest bytes="},
	    {"GET /cnryx-1/CNRYK HTTP/2.0\r\n" TRACEPARENT HEAD_END,
		" outcome=refused status=505 code=BadRequest bytes="},
	    {"GET /cnryx-1?acl HTTP/1.1\r\n" TRACEPARENT HEAD_END,
		" outcome=refused http=1.1 trace=" TRACE
		" status=501 code=NotImplemented bytes="},
	    {"GET /cnryx-1/CNRYK HTTP/1.1\r\nAuthorization: CNRYA\r\n"
	     "X-CNRY: CNRYV\r\n" HEAD_END,
		" outcome=refused http=1.1 status=400 code=InvalidRequest "},
	    {"GET /livez HTTP/1.1\r\n" HEAD_END,
		" outcome=delivered op=livez http=1.1 status=200 bytes=3 "},
	    {"HEAD /readyz HTTP/1.1\r\n" HEAD_END,
		" outcome=delivered op=readyz http=1.1 status=200 bytes=0 "},
	};
	size_t num = sizeof(cases) / sizeof(cases[0]);
	uint64_t before = box.num_refused;

	(void)state;
	for (size_t i = 0; i < num; i++) {
		struct workerbox_client client;
		char id[17], line[1024];

		workerbox_connect(&box, &client);
		workerbox_send(&box, &client, cases[i].request);
		workerbox_response(
		    &box, &client, strncmp(cases[i].request, "HEAD", 4) != 0);
		response_id(&client, id);
		expect_line(id, line, sizeof(line));
		if (strstr(line, cases[i].fields) == NULL)
			fail_msg("case %zu: %s", i, line);
		workerbox_close(&client);
	}
	/* Who was refused is counted by the keeper; health checks are not. */
	workerbox_refused(&box, before + num - 2);
	char *log = workerbox_log(&box);
	assert_null(strstr(log, "CNRY"));
	assert_null(strstr(log, "cnryx"));
	assert_null(strstr(log, "127.0.0.1"));
	assert_null(strchr(log, '\x1b'));
	free(log);
}

/* --- How many there may be ---------------------------------------------------
 */

static size_t
count(const char *log, const char *text)
{
	size_t num = 0;

	for (; (log = strstr(log, text)) != NULL; log++)
		num++;
	return num;
}

static uint64_t
left_out(const char *log)
{
	static const char text[] = "requests-left-out role=worker count=";
	uint64_t sum = 0;

	for (; (log = strstr(log, text)) != NULL; log++)
		sum += strtoull(log + strlen(text), NULL, 10);
	return sum;
}

/* A flood of nobody: each is answered and counted, few have a line, and the log
 * says of how many it does not tell. What the ledger shows has its line. */
static void
request__of_nobody_cannot_flood_the_log(void **state)
{
	enum {
		FLOOD = 600
	};
	static const char bad[] = "GET /bkt/%zz HTTP/1.1\r\n" HEAD_END;
	struct workerbox_client client;
	struct ask_answer refusal = {.kind = ASK_REFUSED,
	    .request = "EE00000000000001",
	    .record = 8,
	    .refusal = ASK_ACCESS_DENIED};
	char *log = workerbox_log(&box), line[1024];
	size_t lines = count(log, "code=InvalidURI");
	uint64_t others = left_out(log), refused = box.num_refused;
	uint64_t since = sysio_monotonic_ms();

	(void)state;
	free(log);
	workerbox_connect(&box, &client);
	for (size_t i = 0; i < FLOOD; i++) {
		client.in.len = 0;
		workerbox_send(&box, &client, bad);
		workerbox_response(&box, &client, true);
		assert_true(workerbox_has(&client, "HTTP/1.1 400 "));
	}
	uint64_t lasted_s = (sysio_monotonic_ms() - since) / 1000;
	client.in.len = 0;
	workerbox_send(&box, &client, "GET /bkt/k HTTP/1.1\r\n" HEAD_END);
	workerbox_question(&box, &client);
	workerbox_answer(&box, &refusal, -1);
	expect_line(refusal.request, line, sizeof(line));
	workerbox_refused(&box, refused + FLOOD);
	do {
		log = workerbox_log(&box);
		if (count(log, "code=InvalidURI") - lines + left_out(log) -
			others ==
		    FLOOD)
			break;
		free(log);
		usleep(20000);
		assert_true(sysio_monotonic_ms() - since < 60000);
	} while (true);
	lines = count(log, "code=InvalidURI") - lines;
	assert_true(lines > 0);
	/* Of each second that was touched. */
	assert_true(lines <= (lasted_s + 2) * LOG_UNRECORDED_PER_S);
	free(log);
	workerbox_close(&client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request__of_an_object_says_how_it_went),
	    cmocka_unit_test(request__that_is_cut_says_so),
	    cmocka_unit_test(request__whose_client_leaves_says_so),
	    cmocka_unit_test(
		request__that_is_refused_names_no_bucket_of_others),
	    cmocka_unit_test(request__that_is_no_question_has_an_id_too),
	    cmocka_unit_test(request__of_nobody_cannot_flood_the_log),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
