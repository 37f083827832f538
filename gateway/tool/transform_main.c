#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/data_verbs.h"
#include "gateway/tool/offline.h"
#include "gateway/tool/out_file.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/through.h"

enum {
	EXIT_FAILED = 1,
	PIECE = 4096, /* so much goes into a pipe that has room, at once */
};

/* While somebody does not read, a process of the gateway stands still. */
static struct err
write_out(void *context, struct span bytes)
{
	const struct out_file *out = context;
	struct pollfd wait = {.fd = fileno(out->file), .events = POLLOUT};

	while (bytes.len > 0) {
		struct span piece = span_sub(bytes, 0, PIECE);
		if (poll(&wait, 1, TOOL_STALL_MS) == 0)
			return ERR(UNAVAILABLE,
			    "nobody read the output for ten minutes");
		struct err err = sysio_write_full(wait.fd, piece);
		if (err.code == ERR_CLOSED)
			return ERR(IO, "nobody reads the output");
		TRY(err);
		bytes = span_sub(bytes, piece.len, bytes.len - piece.len);
	}
	return OK;
}

/* The counts, as the offline report has them; the form's shape is nothing to a
 * whole file. */
static struct err
report(void *context, const struct admin_line *line)
{
	static char read[ADMIN_MAX_TEXT];
	const struct span *f = line->fields;

	(void)context;
	if (line->num_fields == 2 && span_equal_str(f[0], "read"))
		(void)snprintf(read, sizeof(read), "%.*s", (int)f[1].len,
		    (const char *)f[1].data);
	if (line->num_fields == 2 && span_equal_str(f[0], "released"))
		(void)fprintf(stderr, "rows: %s read, %.*s released\n", read,
		    (int)f[1].len, (const char *)f[1].data);
	if (line->num_fields != 3)
		return OK;
	(void)fprintf(stderr, "  withheld: %.*s, ", (int)f[2].len,
	    (const char *)f[2].data);
	(void)plain_text_print(stderr, f[1]);
	(void)fputc('\n', stderr);
	return OK;
}

static int
run(const struct form_options *options, int in_fd, struct out_file *out)
{
	const struct through through = {.options = options,
	    .type = ADMIN_TRANSFORM,
	    .in_fd = in_fd,
	    .line = report,
	    .plain = write_out,
	    .context = out};

	return options->test_key
	    ? offline_run(options, in_fd, fileno(out->file), NULL, NULL)
	    : through_run(&through);
}

int
transform_main(int argc, char **argv)
{
	struct form_options options;
	struct out_file out CLEANUP(out_file_done) = {.file = NULL};
	int status = form_options_parse(&options, false, argc, argv);

	(void)signal(SIGPIPE, SIG_IGN);
	if (status != 0)
		return status;
	int in_fd = form_options_open(&options);
	if (in_fd < 0)
		return EXIT_FAILED;
	struct err err = out_file_open(&out, options.output);
	if (err.code == ERR_OK) {
		status = run(&options, in_fd, &out);
		if (status == 0)
			err = out_file_finish(&out);
	}
	sysio_close(&in_fd);
	if (err.code == ERR_OK)
		return status;
	(void)fprintf(stderr, "gatehouse: %s: %s\n", err.why, strerror(errno));
	return EXIT_FAILED;
}
