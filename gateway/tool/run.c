#include "gateway/tool/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/tool/options.h"

/* The supervisor reads them again: here they only have to be right. */
static int
read_options(int argc, char **argv)
{
	const char *config;
	bool degraded;
	struct options options = {
	    .usage = "run [--config FILE] [--allow-degraded]",
	    .rows = {{"config", 'c', .text = &config},
		{"allow-degraded", .flag = &degraded}},
	};

	return options_read(&options, argc, argv);
}

int
run_main(int argc, char **argv)
{
	char path[4096], program[4200];
	int code = read_options(argc, argv);

	if (code != 0)
		return code;
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (len <= 0) {
		fprintf(stderr, "gatehouse run: %s\n", strerror(errno));
		return 1;
	}
	path[len] = '\0';
	char *slash = strrchr(path, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(program, sizeof(program),
	    "%s/../libexec/gatehouse/gatehouse-supervisor", path);
	argv[0] = strrchr(program, '/') + 1; /* what ps shows */
	execv(program, argv);
	fprintf(stderr, "gatehouse run: %s: %s\n", program, strerror(errno));
	return 1;
}
