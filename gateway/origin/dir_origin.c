#include "gateway/origin/dir_origin.h"

#include "crypto/hash.h"
#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	TRIES = 8,	 /* of an open that a rename elsewhere disturbs */
	VERSION_LEN = 48 /* the numbers in front of the key */
};

/* --- Keys --- */

/* The second byte may come after the first: neither overlong, nor a control
 * character, nor a surrogate, nor beyond U+10FFFF. */
static bool
is_second(uint8_t first, uint8_t second)
{
	if (first == 0xc2 || first == 0xe0)
		return second >= 0xa0;
	if (first == 0xed)
		return second <= 0x9f;
	if (first == 0xf0)
		return second >= 0x90;
	return first != 0xf4 || second <= 0x8f;
}

/*
 * The length of the UTF-8 character at the front, 0 where there is none:
 * overlong forms, surrogates and what is beyond U+10FFFF are none, and control
 * characters (C0, DEL, C1) are not let through (Unicode 15, table 3-7).
 */
static size_t
character_len(struct span in)
{
	uint8_t first = in.data[0];
	size_t len = first < 0x80 ? 1
	    : first < 0xc2	  ? 0
	    : first < 0xe0	  ? 2
	    : first < 0xf0	  ? 3
	    : first < 0xf5	  ? 4
				  : 0;

	if (len == 0 || len > in.len)
		return 0;
	if (len == 1)
		return first < 0x20 || first == 0x7f ? 0 : 1;
	for (size_t i = 1; i < len; i++)
		if ((in.data[i] & 0xc0) != 0x80)
			return 0;
	if (!is_second(first, in.data[1]))
		return 0;
	return len;
}

static bool
is_text(struct span in)
{
	while (in.len > 0) {
		size_t len = character_len(in);
		if (len == 0)
			return false;
		in = span_sub(in, len, in.len);
	}
	return true;
}

struct err
dir_origin_check_key(struct span key)
{
	struct span rest = key, segment;

	if (key.len == 0)
		return ERR(MALFORMED, "origin: the key is empty");
	if (key.len > ORIGIN_MAX_KEY)
		return ERR(TOO_BIG, "origin: the key is over its cap");
	if (!is_text(key))
		return ERR(MALFORMED, "origin: the key is no plain UTF-8");
	while (span_take_until(&rest, &segment, '/')) {
		if (segment.len == 0 || span_equal_str(segment, ".") ||
		    span_equal_str(segment, ".."))
			return ERR(MALFORMED,
			    "origin: the key has an empty, . or .. segment");
		if (segment.len > ORIGIN_MAX_NAME)
			return ERR(TOO_BIG, "origin: a name is over its cap");
	}
	return OK;
}

/* --- Files --- */

static struct err
open_error(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return ERR(NOT_FOUND, "origin: there is no such file");
	case ELOOP:
	case EXDEV:
		return ERR(DENIED, "origin: the way leads through a link");
	case EACCES:
	case EPERM:
		return ERR(DENIED, "origin: the file may not be read");
	case ENXIO:
	case ENODEV:
		return ERR(DENIED, "origin: no regular file");
	case EAGAIN:
		return ERR(UNAVAILABLE, "origin: directories are being moved");
	default:
		return ERR(IO, "origin: the file does not open");
	}
}

/* `path` is NUL-terminated; a FIFO must not hold us, so O_NONBLOCK. */
static struct err
open_beneath(int dir, const char *path, uint64_t flags, int *out_fd)
{
	struct open_how how = {
	    .flags = flags | O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	long fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd < 0)
		return open_error();
	*out_fd = (int)fd;
	return OK;
}

static void
put_u64(uint8_t *to, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t
time_ns(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Fields of fixed width, then the key: no two inputs give one string. */
static struct err
describe(const struct stat *st, struct span key, struct dir_origin_file *out)
{
	struct dir_origin_file file = {.size = (uint64_t)st->st_size};
	uint8_t numbers[VERSION_LEN] = "dirver1";

	put_u64(numbers + 8, st->st_dev);
	put_u64(numbers + 16, st->st_ino);
	put_u64(numbers + 24, file.size);
	put_u64(numbers + 32, time_ns(st->st_mtim));
	put_u64(numbers + 40, time_ns(st->st_ctim));
	file.mtime_ns = (int64_t)time_ns(st->st_mtim);
	TRY(hash_sha256_two(
	    file.version, span_of(numbers, sizeof(numbers)), key));
	*out = file;
	return OK;
}

struct err
dir_origin_identify(int fd, struct span key, struct dir_origin_file *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ERR(IO, "origin: an open file shows nothing");
	if (!S_ISREG(st.st_mode))
		return ERR(DENIED, "origin: no regular file");
	return describe(&st, key, out);
}

struct err
dir_origin_open(
    int dir, struct span key, int *out_fd, struct dir_origin_file *out)
{
	char path[ORIGIN_MAX_KEY + 1];
	int CLEANUP(sysio_close) fd = -1;

	/* Before the copy: it has no NUL, and fits. */
	TRY(dir_origin_check_key(key));
	memcpy(path, key.data, key.len);
	path[key.len] = '\0';
	TRY(open_beneath(dir, path, 0, &fd));
	TRY(dir_origin_identify(fd, key, out));
	*out_fd = fd;
	fd = -1;
	return OK;
}

struct err
dir_origin_stat(int dir, struct span key, struct dir_origin_file *out)
{
	int CLEANUP(sysio_close) fd = -1;

	return dir_origin_open(dir, key, &fd, out);
}

/* --- Listings --- */

/* The way down: the pattern's segments, and the key as far as it is known. */
struct walk {
	struct span segments[ORIGIN_MAX_SEGMENTS];
	size_t num_segments;
	uint8_t key[ORIGIN_MAX_KEY];
	struct dir_origin_list list;
};

static void
close_folder(DIR **folder)
{
	if (*folder != NULL)
		(void)closedir(*folder);
}

void
dir_origin_list_done(struct dir_origin_list *list)
{
	if (list == NULL)
		return;
	free(list->entries);
	arena_done(&list->arena);
	*list = (struct dir_origin_list){.num_entries = 0};
}

/*
 * On a mismatch the last '*' takes one byte more; earlier ones need not be
 * tried again, so the work is at most name times pattern.
 */
static bool
matches(struct span pattern, struct span name)
{
	size_t p = 0, n = 0, after_star = SIZE_MAX, star_end = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.data[p] == '*') {
			after_star = ++p;
			star_end = n;
		} else if (p < pattern.len && pattern.data[p] == name.data[n]) {
			p++;
			n++;
		} else if (after_star != SIZE_MAX) {
			p = after_star;
			n = ++star_end;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.data[p] == '*')
		p++;
	return p == pattern.len;
}

static bool
has_star(struct span segment)
{
	return span_find(segment, '*') < segment.len;
}

bool
dir_origin_fits(struct span pattern, struct span key)
{
	struct span want, name;

	while (span_take_until(&pattern, &want, '/')) {
		if (!span_take_until(&key, &name, '/') || !matches(want, name))
			return false;
		if (has_star(want) && name.len > 0 && name.data[0] == '_')
			return false;
	}
	return key.data == NULL;
}

static struct err
reserve_entry(struct dir_origin_list *list)
{
	if (list->num_entries == ORIGIN_MAX_FILES)
		return ERR(TOO_BIG, "origin: too many files in one listing");
	if (list->num_entries < list->cap_entries)
		return OK;
	size_t cap = list->cap_entries == 0 ? 64 : 2 * list->cap_entries;
	struct dir_origin_entry *entries =
	    realloc(list->entries, cap * sizeof(*entries));
	if (entries == NULL)
		return ERR(NO_MEMORY, "origin: no memory for a listing");
	list->entries = entries;
	list->cap_entries = cap;
	return OK;
}

/*
 * The last segment. A file that vanished since its name was read is not an
 * error; a directory does not fit; anything else is counted.
 */
static struct err
add_file(struct walk *walk, int folder, const char *name, size_t key_len)
{
	struct dir_origin_entry entry;
	struct span key = span_of(walk->key, key_len);
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT
		    ? OK
		    : ERR(IO, "origin: a file shows nothing");
	if (S_ISDIR(st.st_mode))
		return OK;
	if (!S_ISREG(st.st_mode)) {
		walk->list.num_skipped++;
		return OK;
	}
	TRY(reserve_entry(&walk->list));
	TRY(describe(&st, key, &entry.file));
	TRY(arena_copy(&walk->list.arena, &entry.key, key));
	walk->list.entries[walk->list.num_entries++] = entry;
	return OK;
}

static struct err walk_folder(
    struct walk *walk, int folder, size_t depth, size_t key_len);

static struct err
enter_folder(struct walk *walk, int folder, const char *name, size_t depth,
    size_t key_len)
{
	int CLEANUP(sysio_close) inner = -1;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT
		    ? OK
		    : ERR(IO, "origin: a folder shows nothing");
	if (!S_ISDIR(st.st_mode)) {
		walk->list.num_skipped += S_ISREG(st.st_mode) ? 0 : 1;
		return OK;
	}
	struct err opened = open_beneath(folder, name, O_DIRECTORY, &inner);
	if (opened.code == ERR_NOT_FOUND)
		return OK;
	TRY(opened);
	if (key_len == ORIGIN_MAX_KEY)
		return ERR(TOO_BIG, "origin: a key is over its cap");
	walk->key[key_len] = '/';
	return walk_folder(walk, inner, depth + 1, key_len + 1);
}

static struct err
take_name(struct walk *walk, int folder, const char *name, size_t depth,
    size_t key_len)
{
	size_t len = strlen(name);

	if (len > sizeof(walk->key) - key_len)
		return ERR(TOO_BIG, "origin: a key is over its cap");
	memcpy(walk->key + key_len, name, len);
	if (depth + 1 == walk->num_segments)
		return add_file(walk, folder, name, key_len + len);
	return enter_folder(walk, folder, name, depth, key_len + len);
}

/* readdir's own descriptor, so that ours keeps its place. */
static struct err
scan_folder(struct walk *walk, int folder, size_t depth, size_t key_len)
{
	int fd = -1;

	TRY(open_beneath(folder, ".", O_DIRECTORY, &fd));
	DIR *CLEANUP(close_folder) stream = fdopendir(fd);
	if (stream == NULL) {
		sysio_close(&fd);
		return ERR(NO_MEMORY, "origin: no memory for a folder");
	}
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (entry == NULL && errno != 0)
			return ERR(IO, "origin: a folder does not list");
		if (entry == NULL)
			return OK;
		struct span name = span_str(entry->d_name);
		if (span_equal_str(name, ".") || span_equal_str(name, "..") ||
		    !matches(walk->segments[depth], name))
			continue;
		if (name.data[0] == '_' || !is_text(name)) {
			walk->list.num_skipped++;
			continue;
		}
		TRY(take_name(walk, folder, entry->d_name, depth, key_len));
	}
}

/* As deep as the pattern, which dir_origin_list bounded. */
static struct err
walk_folder(struct walk *walk, int folder, size_t depth, size_t key_len)
{
	char name[ORIGIN_MAX_NAME + 1];
	struct span segment = walk->segments[depth];

	if (has_star(segment))
		return scan_folder(walk, folder, depth, key_len);
	memcpy(name, segment.data, segment.len);
	name[segment.len] = '\0';
	return take_name(walk, folder, name, depth, key_len);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct dir_origin_entry *left = a, *right = b;

	return span_compare(left->key, right->key);
}

struct err
dir_origin_list(int dir, struct span pattern, struct dir_origin_list *out)
{
	struct walk walk = {.num_segments = 0};
	struct span rest = pattern, segment;

	TRY(dir_origin_check_key(pattern));
	while (span_take_until(&rest, &segment, '/')) {
		if (walk.num_segments == ORIGIN_MAX_SEGMENTS)
			return ERR(TOO_BIG, "origin: the pattern is too deep");
		walk.segments[walk.num_segments++] = segment;
	}
	arena_init(&walk.list.arena, ORIGIN_MAX_LIST);
	struct err walked = walk_folder(&walk, dir, 0, 0);
	if (walked.code != ERR_OK) {
		dir_origin_list_done(&walk.list);
		return walked;
	}
	if (walk.list.num_entries > 1)
		qsort(walk.list.entries, walk.list.num_entries,
		    sizeof(*walk.list.entries), compare_entries);
	*out = walk.list;
	return OK;
}
