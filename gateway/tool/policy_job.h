#ifndef GATEHOUSE_POLICY_JOB_H
#define GATEHOUSE_POLICY_JOB_H

#include "gateway/tool/policy_report.h"
#include "policy/check.h"

/* policy_job: the files of a policy, read for one command. */
struct policy_job {
	struct arena arena;
	struct diagnostics d;
	struct source_file files[CHECK_MAX_FILES];
	size_t num_files;
	struct source_file tables[CHECK_MAX_TABLES]; /* that the check read */
	size_t num_tables;
	int folder; /* of the files: tables are below it; -1: none yet */
};

void policy_job_init(struct policy_job *job);
void policy_job_done(struct policy_job *job);

/*
 * policy_job_add: a file, or every *.yaml of a folder in the order of their
 * names, as the gateway reads it. `path` is borrowed until the job is done.
 *
 * Returns  0, or the exit code (2) after saying on stderr what is wrong
 */
MUST_USE int policy_job_add(struct policy_job *job, const char *path);

/*
 * policy_job_add_configured: the policy of a gateway's configuration.
 *
 * config   as in config_load; NULL: not given
 * Returns  as policy_job_add
 */
MUST_USE int policy_job_add_configured(
    struct policy_job *job, const char *config);

/*
 * policy_job_files: after policy_job_check: all that the policy is made of, by
 * the names that the files have in its folder, and tables by theirs.
 *
 * out      borrowed from the job
 * Returns  how many
 */
size_t policy_job_files(const struct policy_job *job,
    struct source_file out[CHECK_MAX_FILES + CHECK_MAX_TABLES]);

/* policy_job_check: check_policy, as of today. `out` ends with the job. */
MUST_USE struct err policy_job_check(
    struct policy_job *job, struct policy *out);

/*
 * policy_job_report: what check found, after policy_job_check.
 *
 * format   what a program asked for goes to stdout; text is for a person, and
 *          goes to stderr
 * Returns  the exit code: 0 loadable, 3 not, 1 a failure of ours
 */
int policy_job_report(
    const struct policy_job *job, struct err err, enum policy_format format);

/*
 * policy_job_load: all of the above, for a command that needs a policy without
 * errors: the files named, or the configured ones.
 *
 * Returns  0, or the exit code after saying on stderr what is wrong
 */
MUST_USE int policy_job_load(struct policy_job *job, struct policy *out,
    char *const *paths, int num_paths, const char *config);

#endif
