#include "policy/explain.h"

#include <inttypes.h>

#include "policy/day.h"
#include "policy/explain_form.h"
#include "policy/words.h"

enum {
	MAX_NAME_WIDTH = 24,
	WORDS_WIDTH = 56,
};

static struct err
put_quoted(struct buf *out, struct span text)
{
	TRY(buf_append_str(out, "`"));
	TRY(buf_append(out, text));
	return buf_append_str(out, "`");
}

static struct err
put_source(struct buf *out, struct span file, uint32_t line)
{
	TRY(buf_append(out, file));
	return buf_append_format(out, ":%" PRIu32, line);
}

/* Columns that a terminal shows: code points, for most scripts. */
static size_t
width(struct span text)
{
	size_t num = 0;

	for (size_t i = 0; i < text.len; i++)
		if ((text.data[i] & 0xc0) != 0x80)
			num++;
	return num;
}

static struct err
put_padded(struct buf *out, struct span text, size_t to)
{
	TRY(buf_append(out, text));
	for (size_t i = width(text); i < to; i++)
		TRY(buf_append_str(out, " "));
	return OK;
}

/* What becomes of a value that the protection cannot take. */
static struct err
put_unfit(struct buf *out, enum unfit unfit)
{
	switch (unfit) {
	case UNFIT_WITHHOLD_ROW:
		return OK; /* the rule, and said once below */
	case UNFIT_DROP:
		return buf_append_str(out, "; empty where it does not fit");
	case UNFIT_REFUSE:
		return buf_append_str(
		    out, "; a value that does not fit refuses the file");
	case NUM_UNFITS:
		break;
	}
	return OK;
}

struct err
explain_protection(struct buf *out, const struct policy *policy,
    const struct delivered *delivered)
{
	TRY(explain_form(out, policy, &delivered->how));
	if (delivered->how.op == PROTECT_DROP)
		return OK;
	return put_unfit(out, delivered->unfit);
}

/* "  name  words  file:line". */
static struct err
put_line(struct buf *out, struct span name, size_t name_width,
    struct span words, const struct agreement *a, uint32_t line)
{
	TRY(buf_append_str(out, "  "));
	TRY(put_padded(out, name, name_width));
	TRY(buf_append_str(out, "  "));
	TRY(put_padded(out, words, WORDS_WIDTH));
	TRY(buf_append_str(out, "  "));
	TRY(put_source(out, a->file, line));
	return buf_append_str(out, "\n");
}

static size_t
name_column_width(const struct agreement *a, const struct dataset *dataset)
{
	size_t most = sizeof("encrypted") - 1; /* the widest of our own */

	for (size_t i = 0; i < a->num_columns; i++) {
		size_t one = width(dataset->columns[a->columns[i].column].name);
		if (one > most && one <= MAX_NAME_WIDTH)
			most = one;
	}
	return most;
}

static struct err
put_columns(struct buf *out, const struct policy *policy,
    const struct agreement *a, size_t name_width)
{
	const struct dataset *dataset = &policy->datasets[a->dataset];
	struct buf words CLEANUP(buf_done) = {.max = out->max};

	for (size_t i = 0; i < a->num_columns; i++) {
		const struct delivered *delivered = &a->columns[i];
		buf_reset(&words);
		TRY(explain_protection(&words, policy, delivered));
		TRY(put_line(out, dataset->columns[delivered->column].name,
		    name_width, buf_span(&words), a, delivered->line));
	}
	TRY(buf_append_str(out, "  "));
	TRY(put_padded(out, span_str("…"), name_width));
	return buf_append_str(out, "  everything else: not delivered\n");
}

/* "yes, y or 1"; an empty text is shown as "". */
static struct err
put_alternatives(struct buf *out, const struct span *texts, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		if (i > 0)
			TRY(buf_append_str(out, i + 1 < num ? ", " : " or "));
		if (texts[i].len == 0)
			TRY(buf_append_str(out, "\"\""));
		TRY(buf_append(out, texts[i]));
	}
	return OK;
}

static struct err
put_comparison(struct buf *out, const struct row_rule *rule)
{
	switch (rule->op) {
	case ROW_IS:
	case ROW_ONE_OF:
		TRY(buf_append_str(out, " is "));
		return put_alternatives(out, rule->values, rule->num_values);
	case ROW_IS_NOT:
		TRY(buf_append_str(out, " is known, and is not "));
		return put_alternatives(out, rule->values, rule->num_values);
	case ROW_BEFORE:
		TRY(buf_append_str(out, " is before "));
		return day_append(out, rule->day);
	case ROW_ON_OR_AFTER:
		TRY(buf_append_str(out, " is on or after "));
		return day_append(out, rule->day);
	case ROW_UNDER:
		TRY(buf_append_str(out, " is under "));
		return explain_form_decimal(out, &rule->number);
	case ROW_AT_LEAST:
		TRY(buf_append_str(out, " is at least "));
		return explain_form_decimal(out, &rule->number);
	case NUM_ROW_OPS:
		break;
	}
	return OK;
}

struct err
explain_rule(
    struct buf *words, const struct row_rule *rule, const struct column *column)
{
	TRY(buf_append_str(
	    words, rule->age_of ? "only where the age by " : "only where "));
	TRY(buf_append(words, column->name));
	return put_comparison(words, rule);
}

bool
explain_asks(const struct column *column, uint32_t purpose)
{
	for (size_t i = 0; i < column->num_purposes; i++)
		if (column->purposes[i] == purpose)
			return column->class == CLASS_CONSENT ||
			    column->class == CLASS_OBJECTION;
	return false;
}

struct err
explain_answer(struct buf *words, const struct column *column)
{
	TRY(buf_append_str(words,
	    column->class == CLASS_CONSENT ? "only with consent: "
					   : "only without objection: "));
	TRY(buf_append(words, column->name));
	TRY(buf_append_str(words, " is "));
	return put_alternatives(words, column->answers, column->num_answers);
}

/*
 * Consent stands with the agreement's own line: it is the purpose, named
 * there, that calls for it, and the dataset may be in another file.
 */
static struct err
put_rows(struct buf *out, const struct policy *policy,
    const struct agreement *a, size_t name_width)
{
	const struct dataset *dataset = &policy->datasets[a->dataset];
	struct span label = span_str("rows");
	struct buf words CLEANUP(buf_done) = {.max = out->max};

	for (size_t i = 0; i < dataset->num_columns; i++) {
		if (!explain_asks(&dataset->columns[i], a->purpose))
			continue;
		buf_reset(&words);
		TRY(explain_answer(&words, &dataset->columns[i]));
		TRY(put_line(
		    out, label, name_width, buf_span(&words), a, a->line));
	}
	for (size_t i = 0; i < a->num_rows; i++) {
		const struct row_rule *rule = &a->rows[i];
		buf_reset(&words);
		TRY(explain_rule(
		    &words, rule, &dataset->columns[rule->column]));
		TRY(put_line(
		    out, label, name_width, buf_span(&words), a, rule->line));
	}
	return OK;
}

/* How objects are packed; said when they, or their sources, are. */
static struct err
put_compression(struct buf *out, const struct policy *policy,
    const struct agreement *a, size_t name_width)
{
	enum compression source = policy->datasets[a->dataset].compression;
	struct buf words CLEANUP(buf_done) = {.max = out->max};

	if (a->compress == COMPRESSION_NONE && source == COMPRESSION_NONE)
		return OK;
	if (a->compress == COMPRESSION_NONE)
		TRY(buf_append_format(&words, "no; sources are %s",
		    model_compression_name(source)));
	else
		TRY(buf_append_format(&words, "with %s; names say %s",
		    model_compression_name(a->compress),
		    model_compression_ending(a->compress)));
	return put_line(
	    out, span_str("packed"), name_width, buf_span(&words), a, a->line);
}

/* How the files are written, where it is not plain CSV. */
static struct err
put_format(struct buf *words, const struct file_format *format)
{
	const char *split = "comma";

	if (format->kind == FILE_JSONL)
		return buf_append_str(words, "JSON Lines");
	if (format->delimiter == '\t')
		split = "tab";
	else if (format->delimiter == ';')
		split = "semicolon";
	else if (format->delimiter == '|')
		split = "bar";
	if (format->delimiter == ',' && !format->unquoted &&
	    format->num_header == 0)
		return OK;
	TRY(buf_append_format(words, "CSV, delimiter: %s", split));
	if (format->unquoted)
		TRY(buf_append_str(words, ", without quotes"));
	if (format->num_header > 0)
		TRY(buf_append_str(words, ", without a line of names"));
	return OK;
}

static struct err
put_files(struct buf *out, const struct agreement *a,
    const struct file_format *format, size_t name_width)
{
	struct buf words CLEANUP(buf_done) = {.max = out->max};

	TRY(put_format(&words, format));
	if (words.len == 0)
		return OK;
	return put_line(
	    out, span_str("files"), name_width, buf_span(&words), a, a->line);
}

static struct err
put_limits(struct buf *out, const struct agreement *a,
    const struct limits *limits, const char *whose, size_t name_width)
{
	struct buf words CLEANUP(buf_done) = {.max = out->max};

	TRY(words_limits(&words, limits));
	if (words.len == 0)
		return OK;
	TRY(buf_append_str(&words, whose));
	return put_line(
	    out, span_str("limits"), name_width, buf_span(&words), a, a->line);
}

static struct err
put_terms(struct buf *out, const struct policy *policy,
    const struct agreement *a, size_t name_width)
{
	struct buf words CLEANUP(buf_done) = {.max = out->max};

	if (a->encrypt == ENCRYPT_AGE) {
		TRY(buf_append_format(&words,
		    "with age, to %" PRIu32 " key%s of the recipient",
		    a->num_recipients, a->num_recipients == 1 ? "" : "s"));
		TRY(put_line(out, span_str("encrypted"), name_width,
		    buf_span(&words), a, a->line));
	}
	if (a->last_day == INT32_MAX)
		return OK;
	buf_reset(&words);
	TRY(day_append(&words, a->last_day));
	TRY(buf_append_str(&words, ", that day included"));
	if (!span_equal_str(policy->time_zone, "UTC"))
		TRY(buf_append_format(&words, " (%.*s)",
		    (int)policy->time_zone.len,
		    (const char *)policy->time_zone.data));
	return put_line(
	    out, span_str("until"), name_width, buf_span(&words), a, a->line);
}

static struct err
put_links(struct buf *out, const struct policy *policy,
    const struct agreement *a, size_t name_width)
{
	struct buf words CLEANUP(buf_done) = {.max = out->max};
	const char *before = "the same as in ";

	if (a->num_linkable == 0)
		return OK;
	for (uint32_t i = 0; i < a->num_linkable; i++) {
		TRY(buf_append_str(&words, before));
		TRY(put_quoted(&words, policy->agreements[a->linkable[i]].id));
		before = ", ";
	}
	TRY(buf_append_str(&words, ": "));
	TRY(buf_append(&words, a->linkable_because));
	return put_line(
	    out, span_str("codes"), name_width, buf_span(&words), a, a->line);
}

static struct err
put_allowed(
    struct buf *out, const struct policy *policy, const struct agreement *a)
{
	const struct dataset *dataset = &policy->datasets[a->dataset];
	size_t name_width = name_column_width(a, dataset);

	TRY(buf_append_str(out, "ALLOWED by "));
	TRY(buf_append(out, a->id));
	TRY(buf_append_str(out, " ("));
	TRY(put_source(out, a->file, a->line));
	TRY(buf_append_str(out, ")\n"));
	TRY(put_columns(out, policy, a, name_width));
	TRY(put_rows(out, policy, a, name_width));
	TRY(put_files(out, a, &dataset->format, name_width));
	TRY(put_compression(out, policy, a, name_width));
	TRY(put_links(out, policy, a, name_width));
	TRY(put_limits(
	    out, a, &a->limits, ", of all callers together", name_width));
	TRY(put_limits(out, a, &a->per_caller, ", of each caller", name_width));
	return put_terms(out, policy, a, name_width);
}

/* The rule that denies. What parties hear, and what they do not. */
static struct err
put_cause(struct buf *out, const struct policy *policy,
    const struct decision *d, struct span bucket)
{
	if (d->party)
		return decide_sentence(out, policy, d);
	if (d->reason == DENY_UNKNOWN_CALLER)
		return buf_append_str(
		    out, "the caller is in no group that the policy declares");
	if (d->agreement == NO_INDEX) {
		TRY(buf_append_str(out, "there is no agreement "));
		return put_quoted(out, bucket);
	}
	const struct agreement *a = &policy->agreements[d->agreement];
	TRY(buf_append_str(out, "the agreement "));
	TRY(put_quoted(out, a->id));
	TRY(buf_append_str(out, " does not name the caller under `who` ("));
	TRY(put_source(out, a->file, a->line));
	return buf_append_str(out, ")");
}

static struct err
put_list_change(struct buf *out, const char *list, struct span id)
{
	TRY(buf_append_format(
	    out, "`%s` of the agreement would have to list ", list));
	return put_quoted(out, id);
}

/* What would have to change for this reason to go. Others may follow. */
static struct err
put_change(struct buf *out, const struct policy *policy,
    const struct decision *d, uint32_t group, struct span bucket)
{
	switch (d->reason) {
	case DENY_UNKNOWN_CALLER:
		return buf_append_str(out,
		    "`people` would have to declare the group and its proofs");
	case DENY_UNKNOWN_BUCKET:
		TRY(buf_append_str(
		    out, "`allow` would have to hold one agreement "));
		return put_quoted(out, bucket);
	case DENY_NOT_A_PARTY:
		return put_list_change(out, "who", policy->groups[group].id);
	case DENY_NOT_YET:
		return buf_append_str(
		    out, "`from` of the agreement would have to be earlier");
	case DENY_EXPIRED:
		return buf_append_str(
		    out, "`until` of the agreement would have to be later");
	case DENY_NO_PLACE:
		return buf_append_str(
		    out, "`places` would have to declare where the caller is");
	case DENY_TWO_PLACES:
		return buf_append_str(out,
		    "the evidence of the places would have to tell them apart");
	case DENY_OTHER_PLACE:
		return put_list_change(
		    out, "places", policy->places[d->place].id);
	case DENY_GUARDRAIL:
		return buf_append_str(out,
		    "no agreement can change it; the guardrail would have to"
		    " be narrowed");
	case DENY_WAITS:
		return buf_append_str(out,
		    "a build that serves it; until then nobody gets less"
		    " than the agreement says");
	case DENY_LIMIT: /* these: of what is read or of keys, no policy's */
	case DENY_UNCOUNTED:
	case DENY_DESTROYED:
	case DENY_UNPROVEN:
	case DENY_NONE:
	case NUM_DENY_REASONS:
		break;
	}
	return OK;
}

static struct err
put_denied(struct buf *out, const struct policy *policy,
    const struct decision *d, uint32_t group, struct span bucket)
{
	TRY(buf_append_str(out, "DENIED\n  because   "));
	TRY(put_cause(out, policy, d, bucket));
	TRY(buf_append_str(out, "\n  to change "));
	TRY(put_change(out, policy, d, group, bucket));
	return buf_append_str(out, "\n");
}

struct err
explain_agreement(struct buf *out, const struct policy *policy,
    const struct decision *decision, uint32_t group, uint32_t place,
    struct span bucket)
{
	struct span who = span_str("an unknown caller");
	struct span where = span_str("nowhere that is declared");

	if (group < policy->num_groups)
		who = policy->groups[group].id;
	if (place < policy->num_places)
		where = policy->places[place].id;
	TRY(buf_append(out, who));
	TRY(buf_append_str(out, " reading s3://"));
	TRY(buf_append(out, bucket));
	TRY(buf_append_str(out, "/ from "));
	TRY(buf_append(out, where));
	TRY(buf_append_str(out, ": "));
	if (decision->allowed)
		return put_allowed(
		    out, policy, &policy->agreements[decision->agreement]);
	return put_denied(out, policy, decision, group, bucket);
}
