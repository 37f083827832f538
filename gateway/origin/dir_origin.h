#ifndef GATEHOUSE_DIR_ORIGIN_H
#define GATEHOUSE_DIR_ORIGIN_H

#include "crypto/memory/arena.h"

/*
 * dir_origin: a directory as an origin. A key is a path below it, of regular
 * files alone. The kernel keeps every name beneath the directory (openat2:
 * no "..", no link of any kind, no other file system); we check before that
 * a key has one spelling only, since "a//b" and "a/./b" open the same file.
 */
struct dir_origin_file {
	uint64_t size;
	int64_t mtime_ns; /* since 1970 */
	/*
	 * SHA-256 of device, inode, size, both times and the key: it changes
	 * when the content may have.
	 */
	uint8_t version[32];
};

struct dir_origin_entry {
	struct span key;
	struct dir_origin_file file;
};

/* A listing; the entries are sorted by the bytes of their keys. */
struct dir_origin_list {
	struct arena arena; /* holds the keys */
	struct dir_origin_entry *entries;
	size_t num_entries;
	size_t cap_entries;
	/*
	 * What a pattern meets and we do not serve: links and devices, names
	 * that begin with '_', or are not UTF-8 free of control characters.
	 */
	size_t num_skipped;
};

/*
 * dir_origin_check_key: UTF-8 without control characters; segments parted by
 * single slashes, none of them empty, "." or ".."; at most ORIGIN_MAX_KEY.
 *
 * Errors   MALFORMED; TOO_BIG
 */
MUST_USE struct err dir_origin_check_key(struct span key);

/*
 * dir_origin_open: for reading.
 *
 * out_fd   owned by the caller, O_RDONLY
 * out      what the descriptor showed when it was opened
 * Errors   as dir_origin_check_key; NOT_FOUND; DENIED: it lies outside, or
 *          behind a link, or is no regular file, or may not be read;
 *          UNAVAILABLE: the directories above it are being moved; IO
 */
MUST_USE struct err dir_origin_open(
    int dir, struct span key, int *out_fd, struct dir_origin_file *out);

/* dir_origin_stat: the same without the descriptor. Errors: the same. */
MUST_USE struct err dir_origin_stat(
    int dir, struct span key, struct dir_origin_file *out);

/*
 * dir_origin_identify: what an open file is now. A reader compares versions
 * before and after: when they differ, it read a mixture.
 *
 * Errors   DENIED: no regular file; IO; CRYPTO
 */
MUST_USE struct err dir_origin_identify(
    int fd, struct span key, struct dir_origin_file *out);

/* dir_origin_fits: a key as the pattern has them, in whose segments '*' stands
 * for any run of bytes that does not begin a segment with '_': as deep as the
 * pattern and no deeper. */
bool dir_origin_fits(struct span pattern, struct span key);

/*
 * dir_origin_list: all files whose keys fit the pattern; the list is whole or
 * it fails.
 *
 * out      untouched on failure; dir_origin_list_done
 * Errors   MALFORMED: the pattern is no key; TOO_BIG: over ORIGIN_MAX_FILES,
 *          or a key would be too long; DENIED, IO: a directory does not open;
 *          NO_MEMORY
 */
MUST_USE struct err dir_origin_list(
    int dir, struct span pattern, struct dir_origin_list *out);
void dir_origin_list_done(struct dir_origin_list *list);

#endif
