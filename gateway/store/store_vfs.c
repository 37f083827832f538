#include "gateway/store/store_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "gateway/base/sysio.h"

enum {
	NAME_LEN = 40,
	MAX_PATH = 16, /* our names are short */
	WIPE_LEN = 64 * 1024,
	TAIL_LEN = 128 * 1024, /* of a log, written at once */
};

/* What was appended to a log and is not written yet. SQLite appends each page
 * in two writes, and reads or syncs it much later. */
struct tail {
	uint64_t at;
	size_t len;
	uint8_t bytes[TAIL_LEN];
};

struct store_vfs {
	sqlite3_vfs base;
	char name[NAME_LEN];
	int fds[NUM_STORE_FILES];
	struct tail tails[STORE_MARK / 2]; /* of each log */
	bool failed;  /* a write or a sync: the next ones may lie */
	bool no_gaps; /* see store_vfs_no_gaps */
};

struct file {
	sqlite3_file base;
	struct store_vfs *vfs;
	int fd;
	struct tail *tail; /* NULL: a table, whose pages have checksums */
};

static const char *const names[] = {
    [STORE_CODES] = "codes",
    [STORE_CODES_WAL] = "codes-wal",
    [STORE_KEYS] = "keys",
    [STORE_KEYS_WAL] = "keys-wal",
};

/* SQLite's first member of a file is what it knows of it. */
static struct file *
file_of(sqlite3_file *base)
{
	return (struct file *)(void *)base;
}

/* --- Checksums --- */

/* As in SQLite's ext/misc/cksumvfs.c, for a machine of little-endian words. */
static void
page_sum(const uint8_t *page, uint8_t out[STORE_SUM])
{
	uint32_t sums[2] = {0, 0}, words[2];

	for (size_t i = 0; i < STORE_PAGE - STORE_SUM; i += sizeof(words)) {
		memcpy(words, page + i, sizeof(words));
		/* Modulo 2^32; said so that a sanitizer knows that it is
		   meant. */
		sums[0] = (uint32_t)((uint64_t)sums[0] + words[0] + sums[1]);
		sums[1] = (uint32_t)((uint64_t)sums[1] + words[1] + sums[0]);
	}
	memcpy(out, sums, STORE_SUM);
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "the sums of pages are over little-endian words");

static bool
sum_is_right(const uint8_t *page)
{
	uint8_t sum[STORE_SUM];

	page_sum(page, sum);
	return span_equal(span_of(sum, STORE_SUM),
	    span_of(page + STORE_PAGE - STORE_SUM, STORE_SUM));
}

/* --- Methods of a file --- */

static int
file_close(sqlite3_file *base)
{
	(void)base; /* the descriptor is the vfs's */
	return SQLITE_OK;
}

/* The first failure is the last attempt. */
static int
failed(struct store_vfs *vfs, int code)
{
	vfs->failed = true;
	return code;
}

static int
write_bytes(const struct file *file, struct span bytes, uint64_t at)
{
	if (file->vfs->failed || file->fd < 0)
		return SQLITE_IOERR_WRITE;
	struct err err = sysio_pwrite_full(file->fd, bytes, at);
	if (err.code == ERR_NO_SPACE)
		return failed(file->vfs, SQLITE_FULL);
	return err.code == ERR_OK ? SQLITE_OK
				  : failed(file->vfs, SQLITE_IOERR_WRITE);
}

static int
write_tail(const struct file *file)
{
	struct tail *tail = file->tail;

	if (tail == NULL || tail->len == 0)
		return SQLITE_OK;
	struct span bytes = span_of(tail->bytes, tail->len);
	tail->len = 0;
	return write_bytes(file, bytes, tail->at);
}

static int
append(const struct file *file, struct span bytes, uint64_t at)
{
	struct tail *tail = file->tail;
	int code = SQLITE_OK;

	if (file->vfs->failed || file->fd < 0)
		return SQLITE_IOERR_WRITE;
	if (at != tail->at + tail->len || bytes.len > TAIL_LEN - tail->len)
		code = write_tail(file);
	if (code != SQLITE_OK || bytes.len > TAIL_LEN)
		return code != SQLITE_OK ? code : write_bytes(file, bytes, at);
	if (tail->len == 0)
		tail->at = at;
	memcpy(tail->bytes + tail->len, bytes.data, bytes.len);
	tail->len += bytes.len;
	return SQLITE_OK;
}

static int
file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
	const struct file *file = file_of(base);
	size_t want = (size_t)len, got = 0;
	int code = write_tail(file);

	if (code != SQLITE_OK)
		return code;
	if (file->fd >= 0 &&
	    sysio_pread(file->fd, out, want, (uint64_t)at, &got).code != ERR_OK)
		return SQLITE_IOERR_READ;
	/* A whole page is only asked for where there should be one. */
	if (file->tail == NULL && want == STORE_PAGE)
		return got == want && sum_is_right(out) ? SQLITE_OK
							: SQLITE_IOERR_DATA;
	if (got == want)
		return SQLITE_OK;
	memset((uint8_t *)out + got, 0, want - got);
	return SQLITE_IOERR_SHORT_READ;
}

static int
file_len(int fd, uint64_t *out)
{
	struct stat st = {.st_size = 0};

	if (fd >= 0 && fstat(fd, &st) != 0)
		return SQLITE_IOERR_FSTAT;
	*out = (uint64_t)st.st_size;
	return SQLITE_OK;
}

/* SQLite never writes the page whose bytes others lock (its file format, 1.3).
 */
static bool
leaves_a_gap(const struct file *file, uint64_t at)
{
	static const uint64_t locked = 1 << 30;
	uint64_t len;

	return file->vfs->no_gaps &&
	    (file_len(file->fd, &len) != SQLITE_OK ||
		(at > len && (len != locked || at != locked + STORE_PAGE)));
}

static int
file_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 at)
{
	const struct file *file = file_of(base);
	uint8_t page[STORE_PAGE];

	if (file->tail != NULL)
		return append(file, span_of(bytes, (size_t)len), (uint64_t)at);
	if (len != STORE_PAGE)
		return write_bytes(
		    file, span_of(bytes, (size_t)len), (uint64_t)at);
	if (leaves_a_gap(file, (uint64_t)at))
		return failed(file->vfs, SQLITE_IOERR_DATA);
	memcpy(page, bytes, STORE_PAGE);
	page_sum(page, page + STORE_PAGE - STORE_SUM);
	return write_bytes(file, span_of(page, STORE_PAGE), (uint64_t)at);
}

static int
sync_file(const struct file *file)
{
	int code = write_tail(file);

	if (code != SQLITE_OK)
		return code;
	if (file->vfs->failed || file->fd < 0)
		return SQLITE_IOERR_FSYNC;
	return fdatasync(file->fd) == 0 ? SQLITE_OK
					: failed(file->vfs, SQLITE_IOERR_FSYNC);
}

static int
file_sync(sqlite3_file *base, int flags)
{
	(void)flags; /* data only, or more: the size goes with either */
	return sync_file(file_of(base));
}

static int
whole_len(const struct file *file, uint64_t *out)
{
	int code = write_tail(file);

	return code == SQLITE_OK ? file_len(file->fd, out) : code;
}

static int
wipe(const struct file *file, uint64_t from, uint64_t to)
{
	static const uint8_t zeros[WIPE_LEN];
	int code = SQLITE_OK;

	while (code == SQLITE_OK && from < to) {
		struct span part = span_sub(span_of(zeros, WIPE_LEN), 0,
		    to - from < WIPE_LEN ? (size_t)(to - from) : WIPE_LEN);
		code = write_bytes(file, part, from);
		from += part.len;
	}
	return code == SQLITE_OK ? sync_file(file) : code;
}

/* Blocks that a file gives back are not erased by that. */
static int
cut(const struct file *file, uint64_t len)
{
	uint64_t now;
	int code = whole_len(file, &now);

	if (code != SQLITE_OK || now == len)
		return code;
	if (now > len)
		code = wipe(file, len, now);
	if (code != SQLITE_OK)
		return code;
	if (file->vfs->failed || file->fd < 0)
		return SQLITE_IOERR_TRUNCATE;
	return ftruncate(file->fd, (off_t)len) == 0
	    ? SQLITE_OK
	    : failed(file->vfs, SQLITE_IOERR_TRUNCATE);
}

static int
file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	return cut(file_of(base), (uint64_t)len);
}

static int
file_size(sqlite3_file *base, sqlite3_int64 *out)
{
	uint64_t len;
	int code = whole_len(file_of(base), &len);

	if (code == SQLITE_OK)
		*out = (sqlite3_int64)len;
	return code;
}

/* One lock, of the folder, keeps other processes away from all files. */
static int
file_lock(sqlite3_file *base, int level)
{
	(void)base, (void)level;
	return SQLITE_OK;
}

static int
file_reserved(sqlite3_file *base, int *out)
{
	(void)base;
	*out = 0;
	return SQLITE_OK;
}

static int
file_control(sqlite3_file *base, int op, void *argument)
{
	(void)base, (void)op, (void)argument;
	return SQLITE_NOTFOUND;
}

static int
file_sector(sqlite3_file *base)
{
	(void)base;
	return STORE_PAGE;
}

/* None is promised of the disk, not even that a write which is cut off by a
 * loss of power leaves the bytes beside it alone. */
static int
file_traits(sqlite3_file *base)
{
	(void)base;
	return 0;
}

/* Version 1: no memory that processes share. So WAL needs the exclusive mode
 * of locking, and then asks for no file but itself. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
};

/* --- Methods of the vfs --- */

static struct store_vfs *
vfs_of(sqlite3_vfs *base)
{
	return (struct store_vfs *)(void *)base;
}

/* The file of that name; false: we have none. */
static bool
find_file(struct store_vfs *vfs, const char *name, struct file *out)
{
	for (unsigned i = 0; name != NULL && i < STORE_MARK; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*out = (struct file){.base.pMethods = &methods,
		    .vfs = vfs,
		    .fd = vfs->fds[i],
		    .tail = i == STORE_CODES || i == STORE_KEYS
			? NULL
			: &vfs->tails[i / 2]};
		return true;
	}
	return false;
}

/* Temporary files have no name; there is nothing that should need one. */
static int
vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *out, int flags,
    int *out_flags)
{
	out->pMethods = NULL;
	if (!find_file(vfs_of(base), name, file_of(out)))
		return SQLITE_CANTOPEN;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

/* A log that is empty is as good as none. */
static int
vfs_delete(sqlite3_vfs *base, const char *name, int sync)
{
	struct file file;

	(void)sync;
	return find_file(vfs_of(base), name, &file) ? cut(&file, 0) : SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
	struct file file;
	uint64_t len = 0;
	int code = SQLITE_OK;

	(void)flags;
	if (find_file(vfs_of(base), name, &file))
		code = whole_len(&file, &len);
	*out = len > 0;
	return code;
}

static int
vfs_full_name(sqlite3_vfs *base, const char *name, int max, char *out)
{
	(void)base;
	int len = snprintf(out, (size_t)max, "%s", name);
	return len < 0 || len >= max ? SQLITE_CANTOPEN : SQLITE_OK;
}

static int
vfs_random(sqlite3_vfs *base, int len, char *out)
{
	(void)base;
	random_bytes(out, (size_t)len);
	return len;
}

static int
vfs_sleep(sqlite3_vfs *base, int us)
{
	(void)base;
	return us; /* nobody to wait for */
}

/* No statement of ours asks for the time. */
static int
vfs_time(sqlite3_vfs *base, double *out)
{
	(void)base;
	*out = 0;
	return SQLITE_OK;
}

static int
vfs_last_error(sqlite3_vfs *base, int len, char *out)
{
	(void)base, (void)len, (void)out;
	return 0;
}

/* --- The vfs --- */

static bool
take_files(struct store_vfs *vfs, const int fds[NUM_STORE_FILES])
{
	bool all = true;

	for (unsigned i = 0; i < NUM_STORE_FILES; i++) {
		vfs->fds[i] =
		    fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
		all = all && (fds[i] < 0 || vfs->fds[i] >= 0);
	}
	return all;
}

struct err
store_vfs_new(struct store_vfs **out, const int fds[NUM_STORE_FILES])
{
	static unsigned made; /* no two are of one name */
	struct store_vfs *vfs = calloc(1, sizeof(*vfs));

	if (vfs == NULL)
		return ERR(NO_MEMORY, "codebook: out of memory");
	(void)snprintf(vfs->name, NAME_LEN, "gatehouse-codebook-%u", made++);
	vfs->base = (sqlite3_vfs){.iVersion = 1,
	    .szOsFile = sizeof(struct file),
	    .mxPathname = MAX_PATH,
	    .zName = vfs->name,
	    .xOpen = vfs_open,
	    .xDelete = vfs_delete,
	    .xAccess = vfs_access,
	    .xFullPathname = vfs_full_name,
	    .xRandomness = vfs_random,
	    .xSleep = vfs_sleep,
	    .xCurrentTime = vfs_time,
	    .xGetLastError = vfs_last_error};
	struct err err = OK;
	if (!take_files(vfs, fds))
		err = ERR(IO, "codebook: no descriptor is left");
	else if (sqlite3_vfs_register(&vfs->base, 1) != SQLITE_OK)
		err = ERR(NO_MEMORY, "codebook: out of memory");
	if (err.code != ERR_OK) {
		store_vfs_free(vfs);
		return err;
	}
	*out = vfs;
	return OK;
}

void
store_vfs_free(struct store_vfs *vfs)
{
	if (vfs == NULL)
		return;
	(void)sqlite3_vfs_unregister(&vfs->base);
	for (unsigned i = 0; i < NUM_STORE_FILES; i++)
		sysio_close(&vfs->fds[i]);
	free(vfs);
}

_Static_assert(
    STORE_CODES_WAL == 1 && STORE_KEYS_WAL == 3, "each second file is a log");

const char *
store_vfs_name(const struct store_vfs *vfs)
{
	return vfs->name;
}

const char *
store_vfs_file(enum store_file file)
{
	return names[file];
}

struct err
store_vfs_len(const struct store_vfs *vfs, enum store_file file, uint64_t *out)
{
	return file_len(vfs->fds[file], out) == SQLITE_OK
	    ? OK
	    : ERR(IO, "codebook: a file cannot be looked at");
}

struct err
store_vfs_pages(
    const struct store_vfs *vfs, enum store_file file, uint64_t *out)
{
	enum {
		PAGES_AT = 28
	}; /* sqlite.org/fileformat2.html, 1.3 */
	uint8_t bytes[4];
	uint32_t pages;
	size_t len;

	*out = 0;
	TRY(sysio_pread(vfs->fds[file], bytes, sizeof(bytes), PAGES_AT, &len));
	struct span in = span_of(bytes, len);
	if (span_take_u32be(&in, &pages).code == ERR_OK)
		*out = pages;
	return OK;
}

void
store_vfs_no_gaps(struct store_vfs *vfs, bool refuse)
{
	vfs->no_gaps = refuse;
}

struct err
store_vfs_read(const struct store_vfs *vfs, enum store_file file, void *out,
    size_t len, uint64_t at, size_t *out_len)
{
	return sysio_pread(vfs->fds[file], out, len, at, out_len);
}

static struct err
err_of(int code)
{
	if (code == SQLITE_FULL)
		return ERR(NO_SPACE, "codebook: no space on its disk");
	return code == SQLITE_OK
	    ? OK
	    : ERR(IO, "codebook: the disk fails on one of its files");
}

struct err
store_vfs_write(
    struct store_vfs *vfs, enum store_file file, struct span bytes, uint64_t at)
{
	const struct file it = {.vfs = vfs, .fd = vfs->fds[file]};

	return err_of(write_bytes(&it, bytes, at));
}

struct err
store_vfs_sync(struct store_vfs *vfs, enum store_file file)
{
	const struct file it = {.vfs = vfs, .fd = vfs->fds[file]};

	return err_of(sync_file(&it));
}
