#include "gateway/s3/aws_profile.h"

/* "[name]", blanks allowed inside. */
static bool
is_section(struct span line, struct span *out_name)
{
	if (line.len < 2 || line.data[0] != '[' ||
	    line.data[line.len - 1] != ']')
		return false;
	*out_name = span_trim(span_sub(line, 1, line.len - 2));
	return true;
}

static bool
is_indented(struct span line)
{
	return line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

static void
take_setting(struct aws_profile *profile, struct span line)
{
	size_t equals = span_find(line, '=');
	struct span name = span_trim(span_sub(line, 0, equals));
	struct span value = span_trim(span_sub(line, equals + 1, line.len));

	if (span_equal_str(name, "aws_access_key_id"))
		profile->key_id = value;
	else if (span_equal_str(name, "aws_secret_access_key"))
		profile->secret = value;
	else if (span_equal_str(name, "aws_session_token"))
		profile->token = value;
}

struct err
aws_profile_find(struct aws_profile *out, struct span text, struct span name)
{
	struct aws_profile profile = {.key_id = {0}};
	struct span line, section;
	bool ours = false;

	while (span_take_until(&text, &line, '\n')) {
		bool indented = is_indented(line);

		line = span_trim(line);
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line = span_trim(span_sub(line, 0, line.len - 1));
		if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
			continue;
		if (is_section(line, &section))
			ours = span_equal(section, name);
		else if (ours && !indented)
			take_setting(&profile, line);
	}
	if (profile.key_id.len == 0 || profile.secret.len == 0)
		return ERR(NOT_FOUND, "no such profile with an access key");
	*out = profile;
	return OK;
}
