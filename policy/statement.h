#ifndef GATEHOUSE_STATEMENT_H
#define GATEHOUSE_STATEMENT_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/diagnostic.h"

/*
 * statement: what the signers of a policy sign: that these files become version
 * N, after those of version N-1. Lines of text, so that a person can read what
 * her key is about to sign, and make the same text without us.
 */
#define STATEMENT_NAMESPACE "gatehouse-policy"

enum {
	STATEMENT_MAX = 4096,	   /* bytes */
	STATEMENT_MAX_FILES = 128, /* with the tables */
};

struct statement {
	struct span policy; /* its name */
	uint64_t version;   /* from 2 on; the first one is nobody's change */
	uint8_t before[32]; /* of the files of the version before it */
	uint8_t after[32];
};

/*
 * statement_digest: of all files of a version, with their names, in whatever
 * order they are given: SHA-256 of what sha256sum prints for them, sorted:
 *
 *	cd files && find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum
 *
 * Errors   MALFORMED: a name twice, or one with a control character, a space
 *          or a backslash; TOO_BIG: too many; NO_MEMORY, CRYPTO
 */
MUST_USE struct err statement_digest(
    uint8_t out[32], const struct source_file *files, size_t num);

/* statement_put: append the text. Errors: MALFORMED: a name with a control
 * character; TOO_BIG, NO_MEMORY. */
MUST_USE struct err statement_put(
    struct buf *out, const struct statement *statement);

#endif
