#ifndef GATEHOUSE_JOURNAL_H
#define GATEHOUSE_JOURNAL_H

#include "crypto/memory/buf.h"
#include "gateway/ledger/checkpoint.h"

/*
 * journal: what was acknowledged and is in no tile yet. One file of a fixed
 * size, filled with zeros when it is made and then written in place: a commit
 * changes no metadata, so its fdatasync is one write of the device, and it
 * needs no space that the disk could refuse.
 *
 * A commit is a block at the start of a page:
 *
 *	 0  8   "ghledger"
 *	 8  8   number of the first entry      (all big-endian)
 *	16  4   how many entries
 *	20  4   bytes of the entries
 *	24  4   bytes of the note
 *	28  32  digest of the block before; zeros in a new file
 *	60      entries: 16-bit length and bytes, as in a bundle
 *		note: a checkpoint of the tree after them, of the journal's use
 *		32 bytes: SHA-256 of all of that
 *		zeros to the end of the page
 *
 * followed by a page of zeros, which the next block overwrites. So after the
 * last block comes zeros, or a write that was not finished, or damage: never
 * a rest of earlier laps. When all blocks are in tiles under a new checkpoint,
 * the next lap begins at 0, and its first block says a higher number.
 *
 * No page holds bytes of two blocks: a write that tears cannot hurt what was
 * acknowledged before it.
 */
enum {
	JOURNAL_PAGE = 4096,
	JOURNAL_HEADER = 60,
	JOURNAL_DIGEST = 32,
	/* the most that a block adds to its entries, before padding */
	JOURNAL_OVERHEAD = JOURNAL_HEADER + CHECKPOINT_MAX + JOURNAL_DIGEST
};

#define JOURNAL_PATH "journal"

/* A block, borrowed from where it was parsed. */
struct journal_block {
	uint64_t first;
	uint32_t num;
	struct span entries;
	struct span note;
	const uint8_t *before; /* 32 bytes */
	const uint8_t *digest; /* 32 bytes */
	size_t len;	       /* in the file, padding included */
};

/* journal_begin: make `block` an empty block, to append entries to. */
MUST_USE struct err journal_begin(struct buf *block);

/* What journal_end writes into the header. */
struct journal_head {
	uint64_t first;
	uint32_t num;
	struct span note;
	const uint8_t *before; /* 32 bytes */
};

/*
 * journal_end: after the entries, the rest of the block and the page of zeros.
 *
 * out_digest  32 bytes, the next block's `before`
 * Errors      of the buf; CRYPTO
 */
MUST_USE struct err journal_end(
    struct buf *block, const struct journal_head *head, uint8_t out_digest[32]);

/* journal_padded: bytes in the file of a block that has so many in use. */
size_t journal_padded(size_t len);

/*
 * journal_parse: the block at the front of `in`.
 *
 * Errors   NOT_FOUND: a page of zeros
 *          TRUNCATED: `in` is shorter than the block says
 *          MALFORMED: not a block, or its digest is another
 */
MUST_USE struct err journal_parse(struct span in, struct journal_block *out);

/* Walks over a journal's blocks. */
struct journal_reader {
	int fd;		  /* borrowed */
	uint64_t at;	  /* where the next block begins */
	struct buf bytes; /* what the last block lies in */
	uint8_t before[32];
	bool in_lap; /* a block was read, `before` holds */
};

/* journal_read_init: walk over the open file from its start. */
void journal_read_init(struct journal_reader *reader, int fd);
void journal_read_done(struct journal_reader *reader);

/*
 * journal_read_next: the next block, which follows the one before.
 *
 * out      borrowed from the reader until the next call
 * Errors   NOT_FOUND: the journal ends here
 *          MALFORMED: it should end or go on here, and does neither
 *          IO, NO_MEMORY
 */
MUST_USE struct err journal_read_next(
    struct journal_reader *reader, struct journal_block *out);

/*
 * journal_read_has_later: behind a place that does not parse, is there a whole
 * block with entries from number `first` on? Then that place was written and
 * synced once, and what broke it was no crash.
 *
 * Errors   IO, NO_MEMORY
 */
MUST_USE struct err journal_read_has_later(
    struct journal_reader *reader, uint64_t first, bool *out);

/*
 * journal_create: a file of `len` bytes of zeros under the journal's name.
 *
 * len      a multiple of JOURNAL_PAGE
 * Errors   NO_SPACE, IO
 */
MUST_USE struct err journal_create(int dir, uint64_t len);

#endif
