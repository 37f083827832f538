#ifndef GATEHOUSE_POLICY_CHANGE_H
#define GATEHOUSE_POLICY_CHANGE_H

#include "gateway/base/config.h"
#include "gateway/base/version_dir.h"
#include "gateway/tool/policy_job.h"

/* policy_change: a candidate beside the highest version of a policy, for the
 * commands that sign it, apply it or show it. */

/* One side, read and checked. It is large. */
struct policy_side {
	struct policy_job job;
	struct policy policy;
	struct source_file files[CHECK_MAX_FILES + CHECK_MAX_TABLES];
	size_t num_files;
};

/* policy_side_load: returns 0, or the exit status after saying why. */
MUST_USE int policy_side_load(struct policy_side *side, const char *path);
void policy_side_done(struct policy_side *side); /* accepts the zero state */

struct policy_change {
	struct arena arena;
	struct config config;
	const char *versions;  /* the folder of versions */
	const char *ledger;    /* a folder; NULL: it is not known */
	const char *candidate; /* file or folder */
	const char *beside;    /* where its signatures are put */
	uint64_t highest;
	struct policy_side running, next;
	struct step_signature signatures[STEP_MAX_SIGNATURES];
	size_t num_signatures;
	struct step step;
	struct step_result result; /* of policy_change_judge */
};

/* Where things are, as somebody has said; NULL: as the configuration says. */
struct policy_change_with {
	const char *config;
	const char *versions;
	const char *ledger; /* beside `versions` it has to be named */
	const char *candidate;
	const char *beside;
	uint64_t back_to; /* a version; 0: it is not one of them */
};

/*
 * policy_change_open: both sides, and that there is a difference.
 *
 * Returns  0, or the exit status after saying why: 1 also when there is no
 *          version yet, or nothing to change
 */
MUST_USE int policy_change_open(
    struct policy_change *change, const struct policy_change_with *with);
void policy_change_done(struct policy_change *change);

/* policy_change_where: the folder of versions alone: config and versions.
 * Returns as above. */
MUST_USE int policy_change_where(
    struct policy_change *change, const struct policy_change_with *with);

/* policy_change_step: from `running` to `next`, which is that version, and
 * nobody has signed it. */
void policy_change_step(struct policy_change *change, uint64_t version);

/*
 * policy_change_signatures: all <signer>.sig of a folder; one that is not there
 * holds none. policy_change_judge: what was read, by the version that runs.
 *
 * Returns  0, or the exit status after saying why
 */
MUST_USE int policy_change_signatures(
    struct policy_change *change, const char *folder);
MUST_USE int policy_change_judge(struct policy_change *change);

/* policy_change_show: the difference, who has signed it, and who is missing,
 * on stdout. Returns 0, or the exit status. */
MUST_USE int policy_change_show(const struct policy_change *change);

#endif
