#include "gateway/tool/staged_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

enum {
	NAME_MAX_LEN = 255,
	PATH_LEN = 4096,
	FOLDER_MODE = 0700,
	FILE_MODE = 0600,
	MAX_DEPTH = 2, /* of folders in it, as a table may have one */
};

static const char current[] = "staged", next[] = "staged.new",
		  before[] = "staged.old";

/* --- Folders --- */

static struct err
io(void)
{
	return ERR(IO, "the folder of the candidate cannot be written");
}

/* One that is not there is gone. */
static struct err
remove_below(int dir, const char *name, int depth)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct err err = OK;

	if (fd < 0)
		return errno == ENOENT ? OK : io();
	while (stream != NULL && err.code == ERR_OK &&
	    (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		err = depth > 0 ? remove_below(fd, entry->d_name, depth - 1)
				: io();
	}
	if (stream != NULL)
		(void)closedir(stream);
	else
		(void)close(fd);
	TRY(err);
	return unlinkat(dir, name, AT_REMOVEDIR) == 0 ? OK : io();
}

static struct err
remove_all(int dir, const char *name)
{
	return remove_below(dir, name, MAX_DEPTH);
}

static struct err
sync_all(int fd)
{
	return fsync(fd) == 0 ? OK : io();
}

/* For whom the gateway runs as: whoever owns its state. */
static struct err
give_to_owner(int fd, int dir)
{
	struct stat state, own;

	if (fstat(dir, &state) != 0 || fstat(fd, &own) != 0)
		return io();
	if (state.st_uid == own.st_uid && state.st_gid == own.st_gid)
		return OK;
	return fchown(fd, state.st_uid, state.st_gid) == 0 ? OK : io();
}

/* A folder, made unless it is there. */
static struct err
open_folder(int *out, int dir, const char *name)
{
	if (mkdirat(dir, name, FOLDER_MODE) != 0 && errno != EEXIST)
		return io();
	*out =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*out < 0)
		return io();
	struct err err = give_to_owner(*out, dir);
	if (err.code != ERR_OK)
		sysio_close(out);
	return err;
}

/* --- Files --- */

static struct err
write_file(int dir, const char *name, struct span bytes)
{
	CLEANUP(sysio_close)
	int fd = openat(
	    dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return errno == EEXIST
		    ? ERR(EXISTS, "two of its files have one name")
		    : io();
	TRY(sysio_write_full(fd, bytes));
	TRY(give_to_owner(fd, dir));
	return sync_all(fd);
}

static bool
is_plain(struct span name)
{
	return name.len > 0 && name.len <= NAME_MAX_LEN &&
	    name.data[0] != '.' && span_find(name, '\0') == name.len;
}

/* "policy.yaml", or "tables/icd.csv". */
static struct err
put_file(int dir, const struct source_file *file)
{
	char first[NAME_MAX_LEN + 1] = "", second[NAME_MAX_LEN + 1] = "";
	size_t slash = span_find(file->name, '/');
	struct span folder = span_sub(file->name, 0, slash);
	struct span rest = span_sub(file->name, slash + 1, file->name.len);
	bool is_below = slash < file->name.len;

	if (!is_plain(folder) ||
	    (is_below && (!is_plain(rest) || span_find(rest, '/') != rest.len)))
		return ERR(MALFORMED,
		    "a table of it lies neither in its folder nor in one in "
		    "that");
	memcpy(first, folder.data, folder.len);
	if (!is_below)
		return write_file(dir, first, file->bytes);
	memcpy(second, rest.data, rest.len);
	CLEANUP(sysio_close) int fd = -1;
	TRY(open_folder(&fd, dir, first));
	TRY(write_file(fd, second, file->bytes));
	return sync_all(fd);
}

static struct err
write_all(int dir, const struct source_file *files, size_t num_files)
{
	CLEANUP(sysio_close) int fd = -1;

	TRY(open_folder(&fd, dir, next));
	for (size_t i = 0; i < num_files; i++)
		TRY(put_file(fd, &files[i]));
	return sync_all(fd);
}

/* --- The candidate --- */

struct err
staged_dir_open(struct staged_dir *out, const char *state)
{
	char path[PATH_LEN];
	int len = snprintf(path, sizeof(path), "%s/policy", state);

	*out = (struct staged_dir){.dir = -1};
	if (len < 0 || (size_t)len >= sizeof(path))
		return ERR(TOO_BIG, "too long a path");
	CLEANUP(sysio_close)
	int above = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return io();
	TRY(open_folder(&out->dir, above, "policy"));
	if (flock(out->dir, LOCK_EX | LOCK_NB) != 0)
		return ERR(AGAIN, "somebody else changes the policy now");
	TRY(remove_all(out->dir, next));
	return remove_all(out->dir, before);
}

void
staged_dir_done(struct staged_dir *staged)
{
	sysio_close(&staged->dir);
}

struct err
staged_dir_put(struct staged_dir *staged, const struct source_file *files,
    size_t num_files)
{
	int dir = staged->dir;
	struct err err = write_all(dir, files, num_files);

	if (err.code != ERR_OK) {
		(void)!remove_all(dir, next).code;
		return err;
	}
	/* Whoever looks sees the one or the other. */
	staged->has_old =
	    renameat2(dir, next, dir, current, RENAME_EXCHANGE) == 0;
	if (staged->has_old
		? renameat(dir, next, dir, before) != 0
		: errno != ENOENT || renameat(dir, next, dir, current) != 0)
		return io();
	staged->has_put = true;
	return sync_all(dir);
}

struct err
staged_dir_take(struct staged_dir *staged)
{
	if (renameat(staged->dir, current, staged->dir, before) != 0)
		return errno == ENOENT
		    ? ERR(NOT_FOUND, "no candidate is staged")
		    : io();
	staged->has_old = true;
	return sync_all(staged->dir);
}

struct err
staged_dir_keep(struct staged_dir *staged)
{
	return remove_all(staged->dir, before);
}

struct err
staged_dir_back(struct staged_dir *staged)
{
	int dir = staged->dir;

	if (staged->has_put && renameat(dir, current, dir, next) != 0)
		return io();
	if (staged->has_old && renameat(dir, before, dir, current) != 0)
		return io();
	TRY(sync_all(dir));
	return remove_all(dir, next);
}
