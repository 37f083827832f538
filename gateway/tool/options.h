#ifndef GATEHOUSE_OPTIONS_H
#define GATEHOUSE_OPTIONS_H

#include <limits.h>

#include "crypto/memory/span.h"

/*
 * options: what a verb is told behind its name. Its usage is what people read
 * and what the reader goes by: an option that it does not name is none.
 */
enum {
	OPTIONS_MAX = 12,
	OPTIONS_MANY = INT_MAX, /* operands */
	/* A verb's status where its usage was asked for, by --help or -h, and
	 * is on stdout: no status of a process. */
	OPTIONS_HELP = -1,
};

/* One option, and where its value goes: one of the targets. The last of
 * several values stands. */
struct options_row {
	const char *name;  /* --name; NULL: it has its letter alone */
	char letter;	   /* beside the name; 0: none */
	bool *flag;	   /* it has no value */
	const char **text; /* of argv, as is the next */
	struct span *span;
	uint64_t *number; /* decimal, from `least` to `most` */
	uint64_t least, most;
	/* Any other value: an error's `why` is said behind the name. */
	struct err (*take)(void *into, const char *value);
	void *into;
};

struct options {
	const char *usage; /* behind "usage: gatehouse "; lines may follow */
	struct options_row rows[OPTIONS_MAX + 1]; /* one of no name ends them */
	int least, most;			  /* operands */
	/* What options_read found of them: of argv, which it reorders. */
	char **operands;
	int num_operands;
};

/*
 * options_read: as getopt_long does, so options and operands stand in any
 * order, `--` ends the options, and a name may be cut where it stays the only
 * one.
 *
 * argv     argv[0] is the verb
 * Returns  0; 2 after saying on stderr which option is wrong, and the usage;
 *          OPTIONS_HELP. What was read until then has reached its targets
 */
MUST_USE int options_read(struct options *o, int argc, char **argv);

/* options_usage: for a verb whose options do not fit together. Returns 2. */
int options_usage(const struct options *o);

#endif
