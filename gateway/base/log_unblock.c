#include "gateway/base/log_unblock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

static bool
needs_it(void)
{
	struct stat stat;
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	return flags >= 0 && (flags & O_NONBLOCK) == 0 &&
	    fstat(STDERR_FILENO, &stat) == 0 &&
	    (S_ISFIFO(stat.st_mode) || S_ISCHR(stat.st_mode));
}

/* The flag belongs to the open file, which whoever started us has as well: so
 * it is set on another one. */
struct err
log_unblock(void)
{
	if (!needs_it())
		return OK;
	int fd = open("/proc/self/fd/2",
	    O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return ERR(IO, "log: stderr cannot be opened once more");
	int done = dup2(fd, STDERR_FILENO);
	sysio_close(&fd);
	return done < 0 ? ERR(IO, "log: stderr cannot be replaced") : OK;
}
