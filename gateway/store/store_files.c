#include "gateway/store/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

enum {
	FILE_MODE = 0600
};

static const char *const names[] = {
    [STORE_CODES] = "codes.sqlite",
    [STORE_CODES_WAL] = "codes.sqlite-wal",
    [STORE_KEYS] = "keys.sqlite",
    [STORE_KEYS_WAL] = "keys.sqlite-wal",
    [STORE_MARK] = "commits.mark",
};
/* Until the tables are whole. Their logs are empty by then, and the mark is of
 * a store that has no name yet. */
static const char *const new_names[] = {
    [STORE_CODES] = "codes.new",
    [STORE_CODES_WAL] = "codes.sqlite-wal",
    [STORE_KEYS] = "keys.new",
    [STORE_KEYS_WAL] = "keys.sqlite-wal",
    [STORE_MARK] = "commits.mark",
};

static struct err
exists(int dir, const char *name, bool *out)
{
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		*out = true;
	else if (errno == ENOENT)
		*out = false;
	else
		return ERR(IO, "codebook: its folder cannot be looked at");
	return OK;
}

static struct err
sync_folder(int dir)
{
	return fsync(dir) == 0
	    ? OK
	    : ERR(IO, "codebook: a sync of its folder failed");
}

static struct err
give_name(int dir, const char *from, const char *to)
{
	if (renameat(dir, from, dir, to) != 0)
		return ERR(IO, "codebook: a file does not get its name");
	return sync_folder(dir);
}

struct err
store_files_look(int dir, bool *out_there)
{
	bool codes, keys, codes_made;

	TRY(exists(dir, names[STORE_CODES], &codes));
	TRY(exists(dir, names[STORE_KEYS], &keys));
	TRY(exists(dir, new_names[STORE_CODES], &codes_made));
	if (keys && !codes && codes_made) {
		TRY(give_name(dir, new_names[STORE_CODES], names[STORE_CODES]));
		codes = true;
	}
	if (codes && !keys)
		return ERR(NOT_FOUND,
		    "codebook: there is codes.sqlite and no keys.sqlite; "
		    "restore both from one backup");
	if (keys && !codes)
		return ERR(NOT_FOUND,
		    "codebook: there is keys.sqlite and no codes.sqlite; "
		    "restore both from one backup");
	*out_there = codes;
	return OK;
}

/* A lock of the caller's descriptor would be one of all that have a copy. */
static struct err
open_folder(struct store_files *out, int dir)
{
	out->lock = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->lock >= 0 ? OK
			      : ERR(IO, "codebook: its folder does not open");
}

/* Root may make them, for the user whose folder it is. */
static struct err
open_file(int *out, int dir, const char *name, int flags)
{
	struct stat st;

	*out = openat(
	    dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, FILE_MODE);
	if (*out < 0)
		return errno == ENOSPC
		    ? ERR(NO_SPACE, "codebook: no space on its disk")
		    : ERR(IO, "codebook: a file does not open");
	if (geteuid() == 0 &&
	    (fstat(dir, &st) != 0 || fchown(*out, st.st_uid, st.st_gid) != 0))
		return ERR(IO, "codebook: a file does not get its owner");
	return OK;
}

struct err
store_files_open(struct store_files *out, int dir)
{
	struct store_files files = STORE_FILES_NONE;

	struct err err = open_folder(&files, dir);
	for (unsigned i = 0; i < NUM_STORE_FILES && err.code == ERR_OK; i++)
		err = open_file(&files.fds[i], dir, names[i],
		    i == STORE_CODES || i == STORE_KEYS ? 0 : O_CREAT);
	if (err.code == ERR_OK)
		err = sync_folder(dir);
	if (err.code != ERR_OK) {
		store_files_close(&files);
		return err;
	}
	*out = files;
	return OK;
}

/* What a store that was moved away left of itself: a log that is found beside
 * another table would be taken for that one's. */
static struct err
clear(int dir)
{
	for (unsigned i = 0; i < NUM_STORE_FILES; i++)
		if (unlinkat(dir, new_names[i], 0) != 0 && errno != ENOENT)
			return ERR(IO, "codebook: an old file does not go");
	return OK;
}

static struct err
make_files(struct store_files *files, int dir)
{
	TRY(open_folder(files, dir));
	if (flock(files->lock, LOCK_EX | LOCK_NB) != 0)
		return ERR(
		    UNAVAILABLE, "codebook: another process has its lock");
	TRY(clear(dir));
	for (unsigned i = 0; i < NUM_STORE_FILES; i++)
		TRY(open_file(
		    &files->fds[i], dir, new_names[i], O_CREAT | O_EXCL));
	return OK;
}

struct err
store_files_new(struct store_files *out, int dir)
{
	struct store_files files = STORE_FILES_NONE;
	struct err err = make_files(&files, dir);

	if (err.code != ERR_OK) {
		store_files_close(&files);
		return err;
	}
	*out = files;
	return OK;
}

/* The keys first; store_files_look knows that. */
struct err
store_files_name(const struct store_files *files, int dir)
{
	if (fsync(files->fds[STORE_CODES]) != 0 ||
	    fsync(files->fds[STORE_KEYS]) != 0)
		return ERR(IO, "codebook: a sync of a new file failed");
	TRY(give_name(dir, new_names[STORE_KEYS], names[STORE_KEYS]));
	return give_name(dir, new_names[STORE_CODES], names[STORE_CODES]);
}

void
store_files_close(struct store_files *files)
{
	for (unsigned i = 0; i < NUM_STORE_FILES; i++)
		sysio_close(&files->fds[i]);
	sysio_close(&files->lock);
}
