#include "gateway/keeper/charge.h"

#include <inttypes.h>

#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_view.h"
#include "gateway/s3/s3_range.h"
#include "gateway/s3/s3_xml.h"
#include "policy/zone.h"

bool
charge_limits(struct audit_limits *out, const struct agreement *agreement)
{
	*out = (struct audit_limits){
	    .all = agreement->limits, .each = agreement->per_caller};
	return model_has_limits(agreement);
}

/* --- How much --- */

/* Of a version that was asked for by name, and is not that of now, nothing. */
static bool
is_version(const struct ask *ask, struct span etag)
{
	struct span name = ask->route.version;

	return name.data == NULL || span_equal_str(name, "null") ||
	    span_equal(name, s3_xml_version(etag));
}

uint64_t
charge_bytes(const struct ask *ask)
{
	const struct span *headers = ask->request.headers;
	const struct s3_conditions conditions = {
	    .if_match = headers[ASK_HEADER_IF_MATCH],
	    .if_none_match = headers[ASK_HEADER_IF_NONE_MATCH],
	    .if_modified_since = headers[ASK_HEADER_IF_MODIFIED_SINCE],
	    .if_unmodified_since = headers[ASK_HEADER_IF_UNMODIFIED_SINCE],
	    .if_range = headers[ASK_HEADER_IF_RANGE]};
	int64_t modified = ask->slot->source.modified;
	char text[37];

	if (ask->route.op != S3_OP_GET_OBJECT)
		return 0;
	/* Without a tag there is no answer, either. */
	if (slot_view_etag(ask->slot, text).code != ERR_OK)
		return slot_view_len(ask->slot);
	struct span etag = span_str(text);
	if (!is_version(ask, etag) ||
	    s3_range_check(&conditions, etag, modified) != S3_VERDICT_SERVE)
		return 0;
	return s3_range_select(&conditions, headers[ASK_HEADER_RANGE], etag,
	    modified, slot_view_len(ask->slot))
	    .len;
}

/* In which nothing below overflows. */
__extension__ typedef unsigned __int128 wide;

/* rows * bytes / len, rounded up. */
static uint64_t
part_of(uint64_t rows, uint64_t bytes, uint64_t len)
{
	if (bytes >= len)
		return bytes > 0 ? rows : 0;
	return (uint64_t)(((wide)rows * bytes + (len - 1)) / len);
}

void
charge_put_rows(
    struct record_charge *out, const struct slot *slot, uint64_t bytes)
{
	out->bytes = bytes;
	out->rows_most = slot->counts.rows_released;
	out->rows = part_of(out->rows_most, bytes, slot_view_len(slot));
}

/* --- Days --- */

static struct err
get_zone(struct keeper *keeper, const struct zone **out)
{
	struct span near;

	if (keeper->zone == NULL)
		keeper->zone = zone_find(keeper->policy.time_zone, &near);
	if (keeper->zone == NULL)
		return ERR(MALFORMED, "keeper: the policy's time zone");
	*out = keeper->zone;
	return OK;
}

struct err
charge_put(struct record_charge *out, struct keeper *keeper, struct span caller,
    uint64_t time_ms)
{
	const struct zone *zone;

	TRY(get_zone(keeper, &zone));
	int32_t day = zone_day(zone, (int64_t)(time_ms / 1000));
	*out = (struct record_charge){.known = true,
	    .caller = caller,
	    .day = day > 0 ? (uint64_t)day : 0};
	return OK;
}

/* --- What is over --- */

bool
charge_is_of_day(const struct audit_over *over)
{
	return over->limit == AUDIT_LIMIT_ROWS ||
	    over->limit == AUDIT_LIMIT_BYTES;
}

static const struct {
	const char *all, *each; /* in the policy */
	const char *what;
} words[NUM_AUDIT_LIMITS] = {
    [AUDIT_LIMIT_ROWS] = {"limits: rows-per-day", "per-caller: rows-per-day",
	"rows a day"},
    [AUDIT_LIMIT_BYTES] = {"limits: bytes-per-day", "per-caller: bytes-per-day",
	"bytes a day"},
    [AUDIT_LIMIT_REQUESTS] = {"limits: requests-per-minute",
	"per-caller: requests-per-minute", "requests a minute"},
    [AUDIT_LIMIT_ROOM] = {"limits", "per-caller", "callers"},
};

const char *
charge_word(const struct audit_over *over)
{
	return over->each ? words[over->limit].each : words[over->limit].all;
}

static uint64_t
bound_of(const struct agreement *a, const struct audit_over *over)
{
	const struct limits *limits = over->each ? &a->per_caller : &a->limits;

	if (over->limit == AUDIT_LIMIT_ROWS)
		return limits->rows_per_day;
	if (over->limit == AUDIT_LIMIT_BYTES)
		return limits->bytes_per_day;
	return limits->requests_per_minute;
}

struct err
charge_put_opening(struct buf *out, struct keeper *keeper, uint64_t day)
{
	char text[RECORD_TIME_LEN];
	const struct zone *zone;

	TRY(get_zone(keeper, &zone));
	int64_t opens = zone_day_start(zone, (int32_t)day + 1);
	TRY(record_format_time(text, (uint64_t)opens * 1000));
	/* Without the milliseconds. */
	TRY(buf_append(out, span_of(text, 19)));
	return buf_append_str(out, "Z");
}

static struct err
put_use(
    struct buf *out, const struct agreement *a, const struct audit_over *over)
{
	TRY(buf_append_format(out, " allows %" PRIu64 " %s%s",
	    bound_of(a, over), words[over->limit].what,
	    over->each ? " to each caller" : ""));
	if (over->limit == AUDIT_LIMIT_REQUESTS)
		return buf_append_format(
		    out, "; try again in %" PRIu32 " s", over->retry_after_s);
	return buf_append_format(out,
	    ": %" PRIu64 " are used, this would be %" PRIu64 " more",
	    over->used, over->asked);
}

struct err
charge_sentence(struct buf *out, struct keeper *keeper, uint32_t agreement,
    const struct audit_over *over)
{
	const struct agreement *a = &keeper->policy.agreements[agreement];

	TRY(buf_append_str(out, "the agreement `"));
	TRY(buf_append(out, a->id));
	TRY(buf_append_str(out, "`"));
	if (over->limit == AUDIT_LIMIT_ROOM)
		TRY(buf_append_str(out,
		    " has limits, and the gateway can count no more callers "
		    "today"));
	else
		TRY(put_use(out, a, over));
	if (charge_is_of_day(over)) {
		TRY(buf_append_str(out, "; it opens again at "));
		TRY(charge_put_opening(out, keeper, over->day));
	}
	TRY(buf_append_str(out, " ("));
	TRY(buf_append(out, a->file));
	return buf_append_format(out, ":%u)", (unsigned)a->line);
}
