#include "gateway/loader/state_version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/loader/no_start.h"

/* In one step: half of a number is never there. */
static int
write_version(const char *path)
{
	char new[4096 + 8], text[16];
	int len = snprintf(text, sizeof(text), "%d\n", STATE_VERSION);

	(void)snprintf(new, sizeof(new), "%s.new", path);
	int CLEANUP(sysio_close) fd =
	    open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return no_start_errno(new);
	if (sysio_pwrite_full(fd, span_of(text, (size_t)len), 0).code !=
		ERR_OK ||
	    fsync(fd) != 0 || rename(new, path) != 0)
		return no_start_errno(path);
	return 0;
}

static int
read_version(const char *path, int fd)
{
	uint8_t bytes[16];
	uint64_t version;
	size_t len;

	if (sysio_pread(fd, bytes, sizeof(bytes), 0, &len).code != ERR_OK)
		return no_start(path, "it cannot be read");
	struct span text = span_of(bytes, len);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (span_u64(text, &version, UINT32_MAX).code != ERR_OK)
		return no_start(path, "is not a version");
	return version == STATE_VERSION
	    ? 0
	    : no_start(path,
		  "other programs wrote this state, in a way that "
		  "these do not know");
}

int
state_version_check(const char *state)
{
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/VERSION", state);

	if (len < 0 || (size_t)len >= sizeof(path))
		return no_start(state, "too long a path");
	int CLEANUP(sysio_close) fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return read_version(path, fd);
	return errno == ENOENT ? write_version(path) : no_start_errno(path);
}
