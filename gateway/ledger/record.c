#include "gateway/ledger/record.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "crypto/hash.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/record_brief.h"
#include "gateway/ledger/record_put.h"

/* --- The table of members --- */

enum type {
	TYPE_TEXT,
	TYPE_DIGEST,
	TYPE_BYTES,
	TYPE_NUMBER,
	TYPE_BOOL,
	TYPE_TEXTS,
	TYPE_COLUMNS,
	TYPE_RANGES,
	TYPE_ROWS,
	TYPE_JAIL,
	TYPE_CHARGE,
	TYPE_KIND,
	TYPE_TIME,
	TYPE_TIME_MS,
};

struct member {
	const char *written; /* quoted, with its colon */
	size_t name_len;
	enum type type;
	size_t at; /* offset in struct record */
};

#define MEMBER(name, type, field)                                              \
	{                                                                      \
		"\"" name "\":", sizeof(name) - 1, type,                       \
		    offsetof(struct record, field)                             \
	}

/* In the order of RFC 8785, which is also the order in which we write. */
static const struct member MEMBERS[] = {
    MEMBER("about", TYPE_TEXT, about),
    MEMBER("access-key", TYPE_TEXT, access_key),
    MEMBER("agreement", TYPE_TEXT, agreement),
    MEMBER("approvers", TYPE_TEXTS, approvers),
    MEMBER("asked-by", TYPE_TEXT, asked_by),
    MEMBER("basis", TYPE_TEXT, basis),
    MEMBER("build", TYPE_TEXT, build),
    MEMBER("bytes", TYPE_NUMBER, bytes),
    MEMBER("bytes-most", TYPE_NUMBER, bytes_most),
    MEMBER("categories", TYPE_TEXTS, categories),
    MEMBER("certificate", TYPE_DIGEST, certificate),
    MEMBER("charge", TYPE_CHARGE, charge),
    MEMBER("code", TYPE_TEXT, code),
    MEMBER("columns", TYPE_COLUMNS, columns),
    MEMBER("command", TYPE_TEXT, command),
    MEMBER("config", TYPE_DIGEST, config),
    MEMBER("contract", TYPE_TEXT, contract),
    MEMBER("controller", TYPE_TEXT, controller),
    MEMBER("count", TYPE_NUMBER, count),
    MEMBER("dataset", TYPE_TEXT, dataset),
    MEMBER("decision", TYPE_TEXT, decision),
    MEMBER("deletes-after", TYPE_TEXT, deletes_after),
    MEMBER("encrypt", TYPE_TEXT, encrypt),
    MEMBER("epoch", TYPE_NUMBER, epoch),
    MEMBER("generation", TYPE_BYTES, generation),
    MEMBER("groups", TYPE_TEXTS, groups),
    MEMBER("intent", TYPE_NUMBER, intent),
    MEMBER("jail", TYPE_JAIL, jail),
    MEMBER("kind", TYPE_KIND, kind),
    MEMBER("method", TYPE_TEXT, method),
    MEMBER("narrower", TYPE_NUMBER, narrower),
    MEMBER("object", TYPE_TEXT, object),
    MEMBER("outcome", TYPE_TEXT, outcome),
    MEMBER("peer", TYPE_TEXT, peer),
    MEMBER("place", TYPE_TEXT, place),
    MEMBER("plan", TYPE_DIGEST, plan),
    MEMBER("policy", TYPE_DIGEST, policy),
    MEMBER("policy-before", TYPE_DIGEST, policy_before),
    MEMBER("policy-files", TYPE_DIGEST, policy_files),
    MEMBER("policy-version", TYPE_NUMBER, policy_version),
    MEMBER("proof", TYPE_TEXT, proof),
    MEMBER("purpose", TYPE_TEXT, purpose),
    MEMBER("purpose-text", TYPE_TEXT, purpose_text),
    MEMBER("ranges", TYPE_RANGES, ranges),
    MEMBER("reason", TYPE_TEXT, reason),
    MEMBER("recipient", TYPE_TEXT, recipient),
    MEMBER("recipient-keys", TYPE_TEXTS, recipient_keys),
    MEMBER("recipient-name", TYPE_TEXT, recipient_name),
    MEMBER("request", TYPE_TEXT, request),
    MEMBER("reveal-request", TYPE_DIGEST, reveal_request),
    MEMBER("review-by", TYPE_TEXT, review_by),
    MEMBER("rows", TYPE_ROWS, rows),
    MEMBER("rule", TYPE_TEXT, rule),
    MEMBER("rule-at", TYPE_TEXT, rule_at),
    MEMBER("scope-tag", TYPE_DIGEST, scope_tag),
    MEMBER("sha256", TYPE_DIGEST, sha256),
    MEMBER("signers", TYPE_TEXTS, signers),
    MEMBER("since-ms", TYPE_NUMBER, since_ms),
    MEMBER("source-version", TYPE_BYTES, source_version),
    MEMBER("spiffe", TYPE_TEXT, spiffe),
    MEMBER("staged-decision", TYPE_TEXT, staged_decision),
    MEMBER("staged-policy", TYPE_DIGEST, staged_policy),
    MEMBER("staged-reason", TYPE_TEXT, staged_reason),
    MEMBER("staged-rule", TYPE_TEXT, staged_rule),
    MEMBER("staged-rule-at", TYPE_TEXT, staged_rule_at),
    MEMBER("time", TYPE_TIME, time_ms),
    MEMBER("time-ms", TYPE_TIME_MS, time_ms),
    MEMBER("trace", TYPE_BYTES, trace),
    MEMBER("uid", TYPE_NUMBER, uid),
    MEMBER("version", TYPE_TEXT, version),
    MEMBER("wider", TYPE_NUMBER, wider),
};
enum {
	NUM_MEMBERS = sizeof(MEMBERS) / sizeof(MEMBERS[0])
};

struct record_number
record_number(uint64_t value)
{
	return (struct record_number){.value = value, .known = true};
}

static struct err
put_time(struct jcs *jcs, uint64_t time_ms)
{
	char text[RECORD_TIME_LEN];

	TRY(record_format_time(text, time_ms));
	return jcs_string(jcs, span_of(text, sizeof(text)));
}

/* A list of any kind: `items` and `num` lie alike in all of them. */
static bool
is_known(const struct member *member, const struct record *record)
{
	const void *at = (const char *)record + member->at;

	switch (member->type) {
	case TYPE_TEXT:
	case TYPE_DIGEST:
	case TYPE_BYTES:
		return ((const struct span *)at)->len > 0;
	case TYPE_NUMBER:
		return ((const struct record_number *)at)->known;
	case TYPE_BOOL:
		return *(const bool *)at;
	case TYPE_TEXTS:
		return ((const struct record_list *)at)->num > 0;
	case TYPE_COLUMNS:
		return ((const struct record_columns *)at)->num > 0 ||
		    ((const struct record_columns *)at)->written.len > 0;
	case TYPE_RANGES:
		return ((const struct record_ranges *)at)->num > 0;
	case TYPE_ROWS:
		return record->rows.read.known || record->rows.released.known ||
		    record->rows.num_withheld > 0;
	case TYPE_JAIL:
		return record->jail.known;
	case TYPE_CHARGE:
		return record->charge.known;
	case TYPE_KIND:
	case TYPE_TIME:
	case TYPE_TIME_MS:
		return true;
	}
	return false;
}

static struct err
put_digest(struct jcs *jcs, struct span digest)
{
	if (digest.len != HASH_SHA256_LEN)
		return ERR(MALFORMED, "record: a digest has 32 bytes");
	return jcs_hex(jcs, digest);
}

static struct err
put_value(
    struct jcs *jcs, const struct member *member, const struct record *record)
{
	const void *at = (const char *)record + member->at;

	switch (member->type) {
	case TYPE_TEXT:
		return jcs_string(jcs, *(const struct span *)at);
	case TYPE_DIGEST:
		return put_digest(jcs, *(const struct span *)at);
	case TYPE_BYTES:
		return jcs_hex(jcs, *(const struct span *)at);
	case TYPE_NUMBER:
		return record_put_u64(
		    jcs, ((const struct record_number *)at)->value);
	case TYPE_BOOL:
		return jcs_bool(jcs, *(const bool *)at);
	case TYPE_TEXTS:
		return record_put_texts(jcs, at);
	case TYPE_COLUMNS:
		return record_put_columns(jcs, at);
	case TYPE_RANGES:
		return record_put_ranges(jcs, at);
	case TYPE_ROWS:
		return record_put_rows(jcs, at);
	case TYPE_JAIL:
		return record_put_jail(jcs, at);
	case TYPE_CHARGE:
		return record_put_charge(jcs, at);
	case TYPE_KIND:
		return jcs_string(
		    jcs, span_str(record_kind_name(record->kind)));
	case TYPE_TIME:
		return put_time(jcs, record->time_ms);
	case TYPE_TIME_MS:
		return record_put_u64(jcs, record->time_ms);
	}
	return ERR(UNSUPPORTED, "record: a member of no type");
}

static struct span
as_written(const struct member *member)
{
	return span_of(member->written, member->name_len + 3);
}

static struct err
put_record(struct buf *out, const struct record *record)
{
	struct jcs jcs;

	jcs_init(&jcs, out);
	TRY(jcs_open_object(&jcs));
	for (size_t i = 0; i < NUM_MEMBERS; i++) {
		if (!is_known(&MEMBERS[i], record))
			continue;
		TRY(jcs_name_written(&jcs, as_written(&MEMBERS[i])));
		TRY(put_value(&jcs, &MEMBERS[i], record));
	}
	return jcs_close_object(&jcs);
}

struct err
record_encode(struct buf *out, const struct record *record)
{
	size_t before = out->len;
	struct err err = put_record(out, record);

	if (err.code == ERR_OK && out->len - before > RECORD_MAX)
		err = ERR(TOO_BIG, "record: over what an entry can be");
	if (err.code != ERR_OK)
		out->len = before;
	return err;
}

struct err
record_write_columns(
    struct buf *out, const struct record_column *items, size_t num)
{
	struct record_columns columns = {.items = items, .num = num};
	struct jcs jcs;

	if (num == 0)
		return OK;
	jcs_init(&jcs, out);
	return record_put_columns(&jcs, &columns);
}

/* --- Check --- */

static struct err check_value(enum type type, struct span value);

/* Lower-case digits of so many bytes; 0: of any number. */
static struct err
check_hex(struct span value, size_t len)
{
	struct span digits;

	TRY(jcs_read_string(value, &digits));
	if (digits.len % 2 != 0 || (len != 0 && digits.len != 2 * len))
		return ERR(MALFORMED, "record: not so many digits");
	for (size_t i = 0; i < digits.len; i++)
		if (!((digits.data[i] >= '0' && digits.data[i] <= '9') ||
			(digits.data[i] >= 'a' && digits.data[i] <= 'f')))
			return ERR(MALFORMED, "record: not digits");
	return OK;
}

/* What an object inside a record consists of, in order. */
struct shape {
	const char *name;
	enum type type;
};

static const struct shape COLUMN[] = {
    {"name", TYPE_TEXT}, {"protection", TYPE_TEXT}};
static const struct shape RANGE[] = {
    {"first", TYPE_NUMBER}, {"last", TYPE_NUMBER}};
static const struct shape JAIL[] = {{"landlock", TYPE_NUMBER},
    {"memfd-secret", TYPE_BOOL}, {"seccomp", TYPE_BOOL}, {"uids", TYPE_TEXT}};

static const struct shape CHARGE[] = {
    {"bytes", TYPE_NUMBER},
    {"caller", TYPE_TEXT},
    {"day", TYPE_NUMBER},
    {"rows", TYPE_NUMBER},
    {"rows-most", TYPE_NUMBER},
};

static struct err
check_shape(struct span value, const struct shape *shape, size_t num)
{
	struct span members, name, item;

	TRY(jcs_read_object(value, &members));
	for (size_t i = 0; i < num; i++) {
		if (jcs_read_member(&members, &name, &item).code != ERR_OK ||
		    !span_equal_str(name, shape[i].name))
			return ERR(MALFORMED, "record: a part is missing");
		TRY(check_value(shape[i].type, item));
	}
	return span_end(members);
}

/* An array; its items are texts where there is no shape. */
static struct err
check_array(struct span value, const struct shape *shape, size_t num)
{
	struct span items, item, text;

	TRY(jcs_read_array(value, &items));
	while (items.len > 0) {
		TRY(jcs_read_item(&items, &item));
		if (shape == NULL)
			TRY(jcs_read_string(item, &text));
		else
			TRY(check_shape(item, shape, num));
	}
	return OK;
}

static struct err
check_withheld(struct span value)
{
	struct span members, name, item;
	uint64_t number;

	TRY(jcs_read_object(value, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &item));
		TRY(jcs_read_u64(item, &number));
	}
	return OK;
}

static struct err
check_rows(struct span value)
{
	struct span members, name, item;
	uint64_t number;

	TRY(jcs_read_object(value, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &item));
		if (span_equal_str(name, "read") ||
		    span_equal_str(name, "released"))
			TRY(jcs_read_u64(item, &number));
		else if (span_equal_str(name, "withheld"))
			TRY(check_withheld(item));
		else
			return ERR(MALFORMED, "record: rows of no kind");
	}
	return OK;
}

static struct err
check_value(enum type type, struct span value)
{
	struct span text;
	uint64_t number;
	enum record_kind kind;

	switch (type) {
	case TYPE_TEXT:
		return jcs_read_string(value, &text);
	case TYPE_DIGEST:
		return check_hex(value, HASH_SHA256_LEN);
	case TYPE_BYTES:
		return check_hex(value, 0);
	case TYPE_NUMBER:
	case TYPE_TIME_MS:
		return jcs_read_u64(value, &number);
	case TYPE_BOOL:
		if (span_equal_str(value, "true") ||
		    span_equal_str(value, "false"))
			return OK;
		return ERR(MALFORMED, "record: neither true nor false");
	case TYPE_TEXTS:
		return check_array(value, NULL, 0);
	case TYPE_COLUMNS:
		return check_array(value, COLUMN, 2);
	case TYPE_RANGES:
		return check_array(value, RANGE, 2);
	case TYPE_ROWS:
		return check_rows(value);
	case TYPE_JAIL:
		return check_shape(value, JAIL, 4);
	case TYPE_CHARGE:
		return check_shape(value, CHARGE, 5);
	case TYPE_KIND:
		TRY(jcs_read_string(value, &text));
		return record_kind_parse(&kind, text);
	case TYPE_TIME:
		return jcs_read_string(value, &text);
	}
	return ERR(UNSUPPORTED, "record: a member of no type");
}

/* What is put together while the members of an entry go by. */
struct reading {
	struct record_brief brief;
	bool has_kind;
	struct span time;
	struct record_number time_ms;
};

/* The two forms of a time say the same. */
static struct err
check_time(const struct reading *reading)
{
	char expected[RECORD_TIME_LEN];

	if (!reading->time_ms.known)
		return ERR(MALFORMED, "record: it has no time");
	TRY(record_format_time(expected, reading->time_ms.value));
	if (!span_equal(reading->time, span_of(expected, sizeof(expected))))
		return ERR(MALFORMED, "record: two times that differ");
	return OK;
}

static struct err
check_member(struct reading *reading, const struct member *member,
    struct span name, struct span value)
{
	TRY(check_value(member->type, value));
	switch (member->type) {
	case TYPE_TIME:
		return jcs_read_string(value, &reading->time);
	case TYPE_TIME_MS:
		reading->time_ms.known = true;
		return jcs_read_u64(value, &reading->time_ms.value);
	case TYPE_KIND:
		reading->has_kind = true;
		return record_brief_member(&reading->brief, name, value);
	case TYPE_TEXT:
	case TYPE_NUMBER:
		return record_brief_member(&reading->brief, name, value);
	case TYPE_DIGEST:
	case TYPE_BYTES:
	case TYPE_BOOL:
	case TYPE_TEXTS:
	case TYPE_COLUMNS:
	case TYPE_RANGES:
	case TYPE_ROWS:
	case TYPE_JAIL:
	case TYPE_CHARGE:
		break;
	}
	return OK;
}

/* By its length first: most steps along the table end there. */
static inline bool
is_named(const struct member *member, struct span name)
{
	return name.len == member->name_len &&
	    memcmp(name.data, member->written + 1, name.len) == 0;
}

/*
 * One walk does it all. Names are in order on both sides, so a name that is
 * not met further on in the table is unknown, doubled, or out of order; and
 * jcs_read_member takes no value that is not canonical.
 */
struct err
record_check(struct span entry, struct record_brief *out)
{
	struct reading reading = {0};
	struct span members, name, value;
	size_t at = 0;

	if (entry.len > RECORD_MAX)
		return ERR(TOO_BIG, "record: over what an entry can be");
	TRY(jcs_read_object(entry, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &value));
		while (at < NUM_MEMBERS && !is_named(&MEMBERS[at], name))
			at++;
		if (at == NUM_MEMBERS)
			return ERR(MALFORMED, "record: an unknown member");
		TRY(check_member(&reading, &MEMBERS[at++], name, value));
	}
	TRY(check_time(&reading));
	TRY(record_brief_check(&reading.brief, reading.has_kind));
	*out = reading.brief;
	return OK;
}
