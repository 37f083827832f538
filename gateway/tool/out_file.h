#ifndef GATEHOUSE_OUT_FILE_H
#define GATEHOUSE_OUT_FILE_H

#include <stdio.h>

#include "crypto/memory/span.h"

/*
 * out_file: where a result goes: standard output, or a file that has its name
 * only once all of it is there, so that a part never passes for the whole.
 */
struct out_file {
	FILE *file;
	const char *path; /* borrowed; NULL: standard output */
	char *temporary;  /* owned; NULL: written in place */
};

/*
 * out_file_open
 *
 * path     NULL: standard output. What exists and is no regular file (a pipe,
 *          a device) is written in place
 * Errors   IO: errno tells more; NO_MEMORY
 */
MUST_USE struct err out_file_open(struct out_file *out, const char *path);

MUST_USE struct err out_file_write(struct out_file *out, struct span bytes);

/* out_file_finish: all of it was written; on the disk when this returns.
 * Errors: IO. */
MUST_USE struct err out_file_finish(struct out_file *out);

/* out_file_done: without a finish before, a file is as if never begun. */
void out_file_done(struct out_file *out);

#endif
