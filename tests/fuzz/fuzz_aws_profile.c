/*
 * Target: aws_profile_find, for the section that the first line of the input
 * names. What is found lies in the file, on lines of its own.
 */
#include <assert.h>

#include "gateway/s3/aws_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_inside(struct span part, struct span whole)
{
	if (part.len == 0)
		return;
	assert(part.data >= whole.data);
	assert(part.data + part.len <= whole.data + whole.len);
	assert(span_find(part, '\n') == part.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = span_of(data, len), name;
	struct aws_profile profile;

	if (span_take_line(&text, &name).code != ERR_OK)
		return 0;
	if (aws_profile_find(&profile, text, name).code != ERR_OK)
		return 0;
	assert(profile.key_id.len > 0 && profile.secret.len > 0);
	check_inside(profile.key_id, text);
	check_inside(profile.secret, text);
	check_inside(profile.token, text);
	return 0;
}
