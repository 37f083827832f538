#include "policy/checker.h"

#include "policy/path.h"

/* check_format: how the files of a dataset are written. */

static const struct {
	const char *word;
	struct file_format format;
} forms[] = {
    {"csv", {.kind = FILE_CSV, .delimiter = ','}},
    {"tsv", {.kind = FILE_CSV, .delimiter = '\t'}},
    {"jsonl", {.kind = FILE_JSONL}},
};

/* The form of that name; false, touching nothing, where there is none. */
static bool
find_form(struct file_format *out, struct span word)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (span_equal_str(word, forms[i].word)) {
			*out = forms[i].format;
			return true;
		}
	return false;
}

static void
bad_format(struct checker *c, struct mark at, const char *why)
{
	(void)diagnostic_add(c->d, at, "E120", "%s", why);
}

static void
check_delimiter(
    struct checker *c, struct file_format *format, const struct node *n)
{
	static const struct {
		const char *word;
		uint8_t byte;
	} delimiters[] = {{"comma", ','}, {",", ','}, {"semicolon", ';'},
	    {";", ';'}, {"tab", '\t'}, {"\t", '\t'}, {"bar", '|'}, {"|", '|'}};

	if (n == NULL || n->type != NODE_TEXT)
		return;
	for (size_t i = 0; i < sizeof(delimiters) / sizeof(delimiters[0]); i++)
		if (span_equal_str(n->text, delimiters[i].word)) {
			format->delimiter = delimiters[i].byte;
			return;
		}
	bad_format(c, n->at,
	    "`delimiter` is comma, semicolon, tab, bar, or one of them in "
	    "quotes");
}

static void
check_quote(struct checker *c, struct file_format *format, const struct node *n)
{
	if (n == NULL || n->type != NODE_TEXT)
		return;
	format->unquoted = span_equal_str(n->text, "no");
	if (!format->unquoted && !span_equal_str(n->text, "yes"))
		bad_format(c, n->at, "`quote` is yes or no");
}

/* Names of files that have none: each once, and none of them empty. */
static struct err
check_header(
    struct checker *c, struct file_format *format, const struct node *n)
{
	if (n == NULL)
		return OK;
	TRY(checker_texts(c, n, &format->header, &format->num_header));
	if (format->num_header == 0)
		bad_format(c, n->at, "`header` names no column");
	for (uint32_t i = 0; i < format->num_header; i++) {
		if (format->header[i].len == 0)
			bad_format(c, n->at, "`header` has an empty name");
		for (uint32_t j = 0; j < i; j++)
			if (span_equal(format->header[i], format->header[j]))
				bad_format(
				    c, n->at, "`header` has a name twice");
	}
	return OK;
}

/* `format: {csv: {delimiter: ";"}}`. */
static struct err
check_map(struct checker *c, struct dataset *ds, const struct node *n)
{
	const struct node *dialect = n->first;

	if (!schema_check(c->d, SCHEMA_FORMAT, n, ds->id))
		return OK;
	if (n->num != 1 || !find_form(&ds->format, dialect->key->text)) {
		if (n->num != 1)
			bad_format(c, n->at, "`format` names one format");
		return OK;
	}
	if (dialect->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_DIALECT, dialect, ds->id))
		return OK;
	if (ds->format.delimiter == '\t' &&
	    node_get(dialect, "delimiter") != NULL)
		bad_format(c, node_get(dialect, "delimiter")->key->at,
		    "the delimiter of tsv is the tab");
	else
		check_delimiter(c, &ds->format, node_get(dialect, "delimiter"));
	check_quote(c, &ds->format, node_get(dialect, "quote"));
	return check_header(c, &ds->format, node_get(dialect, "header"));
}

struct err
check_format_read(struct checker *c, struct dataset *ds, const struct node *n)
{
	const struct node *format = node_get(n, "format");

	ds->format = forms[0].format;
	if (format == NULL) {
		if (ds->pattern.len == 0 ||
		    model_format_of(&ds->format, ds->pattern))
			return OK;
		diagnostic_help(c->d,
		    diagnostic_add(c->d, checker_at(n, "origin"), "E120",
			"the end of the origin does not tell the format"),
		    "add `format: csv`, `format: tsv` or `format: jsonl`");
		return OK;
	}
	if (format->type == NODE_MAP)
		return check_map(c, ds, format);
	if (format->type == NODE_TEXT && !find_form(&ds->format, format->text))
		bad_format(c, format->at, "`format` is csv, tsv or jsonl");
	return OK;
}

/* Paths, each right and beside the others; what decides is one value. */
static void
check_paths(
    struct checker *c, const struct dataset *ds, const struct node *columns)
{
	const struct node *at = columns->first;

	for (uint32_t i = 0; i < ds->num_columns; i++, at = at->next) {
		const struct column *col = &ds->columns[i];
		struct err err = path_check(col->name);

		if (err.code != ERR_OK) {
			(void)diagnostic_add(
			    c->d, at->key->at, "E107", "%s", err.why);
			continue;
		}
		if (path_has_array(col->name) &&
		    (col->subject || col->class == CLASS_CONSENT ||
			col->class == CLASS_OBJECTION))
			(void)diagnostic_add(c->d, at->key->at, "E107",
			    "`%.*s` decides about a row, and cannot have many "
			    "values in it",
			    DIAGNOSTIC_SPAN(col->name));
		for (uint32_t j = 0; j < i; j++)
			if (path_conflict(col->name, ds->columns[j].name)) {
				(void)diagnostic_add(c->d, at->key->at, "E107",
				    "`%.*s` and `%.*s` cannot both be there",
				    DIAGNOSTIC_SPAN(ds->columns[j].name),
				    DIAGNOSTIC_SPAN(col->name));
				break;
			}
	}
}

/* A column that `header` does not have would refuse every file. */
static void
check_header_columns(
    struct checker *c, const struct dataset *ds, const struct node *columns)
{
	const struct node *at = columns->first;

	for (uint32_t i = 0; i < ds->num_columns; i++, at = at->next) {
		uint32_t j = 0;

		while (j < ds->format.num_header &&
		    !span_equal(ds->format.header[j], ds->columns[i].name))
			j++;
		if (j == ds->format.num_header)
			(void)diagnostic_add(c->d, at->key->at, "E120",
			    "`header` does not name `%.*s`",
			    DIAGNOSTIC_SPAN(ds->columns[i].name));
	}
}

void
check_format_columns(
    struct checker *c, const struct dataset *ds, const struct node *n)
{
	const struct node *columns = node_get(n, "columns");
	const struct node *missing = node_get(n, "missing-column");

	if (ds->format.kind == FILE_JSONL) {
		check_paths(c, ds, columns);
		if (missing != NULL)
			bad_format(c, missing->key->at,
			    "`missing-column` is for tables: in JSON Lines a "
			    "member that is not there is a missing value");
	} else if (ds->format.num_header > 0) {
		check_header_columns(c, ds, columns);
	}
}
