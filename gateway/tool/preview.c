#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/tool/data_verbs.h"
#include "gateway/tool/offline.h"

enum {
	NAME_WIDTH = 20,
	CELL_WIDTH = 28
};

struct preview {
	uint64_t num_rows; /* still to show */
};

/* A cell on one line: control bytes are dots, long ones are cut. */
static void
print_cell(struct span cell)
{
	for (size_t i = 0; i < CELL_WIDTH; i++) {
		uint8_t c = i < cell.len ? cell.data[i] : ' ';

		putchar(c < ' ' || c > '~' ? '.' : c);
	}
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
		struct span raw = {0}, out = {0};

		if (view->columns[i] != NO_INDEX)
			raw = batch_column(view->raw, view->columns[i])[row];
		if (released)
			out = batch_column(view->out, i)[row];
		printf("  %-*.*s ", NAME_WIDTH,
		    (int)(column->name.len > NAME_WIDTH ? NAME_WIDTH
							: column->name.len),
		    (const char *)column->name.data);
		print_cell(raw);
		fputs(released ? " -> " : " -- ", stdout);
		print_cell(out);
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

int
preview_main(int argc, char **argv)
{
	struct offline_options options;
	struct preview preview;
	int status = offline_parse(&options, true, argc, argv), fd;

	if (status != 0)
		return status;
	/* What is delivered is shown row by row, and written nowhere. */
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	preview.num_rows = options.num_rows;
	status = offline_run(&options, fd, watch, &preview);
	(void)close(fd);
	return fflush(stdout) == 0 ? status : 1;
}
