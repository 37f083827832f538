#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/init.h"
#include "gateway/s3/s3_list.h"

enum {
	MAX_ENTRIES = 512
};

struct store {
	struct arena arena;
	struct s3_entry entries[MAX_ENTRIES];
	size_t num;
};

static void
store_init(struct store *s, const char *const *keys, size_t num)
{
	*s = (struct store){.num = num};
	arena_init(&s->arena, 1 << 20);
	for (size_t i = 0; i < num; i++)
		s->entries[i].key = span_str(keys[i]);
}

/* The page as text: names with '|' between, and '+' when there is more. */
static void
page_text(struct store *s, const struct s3_list_query *query, const char *after,
    char *out, size_t out_len)
{
	struct s3_page page;
	size_t len = 0;

	assert_int_equal(s3_list_page(&s->arena, s->entries, s->num, query,
			     span_str(after), &page)
			     .code,
	    ERR_OK);
	for (size_t i = 0; i < page.num_items; i++)
		len += (size_t)snprintf(out + len, out_len - len, "%.*s|",
		    (int)page.items[i].name.len, page.items[i].name.data);
	snprintf(out + len, out_len - len, "%s", page.truncated ? "+" : "");
	if (page.num_items > 0)
		assert_true(
		    span_equal(page.last, page.items[page.num_items - 1].name));
}

static const char *const keys[] = {"asdf", "boo/bar", "boo/baz/xyzzy",
    "cquux/bla", "cquux/thud", "d", "d/", "d/e", "dd"};

static void
expect(const char *prefix, const char *delimiter, uint32_t max,
    const char *after, const char *expected)
{
	struct store s;
	char got[512];
	struct s3_list_query query = {.prefix = span_str(prefix),
	    .delimiter = span_str(delimiter),
	    .max_keys = max};

	store_init(&s, keys, sizeof(keys) / sizeof(keys[0]));
	page_text(&s, &query, after, got, sizeof(got));
	assert_string_equal(got, expected);
	arena_done(&s.arena);
}

static void
s3_list_page__prefix_delimiter_and_marker(void **state)
{
	(void)state;
	expect("", "", 3, "", "asdf|boo/bar|boo/baz/xyzzy|+");
	expect("", "", 3, "boo/baz/xyzzy", "cquux/bla|cquux/thud|d|+");
	expect("", "", 3, "d", "d/|d/e|dd|");
	expect("", "", 3, "zzz", "");
	expect("", "", 0, "", "");
	expect("", "/", 100, "", "asdf|boo/|cquux/|d|d/|dd|");
	expect("", "/", 1, "", "asdf|+");
	expect("", "/", 1, "asdf", "boo/|+");
	expect("", "/", 1, "boo/", "cquux/|+");
	expect("", "/", 1, "boo/bar", "boo/|+"); /* more of boo/ is to come */
	expect("", "/", 1, "cquux/", "d|+");
	expect("", "/", 2, "d", "d/|dd|");
	expect("boo/", "/", 100, "", "boo/bar|boo/baz/|");
	expect("boo/", "/", 1, "boo/bar", "boo/baz/|");
	expect("boo", "/", 100, "", "boo/|");
	expect("d/", "/", 100, "", "d/|d/e|");
	expect("d/", "", 100, "d/", "d/e|");
	expect("nothing", "/", 100, "", "");
	expect("boo/", "/", 100, "a", "boo/bar|boo/baz/|");
	expect("boo/", "/", 100, "c", "");
	expect("", "x", 100, "", "asdf|boo/bar|boo/baz/x|cquux|d|d/|d/e|dd|");
}

/*
 * Paging with any page size shows the same names as one page, each once, and
 * as a plain scan over the keys says.
 */
static void
s3_list_page__pages_join_to_the_whole(void **state)
{
	static char names[MAX_ENTRIES][16];
	const char *sorted[MAX_ENTRIES];
	static const char *const delimiters[] = {"", "/", "a", "b/"};
	static const char *const prefixes[] = {"", "a", "b/", "a/a"};
	struct store s;
	size_t num = 0;

	(void)state;
	/* Every word of up to four letters out of "/ab", in byte order. */
	for (size_t n = 0; n < 3 * 3 * 3 * 3 * 4; n++) {
		size_t len = n % 4 + 1, rest = n / 4;

		for (size_t i = 0; i < len; i++, rest /= 3)
			names[num][i] = "/ab"[rest % 3];
		bool twice = rest != 0;
		for (size_t i = 0; i < num; i++)
			twice = twice || strcmp(names[i], names[num]) == 0;
		if (twice)
			memset(names[num], 0, sizeof(names[num]));
		else
			num++;
	}
	for (size_t i = 0; i < num; i++) {
		size_t at = i;

		for (; at > 0 && strcmp(sorted[at - 1], names[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = names[i];
	}
	assert_int_equal(num, 3 + 9 + 27 + 81);
	store_init(&s, sorted, num);
	for (size_t c = 0; c < 16; c++) {
		struct s3_list_query query = {
		    .prefix = span_str(prefixes[c / 4]),
		    .delimiter = span_str(delimiters[c % 4]),
		    .max_keys = 1000};
		struct s3_page whole, page;

		assert_int_equal(s3_list_page(&s.arena, s.entries, s.num,
				     &query, span_str(""), &whole)
				     .code,
		    ERR_OK);
		assert_false(whole.truncated);
		for (query.max_keys = 1; query.max_keys < 8; query.max_keys++) {
			struct span after = span_str("");
			size_t at = 0;

			do {
				assert_int_equal(
				    s3_list_page(&s.arena, s.entries, s.num,
					&query, after, &page)
					.code,
				    ERR_OK);
				for (size_t i = 0; i < page.num_items; i++)
					assert_true(
					    span_equal(page.items[i].name,
						whole.items[at++].name));
				after = page.last;
			} while (page.truncated);
			assert_int_equal(at, whole.num_items);
		}
		/* Nothing is lost: every key is there, or under a prefix. */
		size_t covered = 0;
		for (size_t i = 0; i < whole.num_items; i++)
			for (size_t k = 0; k < s.num; k++)
				covered += whole.items[i].entry == NULL
				    ? span_starts_with(
					  s.entries[k].key, whole.items[i].name)
				    : whole.items[i].entry == &s.entries[k];
		size_t expected = 0;
		for (size_t k = 0; k < s.num; k++)
			expected +=
			    span_starts_with(s.entries[k].key, query.prefix);
		assert_int_equal(covered, expected);
	}
	arena_done(&s.arena);
}

static void
s3_list_token__holds_for_its_listing_only(void **state)
{
	const uint8_t key[32] = {1}, other_key[32] = {2};
	struct s3_route route = {.bucket = span_str("bkt"),
	    .list = {.prefix = span_str("p"), .delimiter = span_str("/")}};
	struct buf token CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(
	    s3_list_seal_token(&token, key, &route, span_str("p/last \xc3\xbc"))
		.code,
	    ERR_OK);
	for (size_t i = 0; i < token.len; i++)
		assert_null(memchr("+/=", token.data[i], 3));
	route.list.token = buf_span(&token);
	assert_int_equal(s3_list_open_token(&out, key, &route), S3_ERR_NONE);
	assert_true(span_equal_str(buf_span(&out), "p/last \xc3\xbc"));
	buf_reset(&out);

	assert_int_equal(s3_list_open_token(&out, other_key, &route),
	    S3_ERR_INVALID_ARGUMENT);
	struct s3_route other = route;
	other.bucket = span_str("bk");
	assert_int_equal(
	    s3_list_open_token(&out, key, &other), S3_ERR_INVALID_ARGUMENT);
	other = route;
	other.list.prefix = span_str("p/");
	other.list.delimiter = span_str("");
	assert_int_equal(
	    s3_list_open_token(&out, key, &other), S3_ERR_INVALID_ARGUMENT);
	for (size_t bit = 0; bit < token.len * 8; bit++) {
		token.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		assert_int_equal(s3_list_open_token(&out, key, &route),
		    S3_ERR_INVALID_ARGUMENT);
		token.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	for (size_t len = 0; len < token.len; len++) {
		route.list.token = span_of(token.data, len);
		assert_int_equal(s3_list_open_token(&out, key, &route),
		    S3_ERR_INVALID_ARGUMENT);
	}
	assert_int_equal(out.len, 0);
}

/* Below `n`, in an order that is the same each time. */
static size_t
next_random(size_t n)
{
	static uint64_t random = 1;

	random = random * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(random >> 33) % n;
}

/* A text near `token`: up to four characters put in, out or in another's place;
 * all of base64url, so that most get as far as the seal. */
static void
alter(struct buf *out, struct span token)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789-_";
	size_t edits = 1 + next_random(4);

	buf_reset(out);
	assert_int_equal(buf_append(out, token).code, ERR_OK);
	while (edits-- > 0) {
		size_t at = next_random(out->len);
		uint8_t digit = (uint8_t)digits[next_random(64)];

		switch (next_random(3)) {
		case 0:
			out->data[at] = digit;
			break;
		case 1: /* the rest moves on by one */
			assert_int_equal(
			    buf_append(out, span_of(&digit, 1)).code, ERR_OK);
			memmove(out->data + at + 1, out->data + at,
			    out->len - at - 1);
			out->data[at] = digit;
			break;
		default: /* and back by one */
			memmove(out->data + at, out->data + at + 1,
			    out->len - at - 1);
			out->len--;
		}
	}
}

static void
s3_list_token__ten_thousand_others_are_refused(void **state)
{
	const uint8_t key[32] = {1};
	struct s3_route route = {.bucket = span_str("bkt")};
	struct buf token CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct buf altered CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct buf out CLEANUP(buf_done) = {.max = 4096};
	size_t num = 0;

	(void)state;
	assert_int_equal(
	    s3_list_seal_token(&token, key, &route, span_str("a/b")).code,
	    ERR_OK);
	while (num < 10000) {
		alter(&altered, buf_span(&token));
		if (span_equal(buf_span(&altered), buf_span(&token)))
			continue;
		route.list.token = buf_span(&altered);
		assert_int_equal(s3_list_open_token(&out, key, &route),
		    S3_ERR_INVALID_ARGUMENT);
		num++;
	}
	assert_int_equal(out.len, 0);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(s3_list_page__prefix_delimiter_and_marker),
	    cmocka_unit_test(s3_list_page__pages_join_to_the_whole),
	    cmocka_unit_test(s3_list_token__holds_for_its_listing_only),
	    cmocka_unit_test(s3_list_token__ten_thousand_others_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
