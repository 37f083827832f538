#include "tests/harness/expect.h"

#include "gateway/rootvault/vault_reach.h"

static void
assert_url(const char *text, const char *host, unsigned port, const char *url)
{
	struct buf out CLEANUP(buf_done) = {.max = 512};
	struct vault_server server;

	expect_ok(vault_url_parse(&server, span_str(text)));
	assert_string_equal(server.host, host);
	assert_int_equal(server.port, port);
	expect_ok(vault_url_write(&out, &server, "a/b", "encrypt", "k"));
	assert_string_equal((const char *)out.data, url);
}

static void
vault_url_parse__reads_host_and_port(void **state)
{
	(void)state;
	assert_url("https://v.example", "v.example", 443,
	    "https://v.example:443/v1/a/b/encrypt/k");
	assert_url("https://v.example:8200/", "v.example", 8200,
	    "https://v.example:8200/v1/a/b/encrypt/k");
	assert_url("https://127.0.0.1:65535", "127.0.0.1", 65535,
	    "https://127.0.0.1:65535/v1/a/b/encrypt/k");
	assert_url("https://[2001:db8::1]:8200", "2001:db8::1", 8200,
	    "https://[2001:db8::1]:8200/v1/a/b/encrypt/k");
}

static void
vault_url_parse__takes_nothing_else(void **state)
{
	static const char *const texts[] = {"", "https://", "https:///",
	    "http://v", "HTTPS://v", "v:8200", "https://v//", "https://v/ui",
	    "https://user@v", "https://user:pass@v",
	    "https://v:", "https://v:0", "https://v:65536", "https://v:08",
	    "https://v:8200?x", "https://v#x", "https://v w", "https://v\n",
	    "https://[::1", "https://[]", "https://[::1]8200", "https://::1",
	    "https://[v-w]", "https://[::1%25lo]"};
	char longest[300] = "https://";
	struct vault_server server;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (vault_url_parse(&server, span_str(texts[i])).code !=
		    ERR_MALFORMED)
			fail_msg("%s", texts[i]);
	}
	memset(longest + 8, 'a', VAULT_MAX_HOST + 1);
	expect_err(MALFORMED, vault_url_parse(&server, span_str(longest)));
	longest[8 + VAULT_MAX_HOST] = '\0';
	expect_ok(vault_url_parse(&server, span_str(longest)));
}

static void
vault_url_is_path__keeps_within(void **state)
{
	static const char *const paths[] = {"a", "team-1/trans_it", "a.b/..c"};
	static const char *const others[] = {"", "/", "a/", "/a", "a//b", ".",
	    "..", "a/../b", "a/.", "a b", "a?b", "a#b", "a%2fb", "a\nb",
	    "\xc3"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_true(vault_url_is_path(span_str(paths[i]), false));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (vault_url_is_path(span_str(others[i]), false) ||
		    vault_url_is_path(span_str(others[i]), true))
			fail_msg("%s", others[i]);
	}
	assert_true(vault_url_is_path(span_str("a.b"), true));
	assert_false(vault_url_is_path(span_str("a/b"), true));
}

static bool
is_fit_v4(uint8_t a, uint8_t b)
{
	const uint8_t address[16] = {
	    [10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [15] = 1};

	return vault_reach_is_fit(address);
}

static bool
is_fit_v6(uint8_t a, uint8_t b, uint8_t last)
{
	const uint8_t address[16] = {[0] = a, [1] = b, [15] = last};

	return vault_reach_is_fit(address);
}

static void
vault_reach_is_fit__knows_where_no_server_is(void **state)
{
	(void)state;
	assert_true(is_fit_v4(10, 0) && is_fit_v4(127, 0) &&
	    is_fit_v4(169, 253) && is_fit_v4(192, 168) && is_fit_v4(223, 255));
	assert_false(is_fit_v4(0, 0) || is_fit_v4(169, 254) ||
	    is_fit_v4(224, 0) || is_fit_v4(255, 255));
	assert_true(is_fit_v6(0, 0, 1) && is_fit_v6(0x20, 1, 1) &&
	    is_fit_v6(0xfd, 0, 1) && is_fit_v6(0xfe, 0xc0, 1));
	assert_false(is_fit_v6(0, 0, 0) || is_fit_v6(0xfe, 0x80, 1) ||
	    is_fit_v6(0xfe, 0xbf, 1) || is_fit_v6(0xff, 2, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vault_url_parse__reads_host_and_port),
	    cmocka_unit_test(vault_url_parse__takes_nothing_else),
	    cmocka_unit_test(vault_url_is_path__keeps_within),
	    cmocka_unit_test(vault_reach_is_fit__knows_where_no_server_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
