#include "gateway/tool/audit_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "gateway/ledger/codepoint.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/record.h"

/* Members in the order of the questions; others follow in their own order. */
static const char *const ORDER[] = {"kind", "time", "request", "trace",
    "intent", "decision", "rule", "rule-at", "reason", "staged-decision",
    "staged-rule", "staged-rule-at", "staged-reason", "staged-policy", "groups",
    "access-key", "spiffe", "proof", "certificate", "peer", "place", "uid",
    "command", "agreement", "recipient", "recipient-name", "contract",
    "deletes-after", "purpose", "purpose-text", "basis", "controller", "about",
    "categories", "method", "dataset", "object", "source-version", "columns",
    "rows", "bytes", "bytes-most", "ranges", "sha256", "outcome", "encrypt",
    "recipient-keys", "generation"};
enum {
	NUM_ORDER = sizeof(ORDER) / sizeof(ORDER[0]),
	NAME_WIDTH = 16
};

/* --- Text that does not bite --- */

static void
print_text(struct span text)
{
	uint32_t value;

	while (text.len > 0) {
		struct span before = text;
		if (codepoint_take(&text, &value).code != ERR_OK) {
			value = text.data[0];
			text = span_sub(text, 1, text.len);
			printf("\\x%02" PRIx32, value);
		} else if (codepoint_is_visible(value)) {
			fwrite(before.data, 1, before.len - text.len, stdout);
		} else {
			printf("\\u{%" PRIx32 "}", value);
		}
	}
}

/* A string's characters; its escapes are undone, and ours put instead. */
static void
print_string(struct span value)
{
	struct buf text;

	buf_init(&text, RECORD_MAX);
	if (jcs_read_text(value, &text).code == ERR_OK)
		print_text(buf_span(&text));
	else
		print_text(value);
	buf_done(&text);
}

/* --- Values --- */

static void print_value(struct span value, bool is_top);

/* {"first":0,"last":9} as "first 0, last 9"; inside another one in ( ). */
static void
print_object(struct span value, bool is_top)
{
	struct span members, name, item;
	const char *separator = is_top ? "" : "(";

	if (jcs_read_object(value, &members).code != ERR_OK)
		return;
	while (jcs_read_member(&members, &name, &item).code == ERR_OK) {
		fputs(separator, stdout);
		print_text(name);
		putchar(' ');
		print_value(item, false);
		separator = ", ";
	}
	if (!is_top)
		putchar(')');
}

static bool
is_column(struct span item, struct span *out_name, struct span *out_protection)
{
	return jcs_read_find(item, "name", out_name).code == ERR_OK &&
	    jcs_read_find(item, "protection", out_protection).code == ERR_OK;
}

/* Columns and ranges get a line each, texts share one. */
static void
print_array(struct span value)
{
	struct span items, item, name, protection;
	bool first = true;

	if (jcs_read_array(value, &items).code != ERR_OK)
		return;
	for (; jcs_read_item(&items, &item).code == ERR_OK; first = false) {
		if (item.data[0] != '{') {
			fputs(first ? "" : ", ", stdout);
			print_value(item, false);
			continue;
		}
		if (!first)
			printf("\n  %-*s", NAME_WIDTH, "");
		if (is_column(item, &name, &protection)) {
			print_string(name);
			fputs(": ", stdout);
			print_string(protection);
		} else {
			print_object(item, true);
		}
	}
}

static void
print_value(struct span value, bool is_top)
{
	if (value.len == 0)
		return;
	switch (value.data[0]) {
	case '"':
		print_string(value);
		return;
	case '{':
		print_object(value, is_top);
		return;
	case '[':
		print_array(value);
		return;
	default:
		print_text(value);
		return;
	}
}

/* --- Records --- */

static bool
is_ordered(struct span name)
{
	for (size_t i = 0; i < NUM_ORDER; i++)
		if (span_equal_str(name, ORDER[i]))
			return true;
	return false;
}

static void
print_member(struct span name, struct span value)
{
	fputs("  ", stdout);
	print_text(name);
	printf("%*s", name.len < NAME_WIDTH ? (int)(NAME_WIDTH - name.len) : 1,
	    "");
	print_value(value, true);
	putchar('\n');
}

void
audit_print_record(uint64_t index, struct span record)
{
	struct span members, name, value;

	printf("record %" PRIu64 "\n", index);
	for (size_t i = 0; i < NUM_ORDER; i++)
		if (jcs_read_find(record, ORDER[i], &value).code == ERR_OK)
			print_member(span_str(ORDER[i]), value);
	if (jcs_read_object(record, &members).code != ERR_OK)
		return;
	while (jcs_read_member(&members, &name, &value).code == ERR_OK)
		if (!is_ordered(name) && !span_equal_str(name, "time-ms"))
			print_member(name, value);
}

/* " word value", if there is such a member. */
static void
print_if(struct span record, const char *word, const char *name)
{
	struct span value;

	if (jcs_read_find(record, name, &value).code != ERR_OK)
		return;
	printf(" %s", word);
	print_value(value, false);
}

void
audit_print_line(uint64_t index, struct span record)
{
	printf("%" PRIu64, index);
	print_if(record, "", "time");
	print_if(record, "", "kind");
	print_if(record, "request=", "request");
	print_if(record, "intent=", "intent");
	print_if(record, "groups=", "groups");
	print_if(record, "place=", "place");
	print_if(record, "peer=", "peer");
	print_if(record, "agreement=", "agreement");
	print_if(record, "", "method");
	print_if(record, "object=", "object");
	print_if(record, "outcome=", "outcome");
	print_if(record, "bytes=", "bytes");
	print_if(record, "at-most=", "bytes-most");
	print_if(record, "command=", "command");
	print_if(record, "count=", "count");
	print_if(record, "rule=", "rule");
	print_if(record, "because ", "reason");
	putchar('\n');
}

void
audit_print_json(uint64_t index, struct span record)
{
	printf("{\"index\":%" PRIu64 ",\"record\":", index);
	fwrite(record.data, 1, record.len, stdout);
	fputs("}\n", stdout);
}
