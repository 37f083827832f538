#include "gateway/tool/audit_partial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

enum {
	TILE_WIDTH = 256,
	TILE_MAX = TILE_WIDTH * (65535 + 2), /* a bundle of full entries */
	READ_STEP = 65536,
	MAX_DEPTH = 8, /* x001/x234/067 below tile/entries, and to spare */
};

/* A folder on the way down, and its name from the ledger on. */
struct place {
	int dir;
	char name[AUDIT_PARTIAL_NAME];
	unsigned depth;
};

/* The whole file; NOT_FOUND when it is gone. */
static struct err
read_tile(struct buf *out, int dir, const char *name)
{
	int fd CLEANUP(sysio_close) =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t got = 1;

	if (fd < 0)
		return errno == ENOENT ? ERR(NOT_FOUND, "a tile is gone")
				       : ERR(IO, "a tile cannot be opened");
	buf_reset(out);
	while (got > 0) {
		TRY(buf_reserve(out, READ_STEP));
		TRY(sysio_read(fd, out->data + out->len, READ_STEP, &got));
		out->len += got;
	}
	return OK;
}

/* The widths of a folder "<N>.p", as a set, and the widest. */
static struct err
read_widths(int dir, bool out_has[TILE_WIDTH], unsigned *out_widest)
{
	DIR *stream = fdopendir(dir);
	struct dirent *entry;
	uint64_t width;

	if (stream == NULL)
		return ERR(IO, "a folder of tiles cannot be read");
	while ((entry = readdir(stream)) != NULL) {
		if (span_u64(span_str(entry->d_name), &width, TILE_WIDTH - 1)
			.code != ERR_OK)
			continue;
		out_has[width] = true;
		if (width > *out_widest)
			*out_widest = (unsigned)width;
	}
	closedir(stream);
	return OK;
}

/* `name` is "<N>.p" in the folder `at`; *out_width is the one that differs. */
static struct err
compare(const struct place *at, const char *name, unsigned *out_width)
{
	struct buf now CLEANUP(buf_done) = {.max = TILE_MAX + READ_STEP};
	struct buf then CLEANUP(buf_done) = {.max = TILE_MAX + READ_STEP};
	bool has[TILE_WIDTH] = {false};
	unsigned widest = 0;
	char path[NAME_MAX + 16];
	int dir = openat(
	    at->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0)
		return ERR(NOT_FOUND, "a folder of tiles is gone");
	TRY(read_widths(dir, has, &widest));
	snprintf(path, sizeof(path), "%.*s", (int)(strlen(name) - 2), name);
	struct err err = read_tile(&now, at->dir, path);
	if (err.code == ERR_NOT_FOUND) {
		snprintf(path, sizeof(path), "%s/%u", name, widest);
		err = read_tile(&now, at->dir, path);
	}
	for (unsigned i = 1; i < TILE_WIDTH && err.code == ERR_OK; i++) {
		if (!has[i])
			continue;
		snprintf(path, sizeof(path), "%s/%u", name, i);
		err = read_tile(&then, at->dir, path);
		*out_width = i;
		if (err.code == ERR_NOT_FOUND)
			err = OK;
		else if (err.code == ERR_OK &&
		    !span_starts_with(buf_span(&now), buf_span(&then)))
			err = ERR(CHANGED,
			    "a partial tile is not the beginning of its tile");
	}
	return err.code == ERR_NOT_FOUND ? OK : err;
}

static struct err check_place(
    const struct place *at, char out_tile[AUDIT_PARTIAL_NAME]);

static struct err
check_entry(
    const struct place *at, const char *name, char out_tile[AUDIT_PARTIAL_NAME])
{
	struct place below = {.depth = at->depth + 1};
	size_t len = strlen(name);
	unsigned width = 0;

	if (len > 2 && span_equal_str(span_of(name + len - 2, 2), ".p")) {
		struct err err = compare(at, name, &width);
		if (err.code == ERR_CHANGED)
			snprintf(out_tile, AUDIT_PARTIAL_NAME, "%.80s/%.20s/%u",
			    at->name, name, width);
		return err;
	}
	snprintf(below.name, sizeof(below.name), "%.90s/%.20s", at->name, name);
	below.dir = openat(
	    at->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (below.dir < 0)
		return OK; /* a tile, or gone */
	return check_place(&below, out_tile);
}

/* Takes over at->dir. */
static struct err
check_place(const struct place *at, char out_tile[AUDIT_PARTIAL_NAME])
{
	DIR *stream = fdopendir(at->dir);
	struct dirent *entry;
	struct err err = OK;

	if (stream == NULL || at->depth > MAX_DEPTH) {
		close(at->dir);
		return ERR(IO, "a folder of tiles cannot be read");
	}
	while (err.code == ERR_OK && (entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] != '.')
			err = check_entry(at, entry->d_name, out_tile);
	}
	closedir(stream);
	return err;
}

struct err
audit_partial_check(int dir, char out_tile[AUDIT_PARTIAL_NAME])
{
	struct place top = {.name = "tile"};

	top.dir = openat(
	    dir, "tile", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (top.dir < 0)
		return errno == ENOENT ? OK : ERR(IO, "no folder of tiles");
	return check_place(&top, out_tile);
}
