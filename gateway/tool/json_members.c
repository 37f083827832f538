#include "gateway/tool/json_members.h"

struct err
json_text(struct jcs *j, const char *name, struct span text)
{
	TRY(jcs_name(j, span_str(name)));
	return jcs_string(j, text);
}

struct err
json_number(struct jcs *j, const char *name, size_t number)
{
	TRY(jcs_name(j, span_str(name)));
	return jcs_int(j, (int64_t)number);
}

struct err
json_bool(struct jcs *j, const char *name, bool value)
{
	TRY(jcs_name(j, span_str(name)));
	return jcs_bool(j, value);
}

struct err
json_open_object(struct jcs *j, const char *name)
{
	TRY(jcs_name(j, span_str(name)));
	return jcs_open_object(j);
}

struct err
json_open_array(struct jcs *j, const char *name)
{
	TRY(jcs_name(j, span_str(name)));
	return jcs_open_array(j);
}
