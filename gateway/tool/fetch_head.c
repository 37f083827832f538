#include "gateway/tool/fetch_head.h"

/* "bytes 5-9/100" */
static void
take_place(struct fetch_head *head, struct span value)
{
	struct span unit, first, last;
	uint64_t last_byte;

	head->has_place = span_take_until(&value, &unit, ' ') &&
	    span_equal_str(unit, "bytes") &&
	    span_take_until(&value, &first, '-') &&
	    span_take_until(&value, &last, '/') && value.data != NULL &&
	    span_u64(first, &head->first, INT64_MAX).code == ERR_OK &&
	    span_u64(last, &last_byte, INT64_MAX).code == ERR_OK &&
	    span_u64(value, &head->total, INT64_MAX).code == ERR_OK &&
	    head->first <= last_byte && last_byte < head->total;
}

static void
take_text(char *out, size_t max_len, struct span value)
{
	size_t len = value.len < max_len ? value.len : max_len;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = value.data[i];
		out[i] = (char)(byte >= ' ' && byte <= '~' ? byte : '?');
	}
	out[len] = '\0';
}

static void
take_header(struct fetch_head *head, struct span line)
{
	struct span name, value = line;

	if (!span_take_until(&value, &name, ':') || value.data == NULL)
		return;
	value = span_trim(value);
	if (span_equal_fold(name, span_str("content-range")))
		take_place(head, value);
	else if (span_equal_fold(name, span_str("etag")) &&
	    value.len <= FETCH_MAX_ETAG)
		take_text(head->etag, FETCH_MAX_ETAG, value);
	else if (span_equal_fold(name, span_str("x-gatehouse-reason")))
		take_text(head->reason, FETCH_MAX_REASON, value);
}

enum fetch_line
fetch_head_take(struct fetch_head *head, struct span line)
{
	while (line.len > 0 &&
	    (line.data[line.len - 1] == '\r' ||
		line.data[line.len - 1] == '\n'))
		line.len--;
	if (line.len == 0)
		return FETCH_LINE_END;
	if (span_starts_with(line, span_str("HTTP/"))) {
		*head = (struct fetch_head){.partial = false};
		return FETCH_LINE_STATUS;
	}
	take_header(head, line);
	return FETCH_LINE_HEADER;
}
