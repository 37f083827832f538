#ifndef GATEHOUSE_DIFF_H
#define GATEHOUSE_DIFF_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * diff: what a new policy lets through that the old one did not, and the other
 * way round: caller × agreement × place × column.
 *
 * The rule of the whole: what cannot be compared counts as WIDER. So a change
 * that is called narrower, or not called at all, never gives anybody anything
 * that they could not have before; one that is called wider may turn out to
 * give nothing.
 */
enum diff_verdict {
	DIFF_OTHER, /* who gets what is as before */
	DIFF_NARROWER,
	DIFF_WIDER,
	NUM_DIFF_VERDICTS
};

struct diff_row {
	enum diff_verdict verdict;
	struct span who;       /* a group; empty: not of one group */
	struct span agreement; /* empty: not of one agreement */
	struct span place;     /* empty: not of one place */
	struct span what; /* a column's name, or a word: until, rows, … */
	bool is_column;
	struct span before, after; /* in words */
	struct span file;	   /* where the new policy says so, */
	uint32_t line;
	bool gone; /* or where the old one did */
};

enum {
	DIFF_MAX_ROWS = 65536, /* kept; more are counted only */
};

struct diff {
	struct diff_row *rows;
	size_t num_rows;
	size_t counts[NUM_DIFF_VERDICTS]; /* of all, kept or not */
	/* Controllers whose data gets wider, by the running policy and by the
	   new one: each has to sign. */
	struct span *signers;
	size_t num_signers;
};

/*
 * diff_policies: from `old` to `new`. Both come from check_policy, and so do
 * the spans; other words and the rows are in `arena`.
 *
 * Errors   NO_MEMORY, TOO_BIG of the arena
 */
MUST_USE struct err diff_policies(struct diff *out, struct arena *arena,
    const struct policy *old, const struct policy *new);

/* diff_verdict_name: "WIDER", "narrower", "other". */
const char *diff_verdict_name(enum diff_verdict verdict);

/*
 * diff_print: for a person: a table, and who has to sign. `running` is the old
 * policy, whose rule it is. Errors: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err diff_print(
    struct buf *out, const struct diff *diff, const struct policy *running);

/* diff_signs_for: signer `signer` of a policy can sign for the party. */
bool diff_signs_for(
    const struct policy *policy, uint32_t signer, struct span party);

#endif
