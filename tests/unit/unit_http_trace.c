#include "tests/harness/expect.h"

#include "gateway/http/http_trace.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"

static const uint8_t wanted[HTTP_TRACE_ID] = {0x0a, 0xf7, 0x65, 0x19, 0x16,
    0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c};

static void
expect_valid(const char *text)
{
	uint8_t id[HTTP_TRACE_ID] = {0};
	struct err err = http_trace_parse(id, span_str(text));

	if (err.code != ERR_OK)
		fail_msg("refused: \"%s\"", text);
	assert_memory_equal(id, wanted, sizeof(id));
}

/* Nothing is written, and (a sanitizer sees it) no byte behind it is read. */
static void
expect_refused(const char *text)
{
	static const uint8_t untouched[HTTP_TRACE_ID] = {0};
	uint8_t id[HTTP_TRACE_ID] = {0};
	size_t len = strlen(text);
	uint8_t *copy = malloc(len + (len == 0));

	memcpy(copy, text, len);
	if (http_trace_parse(id, span_of(copy, len)).code != ERR_MALFORMED)
		fail_msg("taken: \"%s\"", text);
	assert_memory_equal(id, untouched, sizeof(id));
	free(copy);
}

static void
http_trace_parse__takes_version_00(void **state)
{
	(void)state;
	expect_valid("00-" TRACE "-" PARENT "-00");
	expect_valid("00-" TRACE "-" PARENT "-01");
	expect_valid("00-" TRACE "-" PARENT "-ff"); /* flags of a later level */
}

/* As the W3C's own tests (trace-context/test/test.py) have them. */
static void
http_trace_parse__takes_later_versions_that_begin_alike(void **state)
{
	(void)state;
	expect_valid("cc-" TRACE "-" PARENT "-01");
	expect_valid("cc-" TRACE "-" PARENT "-01-what-the-future-is-like");
	expect_valid("01-" TRACE "-" PARENT "-00-");
	expect_valid("fe-" TRACE "-" PARENT "-00");
}

static void
http_trace_parse__refuses_what_is_not_of_the_grammar(void **state)
{
	static const char *const texts[] = {
	    "",
	    "00",
	    /* the version */
	    ".0-" TRACE "-" PARENT "-01",
	    "0.-" TRACE "-" PARENT "-01",
	    "0-" TRACE "-" PARENT "-01",
	    "000-" TRACE "-" PARENT "-01",
	    "ff-" TRACE "-" PARENT "-01",
	    "FE-" TRACE "-" PARENT "-01",
	    /* what follows it */
	    "00-" TRACE "-" PARENT "-01.",
	    "00-" TRACE "-" PARENT "-01-",
	    "00-" TRACE "-" PARENT "-01-what-the-future-is-like",
	    "cc-" TRACE "-" PARENT "-01.what-the-future-is-like",
	    "cc-" TRACE "-" PARENT "-011",
	    "cc-" TRACE "-" PARENT "-0",
	    "cc-" TRACE "-" PARENT,
	    /* the trace id */
	    "00-00000000000000000000000000000000-" PARENT "-01",
	    "cc-00000000000000000000000000000000-" PARENT "-01",
	    "00-.af7651916cd43dd8448eb211c80319c-" PARENT "-01",
	    "00-0af7651916cd43dd8448eb211c80319.-" PARENT "-01",
	    "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01",
	    "00-" TRACE "0-" PARENT "-01",
	    "00-0af7651916cd43dd8448eb211c80319-" PARENT "-01",
	    /* the parent id */
	    "00-" TRACE "-0000000000000000-01",
	    "00-" TRACE "-.7ad6b7169203331-01",
	    "00-" TRACE "-b7ad6b716920333.-01",
	    "00-" TRACE "-B7AD6B7169203331-01",
	    "00-" TRACE "-b7ad6b71692033311-01",
	    "00-" TRACE "-b7ad6b716920333-01",
	    /* the flags */
	    "00-" TRACE "-" PARENT "-.0",
	    "00-" TRACE "-" PARENT "-0.",
	    "00-" TRACE "-" PARENT "-0A",
	    "00-" TRACE "-" PARENT "-0",
	    "00-" TRACE "-" PARENT "-001",
	    /* the dashes */
	    "00_" TRACE "-" PARENT "-01",
	    "00-" TRACE "_" PARENT "-01",
	    "00-" TRACE "-" PARENT "_01",
	    "00" TRACE PARENT "01",
	    "00-" TRACE "-" PARENT "-01 ",
	    " 00-" TRACE "-" PARENT "-01",
	    "00-" TRACE "-" PARENT "-01,00-" TRACE "-" PARENT "-01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_refused(texts[i]);
}

/* Each byte of a valid one is replaced by each other byte: nothing is taken but
 * digits for digits, and a version that is later. */
static void
http_trace_parse__minds_every_byte(void **state)
{
	static const char valid[] = "00-" TRACE "-" PARENT "-01";
	char text[sizeof(valid)];

	(void)state;
	memcpy(text, valid, sizeof(text));
	for (size_t at = 0; at < sizeof(valid) - 1; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			uint8_t id[HTTP_TRACE_ID];
			bool is_digit = (byte >= '0' && byte <= '9') ||
			    (byte >= 'a' && byte <= 'f');
			text[at] = (char)byte;
			struct err err = http_trace_parse(
			    id, span_of(text, sizeof(text) - 1));
			if ((err.code == ERR_OK) !=
			    (valid[at] == '-' ? byte == '-' : is_digit))
				fail_msg("byte %u at %zu", byte, at);
		}
		text[at] = valid[at];
	}
}

static bool
find(const char *lines, uint8_t id[HTTP_TRACE_ID])
{
	struct buf text CLEANUP(buf_done) = {.max = 4096};
	struct http_head head;

	http_head_init(&head);
	expect_ok(buf_append_str(&text, "GET / HTTP/1.1\r\nHost: a\r\n"));
	expect_ok(buf_append_str(&text, lines));
	expect_ok(buf_append_str(&text, "\r\n"));
	struct span in = buf_span(&text);
	expect_ok(http_head_feed(&head, &in));
	bool found = http_trace_find(id, &head);
	http_head_done(&head);
	return found;
}

static void
http_trace_find__takes_one_header_and_no_other(void **state)
{
	uint8_t id[HTTP_TRACE_ID];

	(void)state;
	assert_true(find("traceparent: 00-" TRACE "-" PARENT "-01\r\n", id));
	assert_memory_equal(id, wanted, sizeof(id));
	/* A name in any case, blanks around the value. */
	assert_true(
	    find("TraceParent: \t 00-" TRACE "-" PARENT "-01 \t\r\n", id));
	assert_true(find("tracestate: a=1\r\ntraceparent: 00-" TRACE "-" PARENT
			 "-01\r\ntracestate: b=2\r\n",
	    id));
	assert_false(find("", id));
	assert_false(find("trace-parent: 00-" TRACE "-" PARENT "-01\r\n", id));
	assert_false(find("trace.parent: 00-" TRACE "-" PARENT "-01\r\n", id));
	assert_false(find("tracestate: a=1\r\n", id));
	assert_false(find("traceparent: bad\r\n", id));
	/* Twice, also the same, is none. */
	assert_false(find("traceparent: 00-" TRACE "-" PARENT
			  "-01\r\ntraceparent: 00-" TRACE "-" PARENT "-01\r\n",
	    id));
	assert_false(find("traceparent: 00-" TRACE "-" PARENT
			  "-01\r\nTRACEPARENT: bad\r\n",
	    id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(http_trace_parse__takes_version_00),
	    cmocka_unit_test(
		http_trace_parse__takes_later_versions_that_begin_alike),
	    cmocka_unit_test(
		http_trace_parse__refuses_what_is_not_of_the_grammar),
	    cmocka_unit_test(http_trace_parse__minds_every_byte),
	    cmocka_unit_test(http_trace_find__takes_one_header_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
