#include "gateway/tool/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
run_main(int argc, char **argv)
{
	char path[4096], program[4200];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)argc;
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
