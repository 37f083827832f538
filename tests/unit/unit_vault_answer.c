#include "tests/harness/expect.h"

#include "gateway/rootvault/vault_answer.h"

static struct err
read_text(struct buf *out, const char *body)
{
	return vault_answer_text(out, span_str(body), "ciphertext");
}

static void
vault_answer_text__finds_it_in_data(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 64};

	(void)state;
	expect_ok(read_text(&out,
	    "{\"ciphertext\":\"no\",\"data\":{\"x\":1,\"ciphertext\":"
	    "\"vault:v1:A\\/B\"},\"warnings\":null}\n"));
	assert_true(span_equal_str(buf_span(&out), "vault:v1:A/B"));
}

static void
vault_answer_text__takes_nothing_else(void **state)
{
	static const char *const bodies[] = {"", "{", "null", "[]", "7",
	    "<html>", "{\"data\":null}", "{\"data\":[\"ciphertext\"]}",
	    "{\"data\":{\"ciphertext\":7}}",
	    "{\"data\":{\"Ciphertext\":\"a\"}}",
	    "{\"data\":{\"ciphertext\":\"a\"}", "{\"data\":{\"ciphertext\":\"a",
	    "{\"data\":{\"ciphertext\":\"a\"}}x",
	    "{\"ciphertext\":\"a\",\"data\":{}}"};
	static const char with_nul[] = "{\"data\":{\"ciphertext\":\"a\"}}\0x";
	struct buf out CLEANUP(buf_done) = {.max = 64};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		if (read_text(&out, bodies[i]).code != ERR_MALFORMED)
			fail_msg("%s", bodies[i]);
	}
	expect_err(MALFORMED,
	    vault_answer_text(
		&out, span_of(with_nul, sizeof(with_nul) - 1), "ciphertext"));
	assert_int_equal(out.len, 0);
}

static void
vault_answer_text__keeps_to_the_callers_room(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 4};

	(void)state;
	expect_ok(read_text(&out, "{\"data\":{\"ciphertext\":\"1234\"}}"));
	buf_reset(&out);
	expect_err(
	    TOO_BIG, read_text(&out, "{\"data\":{\"ciphertext\":\"12345\"}}"));
}

static void
vault_answer_status__tells_what_to_do(void **state)
{
	static const struct {
		long status;
		enum err_code code;
	} cases[] = {{200, ERR_OK}, {400, ERR_DENIED}, {403, ERR_DENIED},
	    {404, ERR_NOT_FOUND}, {301, ERR_UNSUPPORTED},
	    {307, ERR_UNSUPPORTED}, {429, ERR_UNAVAILABLE},
	    {473, ERR_UNAVAILABLE}, {500, ERR_UNAVAILABLE},
	    {503, ERR_UNAVAILABLE}, {204, ERR_IO}, {100, ERR_IO}, {0, ERR_IO},
	    {418, ERR_IO}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int opens = 0; opens < 2; opens++) {
			if (vault_answer_status(cases[i].status, opens).code !=
			    cases[i].code)
				fail_msg("%ld", cases[i].status);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vault_answer_text__finds_it_in_data),
	    cmocka_unit_test(vault_answer_text__takes_nothing_else),
	    cmocka_unit_test(vault_answer_text__keeps_to_the_callers_room),
	    cmocka_unit_test(vault_answer_status__tells_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
