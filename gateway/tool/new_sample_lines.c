#include "gateway/tool/new_sample_lines.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/limits.h"
#include "gateway/tool/new_guess.h"
#include "policy/path.h"

enum {
	BLOCK_LEN = 64 * 1024,
	MAX_LINES = 1000, /* that are looked at */
	MAX_PATH = 1024,
};

struct lines {
	struct new_draft *draft;
	struct new_guess *guesses; /* one for each column, in its arena */
	struct buf path;	   /* of the value at hand */
};

/* --- Where a value is --- */

/* What means something in a path has a `\` in front. */
static struct err
put_name(struct buf *path, const char *name)
{
	if (path->len > 0)
		TRY(buf_append_str(path, "."));
	if (*name == '\0')
		return ERR(
		    MALFORMED, "a member without a name cannot be a column");
	for (; *name != '\0'; name++) {
		if (strchr(".[\\", *name) != NULL)
			TRY(buf_append_str(path, "\\"));
		TRY(buf_append(path, span_of(name, 1)));
	}
	return OK;
}

/* The column of this place, which may be a new one. */
static struct err
find_column(struct lines *l, struct new_guess **out)
{
	struct new_draft *draft = l->draft;
	struct span path = buf_span(&l->path);
	size_t i = 0;

	while (
	    i < draft->num_columns && !span_equal(draft->columns[i].name, path))
		i++;
	*out = &l->guesses[i];
	if (i < draft->num_columns)
		return OK;
	for (size_t j = 0; j < draft->num_columns; j++)
		if (path_conflict(draft->columns[j].name, path))
			return ERR(MALFORMED,
			    "a place that holds a value in one record holds an "
			    "object or a list in another");
	if (draft->num_columns == NEW_MAX_COLUMNS)
		return ERR(TOO_BIG, "it has more columns than are asked about");
	TRY(path_check(path));
	TRY(arena_copy(&draft->arena, &draft->columns[i].name, path));
	draft->num_columns++;
	return OK;
}

/* --- A record --- */

static struct err
look_at_value(struct lines *l, const cJSON *value)
{
	struct new_guess *guess;
	char number[32];

	/* Where nothing is, there may be a value, a list or an object. */
	if (cJSON_IsNull(value))
		return OK;
	TRY(find_column(l, &guess));
	if (cJSON_IsString(value)) {
		new_guess_look(guess, span_str(value->valuestring));
	} else if (cJSON_IsNumber(value)) {
		(void)snprintf(
		    number, sizeof(number), "%.15g", value->valuedouble);
		new_guess_look(guess, span_str(number));
	} else {
		new_guess_look(
		    guess, span_str(cJSON_IsTrue(value) ? "true" : "false"));
	}
	return OK;
}

/* A list that is empty, and an object without members, has no place. The
 * parser has a bound for how deep they lie in each other. */
static struct err
look_at(struct lines *l, const cJSON *value) /* NOLINT(misc-no-recursion) */
{
	size_t len = l->path.len;
	const cJSON *item;

	if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
		return look_at_value(l, value);
	cJSON_ArrayForEach(item, value)
	{
		if (cJSON_IsArray(value))
			TRY(buf_append_str(&l->path, "[]"));
		else
			TRY(put_name(&l->path, item->string));
		TRY(look_at(l, item));
		l->path.len = len;
	}
	return OK;
}

static void
record_free(cJSON **record)
{
	cJSON_Delete(*record);
}

static struct err
look_at_line(struct lines *l, struct span line)
{
	const char *end = NULL;
	cJSON *record CLEANUP(record_free) = cJSON_ParseWithLengthOpts(
	    (const char *)line.data, line.len, &end, false);

	if (!cJSON_IsObject(record) ||
	    span_trim(span_sub(line, (size_t)((const uint8_t *)end - line.data),
			  line.len))
		    .len > 0)
		return ERR(MALFORMED, "a line of it is no object of JSON");
	buf_reset(&l->path);
	return look_at(l, record);
}

/* --- The file --- */

/* All lines that are whole; the rest of one stays. */
static struct err
look_at_lines(struct lines *l, struct buf *text, unsigned *num_lines, bool last)
{
	struct span rest = buf_span(text), line;

	while (*num_lines < MAX_LINES && rest.len > 0) {
		if (!span_take_until(&rest, &line, '\n')) {
			if (!last)
				break;
			line = rest;
			rest = span_of(NULL, 0);
		}
		if (span_trim(line).len == 0)
			continue;
		TRY(look_at_line(l, line));
		++*num_lines;
	}
	buf_consume(text, text->len - rest.len);
	return text->len > JSONL_MAX_RECORD
	    ? ERR(TOO_BIG, "a line of it is longer than a record may be")
	    : OK;
}

static struct err
read_lines(struct lines *l, struct source *source)
{
	struct buf text CLEANUP(buf_wipe) = {
	    .max = JSONL_MAX_RECORD + BLOCK_LEN};
	uint8_t block[BLOCK_LEN];
	unsigned num_lines = 0;
	size_t got = 1;

	while (got > 0 && num_lines < MAX_LINES) {
		TRY(source_read(source, block, sizeof(block), &got));
		TRY(buf_append(&text, span_of(block, got)));
		TRY(look_at_lines(l, &text, &num_lines, got == 0));
	}
	return OK;
}

static void
lines_done(struct lines *l)
{
	buf_done(&l->path);
}

struct err
new_sample_lines(struct new_draft *draft, struct source *source)
{
	struct lines l CLEANUP(lines_done) = {
	    .draft = draft, .path = {.max = MAX_PATH}};

	TRY(arena_alloc(&draft->arena, &l.guesses, NEW_MAX_COLUMNS + 1,
	    sizeof(*l.guesses)));
	TRY(read_lines(&l, source));
	if (draft->num_columns == 0)
		return ERR(MALFORMED, "it holds no value");
	for (size_t i = 0; i < draft->num_columns; i++)
		TRY(new_guess_propose(
		    draft, &draft->columns[i], &l.guesses[i]));
	return OK;
}
