#ifndef GATEHOUSE_STEP_H
#define GATEHOUSE_STEP_H

#include "policy/changes.h"
#include "policy/diff.h"
#include "policy/statement.h"

/*
 * step: from version N-1 of a policy to version N: what it changes, who has
 * signed it, and whether that is enough. Pure, so that the command that writes
 * a version and the program that loads it judge alike; the one that loads
 * believes nothing that the other has found.
 */
enum {
	STEP_MAX_SIGNATURES = 64
};

/* A file that claims to be the signature of one. */
struct step_signature {
	struct span signer; /* its name */
	struct span bytes;
};

struct step {
	const struct policy *running, *next;	  /* of check_policy */
	const struct source_file *before, *after; /* all files of each */
	size_t num_before, num_after;
	uint64_t version; /* of `next` */
	const struct step_signature *signatures;
	size_t num_signatures;
};

struct step_result {
	struct diff diff;
	struct statement statement;
	struct changes_verdict verdict;
	uint32_t signed_by[STEP_MAX_SIGNATURES]; /* signers of `running` */
	uint32_t num_signed;
	/* Those that are not what they claim to be: indices into signatures. */
	uint32_t wrong[STEP_MAX_SIGNATURES];
	uint32_t num_wrong;
};

/*
 * step_judge: `running` judges: its signers, their keys, its rules.
 *
 * out      the diff is in `arena`
 * Errors   MALFORMED: of statement_digest; DENIED: `next` has no signers, and
 *          nobody could change it again; TOO_BIG, NO_MEMORY, CRYPTO
 */
MUST_USE struct err step_judge(
    struct step_result *out, struct arena *arena, const struct step *step);

/*
 * step_say_lacking: whose signatures are missing: "it needs one more signature,
 * of anna or ada for clinic". Nothing when there are enough.
 * Errors: of `out`.
 */
MUST_USE struct err step_say_lacking(
    struct buf *out, const struct step *step, const struct step_result *result);

#endif
