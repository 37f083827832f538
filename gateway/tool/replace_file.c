#include "gateway/tool/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/memory/buf.h"
#include "gateway/base/sysio.h"

/* What is on the way from the temporary name to the right one. */
struct replacement {
	char *path;	 /* without links; of malloc */
	struct buf name; /* the temporary one, NUL-terminated; empty: none */
	int fd;
};

static void
drop(struct replacement *r)
{
	sysio_close(&r->fd);
	if (r->name.len > 0)
		(void)unlink((const char *)r->name.data);
	buf_done(&r->name);
	free(r->path);
}

/* Still what was read, so that no edit of another is lost. */
static struct err
compare(int fd, struct span was)
{
	uint8_t piece[4096];
	size_t len;

	do {
		TRY(sysio_read(fd, piece, sizeof(piece), &len));
		if (len > was.len ||
		    !span_equal(span_of(piece, len), span_sub(was, 0, len)))
			return ERR(CHANGED, "it has changed meanwhile");
		was = span_sub(was, len, was.len);
	} while (len > 0);
	return was.len == 0 ? OK : ERR(CHANGED, "it has changed meanwhile");
}

static struct err
make_temporary(struct replacement *r, const struct stat *like)
{
	TRY(buf_append_format(&r->name, "%s.XXXXXX", r->path));
	TRY(buf_put_u8(&r->name, '\0'));
	r->fd = mkostemp((char *)r->name.data, O_CLOEXEC);
	if (r->fd < 0) {
		buf_reset(&r->name);
		return ERR(IO, "there is no room beside it");
	}
	if (fchown(r->fd, like->st_uid, like->st_gid) != 0 ||
	    fchmod(r->fd, like->st_mode & 07777) != 0)
		return ERR(IO, "its owner and mode cannot be kept");
	return OK;
}

static struct err
write_temporary(struct replacement *r, struct span bytes)
{
	TRY(sysio_write_full(r->fd, bytes));
	return fsync(r->fd) == 0 ? OK : ERR(IO, "it cannot be written");
}

/* A rename is on the disk when its folder is. */
static struct err
sync_folder(char *path)
{
	*strrchr(path, '/') = '\0';
	int fd = open(
	    path[0] == '\0' ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool failed = fd < 0 || fsync(fd) != 0;

	sysio_close(&fd);
	return failed ? ERR(IO, "its folder cannot be written") : OK;
}

static struct err
look_at(struct stat *out, const char *path, struct span was)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct err err = OK;

	if (fd < 0 || fstat(fd, out) != 0 || !S_ISREG(out->st_mode))
		err = ERR(IO, "it cannot be read");
	if (err.code == ERR_OK)
		err = compare(fd, was);
	sysio_close(&fd);
	return err;
}

struct err
replace_file(const char *path, struct span was, struct span bytes)
{
	CLEANUP(drop)
	struct replacement r = {.name = {.max = PATH_MAX}, .fd = -1};
	struct stat st;

	r.path = realpath(path, NULL);
	if (r.path == NULL)
		return ERR(IO, "it cannot be found");
	TRY(look_at(&st, r.path, was));
	TRY(make_temporary(&r, &st));
	TRY(write_temporary(&r, bytes));
	TRY(look_at(&st, r.path, was));
	if (rename((const char *)r.name.data, r.path) != 0)
		return ERR(IO, "it cannot be replaced");
	buf_reset(&r.name);
	return sync_folder(r.path);
}

static struct err
look_at_folder(struct stat *out, const char *path)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return ERR(NO_MEMORY, "no memory for its name");
	int failed = stat(dirname(copy), out);
	free(copy);
	return failed == 0 ? OK : ERR(IO, "its folder cannot be looked at");
}

/* A link takes a name that nobody has; a rename would take anybody's. */
struct err
replace_file_make(const char *path, struct span bytes)
{
	CLEANUP(drop)
	struct replacement r = {.name = {.max = PATH_MAX}, .fd = -1};
	struct stat st;

	TRY(look_at_folder(&st, path));
	r.path = strdup(path);
	if (r.path == NULL)
		return ERR(NO_MEMORY, "no memory for its name");
	st.st_mode = 0644;
	TRY(make_temporary(&r, &st));
	TRY(write_temporary(&r, bytes));
	if (link((const char *)r.name.data, r.path) != 0)
		return errno == EEXIST
		    ? ERR(CHANGED, "it has changed meanwhile")
		    : ERR(IO, "it cannot be made");
	return sync_folder(r.path);
}
