#include "policy/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
diagnostic_init(
    struct diagnostics *d, const struct source_file *files, size_t num_files)
{
	memset(d, 0, sizeof(*d));
	arena_init(&d->arena, 2 * DIAGNOSTIC_MAX * DIAGNOSTIC_MAX_TEXT);
	d->files = files;
	d->num_files = num_files;
}

void
diagnostic_done(struct diagnostics *d)
{
	arena_done(&d->arena);
	memset(d, 0, sizeof(*d));
}

int
diagnostic_len(struct span shown)
{
	return shown.len > 80 ? 80 : (int)shown.len;
}

/*
 * A policy may hold any character through YAML's escapes; what is shown on a
 * terminal must not. C1 controls are C2 80 .. C2 9F in UTF-8.
 */
static void
tame(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != 0; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c[0] = c[1] = '?';
	}
}

/* The sentence in the arena; without memory an empty one, and d->err. */
__attribute__((format(printf, 2, 0))) static const char *
sentence(struct diagnostics *d, const char *format, va_list args)
{
	char text[DIAGNOSTIC_MAX_TEXT];
	const char *kept = NULL;
	struct err err;

	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	tame(text);
	err = arena_str(&d->arena, &kept, span_str(text));
	if (err.code != ERR_OK) {
		d->err = err;
		return "";
	}
	return kept;
}

struct diagnostic *
diagnostic_add(struct diagnostics *d, struct mark at, const char *code,
    const char *format, ...)
{
	struct diagnostic *item = &d->spare;
	va_list args;

	if (code[0] == 'W')
		d->num_warnings++;
	else
		d->num_errors++;
	if (d->num_items < DIAGNOSTIC_MAX)
		item = &d->items[d->num_items++];
	*item = (struct diagnostic){.code = code, .at = at, .text = ""};
	if (item == &d->spare)
		return item;
	va_start(args, format);
	item->text = sentence(d, format, args);
	va_end(args);
	return item;
}

void
diagnostic_see(struct diagnostic *item, struct mark see, const char *text)
{
	item->see = see;
	item->see_text = text;
}

void
diagnostic_help(
    struct diagnostics *d, struct diagnostic *item, const char *format, ...)
{
	va_list args;

	if (item == &d->spare)
		return;
	va_start(args, format);
	item->help = sentence(d, format, args);
	va_end(args);
}

static int
order(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_place(const struct diagnostic *a, const struct diagnostic *b)
{
	int by_file = order(a->at.file, b->at.file);
	int by_line = order(a->at.line, b->at.line);

	if (by_file != 0)
		return by_file;
	return by_line != 0 ? by_line : order(a->at.column, b->at.column);
}

/* By insertion: stable, and at most DIAGNOSTIC_MAX items. */
void
diagnostic_sort(struct diagnostics *d)
{
	for (size_t i = 1; i < d->num_items; i++) {
		struct diagnostic item = d->items[i];
		size_t at = i;

		for (; at > 0 && by_place(&item, &d->items[at - 1]) < 0; at--)
			d->items[at] = d->items[at - 1];
		d->items[at] = item;
	}
}

static struct span
file_name(const struct diagnostics *d, struct mark at)
{
	return at.file < d->num_files ? d->files[at.file].name
				      : span_str("policy");
}

static struct err
put_place(struct buf *out, const struct diagnostics *d, struct mark at)
{
	TRY(buf_append(out, file_name(d, at)));
	if (at.line == 0)
		return OK;
	return buf_append_format(out, ":%u:%u", at.line, at.column);
}

/* With tabs as blanks, so that the caret fits. */
static struct err
put_line(struct buf *out, struct span line)
{
	char text[160 + 1];
	size_t len = 0;

	while (len < line.len && len + 1 < sizeof(text) &&
	    line.data[len] != '\r') {
		uint8_t c = line.data[len];

		c = c == '\t' ? ' ' : c;
		text[len++] = (char)(c == '\0' ? '?' : c);
	}
	text[len] = '\0';
	tame(text);
	return buf_append(out, span_of(text, len));
}

/* The line of the source, and what is meant of it. */
static struct err
put_source(struct buf *out, const struct diagnostics *d, struct mark at)
{
	struct span rest, line = {0};

	if (at.line == 0 || at.file >= d->num_files)
		return OK;
	rest = d->files[at.file].bytes;
	for (uint32_t i = 0; i < at.line; i++)
		if (!span_take_until(&rest, &line, '\n'))
			return OK;
	TRY(buf_append_format(out, "%5u | ", at.line));
	TRY(put_line(out, line));
	TRY(buf_append_str(out, "\n      | "));
	for (uint32_t i = 1; i < at.column && i < 160; i++)
		TRY(buf_put_u8(out, ' '));
	for (uint32_t i = 0; i < at.len && i < 100; i++)
		TRY(buf_put_u8(out, '^'));
	return buf_put_u8(out, '\n');
}

static struct err
put_item(
    struct buf *out, const struct diagnostics *d, const struct diagnostic *item)
{
	TRY(put_place(out, d, item->at));
	TRY(buf_append_format(out, ": %s[%s]: %s\n",
	    item->code[0] == 'W' ? "warning" : "error", item->code,
	    item->text));
	TRY(put_source(out, d, item->at));
	if (item->see_text != NULL) {
		TRY(buf_append_str(out, "      = see "));
		TRY(put_place(out, d, item->see));
		TRY(buf_append_format(out, ": %s\n", item->see_text));
	}
	if (item->help != NULL)
		TRY(buf_append_format(out, "      = help: %s\n", item->help));
	return OK;
}

struct err
diagnostic_print(struct buf *out, const struct diagnostics *d)
{
	for (size_t i = 0; i < d->num_items; i++)
		TRY(put_item(out, d, &d->items[i]));
	if (d->num_items < d->num_errors + d->num_warnings)
		TRY(buf_append_format(
		    out, "(only the first %d are shown)\n", DIAGNOSTIC_MAX));
	TRY(buf_append(out, file_name(d, (struct mark){0})));
	if (d->num_files > 1)
		TRY(buf_append_format(out, " and %zu more", d->num_files - 1));
	TRY(buf_append_format(out, ": %zu error%s, %zu warning%s; %s\n",
	    d->num_errors, d->num_errors == 1 ? "" : "s", d->num_warnings,
	    d->num_warnings == 1 ? "" : "s",
	    d->num_errors > 0 ? "not loadable" : "loadable"));
	return OK;
}
