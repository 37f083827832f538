#include "gateway/base/scope_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/memory/secret.h"
#include "crypto/random.h"
#include "gateway/base/sysio.h"

static const char NAME[] = "scopes";
static const char NEW[] = "scopes.new";
static const char OLD[] = "scopes.old";

enum {
	LOCK_TRIES = 1000,
	LOCK_WAIT_NS = 10 * 1000 * 1000,
};

/* --- Erasing --- */

/* Its bytes, whatever other names lead to them. */
static struct err
overwrite(int dir, const char *name)
{
	static const uint8_t zeros[4096];
	int CLEANUP(sysio_close) fd =
	    openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return ERR(IO, "what held seeds before cannot be opened");
	uint64_t len = (uint64_t)st.st_size;
	for (uint64_t at = 0; at < len; at += sizeof(zeros)) {
		size_t part = len - at < sizeof(zeros) ? (size_t)(len - at)
						       : sizeof(zeros);
		TRY(sysio_pwrite_full(fd, span_of(zeros, part), at));
	}
	return fsync(fd) == 0
	    ? OK
	    : ERR(IO, "what held seeds before cannot be overwritten");
}

/* After a crash it may be the file that holds, under a second name. */
static bool
is_in_force(int dir, const char *name)
{
	struct stat a, b;

	return fstatat(dir, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(dir, NAME, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static struct err
erase(int dir, const char *name)
{
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? OK : ERR(IO, "it cannot be looked at");
	if (!is_in_force(dir, name))
		TRY(overwrite(dir, name));
	if (unlinkat(dir, name, 0) != 0)
		return ERR(IO, "what held seeds before cannot be removed");
	return OK;
}

static struct err
sync_folder(int dir)
{
	return fsync(dir) == 0 ? OK : ERR(IO, "the folder cannot be synced");
}

struct err
scope_store_erase(const struct scope_store *store)
{
	TRY(erase(store->dir, NEW));
	TRY(erase(store->dir, OLD));
	return sync_folder(store->dir);
}

/* --- Opening --- */

/* Another command, or a start, is done within moments. */
static struct err
take_lock(int dir)
{
	const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0)
			return OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ERR(IO, "its folder cannot be locked");
		(void)nanosleep(&wait, NULL);
	}
	return ERR(UNAVAILABLE, "somebody else is changing it; try again");
}

static struct err
read_text(struct scope_store *store, int fd)
{
	struct stat st;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR(DENIED, "is not a regular file");
	if ((st.st_mode & 077) != 0)
		return ERR(DENIED, "others can read it; chmod 600");
	if (st.st_size > SCOPE_FILE_TEXT)
		return ERR(TOO_BIG, "it is over its cap");
	buf_init(&store->text, SCOPE_FILE_TEXT);
	/* At once: a buffer that grows leaves copies behind. */
	TRY(buf_reserve(&store->text, (size_t)st.st_size + 1));
	TRY(sysio_pread(fd, store->text.data, (size_t)st.st_size, 0, &len));
	store->text.len = len;
	return OK;
}

static struct err
read_all(struct scope_store *store)
{
	int CLEANUP(sysio_close) fd =
	    openat(store->dir, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	store->file.first_epoch = 1;
	if (fd < 0 && errno == ENOENT)
		return OK;
	if (fd < 0)
		return ERR(IO, "it cannot be opened");
	store->is_there = true;
	TRY(read_text(store, fd));
	return scope_file_parse(
	    &store->file, &store->line, buf_span(&store->text));
}

struct err
scope_store_open(struct scope_store *out, int keys)
{
	*out = (struct scope_store){.dir = -1};
	/* An opening of our own: a lock is of an opening. */
	int dir = openat(keys, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return ERR(IO, "its folder cannot be opened");
	out->dir = dir;
	TRY(take_lock(dir));
	return read_all(out);
}

void
scope_store_close(struct scope_store *store)
{
	sysio_close(&store->dir);
	scope_file_done(&store->file);
	buf_wipe(&store->text);
}

struct err
scope_store_sync(const struct scope_store *store)
{
	int CLEANUP(sysio_close) fd =
	    openat(store->dir, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || fsync(fd) != 0)
		return ERR(IO, "it cannot be synced");
	return sync_folder(store->dir);
}

/* --- Writing --- */

/* Root may do it for a gateway that runs under the folder's owner. */
static struct err
give_to_owner(int fd, int dir)
{
	struct stat folder, file;

	if (fstat(dir, &folder) != 0 || fstat(fd, &file) != 0)
		return ERR(IO, "its owner is not known");
	if (file.st_uid == folder.st_uid)
		return OK;
	return fchown(fd, folder.st_uid, (gid_t)-1) == 0
	    ? OK
	    : ERR(IO, "it cannot be given to the owner of the folder");
}

static struct err
write_new(int dir, struct span text)
{
	int CLEANUP(sysio_close) fd = openat(dir, NEW,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return ERR(IO, "there is no room beside it");
	TRY(give_to_owner(fd, dir));
	TRY(sysio_pwrite_full(fd, text, 0));
	return fsync(fd) == 0 ? OK : ERR(IO, "it cannot be written");
}

/* The one before keeps a name, under which it will be overwritten. */
static struct err
replace(int dir)
{
	TRY(erase(dir, OLD));
	if (linkat(dir, NAME, dir, OLD, 0) != 0 && errno != ENOENT)
		return ERR(IO, "the one before cannot keep a name");
	if (renameat(dir, NEW, dir, NAME) != 0)
		return ERR(IO, "it cannot be replaced");
	return sync_folder(dir);
}

struct err
scope_store_write(struct scope_store *store)
{
	struct buf text CLEANUP(buf_wipe) = {.max = SCOPE_FILE_TEXT};

	TRY(buf_reserve(&text, SCOPE_FILE_TEXT));
	TRY(scope_file_write(&text, &store->file));
	TRY(erase(store->dir, NEW));
	struct err err = write_new(store->dir, buf_span(&text));
	if (err.code == ERR_OK)
		err = replace(store->dir);
	/* Whatever became of it: none that is not in force keeps seeds. */
	struct err rest = erase(store->dir, NEW);
	return err.code == ERR_OK ? rest : err;
}

void
scope_store_draw(char out[SCOPE_FILE_SEED + 1])
{
	uint8_t seed[SCOPE_FILE_SEED / 2] CLEANUP(secret_wipe32);

	random_bytes(seed, sizeof(seed));
	sodium_bin2hex(out, SCOPE_FILE_SEED + 1, seed, sizeof(seed));
}
