#include "gateway/metric/metric_text.h"

#include <inttypes.h>

/* --- The values of labels --- */

/* NULL: there is no such value, and nothing to be shown. */
typedef const char *value_name(unsigned value);

static const char *
name_version(unsigned value)
{
	(void)value;
	return GATEHOUSE_VERSION;
}

static const char *
name_role(unsigned value)
{
	/* Those run and end: they are no processes that anybody counts. */
	return value == SPAWN_POLICYC || value == SPAWN_LOADER
	    ? NULL
	    : spawn_name((enum spawn_role)value);
}

static const char *
name_refusal(unsigned value)
{
	return value == 0 ? NULL : ask_refusal_name((enum ask_refusal)value);
}

static const char *
name_denial(unsigned value)
{
	return value == DENY_NONE ? NULL
				  : decide_reason_name((enum deny_reason)value);
}

static const char *
name_record(unsigned value)
{
	return record_kind_name((enum record_kind)value);
}

static const char *
name_code(unsigned value)
{
	return value == S3_ERR_NONE ? NULL
				    : s3_error_code((enum s3_error)value);
}

static const char *
name_operation(unsigned value)
{
	if (value == METRIC_OPERATION_HEALTH)
		return "health";
	if (value == METRIC_OPERATION_NONE)
		return "none";
	return s3_route_op_name((enum s3_op)value);
}

/* A label has a function for its values, or all their words. */
struct label {
	const char *name; /* NULL: no label */
	value_name *name_of;
	const char *const *words;
};

static const struct label LABEL_ONE = {.name = NULL};
static const struct label LABEL_VERSION = {"version", name_version, NULL};
static const struct label LABEL_ROLE = {"role", name_role, NULL};
static const struct label LABEL_REFUSAL = {"reason", name_refusal, NULL};
static const struct label LABEL_DENIAL = {"reason", name_denial, NULL};
static const struct label LABEL_RECORD = {"kind", name_record, NULL};
static const struct label LABEL_CODE = {"code", name_code, NULL};
static const struct label LABEL_OPERATION = {"operation", name_operation, NULL};
static const struct label LABEL_RELOAD = {"outcome",
    .words = (const char *const[METRIC_NUM_RELOAD]){
	[METRIC_RELOAD_DONE] = "done", [METRIC_RELOAD_REFUSED] = "refused"}};
static const struct label LABEL_SLOT = {"state",
    .words =
	(const char *const[METRIC_NUM_SLOT]){[METRIC_SLOT_WAITING] = "waiting",
	    [METRIC_SLOT_FILLING] = "filling",
	    [METRIC_SLOT_READY] = "ready",
	    [METRIC_SLOT_EVICTED] = "evicted",
	    [METRIC_SLOT_REFUSED] = "refused",
	    [METRIC_SLOT_OTHER] = "other"}};
static const struct label LABEL_FILL = {"outcome",
    .words = (const char *const[METRIC_NUM_FILL]){[METRIC_FILL_DONE] = "done",
	[METRIC_FILL_REFUSED] = "refused",
	[METRIC_FILL_FAILED] = "failed",
	[METRIC_FILL_TRIED] = "tried"}};
static const struct label LABEL_UNRECORDED = {"reason",
    .words = (const char *const[METRIC_NUM_UNRECORDED]){
	[METRIC_UNRECORDED_FULL] = "full",
	[METRIC_UNRECORDED_WRONG] = "wrong"}};
static const struct label LABEL_CLASS = {"class",
    .words = (const char *const[METRIC_NUM_CLASS]){[METRIC_CLASS_2XX] = "2xx",
	[METRIC_CLASS_3XX] = "3xx",
	[METRIC_CLASS_4XX] = "4xx",
	[METRIC_CLASS_5XX] = "5xx",
	[METRIC_CLASS_NONE] = "none"}};
static const struct label LABEL_HEAD = {"status",
    .words = (const char *const[METRIC_NUM_HEAD]){[METRIC_HEAD_400] = "400",
	[METRIC_HEAD_414] = "414",
	[METRIC_HEAD_417] = "417",
	[METRIC_HEAD_431] = "431",
	[METRIC_HEAD_501] = "501",
	[METRIC_HEAD_505] = "505"}};
static const struct label LABEL_PARTY = {"by",
    .words = (const char *const[METRIC_NUM_PARTY]){
	[METRIC_PARTY_CLIENT] = "client", [METRIC_PARTY_GATE] = "gate"}};
static const struct label LABEL_KIND = {"kind",
    .words = (const char *const[METRIC_NUM_KIND]){[METRIC_KIND_READ] = "read",
	[METRIC_KIND_LIST] = "list",
	[METRIC_KIND_OTHER] = "other"}};
static const struct label LABEL_CROWD = {"reason",
    .words = (const char *const[METRIC_NUM_CROWD]){
	[METRIC_CROWD_ADDRESS] = "address",
	[METRIC_CROWD_ALL] = "all",
	[METRIC_CROWD_SYSTEM] = "system"}};
static const struct label LABEL_HANDSHAKE = {"outcome",
    .words = (const char *const[METRIC_NUM_HANDSHAKE]){
	[METRIC_HANDSHAKE_DONE] = "done",
	[METRIC_HANDSHAKE_LEFT] = "left",
	[METRIC_HANDSHAKE_PROTOCOL] = "protocol",
	[METRIC_HANDSHAKE_CERTIFICATE] = "certificate",
	[METRIC_HANDSHAKE_SYSTEM] = "system",
	[METRIC_HANDSHAKE_LATE] = "late",
	[METRIC_HANDSHAKE_OUSTED] = "ousted"}};
static const struct label LABEL_LIMIT = {"limit",
    .words = (const char *const[METRIC_NUM_LIMIT]){
	[AUDIT_LIMIT_ROWS] = "rows-per-day",
	[AUDIT_LIMIT_BYTES] = "bytes-per-day",
	[AUDIT_LIMIT_REQUESTS] = "requests-per-minute",
	[AUDIT_LIMIT_ROOM] = "room"}};
static const struct label LABEL_WHOSE = {"of",
    .words = (const char *const[METRIC_NUM_WHOSE]){
	[METRIC_WHOSE_ALL] = "all", [METRIC_WHOSE_EACH] = "each-caller"}};
static const struct label LABEL_SCRAPE = {"status",
    .words = (const char *const[METRIC_NUM_SCRAPE]){[METRIC_SCRAPE_200] = "200",
	[METRIC_SCRAPE_400] = "400",
	[METRIC_SCRAPE_404] = "404",
	[METRIC_SCRAPE_405] = "405",
	[METRIC_SCRAPE_503] = "503"}};

/* --- The table --- */

struct family {
	enum metric_role role;
	enum metric_type type;
	unsigned first;
	const char *name;
	const struct label *a, *b;
	unsigned num_a, num_b;
	const char *help;
};

#define FAMILY(role, id, type, name, a, b, help)                               \
	{role, METRIC_TYPE_##type, id, "gatehouse_" name, &LABEL_##a,          \
	    &LABEL_##b, METRIC_NUM_##a, METRIC_NUM_##b, help},
static const struct family families[] = {METRIC_ALL(FAMILY)};
#undef FAMILY

/* One line of numbers: of a family, with its labels' values. */
struct series {
	const struct family *family;
	const char *a, *b;     /* NULL: no such label */
	const uint64_t *cells; /* of a histogram */
};

/* --- The format --- */

/* Of a text, with a backslash in front of these. */
static struct err
put_escaped(struct buf *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			TRY(buf_append_str(out, "\\n"));
		else if (strchr(special, *text) != NULL)
			TRY(buf_append_format(out, "\\%c", *text));
		else
			TRY(buf_put_u8(out, (uint8_t)*text));
	}
	return OK;
}

struct err
metric_text_put_help(struct buf *out, const char *text)
{
	return put_escaped(out, text, "\\");
}

struct err
metric_text_put_label(struct buf *out, const char *text)
{
	return put_escaped(out, text, "\\\"");
}

/* Microseconds as seconds. */
static struct err
put_seconds(struct buf *out, uint64_t us)
{
	return buf_append_format(
	    out, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

static struct err
put_pair(struct buf *out, bool *first, const char *name, const char *value)
{
	if (value == NULL)
		return OK;
	TRY(buf_append_format(out, "%c%s=\"", *first ? '{' : ',', name));
	*first = false;
	TRY(metric_text_put_label(out, value));
	return buf_append_str(out, "\"");
}

/* Name and labels, and the blank before the number. `le`: of a bucket. */
static struct err
put_name(
    struct buf *out, const struct series *s, const char *suffix, const char *le)
{
	bool none = true;

	TRY(buf_append_str(out, s->family->name));
	TRY(buf_append_str(out, suffix));
	TRY(put_pair(out, &none, s->family->a->name, s->a));
	TRY(put_pair(out, &none, s->family->b->name, s->b));
	TRY(put_pair(out, &none, "le", le));
	return buf_append_str(out, none ? " " : "} ");
}

static struct err
put_number(struct buf *out, const struct series *s, const char *suffix,
    const char *le, uint64_t value)
{
	TRY(put_name(out, s, suffix, le));
	return buf_append_format(out, "%" PRIu64 "\n", value);
}

/* A bound as its readers compare it: "0.0005", "1". */
static struct err
put_bound(struct buf *out, unsigned bucket)
{
	if (bucket == METRIC_BUCKETS)
		return buf_append_str(out, "+Inf");
	TRY(put_seconds(out, metric_bound_us(bucket)));
	while (out->data[out->len - 1] == '0')
		out->len--;
	if (out->data[out->len - 1] == '.')
		out->len--;
	return OK;
}

/* A bucket counts those of all below it, too. */
static struct err
put_histogram(struct buf *out, const struct series *s)
{
	uint64_t count = 0;

	for (unsigned i = 0; i <= METRIC_BUCKETS; i++) {
		struct buf CLEANUP(buf_done) le = {.max = 32};
		TRY(put_bound(&le, i));
		TRY(buf_put_u8(&le, '\0'));
		if (__builtin_add_overflow(count, s->cells[i], &count))
			count = UINT64_MAX;
		TRY(put_number(
		    out, s, "_bucket", (const char *)le.data, count));
	}
	TRY(put_name(out, s, "_sum", NULL));
	TRY(put_seconds(out, s->cells[METRIC_BUCKETS + 1]));
	TRY(buf_append_str(out, "\n"));
	return put_number(out, s, "_count", NULL, count);
}

/* NULL: the label has no such value. */
static const char *
word_of(const struct label *label, unsigned value)
{
	if (label->name == NULL)
		return "";
	return label->name_of != NULL ? label->name_of(value)
				      : label->words[value];
}

static bool
is_word_of(const struct label *label, unsigned value, const char *word)
{
	const char *other = word_of(label, value);

	return other != NULL && strcmp(other, word) == 0;
}

/* Two errors may have one code: a reader sees one series, at the first. */
static bool
is_repeated(const struct label *label, unsigned value, const char *word)
{
	for (unsigned i = 0; i < value; i++) {
		if (is_word_of(label, i, word))
			return true;
	}
	return false;
}

static uint64_t
sum_of_word(const struct family *family, const uint64_t *cells,
    const char *word, unsigned b)
{
	uint64_t sum = 0;

	for (unsigned a = 0; a < family->num_a; a++) {
		if (is_word_of(family->a, a, word) &&
		    __builtin_add_overflow(
			sum, cells[a * family->num_b + b], &sum))
			sum = UINT64_MAX;
	}
	return sum;
}

static struct err
put_series(struct buf *out, const struct family *family,
    const struct metric_sum *sum, unsigned a, unsigned b)
{
	const uint64_t *cells = &sum->cells[family->first];
	const char *word_a = word_of(family->a, a);
	const char *word_b = word_of(family->b, b);
	struct series s = {.family = family,
	    .a = family->a->name == NULL ? NULL : word_a,
	    .b = family->b->name == NULL ? NULL : word_b};

	if (word_a == NULL || word_b == NULL)
		return OK;
	if (family->type == METRIC_TYPE_HISTOGRAM) {
		s.cells =
		    cells + (a * family->num_b + b) * METRIC_CELLS_HISTOGRAM;
		return put_histogram(out, &s);
	}
	if (is_repeated(family->a, a, word_a))
		return OK;
	return put_number(
	    out, &s, "", NULL, sum_of_word(family, cells, word_a, b));
}

static struct err
put_family(
    struct buf *out, const struct family *family, const struct metric_sum *sum)
{
	static const char *const types[] = {[METRIC_TYPE_COUNTER] = "counter",
	    [METRIC_TYPE_GAUGE] = "gauge",
	    [METRIC_TYPE_HISTOGRAM] = "histogram"};

	TRY(buf_append_format(out, "# HELP %s ", family->name));
	TRY(metric_text_put_help(out, family->help));
	TRY(buf_append_format(
	    out, "\n# TYPE %s %s\n", family->name, types[family->type]));
	for (unsigned a = 0; a < family->num_a; a++)
		for (unsigned b = 0; b < family->num_b; b++)
			TRY(put_series(out, family, sum, a, b));
	return OK;
}

struct err
metric_text_put(struct buf *out, const struct metric_sum sums[NUM_METRIC_ROLES])
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		TRY(put_family(out, &families[i], &sums[families[i].role]));
	return OK;
}
