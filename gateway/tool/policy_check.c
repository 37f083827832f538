#include "gateway/tool/policy_verbs.h"

#include <getopt.h>
#include <stdio.h>

#include "gateway/tool/policy_job.h"

static int
usage(void)
{
	(void)fputs("usage: gatehouse policy check "
		    "[--format text|json|sarif|github]\n"
		    "           [--config FILE] [FILE or FOLDER...]\n"
		    "Without a FILE it is the policy of the gateway's "
		    "configuration.\n",
	    stderr);
	return 2;
}

static int
check_files(struct policy_job *job, int argc, char **argv)
{
	static const struct option options[] = {
	    {"format", required_argument, NULL, 'f'},
	    {"json", no_argument, NULL, 'j'},
	    {"config", required_argument, NULL, 'c'},
	    {0},
	};
	const char *config = NULL;
	struct policy policy;
	enum policy_format format = POLICY_FORMAT_TEXT;
	int option, code = 0;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			format = POLICY_FORMAT_JSON;
		else if (option == 'c')
			config = optarg;
		else if (option != 'f' || !policy_report_find(&format, optarg))
			return usage();
	}
	for (int i = optind; i < argc && code == 0; i++)
		code = policy_job_add(job, argv[i]);
	if (code == 0 && job->num_files == 0)
		code = policy_job_add_configured(job, config);
	if (code != 0)
		return code;
	return policy_job_report(job, policy_job_check(job, &policy), format);
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
