#include "tests/harness/expect.h"

#include "gateway/s3/aws_profile.h"

static const char text[] = "# a comment\r\n"
			   "aws_access_key_id = OUTSIDE\n"
			   "[default]\n"
			   "aws_access_key_id = AKIDEFAULT\n"
			   "aws_secret_access_key=a/b+c==\n"
			   "region = eu-central-1\n"
			   "\n"
			   "[ ci runner ]\r\n"
			   "aws_access_key_id\t=\tAKICI\r\n"
			   "; aws_access_key_id = COMMENT\n"
			   "s3 =\n"
			   "  aws_access_key_id = NESTED\n"
			   "aws_secret_access_key = secret\r\n"
			   "aws_session_token = token==\n"
			   "[half]\n"
			   "aws_access_key_id = AKIHALF\n"
			   "aws_secret_access_key =\n"
			   "[last]\n"
			   "aws_access_key_id = AKILAST\n"
			   "aws_secret_access_key = end";

static struct err
find(struct aws_profile *out, const char *name)
{
	return aws_profile_find(out, span_str(text), span_str(name));
}

static void
aws_profile_find__reads_the_named_section(void **state)
{
	struct aws_profile profile;

	(void)state;
	expect_ok(find(&profile, "default"));
	expect_span(profile.key_id, "AKIDEFAULT");
	expect_span(profile.secret, "a/b+c==");
	assert_int_equal(profile.token.len, 0);
	expect_ok(find(&profile, "ci runner"));
	expect_span(profile.key_id, "AKICI");
	expect_span(profile.secret, "secret");
	expect_span(profile.token, "token==");
	expect_ok(find(&profile, "last"));
	expect_span(profile.secret, "end");
}

static void
aws_profile_find__refuses_what_is_no_key(void **state)
{
	struct aws_profile profile = {.key_id = span_str("kept")};

	(void)state;
	expect_err(NOT_FOUND, find(&profile, "half"));
	expect_err(NOT_FOUND, find(&profile, "nobody"));
	expect_err(NOT_FOUND, find(&profile, ""));
	expect_err(NOT_FOUND,
	    aws_profile_find(&profile, (struct span){0}, span_str("default")));
	expect_span(profile.key_id, "kept");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(aws_profile_find__reads_the_named_section),
	    cmocka_unit_test(aws_profile_find__refuses_what_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
