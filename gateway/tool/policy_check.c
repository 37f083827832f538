#include "gateway/tool/policy_verbs.h"

#include <getopt.h>
#include <stdio.h>

#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_sample.h"

static int
usage(void)
{
	(void)fputs("usage: gatehouse policy check "
		    "[--format text|json|sarif|github]\n"
		    "           [--sample DATA [--dataset ID]] "
		    "[--config FILE]\n"
		    "           [FILE or FOLDER...]\n"
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
	    {"sample", required_argument, NULL, 's'},
	    {"dataset", required_argument, NULL, 'd'},
	    {"config", required_argument, NULL, 'c'},
	    {0},
	};
	const char *config = NULL, *sample = NULL, *dataset = NULL;
	struct policy policy;
	enum policy_format format = POLICY_FORMAT_TEXT;
	int option, code = 0;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			format = POLICY_FORMAT_JSON;
		else if (option == 'c')
			config = optarg;
		else if (option == 's')
			sample = optarg;
		else if (option == 'd')
			dataset = optarg;
		else if (option != 'f' || !policy_report_find(&format, optarg))
			return usage();
	}
	if ((sample != NULL && format != POLICY_FORMAT_TEXT) ||
	    (dataset != NULL && sample == NULL))
		return usage();
	for (int i = optind; i < argc && code == 0; i++)
		code = policy_job_add(job, argv[i]);
	if (code == 0 && job->num_files == 0)
		code = policy_job_add_configured(job, config);
	if (code != 0)
		return code;
	struct err err = policy_job_check(job, &policy);
	code = policy_job_report(job, err, format);
	if (code == 0 && sample != NULL)
		code = policy_sample(&policy, sample, dataset);
	return code;
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
