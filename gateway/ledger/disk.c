#include "gateway/ledger/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_LEN = 256,
	FILE_MODE = 0640,
	FOLDER_MODE = 0750
};

/* One name for all: the ledger writes one file at a time. */
static const char UNFINISHED[] = "unfinished";

struct err
disk_error(void)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return ERR(NO_SPACE, "ledger: the disk is full");
	return ERR(IO, "ledger: a write failed");
}

struct err
disk_write(int fd, struct span bytes, uint64_t at)
{
	while (bytes.len > 0) {
		ssize_t done = pwrite(fd, bytes.data, bytes.len, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return disk_error();
		if (done == 0)
			return ERR(IO, "ledger: a write wrote nothing");
		bytes = span_sub(bytes, (size_t)done, bytes.len);
		at += (uint64_t)done;
	}
	return OK;
}

struct err
disk_sync(int fd)
{
	if (fdatasync(fd) != 0)
		return ERR(IO, "ledger: a sync failed");
	return OK;
}

/* --- Folders --- */

/* The length of the part before the last slash; 0: the path has none. */
static size_t
parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path);
}

bool
disk_same_parent(const char *a, const char *b)
{
	return span_equal(span_of(a, parent_len(a)), span_of(b, parent_len(b)));
}

static struct err
sync_folder(int dir, const char *path, size_t len)
{
	char folder[PATH_LEN] = ".";

	if (len >= sizeof(folder))
		return ERR(TOO_BIG, "ledger: a path is over its cap");
	if (len > 0) {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR(IO, "ledger: a folder does not open");
	/* Not fdatasync: a name is no data, and ext4 may leave it out. */
	int failed = fsync(fd);
	(void)close(fd);
	if (failed != 0)
		return ERR(IO, "ledger: a sync of a folder failed");
	return OK;
}

struct err
disk_sync_parent(int dir, const char *path)
{
	return sync_folder(dir, path, parent_len(path));
}

/* Each new folder's name is synced at once: new folders are rare. */
static struct err
make_folders(int dir, const char *path)
{
	char folder[PATH_LEN];
	size_t last = parent_len(path), before = 0;

	if (last >= sizeof(folder))
		return ERR(TOO_BIG, "ledger: a path is over its cap");
	for (size_t i = 1; i <= last; i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		if (mkdirat(dir, folder, FOLDER_MODE) == 0)
			TRY(sync_folder(dir, path, before));
		else if (errno != EEXIST)
			return disk_error();
		before = i;
	}
	return OK;
}

/* --- Whole files --- */

static struct err
rename_to(int dir, const char *path)
{
	if (renameat(dir, UNFINISHED, dir, path) == 0)
		return OK;
	if (errno != ENOENT)
		return disk_error();
	TRY(make_folders(dir, path));
	if (renameat(dir, UNFINISHED, dir, path) != 0)
		return disk_error();
	return OK;
}

struct err
disk_replace(int dir, const char *path, struct span bytes)
{
	int fd = openat(dir, UNFINISHED,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return disk_error();
	struct err err = disk_write(fd, bytes, 0);
	if (err.code == ERR_OK)
		err = disk_sync(fd);
	if (close(fd) != 0 && err.code == ERR_OK)
		err = ERR(IO, "ledger: a file does not close");
	if (err.code == ERR_OK)
		err = rename_to(dir, path);
	/* Give back what little the disk has. */
	if (err.code == ERR_NO_SPACE)
		(void)unlinkat(dir, UNFINISHED, 0);
	return err;
}

struct err
disk_read_at(int fd, struct buf *out, size_t len, uint64_t at)
{
	size_t before = out->len;

	TRY(buf_reserve(out, len));
	while (len > 0) {
		ssize_t got = pread(fd, out->data + out->len, len, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			out->len = before;
			return ERR(IO, "ledger: a read failed");
		}
		if (got == 0)
			break;
		out->len += (size_t)got;
		len -= (size_t)got;
		at += (uint64_t)got;
	}
	return OK;
}

static struct err
read_whole(int fd, struct buf *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
		return ERR(IO, "ledger: not a file");
	if ((uint64_t)st.st_size > out->max)
		return ERR(TOO_BIG, "ledger: a file is over its cap");
	return disk_read_at(fd, out, (size_t)st.st_size, 0);
}

struct err
disk_read(int dir, const char *path, struct buf *out)
{
	int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return ERR(NOT_FOUND, "ledger: a file is missing");
	if (fd < 0)
		return ERR(IO, "ledger: a file does not open");
	struct err err = read_whole(fd, out);
	(void)close(fd);
	return err;
}

struct err
disk_exists(int dir, const char *path, bool *out)
{
	if (faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		*out = true;
	else if (errno == ENOENT)
		*out = false;
	else
		return ERR(IO, "ledger: a name cannot be looked up");
	return OK;
}
