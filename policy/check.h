#ifndef GATEHOUSE_CHECK_H
#define GATEHOUSE_CHECK_H

#include "policy/diagnostic.h"
#include "policy/model.h"

/* check: from YAML to a policy that is well-formed, lawful and served. */
struct check_options {
	int32_t today; /* days since 1970-01-01, UTC */
	/*
	 * Reads a group table. `path` is relative to the policy, without "..".
	 * The bytes must last until check_policy returns. NULL: tables cannot
	 * be read, and naming one is an error.
	 */
	struct err (*load_table)(
	    void *context, struct span path, struct span *out_bytes);
	void *context;
};

enum {
	CHECK_MAX_FILES = 64,
	CHECK_MAX_TABLES = 64,
};

/*
 * check_policy: check and resolve.
 *
 * out        written on success only. Its spans and arrays are in `arena`
 *            (64 MiB are enough for any policy within the limits).
 *            source_digest is SHA-256 over, for each file in order, a 32-bit
 *            big-endian length and the name, then the same of its bytes
 * d          diagnostic_init'ed with the same files; sorted on return.
 *            Warnings come with success too
 * Errors     DENIED: `d` holds errors; NO_MEMORY, TOO_BIG, CRYPTO
 */
MUST_USE struct err check_policy(struct policy *out, struct arena *arena,
    struct diagnostics *d, const struct source_file *files, size_t num_files,
    const struct check_options *options);

#endif
