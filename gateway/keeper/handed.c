#include "gateway/keeper/handed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
is_open_for(int fd, int mode, int never)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) == mode &&
	    (flags & never) == 0;
}

/* The library makes of fstat another call, which takes paths as well and which
 * the jail does not know. */
bool
handed_is_file(int fd, int mode)
{
	struct stat st;

	return is_open_for(fd, mode, O_PATH) &&
	    syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Of all that there is, only a pipe has a size of this kind. */
bool
handed_is_pipe(int fd, int mode)
{
	return is_open_for(fd, mode, O_PATH | O_NONBLOCK) &&
	    fcntl(fd, F_GETPIPE_SZ) > 0;
}
