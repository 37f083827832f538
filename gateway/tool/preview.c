#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/tool/data_verbs.h"
#include "gateway/tool/head.h"
#include "gateway/tool/offline.h"
#include "gateway/tool/through.h"

enum {
	EXIT_FAILED = 1,
	NAME_WIDTH = 20,
	CELL_WIDTH = 28
};

struct preview {
	uint64_t num_rows; /* still to show */
};

/* As much of a cell as the line has room for: control bytes are dots. */
static size_t
print_cell(struct span cell, size_t room)
{
	size_t i = 0;

	for (; i < cell.len && i < room; i++) {
		uint8_t c = cell.data[i];

		putchar(c < ' ' || c > '~' ? '.' : c);
	}
	return i;
}

/* The cells that a list has in this row, as it is raw or delivered. */
static size_t
print_list(const struct flow_view *view, uint32_t source, uint32_t row,
    const struct span *cells)
{
	const struct batch_lists *lists = &view->raw->lists;
	uint32_t at = lists->first[source];
	size_t used = 0;

	for (; at != BATCH_NO_CELL; at = lists->next[at])
		if (lists->rows[at] == row) {
			if (used > 0)
				used += print_cell(
				    span_str(" | "), CELL_WIDTH - used);
			used += print_cell(cells[at], CELL_WIDTH - used);
		}
	return used;
}

/* One column of a row, raw or delivered, and blanks up to its width. */
static void
print_column(
    const struct flow_view *view, uint32_t index, uint32_t row, bool delivered)
{
	const struct batch *batch = delivered ? view->out : view->raw;
	uint32_t source = view->columns[index];
	size_t used = 0;

	if (source != NO_INDEX && batch_is_list(view->raw, source))
		used = print_list(view, source, row, batch->lists.cells);
	else if (delivered)
		used = print_cell(batch_column(batch, index)[row], CELL_WIDTH);
	else if (source != NO_INDEX)
		used = print_cell(batch_column(batch, source)[row], CELL_WIDTH);
	for (; used < CELL_WIDTH; used++)
		putchar(' ');
}

static void
print_row(const struct flow_view *view, uint32_t row)
{
	enum verdict verdict = (enum verdict)view->verdicts[row];
	bool released = verdict == VERDICT_RELEASED;

	printf("record %" PRIu64 ": %s%s\n", view->raw->first_record + row,
	    released ? "" : "withheld: ", rows_verdict_name(verdict));
	for (uint32_t i = 0; i < view->plan->num_columns; i++) {
		const struct plan_column *column = &view->plan->columns[i];

		printf("  %-*.*s ", NAME_WIDTH,
		    (int)(column->name.len > NAME_WIDTH ? NAME_WIDTH
							: column->name.len),
		    (const char *)column->name.data);
		print_column(view, i, row, false);
		fputs(released ? " -> " : " -- ", stdout);
		if (released)
			print_column(view, i, row, true);
		else
			printf("%*s", CELL_WIDTH, "");
		printf(" %s\n", model_protection_name(column->how.op));
	}
}

static struct err
watch(void *context, const struct flow_view *view)
{
	struct preview *preview = context;

	for (uint32_t row = 0; row < view->raw->num_rows; row++) {
		if (preview->num_rows == 0)
			return ERR(CLOSED, "enough rows were shown");
		print_row(view, row);
		preview->num_rows--;
	}
	return OK;
}

/* Before and after, side by side: here both are at hand. */
static int
run_offline(const struct form_options *options, int in_fd)
{
	struct preview preview = {.num_rows = options->num_rows};
	/* What is delivered is shown row by row, and written nowhere. */
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return EXIT_FAILED;
	int status = offline_run(options, in_fd, fd, watch, &preview);
	(void)close(fd);
	return status;
}

/* How the form looks that is about to come. */
static struct err
on_line(void *context, const struct admin_line *line)
{
	struct head *head = context;
	const struct span *f = line->fields;

	if (line->num_fields != 2)
		return OK;
	if (span_equal_str(f[0], "ending"))
		head->packed = model_compression_of(f[1]);
	else if (span_equal_str(f[0], "quoted"))
		head->quoted = span_equal_str(f[1], "1");
	else if (span_equal_str(f[0], "titled"))
		head->num_left += span_equal_str(f[1], "1");
	return OK;
}

static struct err
on_plain(void *context, struct span bytes)
{
	return head_put(context, bytes);
}

/* The records as they are delivered, codes included. */
static int
run_through(const struct form_options *options, int in_fd)
{
	struct head head = {.out = stdout, .num_left = options->num_rows};
	const struct through through = {.options = options,
	    .type = ADMIN_PREVIEW,
	    .in_fd = in_fd,
	    .line = on_line,
	    .plain = on_plain,
	    .context = &head};
	int status = through_run(&through);

	head_done(&head);
	return status;
}

int
preview_main(int argc, char **argv)
{
	struct form_options options;
	int status = form_options_parse(&options, true, argc, argv);

	(void)signal(SIGPIPE, SIG_IGN);
	if (status != 0)
		return status;
	int in_fd = form_options_open(&options);
	if (in_fd < 0)
		return EXIT_FAILED;
	status = options.test_key ? run_offline(&options, in_fd)
				  : run_through(&options, in_fd);
	(void)close(in_fd);
	return fflush(stdout) == 0 ? status : EXIT_FAILED;
}
