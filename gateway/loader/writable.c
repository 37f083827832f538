#include "gateway/loader/writable.h"

#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "gateway/loader/no_start.h"

static bool
is_mounted_read_only(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

int
writable_refuse(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
	    (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0) ||
	    is_mounted_read_only(path))
		return 0;
	return no_start(path, "others can write to it; chmod go-w");
}

int
writable_refuse_both(const char *path)
{
	char folder[4096];
	int status = writable_refuse(path);

	if (status != 0 || strlen(path) >= sizeof(folder))
		return status;
	(void)snprintf(folder, sizeof(folder), "%s", path);
	return writable_refuse(dirname(folder));
}
