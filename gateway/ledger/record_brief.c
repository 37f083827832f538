#include "gateway/ledger/record_brief.h"

#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"

struct err
record_brief_member(
    struct record_brief *brief, struct span name, struct span value)
{
	struct span text;

	if (span_equal_str(name, "bytes-most")) {
		brief->bytes_most.known = true;
		return jcs_read_u64(value, &brief->bytes_most.value);
	}
	if (span_equal_str(name, "intent")) {
		brief->intent.known = true;
		return jcs_read_u64(value, &brief->intent.value);
	}
	if (span_equal_str(name, "kind")) {
		TRY(jcs_read_string(value, &text));
		if (record_kind_parse(&brief->kind, text).code != ERR_OK)
			return ERR(MALFORMED, "record: no such kind");
	}
	if (span_equal_str(name, "request"))
		return jcs_read_string(value, &brief->request);
	return OK;
}

struct err
record_brief_check(const struct record_brief *brief, bool has_kind)
{
	if (!has_kind)
		return ERR(MALFORMED, "record: it has no kind");
	if ((brief->kind == RECORD_COMPLETE ||
		brief->kind == RECORD_INTERRUPTED) != brief->intent.known)
		return ERR(MALFORMED, "record: completions name an intent");
	return OK;
}

struct err
record_brief_read(struct span entry, struct record_brief *out)
{
	struct span members, name, value, last = span_str("request");
	struct record_brief brief = {0};
	bool has_kind = false;

	TRY(jcs_read_object(entry, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &value));
		if (jcs_compare(name, last) > 0)
			break;
		TRY(record_brief_member(&brief, name, value));
		has_kind = has_kind || span_equal_str(name, "kind");
	}
	TRY(record_brief_check(&brief, has_kind));
	*out = brief;
	return OK;
}
