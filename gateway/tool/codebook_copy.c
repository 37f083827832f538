#include "gateway/tool/codebook_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	FILE_MODE = 0600,
	FOLDER_MODE = 0700,
};

static const char CODES[] = "codes.sqlite";
static const char KEYS[] = "keys.sqlite";
static const char CODES_LOG[] = "codes.sqlite-wal";
static const char KEYS_LOG[] = "keys.sqlite-wal";

static int
say(const char *folder, const char *name)
{
	(void)fprintf(stderr, "gatehouse: %s%s%s: %s\n", folder,
	    name[0] != '\0' ? "/" : "", name, strerror(errno));
	return EXIT_BAD_USAGE;
}

static int
open_folder(int *out, const char *folder)
{
	*out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out >= 0 ? 0 : say(folder, "");
}

static int
open_one(int *out, const char *folder, const char *name, int flags)
{
	int CLEANUP(sysio_close) dir = -1;
	int status = open_folder(&dir, folder);

	if (status != 0)
		return status;
	*out = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	return *out >= 0 ? 0 : say(folder, name);
}

int
codebook_copy_new(struct codebook_copy *out, const char *folder)
{
	int flags = O_RDWR | O_CREAT | O_EXCL;

	*out = (struct codebook_copy){-1, -1};
	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return say(folder, "");
	int status = open_one(&out->codes, folder, CODES, flags);
	if (status == 0)
		status = open_one(&out->keys, folder, KEYS, flags);
	if (status != 0)
		codebook_copy_remove(out, folder);
	return status;
}

int
codebook_copy_keep(const char *folder)
{
	int CLEANUP(sysio_close) dir = -1;
	int status = open_folder(&dir, folder);

	if (status == 0 && fsync(dir) != 0)
		status = say(folder, "");
	return status;
}

void
codebook_copy_remove(const struct codebook_copy *copy, const char *folder)
{
	int CLEANUP(sysio_close) dir = -1;

	if (open_folder(&dir, folder) != 0)
		return;
	if (copy->codes >= 0)
		(void)unlinkat(dir, CODES, 0);
	if (copy->keys >= 0)
		(void)unlinkat(dir, KEYS, 0);
}

/* A backup has none: who copied the folder of a codebook has one, and what
 * stands in it alone would be lost. */
static int
look_for_log(const char *folder, const char *name)
{
	int CLEANUP(sysio_close) dir = -1;
	struct stat log;
	int status = open_folder(&dir, folder);

	if (status != 0)
		return status;
	if (fstatat(dir, name, &log, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : say(folder, name);
	if (log.st_size == 0)
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: %s/%s: it holds codes that are in no table yet, so the "
	    "folder is no backup: start a gateway with it as its "
	    "state/codebook, "
	    "which brings them home\n",
	    folder, name);
	return EXIT_BAD_USAGE;
}

int
codebook_copy_open(
    struct codebook_copy *out, const char *codes, const char *keys)
{
	*out = (struct codebook_copy){-1, -1};
	int status = look_for_log(codes, CODES_LOG);

	if (status == 0)
		status = look_for_log(keys, KEYS_LOG);
	if (status == 0)
		status = open_one(&out->codes, codes, CODES, O_RDONLY);
	return status == 0 ? open_one(&out->keys, keys, KEYS, O_RDONLY)
			   : status;
}

void
codebook_copy_close(struct codebook_copy *copy)
{
	sysio_close(&copy->codes);
	sysio_close(&copy->keys);
}
