#include "gateway/tool/request_words.h"

#include <inttypes.h>

#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/record.h"
#include "policy/decide.h"
#include "policy/explain_form.h"

enum {
	NAME_WIDTH = 12,
	DIGITS_SHOWN = 16, /* of a digest, for people */
};

/* --- Members --- */

static bool
has(struct span record, const char *name)
{
	struct span value;

	return jcs_read_find(record, name, &value).code == ERR_OK;
}

/* A text with its escapes undone, a number as it is; nothing where it is not
 * there. */
static struct err
put(struct buf *out, struct span record, const char *name)
{
	struct span value;

	if (jcs_read_find(record, name, &value).code != ERR_OK)
		return OK;
	if (value.len > 0 && value.data[0] == '"')
		return jcs_read_text(value, out);
	return buf_append(out, value);
}

/* The same, with words before and behind it. */
static struct err
put_with(struct buf *out, const char *before, struct span record,
    const char *name, const char *behind)
{
	if (!has(record, name))
		return OK;
	TRY(buf_append_str(out, before));
	TRY(put(out, record, name));
	return buf_append_str(out, behind);
}

/* "trainers and cluster" of an array of texts. */
static struct err
put_texts(struct buf *out, struct span record, const char *name)
{
	struct span items, item;
	const char *joint = "";

	if (jcs_read_find(record, name, &item).code != ERR_OK ||
	    jcs_read_array(item, &items).code != ERR_OK)
		return OK;
	while (jcs_read_item(&items, &item).code == ERR_OK) {
		TRY(buf_append_str(out, joint));
		TRY(jcs_read_text(item, out));
		joint = " and ";
	}
	return OK;
}

static struct err
put_digest(struct buf *out, struct span record, const char *name)
{
	struct span digest;

	if (jcs_read_find_string(record, name, &digest).code != ERR_OK)
		return buf_append_str(out, "not recorded");
	TRY(buf_append(out, span_sub(digest, 0, DIGITS_SHOWN)));
	return buf_append_str(out, "…");
}

static struct err
begin_line(struct buf *out, const char *name)
{
	return buf_append_format(out, "  %-*s  ", NAME_WIDTH, name);
}

static struct err
end_line(struct buf *out)
{
	return buf_append_str(out, "\n");
}

/* --- Who, from where, what for --- */

static struct err
put_who(struct buf *out, struct span r)
{
	TRY(begin_line(out, "who"));
	if (has(r, "groups"))
		TRY(put_texts(out, r, "groups"));
	else
		TRY(buf_append_str(out, "in no group that the policy let in"));
	TRY(put_with(out, ", proved by ", r, "proof", ""));
	TRY(put_with(out, ", key ", r, "access-key", ""));
	TRY(put_with(out, ", certificate ", r, "spiffe", ""));
	TRY(put_with(out, ", typed by the user with the uid ", r, "uid", ""));
	TRY(end_line(out));
	TRY(begin_line(out, "from"));
	if (has(r, "place"))
		TRY(put(out, r, "place"));
	else
		TRY(buf_append_str(
		    out, "no one place that the policy declares"));
	TRY(put_with(out, ", seen as ", r, "peer", ""));
	return end_line(out);
}

static struct err
put_what(struct buf *out, struct span r)
{
	TRY(begin_line(out, "read"));
	TRY(put(out, r, "method"));
	TRY(put_with(out, has(r, "method") ? " of " : "", r, "object", ""));
	TRY(put_with(out, " of the dataset ", r, "dataset", ""));
	TRY(end_line(out));
	if (!has(r, "purpose"))
		return OK;
	TRY(begin_line(out, "for"));
	TRY(put(out, r, "purpose"));
	TRY(put_with(out, ": ", r, "purpose-text", ""));
	TRY(put_with(out, "; basis ", r, "basis", ""));
	TRY(put_with(out, "; recipient ", r, "recipient-name", ""));
	TRY(put_with(out, " (", r, "recipient", ")"));
	TRY(put_with(out, ", contract ", r, "contract", ""));
	return end_line(out);
}

/* --- In which form --- */

static struct err
put_column(struct buf *out, struct span column)
{
	struct buf name CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct span protection;

	TRY(jcs_read_find_string(column, "protection", &protection));
	TRY(put(&name, column, "name"));
	TRY(buf_append_format(out, "  %-*.*s  ", NAME_WIDTH, (int)name.len,
	    (const char *)name.data));
	const char *words = explain_form_kind(protection);
	TRY(words != NULL ? buf_append_str(out, words)
			  : buf_append(out, protection));
	return end_line(out);
}

static struct err
put_columns(struct buf *out, struct span r)
{
	struct span columns, items, column;

	if (jcs_read_find(r, "columns", &columns).code != ERR_OK)
		return OK;
	TRY(jcs_read_array(columns, &items));
	while (jcs_read_item(&items, &column).code == ERR_OK)
		TRY(put_column(out, column));
	TRY(buf_append_format(out, "  %-*s  ", NAME_WIDTH + 2, "…"));
	TRY(buf_append_str(out, "everything else: not delivered"));
	return end_line(out);
}

/* "40 read, 26 released; withheld: consent 14". */
static struct err
put_rows(struct buf *out, struct span r)
{
	struct span rows, withheld, members, name, value;
	const char *joint = "; withheld: ";

	if (jcs_read_find(r, "rows", &rows).code != ERR_OK)
		return OK;
	TRY(begin_line(out, "rows"));
	TRY(put_with(out, "", rows, "read", " read"));
	TRY(put_with(out, ", ", rows, "released", " released"));
	if (jcs_read_find(rows, "withheld", &withheld).code == ERR_OK &&
	    jcs_read_object(withheld, &members).code == ERR_OK)
		while (
		    jcs_read_member(&members, &name, &value).code == ERR_OK) {
			TRY(buf_append_str(out, joint));
			TRY(buf_append(out, name));
			TRY(buf_append_str(out, " "));
			TRY(buf_append(out, value));
			joint = ", ";
		}
	return end_line(out);
}

static struct err
put_form(struct buf *out, struct span r)
{
	TRY(put_columns(out, r));
	TRY(put_rows(out, r));
	if (!has(r, "encrypt") || !has(r, "bytes-most"))
		return OK;
	TRY(begin_line(out, "how much"));
	TRY(put_with(out, "at most ", r, "bytes-most", " bytes"));
	TRY(put_with(out, ", encrypted by ", r, "encrypt", ""));
	return end_line(out);
}

/* --- What became of it --- */

static struct err
put_range(struct buf *out, struct span range)
{
	TRY(put_with(out, ", bytes ", range, "first", ""));
	return put_with(out, " to ", range, "last", "");
}

static struct err
put_ranges(struct buf *out, struct span r)
{
	struct span ranges, items, range;

	if (jcs_read_find(r, "ranges", &ranges).code != ERR_OK)
		return OK;
	TRY(jcs_read_array(ranges, &items));
	while (jcs_read_item(&items, &range).code == ERR_OK)
		TRY(put_range(out, range));
	return OK;
}

static struct err
put_end(struct buf *out, const struct audit_found *end)
{
	TRY(begin_line(out, "ended"));
	if (end == NULL) {
		TRY(buf_append_str(out, "not yet, as far as the ledger goes"));
		return end_line(out);
	}
	struct span r = end->record;
	TRY(put(out, r, "outcome"));
	TRY(put_with(out, ": ", r, "bytes", " bytes left"));
	TRY(put_with(out, ": at most ", r, "bytes-most", " bytes left"));
	TRY(put_ranges(out, r));
	TRY(put_with(out, ", because ", r, "reason", ""));
	TRY(put_with(out, ", ", r, "time", ""));
	TRY(buf_append_format(out, " (record %" PRIu64 ")", end->index));
	return end_line(out);
}

/* --- By which rule --- */

/* The policy's own words, "waits for …", or why it could not be given. */
static struct err
put_reason(struct buf *out, struct span r)
{
	struct span reason;

	if (jcs_read_find_string(r, "reason", &reason).code != ERR_OK)
		return buf_append_str(out, "no reason was recorded");
	const char *words = decide_reason_words(reason);
	if (words != NULL)
		return buf_append_str(out, words);
	return put_with(out,
	    span_starts_with(reason, span_str("waits for "))
		? ""
		: "the policy allowed it, but: ",
	    r, "reason", "");
}

static struct err
put_verdict(struct buf *out, struct span r, uint64_t index)
{
	struct span decision;

	TRY(jcs_read_find_string(r, "decision", &decision));
	bool allowed = span_equal_str(decision, "allowed");
	TRY(buf_append_str(out, allowed ? "ALLOWED" : "DENIED"));
	TRY(put_with(out, " by ", r, "rule", ""));
	TRY(put_with(out, " (", r, "rule-at", ")"));
	TRY(put_with(out, ", ", r, "time", ""));
	TRY(buf_append_format(out, " (record %" PRIu64 ")\n", index));
	if (allowed)
		return OK;
	TRY(begin_line(out, "because"));
	TRY(put_reason(out, r));
	return end_line(out);
}

bool
request_words_is_another(const struct request_story *story)
{
	struct span then, now;

	return story->decision != NULL && story->last_start.record.len > 0 &&
	    jcs_read_find_string(story->decision->record, "policy", &then)
		.code == ERR_OK &&
	    jcs_read_find_string(story->last_start.record, "policy", &now)
		.code == ERR_OK &&
	    !span_equal(then, now);
}

/* A candidate that would have decided otherwise; it decided nothing. */
static struct err
put_candidate(struct buf *out, struct span r)
{
	struct span decision;

	if (jcs_read_find_string(r, "staged-decision", &decision).code !=
	    ERR_OK)
		return OK;
	TRY(begin_line(out, "staged"));
	TRY(put_digest(out, r, "staged-policy"));
	TRY(buf_append_str(out,
	    span_equal_str(decision, "denied") ? ", would have denied it"
					       : ", would have allowed it"));
	TRY(put_with(out, " by ", r, "staged-rule", ""));
	TRY(put_with(out, " (", r, "staged-rule-at", ")"));
	TRY(put_with(out, ": ", r, "staged-reason", ""));
	return end_line(out);
}

static struct err
put_policy(struct buf *out, const struct request_story *story)
{
	TRY(begin_line(out, "policy"));
	TRY(put_digest(out, story->decision->record, "policy"));
	if (request_words_is_another(story)) {
		TRY(buf_append_str(out, ", which decided then; since record "));
		TRY(buf_append_u64(out, story->last_start.index));
		TRY(buf_append_str(out, " another one is in force: "));
		TRY(put_digest(out, story->last_start.record, "policy"));
	}
	return end_line(out);
}

struct err
request_words(
    struct buf *out, const struct request_story *story, struct span id)
{
	struct span r = story->decision->record;

	TRY(buf_append_str(out, "request "));
	TRY(buf_append(out, id));
	TRY(buf_append_str(out, ": "));
	TRY(put_verdict(out, r, story->decision->index));
	TRY(put_who(out, r));
	TRY(put_what(out, r));
	TRY(put_form(out, r));
	TRY(put_policy(out, story));
	TRY(put_candidate(out, r));
	return has(r, "bytes-most") || story->end != NULL
	    ? put_end(out, story->end)
	    : OK;
}
