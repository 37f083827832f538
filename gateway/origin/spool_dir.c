#include "gateway/origin/spool_dir.h"

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/origin/file_hash.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	SLOT_NAME = 2 * SPOOL_DIR_SLOT,
	META_NAME = SLOT_NAME + 5, /* ".meta" */
	FILE_MODE = 0600,
	FOLDER_MODE = 0700
};
static const char SUFFIX[] = ".meta";

struct names {
	char slot[SLOT_NAME + 1];
	char meta[META_NAME + 1];
	char generation[2 * SPOOL_DIR_GENERATION + 1];
};

/* --- Names --- */

static void
put_hex(char *to, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	to[2 * len] = '\0';
}

static void
name_slot(struct names *names, const uint8_t *slot)
{
	put_hex(names->slot, slot, SPOOL_DIR_SLOT);
	memcpy(names->meta, names->slot, SLOT_NAME);
	memcpy(names->meta + SLOT_NAME, SUFFIX, sizeof(SUFFIX));
}

static void
name_generation(struct names *names, const uint8_t *generation)
{
	put_hex(names->generation, generation, SPOOL_DIR_GENERATION);
}

static bool
is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < '0' || text[i] > '9') &&
		    (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

/* --- Start --- */

static void
close_folder(DIR **folder)
{
	if (*folder != NULL)
		(void)closedir(*folder);
}

/* A stream of its own over the folder, from its first name. */
static struct err
open_folder(int dir, DIR **out)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ERR(IO, "spool: the folder does not open");
	*out = fdopendir(fd);
	if (*out == NULL) {
		sysio_close(&fd);
		return ERR(NO_MEMORY, "spool: no memory for a folder");
	}
	return OK;
}

/* The next name but "." and "..", NULL after the last one. */
static struct err
next_name(DIR *folder, const char **out)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(folder);
		if (entry == NULL && errno != 0)
			return ERR(IO, "spool: the folder does not list");
	} while (entry != NULL &&
	    (strcmp(entry->d_name, ".") == 0 ||
		strcmp(entry->d_name, "..") == 0));
	*out = entry == NULL ? NULL : entry->d_name;
	return OK;
}

static struct err
sweep(struct spool_dir *spool, int dir, const char *name)
{
	if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
		return ERR(IO, "spool: a left-over cannot be removed");
	spool->swept++;
	return OK;
}

/* Whoever made a file in tmp is gone, and its descriptor with it. */
static struct err
sweep_fills(struct spool_dir *spool)
{
	DIR *CLEANUP(close_folder) folder = NULL;
	const char *name;

	TRY(open_folder(spool->tmp, &folder));
	for (;;) {
		TRY(next_name(folder, &name));
		if (name == NULL)
			return OK;
		TRY(sweep(spool, spool->tmp, name));
	}
}

static bool
is_regular(int dir, const char *name, struct stat *out)
{
	return fstatat(dir, name, out, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(out->st_mode);
}

static uint64_t
size_of(const struct stat *st)
{
	return (uint64_t)st->st_size;
}

/* A slot that was found, until all are in the order of their filling. */
struct found {
	uint8_t name[SPOOL_DIR_SLOT];
	uint64_t len;
	int64_t filled_s;
};

static int
compare_found(const void *a, const void *b)
{
	const struct found *one = a, *two = b;

	return (one->filled_s > two->filled_s) -
	    (one->filled_s < two->filled_s);
}

static struct err
keep_found(struct buf *found, const char *name, uint64_t len)
{
	struct found *slot;
	size_t at = found->len;

	TRY(buf_reserve(found, sizeof(*slot)));
	slot = (struct found *)(void *)(found->data + at);
	memset(slot, 0, sizeof(*slot));
	for (size_t i = 0; i < SLOT_NAME; i++) {
		uint8_t digit = (uint8_t)(name[i] <= '9' ? name[i] - '0'
							 : name[i] - 'a' + 10);
		slot->name[i / 2] = (uint8_t)(slot->name[i / 2] << 4 | digit);
	}
	slot->len = len;
	found->len += sizeof(*slot);
	return OK;
}

/*
 * One name of the spool: its slot is kept when both halves of it are there,
 * else the half is removed. Names that are not ours are left alone.
 */
static struct err
take_stock(struct spool_dir *spool, const char *name, struct buf *found)
{
	char other[META_NAME + 1];
	size_t len = strlen(name);
	struct stat st, beside;
	bool is_meta =
	    len == META_NAME && strcmp(name + SLOT_NAME, SUFFIX) == 0;

	if ((!is_meta && len != SLOT_NAME) || !is_hex(name, SLOT_NAME) ||
	    !is_regular(spool->dir, name, &st))
		return OK;
	memcpy(other, name, SLOT_NAME);
	other[SLOT_NAME] = '\0';
	if (!is_meta)
		memcpy(other + SLOT_NAME, SUFFIX, sizeof(SUFFIX));
	if (!is_regular(spool->dir, other, &beside))
		return sweep(spool, spool->dir, name);
	if (is_meta)
		return OK;
	TRY(keep_found(found, name, size_of(&st) + size_of(&beside)));
	struct found *last =
	    (struct found *)(void *)(found->data + found->len) - 1;
	last->filled_s = st.st_mtim.tv_sec;
	return OK;
}

static struct err
list_slots(struct spool_dir *spool, struct buf *found)
{
	DIR *CLEANUP(close_folder) folder = NULL;
	const char *name;

	TRY(open_folder(spool->dir, &folder));
	for (;;) {
		TRY(next_name(folder, &name));
		if (name == NULL)
			return OK;
		TRY(take_stock(spool, name, found));
	}
}

static struct err
count_slots(struct spool_dir *spool)
{
	struct buf found CLEANUP(buf_done) = {.max = SPOOL_MAX_FOUND};

	TRY(list_slots(spool, &found));
	struct found *slots = (struct found *)(void *)found.data;
	size_t num = found.len / sizeof(*slots);
	if (num > 1)
		qsort(slots, num, sizeof(*slots), compare_found);
	for (size_t i = 0; i < num; i++)
		TRY(spool_stock_add(
		    &spool->stock, slots[i].name, slots[i].len));
	return OK;
}

struct err
spool_dir_follow(struct spool_dir *out, int dir, uint64_t max_bytes)
{
	spool_stock_init(&out->stock);
	out->dir = dir;
	out->tmp = -1;
	out->max = max_bytes;
	out->expected = out->swept = 0;
	if (mkdirat(dir, "tmp", FOLDER_MODE) != 0 && errno != EEXIST)
		return ERR(IO, "spool: no folder for what is unfinished");
	out->tmp =
	    openat(dir, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->tmp < 0)
		return ERR(IO, "spool: tmp does not open");
	if (signal(SIGIO, SIG_IGN) != SIG_ERR)
		return OK;
	spool_dir_done(out);
	return ERR(IO, "spool: SIGIO cannot be ignored");
}

struct err
spool_dir_take(struct spool_dir *spool)
{
	if (flock(spool->tmp, LOCK_EX | LOCK_NB) == 0)
		return OK;
	return errno == EWOULDBLOCK
	    ? ERR(EXISTS, "spool: another process has it")
	    : ERR(IO, "spool: it cannot be locked");
}

void
spool_dir_give_up(struct spool_dir *spool)
{
	sysio_close(&spool->tmp);
}

struct err
spool_dir_init(struct spool_dir *out, int dir, uint64_t max_bytes)
{
	TRY(spool_dir_follow(out, dir, max_bytes));
	struct err begun = spool_dir_take(out);
	if (begun.code == ERR_OK)
		begun = sweep_fills(out);
	if (begun.code == ERR_OK)
		begun = count_slots(out);
	if (begun.code != ERR_OK)
		spool_dir_done(out);
	return begun;
}

void
spool_dir_done(struct spool_dir *spool)
{
	if (spool == NULL)
		return;
	sysio_close(&spool->tmp);
	spool_stock_done(&spool->stock);
	spool->dir = -1;
}

/* --- Room --- */

/* Slots go, the one that was not used for longest first, until there is room
 * for `len` bytes more. */
static struct err
make_room(struct spool_dir *spool, uint64_t len)
{
	const struct spool_item *oldest;
	uint8_t slot[SPOOL_DIR_SLOT];

	if (spool->expected > spool->max || len > spool->max - spool->expected)
		return ERR(NO_SPACE, "spool: it is too small");
	while (spool->stock.len > spool->max - spool->expected - len) {
		oldest = spool_stock_oldest(&spool->stock);
		assert(oldest != NULL);
		memcpy(slot, oldest->name, sizeof(slot));
		struct err err = spool_dir_remove(spool, slot);
		if (err.code != ERR_OK && err.code != ERR_NOT_FOUND)
			return err;
		if (spool->evicted != NULL)
			spool->evicted(spool->context, slot);
	}
	return OK;
}

/* --- Filling --- */

static struct err
create_error(void)
{
	if (errno == EEXIST)
		return ERR(EXISTS, "spool: the name is taken");
	if (errno == ENOSPC || errno == EDQUOT)
		return ERR(NO_SPACE, "spool: the disk is full");
	return ERR(IO, "spool: a file cannot be made");
}

struct err
spool_dir_create(struct spool_dir *spool,
    const uint8_t generation[SPOOL_DIR_GENERATION], uint64_t expected,
    int *out_fd, struct spool_fill *out)
{
	struct names names;

	TRY(make_room(spool, expected));
	name_generation(&names, generation);
	int writer = openat(spool->tmp, names.generation,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (writer < 0)
		return create_error();
	int reader = openat(
	    spool->tmp, names.generation, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (reader < 0) {
		sysio_close(&writer);
		(void)unlinkat(spool->tmp, names.generation, 0);
		return ERR(IO, "spool: a new file does not open");
	}
	*out_fd = writer;
	*out = (struct spool_fill){.fd = reader, .expected = expected};
	spool->expected += expected;
	memcpy(out->generation, generation, SPOOL_DIR_GENERATION);
	return OK;
}

void
spool_dir_abandon(struct spool_dir *spool, struct spool_fill *fill)
{
	struct names names;

	if (fill->fd < 0)
		return;
	name_generation(&names, fill->generation);
	/* What stays, stays in tmp: the next start sweeps it. */
	(void)unlinkat(spool->tmp, names.generation, 0);
	spool->expected -= fill->expected;
	sysio_close(&fill->fd);
}

/* --- Publishing --- */

static struct err
take_lease(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return OK;
	if (errno == EAGAIN)
		return ERR(DENIED, "spool: the slot has a writer still");
	if (errno == EINVAL || errno == EACCES)
		return ERR(UNSUPPORTED, "spool: no leases on these files");
	return ERR(IO, "spool: the lease was refused");
}

struct err
spool_dir_seal(struct spool_fill *fill)
{
	TRY(take_lease(fill->fd));
	TRY(file_hash(fill->fd, fill->hash, &fill->size));
	fill->sealed = true;
	return OK;
}

/* In tmp first, and whole: a name in the spool never has half a content. */
static struct err
write_meta(int tmp, const char *name, struct span meta)
{
	int CLEANUP(sysio_close) fd = openat(tmp, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return create_error();
	TRY(sysio_pwrite_full(fd, meta, 0));
	if (fsync(fd) != 0)
		return ERR(IO, "spool: a sync failed");
	return OK;
}

/* The names of a folder are on the disk. */
static struct err
sync_names(int dir)
{
	if (fsync(dir) != 0)
		return ERR(IO, "spool: a sync of the folder failed");
	return OK;
}

static struct err
move_in(const struct spool_dir *spool, const char *from, const char *to)
{
	if (renameat2(spool->tmp, from, spool->dir, to, RENAME_NOREPLACE) != 0)
		return create_error();
	return OK;
}

/* The meta goes first: the slot exists when the payload has its name. */
static struct err
move_slot(const struct spool_dir *spool, const struct names *names)
{
	struct err moved = move_in(spool, names->meta, names->meta);

	if (moved.code != ERR_OK) {
		(void)unlinkat(spool->tmp, names->meta, 0);
		return moved;
	}
	moved = move_in(spool, names->generation, names->slot);
	if (moved.code != ERR_OK)
		(void)unlinkat(spool->dir, names->meta, 0);
	return moved;
}

/* What the kernel still grants, it granted without a break since the seal. */
static struct err
check_publish(const struct spool_fill *fill, struct span meta)
{
	if (meta.len > SPOOL_MAX_META)
		return ERR(TOO_BIG, "spool: the meta is over its cap");
	if (!fill->sealed || fcntl(fill->fd, F_GETLEASE) != F_RDLCK)
		return ERR(CHANGED, "spool: the filling is not sealed");
	return OK;
}

/* It may have become longer than was expected. */
static struct err
fit(struct spool_dir *spool, struct spool_fill *fill, uint64_t len)
{
	spool->expected -= fill->expected;
	fill->expected = 0;
	TRY(make_room(spool, len));
	fill->expected = len;
	spool->expected += len;
	return OK;
}

struct err
spool_dir_publish(struct spool_dir *spool, struct spool_fill *fill,
    const uint8_t slot[SPOOL_DIR_SLOT], struct span meta)
{
	struct names names;

	assert(fill->fd >= 0);
	TRY(check_publish(fill, meta));
	TRY(fit(spool, fill, fill->size + meta.len));
	if (fsync(fill->fd) != 0)
		return ERR(IO, "spool: a sync failed");
	name_slot(&names, slot);
	name_generation(&names, fill->generation);
	TRY(write_meta(spool->tmp, names.meta, meta));
	TRY(move_slot(spool, &names));
	spool->expected -= fill->expected;
	sysio_close(&fill->fd); /* and the lease with it */
	TRY(sync_names(spool->dir));
	/* Not in the stock, it would be there at the next start. */
	return spool_stock_add(&spool->stock, slot, fill->size + meta.len);
}

/* --- Slots --- */

static struct err
open_name(int dir, const char *name, int *out_fd)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return ERR(NOT_FOUND, "spool: there is no such slot");
	if (fd < 0)
		return ERR(IO, "spool: a slot does not open");
	*out_fd = fd;
	return OK;
}

static struct err
read_meta(int fd, struct buf *meta)
{
	struct stat st;
	size_t len;

	if (fstat(fd, &st) != 0 || st.st_size < 0 ||
	    st.st_size > SPOOL_MAX_META)
		return ERR(IO, "spool: the meta of a slot is no meta");
	TRY(buf_reserve(meta, (size_t)st.st_size + 1));
	TRY(sysio_pread(
	    fd, meta->data + meta->len, (size_t)st.st_size, 0, &len));
	meta->len += len;
	return OK;
}

struct err
spool_dir_open(struct spool_dir *spool, const uint8_t slot[SPOOL_DIR_SLOT],
    int *out_fd, uint64_t *out_size, struct buf *meta)
{
	int CLEANUP(sysio_close) payload = -1;
	int CLEANUP(sysio_close) beside = -1;
	struct stat st;
	struct names names;

	name_slot(&names, slot);
	TRY(open_name(spool->dir, names.slot, &payload));
	TRY(open_name(spool->dir, names.meta, &beside));
	if (fstat(payload, &st) != 0)
		return ERR(IO, "spool: a slot shows nothing");
	TRY(read_meta(beside, meta));
	*out_size = (uint64_t)st.st_size;
	*out_fd = payload;
	payload = -1;
	spool_stock_use(&spool->stock, slot);
	return OK;
}

struct err
spool_dir_replace_meta(struct spool_dir *spool,
    const uint8_t slot[SPOOL_DIR_SLOT], struct span meta)
{
	struct names names;
	struct stat st, old;

	if (meta.len > SPOOL_MAX_META)
		return ERR(TOO_BIG, "spool: the meta is over its cap");
	name_slot(&names, slot);
	if (!is_regular(spool->dir, names.slot, &st) ||
	    !is_regular(spool->dir, names.meta, &old))
		return ERR(NOT_FOUND, "spool: there is no such slot");
	TRY(write_meta(spool->tmp, names.meta, meta));
	/* Without flags the library would make it another call, which the
	 * jail does not know. */
	if (syscall(SYS_renameat2, spool->tmp, names.meta, spool->dir,
		names.meta, 0) != 0)
		return ERR(IO, "spool: a meta cannot be replaced");
	spool_stock_resize(&spool->stock, slot, size_of(&st) + meta.len);
	return sync_names(spool->dir);
}

/* The payload first: a meta alone is no slot. */
struct err
spool_dir_remove(struct spool_dir *spool, const uint8_t slot[SPOOL_DIR_SLOT])
{
	struct names names;
	struct stat st;

	name_slot(&names, slot);
	if (unlinkat(spool->dir, names.slot, 0) != 0 && errno != ENOENT)
		return ERR(IO, "spool: a slot cannot be removed");
	bool was_there = spool_stock_remove(&spool->stock, slot);
	if (is_regular(spool->dir, names.meta, &st) &&
	    unlinkat(spool->dir, names.meta, 0) != 0)
		return ERR(IO, "spool: a meta cannot be removed");
	TRY(sync_names(spool->dir));
	return was_there ? OK : ERR(NOT_FOUND, "spool: there is no such slot");
}
