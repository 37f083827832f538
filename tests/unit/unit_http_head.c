#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/http/http_head.h"
#include "tests/harness/vectors.h"

/* What came out of feeding a head; the same for every way to cut it. */
struct outcome {
	struct err err;
	unsigned refused;
	size_t num_headers;
	size_t left; /* bytes not taken */
};

static struct outcome
feed_in_pieces(struct http_head *head, struct span in, size_t piece)
{
	struct outcome o = {.err = {.code = ERR_AGAIN}};
	size_t at = 0;

	while (at < in.len && o.err.code == ERR_AGAIN) {
		struct span part = span_sub(in, at, piece);
		size_t before = part.len;

		o.err = http_head_feed(head, &part);
		at += before - part.len;
	}
	o.refused = head->refused;
	o.num_headers = head->num_headers;
	o.left = in.len - at;
	return o;
}

static void
http_head_feed__judges_the_corpus_however_it_is_cut(void **state)
{
	struct vectors *file = vectors_open("tests/vectors/http_head.txt");
	static const size_t pieces[] = {SIZE_MAX, 1, 2, 3, 7, 64, 1000};
	size_t num_bad = 0, num_good = 0;

	(void)state;
	while (vectors_next(file)) {
		struct span name = vectors_text(file, "Name");
		unsigned status = (unsigned)vectors_u64(file, "Status");
		struct buf bytes CLEANUP(buf_done) = {.max = 65536};

		vectors_hex(file, "Head", &bytes);
		for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]);
		     i++) {
			struct http_head head;
			struct outcome o;

			http_head_init(&head);
			o = feed_in_pieces(&head, buf_span(&bytes), pieces[i]);
			if (o.refused != status ||
			    (o.err.code == ERR_OK) != (status == 0))
				fail_msg("%.*s in %zu: %u, %s", (int)name.len,
				    name.data, pieces[i], o.refused,
				    o.err.why == NULL ? "ok" : o.err.why);
			http_head_done(&head);
		}
		num_good += status == 0;
		num_bad += status != 0;
	}
	vectors_close(file);
	assert_true(num_good >= 20);
	assert_true(num_bad >= 200);
}

/* Cut in two at every byte: the same result, and no byte too many taken. */
static void
http_head_feed__splits_at_every_byte(void **state)
{
	const char *text = "GET /b/k?a=b HTTP/1.1\r\nHost: gate:1\r\n"
			   "Connection: close\r\nRange: bytes=0-1\r\n\r\n"
			   "GET /next";
	struct span in = span_str(text);

	(void)state;
	for (size_t cut = 0; cut <= in.len - 9; cut++) {
		struct http_head head;
		struct span first = span_sub(in, 0, cut);
		struct span second = span_sub(in, cut, in.len);
		struct err err;

		http_head_init(&head);
		assert_false(http_head_begun(&head));
		err = http_head_feed(&head, &first);
		assert_int_equal(first.len, 0);
		if (err.code == ERR_AGAIN) {
			assert_int_equal(http_head_begun(&head), cut > 0);
			err = http_head_feed(&head, &second);
		}
		assert_int_equal(err.code, ERR_OK);
		assert_true(span_equal_str(second, "GET /next"));
		assert_true(span_equal_str(head.method, "GET"));
		assert_true(span_equal_str(head.target, "/b/k?a=b"));
		assert_true(span_equal_str(head.host, "gate:1"));
		assert_int_equal(head.num_headers, 3);
		assert_true(span_equal_str(
		    http_head_find(&head, "RANGE"), "bytes=0-1"));
		assert_null(http_head_find(&head, "if-match").data);
		assert_false(head.keep_alive);
		assert_false(head.has_body);
		http_head_done(&head);
	}
}

/* No byte of a good head can be replaced so that the readers disagree: each
 * outcome is one of the two, and a refusal has its status. */
static void
http_head_feed__every_replaced_byte_is_judged(void **state)
{
	const char *text = "PUT /b HTTP/1.1\r\nHost: g\r\n"
			   "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n";
	struct buf bytes CLEANUP(buf_done) = {.max = 256};
	size_t accepted = 0;

	(void)state;
	assert_int_equal(buf_append_str(&bytes, text).code, ERR_OK);
	for (size_t at = 0; at < bytes.len; at++) {
		uint8_t original = bytes.data[at];

		for (unsigned b = 0; b < 256; b++) {
			struct http_head head;
			struct span in = buf_span(&bytes);
			struct err err;

			bytes.data[at] = (uint8_t)b;
			http_head_init(&head);
			err = http_head_feed(&head, &in);
			if (err.code == ERR_OK) {
				accepted++;
				assert_int_equal(in.len, 0);
				assert_int_equal(head.refused, 0);
				assert_int_equal(
				    head.num_headers, head.num_lines);
			} else if (err.code != ERR_AGAIN) {
				assert_true(head.refused >= 400);
			}
			http_head_done(&head);
		}
		bytes.data[at] = original;
	}
	assert_true(accepted > bytes.len); /* itself, at each place */
}

static void
http_head__says_what_follows(void **state)
{
	static const struct {
		const char *text;
		bool body, expect, alive;
		uint64_t length;
	} cases[] = {
	    {"GET / HTTP/1.1\r\nHost: g\r\n\r\n", false, false, true, 0},
	    {"GET / HTTP/1.0\r\nHost: g\r\n\r\n", false, false, false, 0},
	    {"GET / HTTP/1.1\r\nHost: g\r\nConnection: x , CLOSE\r\n\r\n",
		false, false, false, 0},
	    {"PUT / HTTP/1.1\r\nHost: g\r\nContent-Length: 12\r\n"
	     "Expect: 100-Continue\r\n\r\n",
		true, true, false, 12},
	    {"PUT / HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: Chunked\r\n"
	     "\r\n",
		true, false, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_head head;
		struct span in = span_str(cases[i].text);

		http_head_init(&head);
		assert_int_equal(http_head_feed(&head, &in).code, ERR_OK);
		assert_int_equal(head.has_body, cases[i].body);
		assert_int_equal(head.expect_continue, cases[i].expect);
		assert_int_equal(head.keep_alive, cases[i].alive);
		assert_int_equal(head.content_length, cases[i].length);
		http_head_reset(&head);
		assert_false(http_head_begun(&head));
		assert_int_equal(head.bytes.cap, 0);
		http_head_done(&head);
	}
}

static void
http_head_feed__origin_form_out_of_absolute_form(void **state)
{
	struct http_head head;
	struct span in = span_str("GET https://Gate:8443/b/k?x=1 "
				  "HTTP/1.1\r\nHost: gATE:8443\r\n\r\n");

	(void)state;
	http_head_init(&head);
	assert_int_equal(http_head_feed(&head, &in).code, ERR_OK);
	assert_true(span_equal_str(head.target, "/b/k?x=1"));
	http_head_done(&head);
}

/* What was refused once stays so, whatever comes behind it. */
static void
http_head_feed__takes_nothing_after_a_refusal(void **state)
{
	const char *good = "GET / HTTP/1.1\r\nHost: g\r\n\r\n";
	struct http_head head;
	struct span in = span_str("GET / HTTP/1.1\r\nHost: g;h\r\n\r\n");

	(void)state;
	http_head_init(&head);
	assert_int_equal(http_head_feed(&head, &in).code, ERR_MALFORMED);
	assert_int_equal(head.refused, 400);
	in = span_str(good);
	struct err err = http_head_feed(&head, &in);
	assert_int_equal(err.code, ERR_MALFORMED);
	assert_string_equal(err.why, "http: fed after a refusal");
	assert_int_equal(in.len, strlen(good));
	http_head_reset(&head);
	assert_int_equal(http_head_feed(&head, &in).code, ERR_OK);
	http_head_done(&head);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		http_head_feed__judges_the_corpus_however_it_is_cut),
	    cmocka_unit_test(http_head_feed__splits_at_every_byte),
	    cmocka_unit_test(http_head_feed__every_replaced_byte_is_judged),
	    cmocka_unit_test(http_head__says_what_follows),
	    cmocka_unit_test(http_head_feed__origin_form_out_of_absolute_form),
	    cmocka_unit_test(http_head_feed__takes_nothing_after_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
