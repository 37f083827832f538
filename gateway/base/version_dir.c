#include "gateway/base/list_dir.h"
#include "gateway/base/version_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

static const char PART[] = ".part"; /* what has no name yet, or no more */

enum {
	MAX_NAME = 1024,
	MAX_DEPTH = 16,
};

/* --- What is there --- */

struct err
version_dir_path(char out[VERSION_DIR_PATH], const char *folder,
    uint64_t version, const char *below)
{
	int len = snprintf(out, VERSION_DIR_PATH, "%s/%" PRIu64 "%s%s", folder,
	    version, below[0] == '\0' ? "" : "/", below);

	return len > 0 && len < VERSION_DIR_PATH
	    ? OK
	    : ERR(TOO_BIG, "too long a path");
}

static struct err
sync_fd(int fd)
{
	return fsync(fd) == 0 ? OK : ERR(IO, "it cannot be synced");
}

struct err
version_dir_open(int *out, const char *state, bool make)
{
	int CLEANUP(sysio_close) parent =
	    open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = OK;

	if (parent < 0)
		return errno == ENOENT ? ERR(NOT_FOUND, "there is no state")
				       : ERR(IO, "the state does not open");
	if (make && mkdirat(parent, "policy", 0700) == 0)
		err = sync_fd(parent);
	else if (make && errno != EEXIST)
		err = ERR(IO, "the folder of versions cannot be made");
	TRY(err);
	int fd = openat(
	    parent, "policy", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT
		    ? ERR(NOT_FOUND, "there is no version yet")
		    : ERR(IO, "the folder of versions does not open");
	*out = fd;
	return OK;
}

struct err
version_dir_highest(uint64_t *out, int dir)
{
	DIR *stream = list_dir_open(dir);
	struct dirent *entry;
	uint64_t highest = 0, version;

	if (stream == NULL)
		return ERR(IO, "the folder of versions does not open");
	while ((entry = readdir(stream)) != NULL)
		if (span_u64(span_str(entry->d_name), &version, VERSION_DIR_MAX)
			    .code == ERR_OK &&
		    version > highest)
			highest = version;
	(void)closedir(stream);
	*out = highest;
	return OK;
}

/* --- What has to go --- */

/* With all that is in it, as deep as anything of ours is. */
static struct err
remove_all(int parent, const char *name, int depth)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return OK;
	int CLEANUP(sysio_close) fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *stream = fd < 0 || depth == 0 ? NULL : list_dir_open(fd);
	struct dirent *entry;
	struct err err = OK;

	if (stream == NULL)
		return ERR(IO, "what was left unfinished cannot be removed");
	while (err.code == ERR_OK && (entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			err = remove_all(fd, entry->d_name, depth - 1);
	(void)closedir(stream);
	TRY(err);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0
	    ? OK
	    : ERR(IO, "what was left unfinished cannot be removed");
}

/* --- What is written --- */

/* One writer at a time; the descriptor's lock ends with it. */
static struct err
lock(int *out, int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ERR(IO, "the folder of versions does not open");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		sysio_close(&fd);
		return ERR(AGAIN, "somebody else writes a version");
	}
	*out = fd;
	return OK;
}

static struct err
make_folder(int *out, int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
		return ERR(IO, "a folder cannot be made");
	*out = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *out >= 0 ? OK : ERR(IO, "a folder cannot be opened");
}

static struct err
write_here(int folder, const char *name, struct span bytes)
{
	int CLEANUP(sysio_close) fd =
	    openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return ERR(IO, "a file cannot be made");
	TRY(sysio_write_full(fd, bytes));
	return sync_fd(fd);
}

/* Below a folder; the folders of its name are made. */
static struct err
write_file(int folder, struct span name, struct span bytes)
{
	char part[MAX_NAME];
	struct span step;

	if (!span_take_until(&name, &step, '/') || step.len == 0 ||
	    step.len >= sizeof(part) || step.data[0] == '.')
		return ERR(MALFORMED, "a file that has no name of its own");
	memcpy(part, step.data, step.len);
	part[step.len] = '\0';
	if (name.data == NULL)
		return write_here(folder, part, bytes);
	int CLEANUP(sysio_close) below = -1;
	TRY(make_folder(&below, folder, part));
	TRY(write_file(below, name, bytes));
	return sync_fd(below);
}

static struct err
write_signatures(int part, const struct version_dir_content *content)
{
	int CLEANUP(sysio_close) folder = -1;

	TRY(make_folder(&folder, part, "signatures"));
	for (size_t i = 0; i < content->num_signatures; i++) {
		struct buf name CLEANUP(buf_done) = {.max = MAX_NAME};

		TRY(buf_append(&name, content->signatures[i].signer));
		TRY(buf_append_str(&name, ".sig"));
		TRY(write_file(
		    folder, buf_span(&name), content->signatures[i].bytes));
	}
	return sync_fd(folder);
}

static struct err
write_content(int part, const struct version_dir_content *content)
{
	int CLEANUP(sysio_close) folder = -1;

	TRY(make_folder(&folder, part, "files"));
	for (size_t i = 0; i < content->num_files; i++)
		TRY(write_file(
		    folder, content->files[i].name, content->files[i].bytes));
	TRY(sync_fd(folder));
	if (content->statement.len > 0)
		TRY(write_here(part, "statement", content->statement));
	if (content->num_signatures > 0)
		TRY(write_signatures(part, content));
	return sync_fd(part);
}

struct err
version_dir_write(
    int dir, uint64_t version, const struct version_dir_content *content)
{
	int CLEANUP(sysio_close) locked = -1;
	int CLEANUP(sysio_close) part = -1;
	char name[32];

	(void)snprintf(name, sizeof(name), "%" PRIu64, version);
	TRY(lock(&locked, dir));
	TRY(remove_all(dir, PART, MAX_DEPTH));
	TRY(make_folder(&part, dir, PART));
	TRY(write_content(part, content));
	if (renameat2(dir, PART, dir, name, RENAME_NOREPLACE) != 0)
		return errno == EEXIST ? ERR(EXISTS, "that version is there")
				       : ERR(IO, "it does not get its name");
	return sync_fd(dir);
}

struct err
version_dir_withdraw(int dir, uint64_t version)
{
	int CLEANUP(sysio_close) locked = -1;
	char name[32];

	(void)snprintf(name, sizeof(name), "%" PRIu64, version);
	TRY(lock(&locked, dir));
	TRY(remove_all(dir, PART, MAX_DEPTH));
	if (renameat(dir, name, dir, PART) != 0)
		return ERR(IO, "it cannot be taken back");
	TRY(sync_fd(dir));
	return remove_all(dir, PART, MAX_DEPTH);
}
