#include "gateway/tool/policy_report.h"

#include <inttypes.h>

#include "gateway/tool/json_members.h"
#include "policy/help.h"

static const char *const format_words[NUM_POLICY_FORMATS] = {
    [POLICY_FORMAT_TEXT] = "text",
    [POLICY_FORMAT_JSON] = "json",
    [POLICY_FORMAT_SARIF] = "sarif",
    [POLICY_FORMAT_GITHUB] = "github",
};

bool
policy_report_find(enum policy_format *out, const char *word)
{
	for (unsigned i = 0; i < NUM_POLICY_FORMATS; i++)
		if (strcmp(word, format_words[i]) == 0) {
			*out = (enum policy_format)i;
			return true;
		}
	return false;
}

static const char *
level_of(const char *code)
{
	return code[0] == 'W' ? "warning" : "error";
}

/* A problem of the policy as a whole is shown with its first file. */
static struct span
file_name(const struct diagnostics *d, struct mark at)
{
	return at.file < d->num_files ? d->files[at.file].name
				      : span_str("policy");
}

static struct err
put_see(struct jcs *j, const struct diagnostics *d, const struct diagnostic *i)
{
	TRY(json_open_object(j, "see"));
	TRY(json_number(j, "column", i->see.column));
	TRY(json_text(j, "file", file_name(d, i->see)));
	TRY(json_number(j, "length", i->see.len));
	TRY(json_number(j, "line", i->see.line));
	TRY(json_text(j, "message", span_str(i->see_text)));
	return jcs_close_object(j);
}

static struct err
put_item(struct jcs *j, const struct diagnostics *d, const struct diagnostic *i)
{
	TRY(jcs_open_object(j));
	TRY(json_text(j, "code", span_str(i->code)));
	TRY(json_number(j, "column", i->at.column));
	TRY(json_text(j, "file", file_name(d, i->at)));
	if (i->help != NULL)
		TRY(json_text(j, "help", span_str(i->help)));
	TRY(json_number(j, "length", i->at.len));
	TRY(json_number(j, "line", i->at.line));
	TRY(json_text(j, "message", span_str(i->text)));
	if (i->see_text != NULL)
		TRY(put_see(j, d, i));
	TRY(json_text(j, "severity", span_str(level_of(i->code))));
	return jcs_close_object(j);
}

static struct err
put_json(struct jcs *j, const struct diagnostics *d)
{
	TRY(jcs_open_object(j));
	TRY(json_open_array(j, "diagnostics"));
	for (size_t i = 0; i < d->num_items; i++)
		TRY(put_item(j, d, &d->items[i]));
	TRY(jcs_close_array(j));
	TRY(json_number(j, "errors", d->num_errors));
	TRY(json_bool(j, "loadable", d->num_errors == 0));
	TRY(json_number(j, "warnings", d->num_warnings));
	return jcs_close_object(j);
}

/* A path as a URI (RFC 3986): relative as it was named, or file://. */
static struct err
put_uri(struct jcs *j, struct span path)
{
	struct buf uri CLEANUP(buf_done) = {.max = 4 * path.len + 16};

	if (path.len > 0 && path.data[0] == '/')
		TRY(buf_append_str(&uri, "file://"));
	for (size_t i = 0; i < path.len; i++) {
		uint8_t c = path.data[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~' || c == '/')
			TRY(buf_put_u8(&uri, c));
		else
			TRY(buf_append_format(&uri, "%%%02X", (unsigned)c));
	}
	return json_text(j, "uri", buf_span(&uri));
}

/* Columns of SARIF count from 1, and an end is the first that is not in it.
 * Code hosts leave out what has no line: what is said of a file stands at its
 * begin. */
static struct err
put_location(struct jcs *j, const struct diagnostics *d, struct mark at)
{
	bool whole = at.line == 0;

	TRY(json_open_object(j, "physicalLocation"));
	TRY(json_open_object(j, "artifactLocation"));
	TRY(put_uri(j, file_name(d, at)));
	TRY(jcs_close_object(j));
	TRY(json_open_object(j, "region"));
	TRY(json_number(
	    j, "endColumn", whole ? 2 : (size_t)at.column + at.len));
	TRY(json_number(j, "startColumn", whole ? 1 : at.column));
	TRY(json_number(j, "startLine", whole ? 1 : at.line));
	TRY(jcs_close_object(j));
	return jcs_close_object(j);
}

static struct err
put_message(struct jcs *j, const char *name, struct span text)
{
	TRY(json_open_object(j, name));
	TRY(json_text(j, "text", text));
	return jcs_close_object(j);
}

/* The sentence, and below it what to do. */
static struct err
put_sentence(struct jcs *j, const struct diagnostic *i)
{
	struct buf text CLEANUP(buf_done) = {.max = 4 * DIAGNOSTIC_MAX_TEXT};

	TRY(buf_append_str(&text, i->text));
	if (i->help != NULL)
		TRY(buf_append_format(&text, "\n%s", i->help));
	return put_message(j, "message", buf_span(&text));
}

static struct err
put_result(
    struct jcs *j, const struct diagnostics *d, const struct diagnostic *i)
{
	TRY(jcs_open_object(j));
	TRY(json_text(j, "level", span_str(level_of(i->code))));
	TRY(json_open_array(j, "locations"));
	TRY(jcs_open_object(j));
	TRY(put_location(j, d, i->at));
	TRY(jcs_close_object(j));
	TRY(jcs_close_array(j));
	TRY(put_sentence(j, i));
	if (i->see_text != NULL) {
		TRY(json_open_array(j, "relatedLocations"));
		TRY(jcs_open_object(j));
		TRY(put_message(j, "message", span_str(i->see_text)));
		TRY(put_location(j, d, i->see));
		TRY(jcs_close_object(j));
		TRY(jcs_close_array(j));
	}
	TRY(json_text(j, "ruleId", span_str(i->code)));
	return jcs_close_object(j);
}

static struct err
put_rule(struct jcs *j, const struct help_page *page)
{
	struct buf text CLEANUP(buf_done) = {.max = 1 << 16};

	TRY(help_print(&text, page));
	TRY(jcs_open_object(j));
	TRY(json_open_object(j, "defaultConfiguration"));
	TRY(json_text(j, "level", span_str(level_of(page->code))));
	TRY(jcs_close_object(j));
	TRY(put_message(j, "fullDescription", span_str(page->meaning)));
	TRY(put_message(j, "help", buf_span(&text)));
	TRY(json_text(j, "id", span_str(page->code)));
	TRY(put_message(j, "shortDescription", span_str(page->title)));
	return jcs_close_object(j);
}

static struct err
put_tool(struct jcs *j)
{
	TRY(json_open_object(j, "tool"));
	TRY(json_open_object(j, "driver"));
	TRY(json_text(j, "name", span_str("gatehouse")));
	TRY(json_open_array(j, "rules"));
	for (size_t i = 0; i < help_num(); i++)
		TRY(put_rule(j, help_page(i)));
	TRY(jcs_close_array(j));
	TRY(json_text(j, "version", span_str(GATEHOUSE_VERSION)));
	TRY(jcs_close_object(j));
	return jcs_close_object(j);
}

/* What has no room among the items is told by the counts alone. */
static struct err
put_run(struct jcs *j, const struct diagnostics *d)
{
	TRY(jcs_open_object(j));
	TRY(json_text(j, "columnKind", span_str("unicodeCodePoints")));
	TRY(json_open_object(j, "properties"));
	TRY(json_number(j, "errors", d->num_errors));
	TRY(json_number(j, "warnings", d->num_warnings));
	TRY(jcs_close_object(j));
	TRY(json_open_array(j, "results"));
	for (size_t i = 0; i < d->num_items; i++)
		TRY(put_result(j, d, &d->items[i]));
	TRY(jcs_close_array(j));
	TRY(put_tool(j));
	return jcs_close_object(j);
}

static struct err
put_sarif(struct jcs *j, const struct diagnostics *d)
{
	TRY(jcs_open_object(j));
	TRY(json_text(j, "$schema",
	    span_str("https://json.schemastore.org/sarif-2.1.0.json")));
	TRY(json_open_array(j, "runs"));
	TRY(put_run(j, d));
	TRY(jcs_close_array(j));
	TRY(json_text(j, "version", span_str("2.1.0")));
	return jcs_close_object(j);
}

/*
 * A workflow command ends with its line, and its properties with a comma or a
 * colon; what is escaped is what actions/toolkit escapes.
 */
static struct err
put_escaped(struct buf *out, struct span text, bool property)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '%' || c == '\r' || c == '\n' ||
		    (property && (c == ':' || c == ',')))
			TRY(buf_append_format(out, "%%%02X", (unsigned)c));
		else
			TRY(buf_put_u8(out, c));
	}
	return OK;
}

static struct err
put_command(
    struct buf *out, const struct diagnostics *d, const struct diagnostic *i)
{
	TRY(buf_append_format(out, "::%s file=", level_of(i->code)));
	TRY(put_escaped(out, file_name(d, i->at), true));
	if (i->at.line > 0)
		TRY(buf_append_format(out,
		    ",line=%" PRIu32 ",col=%" PRIu32 ",endColumn=%" PRIu32,
		    i->at.line, i->at.column, i->at.column + i->at.len));
	TRY(buf_append_format(out, ",title=%s::", i->code));
	TRY(put_escaped(out, span_str(i->text), false));
	if (i->help != NULL) {
		TRY(put_escaped(out, span_str("\n"), false));
		TRY(put_escaped(out, span_str(i->help), false));
	}
	return buf_append_str(out, "\n");
}

static struct err
put_github(struct buf *out, const struct diagnostics *d)
{
	for (size_t i = 0; i < d->num_items; i++)
		TRY(put_command(out, d, &d->items[i]));
	return OK;
}

struct err
policy_report(
    struct buf *out, enum policy_format format, const struct diagnostics *d)
{
	struct jcs j;

	jcs_init(&j, out);
	switch (format) {
	case POLICY_FORMAT_TEXT:
		return diagnostic_print(out, d);
	case POLICY_FORMAT_JSON:
		TRY(put_json(&j, d));
		break;
	case POLICY_FORMAT_SARIF:
		TRY(put_sarif(&j, d));
		break;
	case POLICY_FORMAT_GITHUB:
		return put_github(out, d);
	case NUM_POLICY_FORMATS:
		break;
	}
	return buf_append_str(out, "\n");
}
