/*
 * Targets: fmt_file, and with it fmt_scan and fmt_text. What is formatted is in
 * its canonical form: to format it again changes nothing.
 */
#include <stdint.h>
#include <stdlib.h>

#include "policy/fmt.h"
#include "policy/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	MAX_TEXT = 8 << 20,
};

static struct err
format(struct buf *out, struct span text)
{
	static struct diagnostics d;
	const struct source_file file = {span_str("fuzz.yaml"), text};
	struct err err;

	diagnostic_init(&d, &file, 1);
	err = fmt_file(out, &d, &file);
	if ((err.code == ERR_DENIED) != (d.num_errors > 0))
		abort();
	diagnostic_done(&d);
	return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf once = {.max = MAX_TEXT}, twice = {.max = MAX_TEXT};

	/* A policy is at most 1 MiB; what is written out may be longer. */
	if (format(&once, span_of(data, len)).code == ERR_OK &&
	    once.len <= NODE_MAX_FILE) {
		if (format(&twice, buf_span(&once)).code != ERR_OK ||
		    !span_equal(buf_span(&once), buf_span(&twice)))
			abort();
	}
	buf_done(&twice);
	buf_done(&once);
	return 0;
}
