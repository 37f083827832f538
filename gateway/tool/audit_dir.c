#include "gateway/tool/audit_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gateway/ledger/disk.h"

const char *
audit_dir_name(const char *path)
{
	return path != NULL ? path : "/var/lib/gatehouse/ledger";
}

struct err
audit_dir_open(const char *path, int *out_dir)
{
	int dir =
	    open(audit_dir_name(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno == ENOENT)
		return ERR(NOT_FOUND, "there is no such folder");
	if (dir < 0)
		return ERR(IO, "the folder cannot be opened");
	*out_dir = dir;
	return OK;
}

struct err
audit_dir_read(const char *path, struct buf *out)
{
	return disk_read(AT_FDCWD, path, out);
}
