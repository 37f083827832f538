/*
 * torture_ledger DIR VKEY FILE...: change every bit of each file, one at a
 * time, and look whether the replay finds it and names a record that the
 * ledger has. DIR is a ledger that make_ledger made, FILEs are below it; of
 * the journal, only what is before its first page of zeros is the ledger's.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/replay.h"

static int dir;
static struct note_key key;

/* What the replay says; the index it ends at. */
static struct err
replay_all(uint64_t *out_index)
{
	struct replay replay;
	struct span entry;

	*out_index = 0;
	struct err err = replay_open(&replay, dir, &key, NULL);
	if (err.code == ERR_NOT_FOUND)
		return ERR(CHANGED, "no checkpoint");
	if (err.code != ERR_OK)
		return err;
	while (err.code == ERR_OK)
		err = replay_next(&replay, &entry);
	*out_index = replay.index;
	bool is_torn = replay.is_torn;
	replay_done(&replay);
	if (err.code != ERR_NOT_FOUND)
		return err;
	return is_torn ? ERR(CHANGED, "an unfinished write") : OK;
}

static size_t
live_len(const char *path, const struct buf *bytes)
{
	static const uint8_t ZEROS[JOURNAL_PAGE];

	if (!span_equal_str(span_str(path), JOURNAL_PATH))
		return bytes->len;
	for (size_t at = 0; at + JOURNAL_PAGE <= bytes->len; at += JOURNAL_PAGE)
		if (span_equal(span_sub(buf_span(bytes), at, JOURNAL_PAGE),
			span_of(ZEROS, JOURNAL_PAGE)))
			return at + JOURNAL_PAGE;
	return bytes->len;
}

static uint64_t
torture_file(const char *path, uint64_t size)
{
	struct buf bytes = {.max = (size_t)1 << 27};
	uint64_t num = 0, index;

	if (disk_read(dir, path, &bytes).code != ERR_OK)
		errx(1, "%s: cannot be read", path);
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	size_t len = live_len(path, &bytes);
	for (size_t at = 0; at < len; at++) {
		for (unsigned bit = 0; bit < 8; bit++, num++) {
			uint8_t byte = bytes.data[at] ^ (uint8_t)(1U << bit);
			if (pwrite(fd, &byte, 1, (off_t)at) != 1)
				err(1, "%s", path);
			if (replay_all(&index).code == ERR_OK || index > size)
				errx(1, "%s: byte %zu, bit %u: not found", path,
				    at, bit);
		}
		if (pwrite(fd, &bytes.data[at], 1, (off_t)at) != 1)
			err(1, "%s", path);
	}
	close(fd);
	buf_done(&bytes);
	return num;
}

int
main(int argc, char **argv)
{
	uint64_t size, again, num = 0;

	if (argc < 4)
		errx(2, "usage: torture_ledger DIR VKEY FILE...");
	if (crypto_init().code != ERR_OK ||
	    note_vkey_parse(&key, span_str(argv[2])).code != ERR_OK)
		errx(2, "not a vkey");
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "%s", argv[1]);
	if (replay_all(&size).code != ERR_OK)
		errx(1, "%s: not a whole ledger", argv[1]);
	for (int i = 3; i < argc; i++)
		num += torture_file(argv[i], size);
	if (replay_all(&again).code != ERR_OK || again != size)
		errx(1, "the ledger was not put back");
	printf("%" PRIu64 " bits changed, each one found\n", num);
	return 0;
}
