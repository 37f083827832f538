#ifndef GATEHOUSE_HELP_H
#define GATEHOUSE_HELP_H

#include "crypto/memory/buf.h"

/*
 * help: a page for every code that the checker can give. An example is one
 * change of a policy without a problem (tests/vectors/policy/base.yaml):
 * `right` stands in it, `wrong` in its place gives this code and no other.
 */
struct help_page {
	const char *code;    /* "E201" */
	const char *title;   /* a few words; the list of README.md has them */
	const char *meaning; /* sentences */
	const char *right;   /* lines of a policy */
	const char *wrong;   /* "": left out */
	const char *remedy;  /* what to do */
	const char *law;     /* the paragraph behind it; NULL: none */
	/* The line of `wrong` that has a `#` in it is there so many times,
	   with a number in its place. 0: no such line. `␀` is a NUL. */
	unsigned repeat;
};

/* Every page, by code. help_num: how many there are. */
const struct help_page *help_page(size_t index);
size_t help_num(void);

/* help_find: the page of a code, in either case; NULL where there is none. */
const struct help_page *help_find(struct span code);

/* help_print: for a person; plain text. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err help_print(struct buf *out, const struct help_page *page);

/*
 * help_example: `wrong` as it stands in the file, repetitions and all.
 * Errors: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err help_example(struct buf *out, const struct help_page *page);

#endif
