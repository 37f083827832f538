#include "gateway/base/proven.h"

#include "crypto/age_key.h"
#include "crypto/init.h"
#include "gateway/base/file_text.h"
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/policy_fixture.h"

#define KEY_A "age1565z60w6pkfu0eqa2lw4t4edhxrfr5xlhe69h4ls0x59jfpyepesge2e6v"
#define KEY_B "age1d0eglrz4jgxcxsnmwt4rm9nc574u0skwv40ydn9kf280kdpfwyzstslgkz"
#define HEAD "gatehouse-recipients-v1\n"
#define SINCE " 2026-11-28T10:31:39Z "
#define LINE(party, key) "recipient " party " " key SINCE "7\n"

static int
start(void **state)
{
	(void)state;
	expect_ok(crypto_init());
	return 0;
}

/* With the line that programs put behind it. */
static struct span
sealed(struct buf *out, const char *text)
{
	buf_reset(out);
	out->max = PROVEN_FILE_TEXT + 4096;
	expect_ok(buf_append_str(out, text));
	expect_ok(file_text_seal(out, 0));
	return buf_span(out);
}

/* In the order of their bytes, whichever that is. */
static const char *
both(char out[512])
{
	uint8_t a[32], b[32];

	expect_ok(age_recipient_parse(a, span_str(KEY_A)));
	expect_ok(age_recipient_parse(b, span_str(KEY_B)));
	bool a_first = span_compare(span_of(a, 32), span_of(b, 32)) < 0;
	(void)snprintf(out, 512, HEAD LINE("lab", "%s") LINE("lab", "%s"),
	    a_first ? KEY_A : KEY_B, a_first ? KEY_B : KEY_A);
	return out;
}

static void
proven_file__is_text_and_back(void **state)
{
	char two[512];
	const char *const texts[] = {HEAD, HEAD LINE("lab", KEY_A),
	    HEAD LINE("lab", KEY_A) LINE("shop", KEY_A), both(two)};
	struct buf text CLEANUP(buf_done) = {.max = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf again CLEANUP(buf_done) = {.max = PROVEN_FILE_TEXT};
		struct proven_file file;
		size_t line;

		expect_ok(
		    proven_file_parse(&file, &line, sealed(&text, texts[i])));
		expect_ok(proven_file_write(&again, &file));
		assert_true(span_equal(buf_span(&again), buf_span(&text)));
		proven_file_done(&file);
	}
}

/* Whatever is wrong has its line and its words. */
static void
proven_file_parse__says_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		enum err_code code;
		const char *why;
	} cases[] = {
	    {"", 1, ERR_MALFORMED, "no file of recipients"},
	    {"gatehouse-scopes-v1\n", 1, ERR_MALFORMED, "no file of rec"},
	    {"gatehouse-recipients-v2\n", 1, ERR_UNSUPPORTED, "other programs"},
	    {"gatehouse-recipients-v01\n", 1, ERR_UNSUPPORTED, "other prog"},
	    {HEAD "\n", 2, ERR_MALFORMED, "a part of the line is missing"},
	    {HEAD "party lab\n", 2, ERR_MALFORMED, "not a line of a recipient"},
	    {HEAD LINE("Lab", KEY_A), 2, ERR_MALFORMED, "not the id"},
	    {HEAD LINE("lab", "age1"), 2, ERR_MALFORMED, "not the key"},
	    {HEAD LINE("lab", KEY_A) LINE("lab", KEY_A), 3, ERR_MALFORMED,
		"there twice"},
	    {HEAD LINE("shop", KEY_A) LINE("lab", KEY_A), 3, ERR_MALFORMED,
		"not in their order"},
	    {HEAD "recipient lab " KEY_A " 2026-11-28 7\n", 2, ERR_MALFORMED,
		"not a time"},
	    {HEAD "recipient lab " KEY_A SINCE "x\n", 2, ERR_MALFORMED, ""},
	    {HEAD "recipient lab " KEY_A SINCE "7 8\n", 2, ERR_MALFORMED,
		"more than"},
	    {HEAD "recipient lab " KEY_A SINCE "07\n", 2, ERR_MALFORMED, ""},
	};
	struct buf text CLEANUP(buf_done) = {.max = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proven_file file = {.cap = 0};
		size_t line = 0;
		struct err err = proven_file_parse(
		    &file, &line, sealed(&text, cases[i].text));

		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.why, cases[i].why));
		assert_int_equal(line, cases[i].line);
		assert_null(file.entries);
	}
}

/* Upper case is a key for age, too; here one key has one text. */
static void
proven_file_parse__takes_one_text_of_a_key(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = 0};
	char upper[256];
	struct proven_file file;
	size_t line;

	(void)state;
	(void)snprintf(upper, sizeof(upper), HEAD LINE("lab", "%s"), KEY_A);
	char *key = strstr(upper, "age1");
	for (size_t i = 0; i < AGE_RECIPIENT_TEXT; i++)
		if (key[i] >= 'a' && key[i] <= 'z')
			key[i] = (char)(key[i] - 'a' + 'A');
	expect_err(
	    MALFORMED, proven_file_parse(&file, &line, sealed(&text, upper)));
}

static void
proven_file_parse__finds_each_tear_and_each_flipped_bit(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = 0};
	struct span whole = sealed(&text, HEAD LINE("lab", KEY_A));
	struct proven_file file;
	size_t line;

	(void)state;
	for (size_t i = 0; i < whole.len; i++) {
		assert_int_not_equal(
		    proven_file_parse(&file, &line, span_sub(whole, 0, i)).code,
		    ERR_OK);
		text.data[i] ^= 4;
		assert_int_not_equal(
		    proven_file_parse(&file, &line, whole).code, ERR_OK);
		text.data[i] ^= 4;
	}
	expect_ok(buf_append_str(&text, "\n"));
	expect_err(MALFORMED, proven_file_parse(&file, &line, buf_span(&text)));
}

static void
proven_file_add__keeps_the_order_and_its_cap(void **state)
{
	struct proven_file file = {.cap = 0};
	struct buf text CLEANUP(buf_done) = {.max = PROVEN_FILE_TEXT};
	struct proven_entry entry = {.party = span_str("lab")};
	struct proven_file again;
	size_t line;

	(void)state;
	expect_ok(age_recipient_parse(entry.key, span_str(KEY_A)));
	for (uint32_t i = 0; i < PROVEN_FILE_MAX; i++) {
		entry.key[0] = (uint8_t)(i * 167);
		entry.key[1] = (uint8_t)(i >> 8);
		expect_ok(proven_file_add(&file, &entry));
		expect_err(EXISTS, proven_file_add(&file, &entry));
	}
	expect_ok(proven_file_write(&text, &file));
	expect_ok(proven_file_parse(&again, &line, buf_span(&text)));
	assert_int_equal(again.num_entries, PROVEN_FILE_MAX);
	proven_file_done(&again);
	entry.party = span_str("shop");
	expect_err(TOO_BIG, proven_file_add(&file, &entry));
	entry.party = span_str("two words");
	expect_err(MALFORMED, proven_file_add(&file, &entry));
	entry.party = span_str("lab");
	assert_non_null(proven_file_find(&file, entry.party, entry.key));
	proven_file_remove(&file,
	    (size_t)(proven_file_find(&file, entry.party, entry.key) -
		file.entries));
	assert_null(proven_file_find(&file, entry.party, entry.key));
	proven_file_done(&file);
}

static void
proven_file_parse__survives_without_memory(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = 0};
	struct span whole = sealed(&text, HEAD LINE("lab", KEY_A));
	struct proven_file file;
	size_t line;

	(void)state;
	for (size_t n = 0;; n++) {
		failalloc_arm(n);
		struct err err = proven_file_parse(&file, &line, whole);
		bool failed = failalloc_disarm();
		if (!failed) {
			expect_ok(err);
			break;
		}
		assert_int_not_equal(err.code, ERR_OK);
	}
	proven_file_done(&file);
}

/* --- What counts --- */

static struct policy_fixture fixture;

static void
proven_keep__leaves_out_what_is_not_proven_for_the_recipient(void **state)
{
	static uint8_t keys[3][32] = {{1}, {2}, {3}};
	struct agreement *a;
	struct proven_file file = {.cap = 0};
	struct proven_entry entry = {.record = 1};

	(void)state;
	policy_fixture_init(&fixture);
	a = &fixture.agreements[FIXTURE_CARD_FRAUD];
	a->recipients = keys;
	a->num_recipients = 3;
	entry.party = fixture.policy.parties[a->recipient].id;
	memcpy(entry.key, keys[2], 32);
	expect_ok(proven_file_add(&file, &entry));
	/* Proven for somebody else is proven of nothing here. */
	entry.party = span_str("somebody-else");
	memcpy(entry.key, keys[0], 32);
	expect_ok(proven_file_add(&file, &entry));
	assert_int_equal(proven_keep(&fixture.policy, &file), 2);
	assert_int_equal(a->num_recipients, 1);
	assert_int_equal(a->recipients[0][0], 3);
	assert_int_equal(a->num_unproven, 2);
	assert_int_equal(a->recipients[1][0] + a->recipients[2][0], 1 + 2);
	proven_file_done(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(proven_file__is_text_and_back),
	    cmocka_unit_test(proven_file_parse__says_what_is_wrong),
	    cmocka_unit_test(proven_file_parse__takes_one_text_of_a_key),
	    cmocka_unit_test(
		proven_file_parse__finds_each_tear_and_each_flipped_bit),
	    cmocka_unit_test(proven_file_add__keeps_the_order_and_its_cap),
	    cmocka_unit_test(proven_file_parse__survives_without_memory),
	    cmocka_unit_test(
		proven_keep__leaves_out_what_is_not_proven_for_the_recipient),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
