#include "gateway/loader/no_start.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
no_start(const char *path, const char *why)
{
	fprintf(stderr, "gatehouse: %s: %s\n", path, why);
	return 1;
}

int
no_start_errno(const char *path)
{
	return no_start(path, strerror(errno));
}
