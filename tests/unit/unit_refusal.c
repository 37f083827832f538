#include "gateway/keeper/refusal.h"

#include "tests/harness/expect.h"

/* Closed by default: what is not listed is the refusal that says nothing. */
static void
refusal_of_s3__says_what_helps_and_no_more(void **state)
{
	static const struct {
		enum s3_error error;
		enum ask_refusal refusal;
	} rows[] = {
	    {S3_ERR_INVALID_ACCESS_KEY_ID, ASK_INVALID_KEY_ID},
	    {S3_ERR_SIGNATURE_DOES_NOT_MATCH, ASK_BAD_SIGNATURE},
	    {S3_ERR_CONTENT_SHA256_MISMATCH, ASK_BAD_SIGNATURE},
	    {S3_ERR_REQUEST_TIME_TOO_SKEWED, ASK_TIME_SKEWED},
	    {S3_ERR_AUTHORIZATION_HEADER_MALFORMED, ASK_BAD_AUTHORIZATION},
	    {S3_ERR_AUTHORIZATION_QUERY_PARAMETERS, ASK_BAD_QUERY},
	    {S3_ERR_REQUEST_EXPIRED, ASK_EXPIRED},
	    {S3_ERR_INVALID_TOKEN, ASK_INVALID_TOKEN},
	    {S3_ERR_MISSING_SECURITY_HEADER, ASK_BAD_AUTHORIZATION},
	    {S3_ERR_INVALID_REQUEST, ASK_BAD_AUTHORIZATION},
	    {S3_ERR_NOT_IMPLEMENTED, ASK_NOT_IMPLEMENTED},
	    {S3_ERR_METHOD_NOT_ALLOWED, ASK_WRITE},
	    {S3_ERR_INTERNAL, ASK_INTERNAL},
	    {S3_ERR_BAD_REQUEST, ASK_BAD_REQUEST},
	    {S3_ERR_INVALID_ARGUMENT, ASK_BAD_REQUEST},
	    {S3_ERR_INVALID_BUCKET_NAME, ASK_BAD_REQUEST},
	    {S3_ERR_INVALID_PART_NUMBER, ASK_BAD_REQUEST},
	    {S3_ERR_INVALID_URI, ASK_BAD_REQUEST},
	    {S3_ERR_KEY_TOO_LONG, ASK_BAD_REQUEST},
	};

	(void)state;
	for (int i = 0; i <= S3_ERR_COUNT; i++) {
		enum ask_refusal expected = ASK_ACCESS_DENIED;
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			if (rows[j].error == (enum s3_error)i)
				expected = rows[j].refusal;
		}
		assert_int_equal(
		    refusal_of_s3((enum s3_error)i), (int)expected);
	}
}

static void
refusal_of_slot__tells_the_bad_from_the_absent(void **state)
{
	static const struct {
		enum slot_state state;
		enum err_code code;
		enum ask_refusal refusal;
		const char *word;
	} rows[] = {
	    {SLOT_BAD, ERR_MALFORMED, ASK_BAD_SOURCE, "controller"},
	    {SLOT_BAD, ERR_CHANGED, ASK_BAD_SOURCE, "controller"},
	    {SLOT_BAD, ERR_NO_SPACE, ASK_BAD_SOURCE, "controller"},
	    {SLOT_AWAY, ERR_CHANGED, ASK_SLOW_DOWN, "changed"},
	    {SLOT_AWAY, ERR_NO_SPACE, ASK_ORIGIN_AWAY, "room"},
	    {SLOT_AWAY, ERR_IO, ASK_ORIGIN_AWAY, "reached"},
	    {SLOT_AWAY, ERR_MALFORMED, ASK_ORIGIN_AWAY, "reached"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slot slot = {.state = rows[i].state,
		    .failure = {.code = rows[i].code,
			.why = "csv: Jane Doe has 4 fields"}};
		assert_int_equal(refusal_of_slot(&slot), rows[i].refusal);
		assert_non_null(strstr(refusal_sentence(&slot), rows[i].word));
		/* Why it failed is for the controller's log. */
		assert_null(strstr(refusal_sentence(&slot), "csv"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refusal_of_s3__says_what_helps_and_no_more),
	    cmocka_unit_test(refusal_of_slot__tells_the_bad_from_the_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
