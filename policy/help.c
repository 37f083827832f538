#include "policy/help_pages.h"

enum {
	WIDTH = 76, /* of a line of text */
};

/* One family behind the other: together they are sorted by code. */
static const struct {
	const struct help_page *pages;
	const size_t *num;
} families[] = {
    {help_pages_yaml, &help_pages_num_yaml},
    {help_pages_shape, &help_pages_num_shape},
    {help_pages_law, &help_pages_num_law},
};

enum {
	NUM_FAMILIES = sizeof(families) / sizeof(families[0])
};

const struct help_page *
help_page(size_t index)
{
	for (size_t i = 0; i < NUM_FAMILIES; i++) {
		if (index < *families[i].num)
			return &families[i].pages[index];
		index -= *families[i].num;
	}
	return NULL;
}

size_t
help_num(void)
{
	size_t num = 0;

	for (size_t i = 0; i < NUM_FAMILIES; i++)
		num += *families[i].num;
	return num;
}

const struct help_page *
help_find(struct span code)
{
	const struct help_page *page;

	for (size_t i = 0; (page = help_page(i)) != NULL; i++)
		if (span_equal_fold(code, span_str(page->code)))
			return page;
	return NULL;
}

/* Words, filled into lines that begin with two blanks. */
static struct err
put_text(struct buf *out, const char *text)
{
	struct span rest = span_str(text), word;
	size_t at = 0;

	while (span_take_until(&rest, &word, ' ')) {
		bool fits = at > 0 && at + 1 + word.len <= WIDTH;

		if (at > 0 && !fits)
			TRY(buf_append_str(out, "\n"));
		TRY(buf_append_str(out, fits ? " " : "  "));
		at = fits ? at + 1 + word.len : 2 + word.len;
		TRY(buf_append(out, word));
	}
	return buf_append_str(out, "\n");
}

/* Lines as they are, a little further in. */
static struct err
put_lines(struct buf *out, const char *text)
{
	struct span rest = span_str(text), line;

	if (rest.len == 0)
		return buf_append_str(out, "    (left out)\n");
	while (rest.len > 0 && span_take_until(&rest, &line, '\n')) {
		TRY(buf_append_str(out, "    "));
		TRY(buf_append(out, line));
		TRY(buf_append_str(out, "\n"));
	}
	return OK;
}

struct err
help_print(struct buf *out, const struct help_page *page)
{
	TRY(buf_append_format(out, "%s: %s\n\n", page->code, page->title));
	TRY(put_text(out, page->meaning));
	TRY(buf_append_str(out, "\nFor example:\n\n"));
	TRY(put_lines(out, page->wrong));
	if (page->repeat > 0)
		TRY(buf_append_format(
		    out, "    (the line with #, %u times)\n", page->repeat));
	TRY(buf_append_str(out, "\ninstead of\n\n"));
	TRY(put_lines(out, page->right));
	TRY(buf_append_str(out, "\nWhat to do:\n\n"));
	TRY(put_text(out, page->remedy));
	if (page->law == NULL)
		return OK;
	TRY(buf_append_str(out, "\nThe law:\n\n"));
	return put_text(out, page->law);
}

/* One line of the example, with what stands for something else replaced. */
static struct err
put_line(struct buf *out, struct span line, unsigned number)
{
	static const char nul[] = "␀";

	while (line.len > 0) {
		if (line.data[0] == '#' && number > 0) {
			TRY(buf_append_format(out, "%u", number));
			line = span_sub(line, 1, line.len);
		} else if (span_starts_with(line, span_str(nul))) {
			TRY(buf_put_u8(out, 0));
			line = span_sub(line, sizeof(nul) - 1, line.len);
		} else {
			TRY(buf_put_u8(out, line.data[0]));
			line = span_sub(line, 1, line.len);
		}
	}
	return OK;
}

struct err
help_example(struct buf *out, const struct help_page *page)
{
	struct span rest = span_str(page->wrong), line;

	while (span_take_until(&rest, &line, '\n')) {
		bool again =
		    page->repeat > 0 && span_find(line, '#') != line.len;

		for (unsigned i = 1; i <= (again ? page->repeat : 1); i++) {
			TRY(put_line(out, line, again ? i : 0));
			if (rest.data != NULL)
				TRY(buf_append_str(out, "\n"));
		}
	}
	return OK;
}
