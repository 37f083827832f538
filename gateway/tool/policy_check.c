#include "gateway/tool/policy_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/tool/policy_job.h"

static int
usage(void)
{
	(void)fputs("usage: gatehouse policy check [--json] FILE...\n", stderr);
	return 2;
}

static int
check_files(struct policy_job *job, int argc, char **argv)
{
	struct policy policy;
	bool json = false;
	struct err err;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			json = true;
			continue;
		}
		if (argv[i][0] == '-')
			return usage();
		err = policy_job_add(job, argv[i]);
		if (err.code != ERR_OK) {
			(void)fprintf(
			    stderr, "gatehouse: %s: %s\n", argv[i], err.why);
			return 2;
		}
	}
	if (job->num_files == 0)
		return usage();
	err = policy_job_check(job, &policy);
	return policy_job_report(job, err, json);
}

int
policy_check_main(int argc, char **argv)
{
	struct policy_job job;
	int code;

	policy_job_init(&job);
	code = check_files(&job, argc, argv);
	policy_job_done(&job);
	return code;
}
