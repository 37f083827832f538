#ifndef GATEHOUSE_DIAGNOSTIC_H
#define GATEHOUSE_DIAGNOSTIC_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"

/*
 * diagnostic: what is wrong with a policy, for the person who wrote it. All
 * problems are gathered and shown at once, sorted by place. Codes are stable:
 * E0xx YAML, E1xx structure, E2xx law, E9xx understood but not served by this
 * build, W3xx warnings.
 */

/* A file of the policy, as it was read. */
struct source_file {
	struct span name; /* as the officer names it */
	struct span bytes;
};

/* A place in a file. Lines and columns count from 1; line 0 is "nowhere". */
struct mark {
	uint32_t file; /* index */
	uint32_t line, column;
	uint32_t len; /* characters to underline; at least 1 */
};

struct diagnostic {
	const char *code; /* "E101" */
	struct mark at;
	const char *text;
	struct mark see; /* another place that matters; line 0: none */
	const char *see_text;
	const char *help; /* NULL: none */
};

enum {
	DIAGNOSTIC_MAX = 256,	    /* shown; more are counted only */
	DIAGNOSTIC_MAX_TEXT = 1024, /* bytes of one sentence */
	DIAGNOSTIC_MAX_OUTPUT = 4 * 1024 * 1024,
};

struct diagnostics {
	struct arena arena; /* owns the sentences */
	const struct source_file *files;
	size_t num_files;
	struct diagnostic items[DIAGNOSTIC_MAX];
	size_t num_items, num_errors, num_warnings;
	struct diagnostic spare; /* takes what has no room in items */
	struct err err;		 /* the first failure to note something */
};

/* The arguments of a "%.*s" that shows at most 80 bytes of a span. */
#define DIAGNOSTIC_SPAN(s) diagnostic_len(s), (const char *)(s).data
int diagnostic_len(struct span shown);

/* diagnostic_init: none yet. `files` are borrowed until diagnostic_done. */
void diagnostic_init(
    struct diagnostics *d, const struct source_file *files, size_t num_files);
void diagnostic_done(struct diagnostics *d);

/*
 * diagnostic_add: note one problem. Control characters become '?'.
 *
 * code     a literal; a W is a warning, all others are errors
 * Returns  the item, for diagnostic_see and diagnostic_help; never NULL.
 *          A failure to keep it is held in d->err, and it counts all the same
 */
struct diagnostic *diagnostic_add(struct diagnostics *d, struct mark at,
    const char *code, const char *format, ...) PRINTF_LIKE(4, 5);

/* diagnostic_see: point to a second place. `text` is a literal. */
void diagnostic_see(struct diagnostic *item, struct mark see, const char *text);

/* diagnostic_help: say what to do. */
void diagnostic_help(struct diagnostics *d, struct diagnostic *item,
    const char *format, ...) PRINTF_LIKE(3, 4);

/* diagnostic_sort: by file, line, column; equal ones as they were added. */
void diagnostic_sort(struct diagnostics *d);

/* diagnostic_print: for a person, with the source line and a caret. Errors:
 * TOO_BIG, NO_MEMORY. */
MUST_USE struct err diagnostic_print(
    struct buf *out, const struct diagnostics *d);

#endif
