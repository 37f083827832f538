#include "gateway/tool/policy_verbs.h"

#include <stdio.h>

#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_sample.h"

static struct err
take_format(void *into, const char *value)
{
	return policy_report_find(into, value)
	    ? OK
	    : ERR(USAGE, "no format; there are text, json, sarif and github");
}

static int
check_files(struct policy_job *job, int argc, char **argv)
{
	const char *config = NULL, *sample = NULL, *dataset = NULL;
	struct policy policy;
	enum policy_format format = POLICY_FORMAT_TEXT;
	bool json = false;
	struct options options = {
	    .usage = "policy check [--format text|json|sarif|github] "
		     "[--json]\n"
		     "           [--sample DATA [--dataset ID]] "
		     "[--config FILE]\n"
		     "           [FILE or FOLDER...]\n"
		     "Without a FILE it is the policy of the gateway's "
		     "configuration.",
	    .rows = {{"format", .take = take_format, .into = &format},
		{"json", .flag = &json}, {"sample", .text = &sample},
		{"dataset", .text = &dataset}, {"config", .text = &config}},
	    .most = OPTIONS_MANY,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (json)
		format = POLICY_FORMAT_JSON;
	if ((sample != NULL && format != POLICY_FORMAT_TEXT) ||
	    (dataset != NULL && sample == NULL))
		return options_usage(&options);
	for (int i = 0; i < options.num_operands && code == 0; i++)
		code = policy_job_add(job, options.operands[i]);
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
