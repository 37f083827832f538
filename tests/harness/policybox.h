#ifndef GATEHOUSE_POLICYBOX_H
#define GATEHOUSE_POLICYBOX_H

#include "crypto/memory/buf.h"
#include "policy/check.h"

/* policybox: what one check of a policy gave, on 2026-11-23. It is large. */
struct policybox {
	struct arena arena;
	struct source_file file;
	struct diagnostics d;
	struct policy policy;
	struct err err;
};

/*
 * policybox_load_table: of struct check_options: one table, "icd.csv", whose
 * groups are `a "b"` and NY.
 */
struct err policybox_load_table(
    void *context, struct span path, struct span *out_bytes) MUST_USE;

/* policybox_run: check this text as policy.yaml. */
void policybox_run(struct policybox *box, struct span yaml);
void policybox_done(struct policybox *box);

/* policybox_change: `out` is `text` with the first `from` replaced by `to`; a
 * text without it fails the test. */
void policybox_change(
    struct buf *out, struct span text, const char *from, const char *to);

/* One change of tests/vectors/policy/base.yaml, and a code that it gives, or
 * NULL: the policy loads, and nothing is said. */
struct policybox_row {
	const char *from, *to, *code;
};

/* policybox_expect: each change by itself. */
void policybox_expect(const struct policybox_row *rows, size_t num);

/* policybox_expect_pair: both changes; the code is that of the second. */
void policybox_expect_pair(
    const struct policybox_row *first, const struct policybox_row *second);

#endif
