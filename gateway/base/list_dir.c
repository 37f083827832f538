#include "gateway/base/list_dir.h"

#include <fcntl.h>

#include "gateway/base/sysio.h"

DIR *
list_dir_open(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (stream == NULL)
		sysio_close(&fd);
	return stream;
}
