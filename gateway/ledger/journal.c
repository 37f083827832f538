#include "gateway/ledger/journal.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/disk.h"

static const char MAGIC[] = "ghledger";
static const uint8_t ZEROS[JOURNAL_PAGE];

/* --- One block --- */

size_t
journal_padded(size_t len)
{
	return (len + JOURNAL_PAGE - 1) / JOURNAL_PAGE * JOURNAL_PAGE;
}

struct err
journal_begin(struct buf *block)
{
	buf_reset(block);
	return buf_append(block, span_of(ZEROS, JOURNAL_HEADER));
}

/* Over the zeros that journal_begin left. */
static struct err
put_head(struct buf *block, const struct journal_head *head)
{
	struct buf place = {
	    .data = block->data, .cap = JOURNAL_HEADER, .max = JOURNAL_HEADER};

	TRY(buf_append_str(&place, MAGIC));
	TRY(buf_put_u64be(&place, head->first));
	TRY(buf_put_u32be(&place, head->num));
	TRY(buf_put_u32be(&place, (uint32_t)(block->len - JOURNAL_HEADER)));
	TRY(buf_put_u32be(&place, (uint32_t)head->note.len));
	TRY(buf_append(&place, span_of(head->before, JOURNAL_DIGEST)));
	assert(place.len == JOURNAL_HEADER);
	return OK;
}

struct err
journal_end(
    struct buf *block, const struct journal_head *head, uint8_t out_digest[32])
{
	uint8_t digest[JOURNAL_DIGEST];

	assert(block->len >= JOURNAL_HEADER && block->len <= UINT32_MAX);
	TRY(put_head(block, head));
	TRY(buf_append(block, head->note));
	TRY(hash_sha256(digest, buf_span(block)));
	TRY(buf_append(block, span_of(digest, sizeof(digest))));
	TRY(buf_append(
	    block, span_of(ZEROS, journal_padded(block->len) - block->len)));
	TRY(buf_append(block, span_of(ZEROS, sizeof(ZEROS))));
	memcpy(out_digest, digest, sizeof(digest));
	return OK;
}

static bool
is_zero(struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] != 0)
			return false;
	return true;
}

/* The header; gives the two lengths that follow it. */
static struct err
take_head(struct span *in, struct journal_block *out, uint32_t *out_entries,
    uint32_t *out_note)
{
	struct span magic, before;

	if (in->len >= JOURNAL_PAGE && is_zero(span_sub(*in, 0, JOURNAL_PAGE)))
		return ERR(NOT_FOUND, "journal: it ends here");
	TRY(span_take(in, &magic, strlen(MAGIC)));
	if (!span_equal_str(magic, MAGIC))
		return ERR(MALFORMED, "journal: not a block");
	TRY(span_take_u64be(in, &out->first));
	TRY(span_take_u32be(in, &out->num));
	TRY(span_take_u32be(in, out_entries));
	TRY(span_take_u32be(in, out_note));
	TRY(span_take(in, &before, JOURNAL_DIGEST));
	out->before = before.data;
	if (*out_entries > LEDGER_MAX_BATCH || *out_note > CHECKPOINT_MAX ||
	    out->num == 0)
		return ERR(MALFORMED, "journal: a block of a wrong size");
	return OK;
}

struct err
journal_parse(struct span in, struct journal_block *out)
{
	struct journal_block block = {0};
	struct span rest = in, digest, padding;
	uint8_t expected[JOURNAL_DIGEST];
	uint32_t entries_len, note_len;

	TRY(take_head(&rest, &block, &entries_len, &note_len));
	TRY(span_take(&rest, &block.entries, entries_len));
	TRY(span_take(&rest, &block.note, note_len));
	size_t len = in.len - rest.len;
	TRY(span_take(&rest, &digest, JOURNAL_DIGEST));
	block.len = journal_padded(in.len - rest.len);
	TRY(span_take(&rest, &padding, block.len - (in.len - rest.len)));
	TRY(hash_sha256(expected, span_sub(in, 0, len)));
	if (!span_equal(digest, span_of(expected, sizeof(expected))) ||
	    !is_zero(padding))
		return ERR(MALFORMED, "journal: a block's digest is another");
	block.digest = digest.data;
	*out = block;
	return OK;
}

/* --- The file --- */

void
journal_read_init(struct journal_reader *reader, int fd)
{
	*reader = (struct journal_reader){.fd = fd};
	buf_init(&reader->bytes,
	    LEDGER_MAX_BATCH + JOURNAL_OVERHEAD + 2 * JOURNAL_PAGE);
}

void
journal_read_done(struct journal_reader *reader)
{
	buf_done(&reader->bytes);
}

/* The first page tells how long the block is. */
static struct err
read_block(
    struct journal_reader *reader, uint64_t at, struct journal_block *out)
{
	struct buf *bytes = &reader->bytes;
	struct journal_block head = {0};
	uint32_t entries_len, note_len;

	buf_reset(bytes);
	TRY(disk_read_at(reader->fd, bytes, JOURNAL_PAGE, at));
	if (bytes->len == 0)
		return ERR(NOT_FOUND, "journal: the file ends here");
	struct span rest = buf_span(bytes);
	TRY(take_head(&rest, &head, &entries_len, &note_len));
	size_t len = journal_padded(
	    (size_t)JOURNAL_HEADER + entries_len + note_len + JOURNAL_DIGEST);
	TRY(disk_read_at(
	    reader->fd, bytes, len - JOURNAL_PAGE, at + JOURNAL_PAGE));
	return journal_parse(buf_span(bytes), out);
}

/* Where a block is not whole, which way it is broken tells nothing. */
static struct err
broken_block(struct err err)
{
	if (err.code == ERR_TRUNCATED)
		return ERR(MALFORMED, "journal: a block ends early");
	return err;
}

struct err
journal_read_next(struct journal_reader *reader, struct journal_block *out)
{
	struct journal_block block;

	TRY(broken_block(read_block(reader, reader->at, &block)));
	if (reader->in_lap &&
	    !span_equal(span_of(block.before, JOURNAL_DIGEST),
		span_of(reader->before, JOURNAL_DIGEST)))
		return ERR(MALFORMED, "journal: a block follows another one");
	memcpy(reader->before, block.digest, JOURNAL_DIGEST);
	reader->in_lap = true;
	reader->at += block.len;
	*out = block;
	return OK;
}

struct err
journal_read_has_later(struct journal_reader *reader, uint64_t first, bool *out)
{
	struct journal_block block;

	for (uint64_t at = reader->at + JOURNAL_PAGE;; at += JOURNAL_PAGE) {
		struct err err = broken_block(read_block(reader, at, &block));
		if (err.code == ERR_OK && block.first >= first) {
			*out = true;
			return OK;
		}
		if (err.code != ERR_OK && err.code != ERR_NOT_FOUND &&
		    err.code != ERR_MALFORMED)
			return err;
		if (reader->bytes.len == 0)
			break;
	}
	*out = false;
	return OK;
}

static struct err
fill_zeros(int fd, uint64_t len)
{
	for (uint64_t at = 0; at < len; at += JOURNAL_PAGE)
		TRY(disk_write(fd, span_of(ZEROS, JOURNAL_PAGE), at));
	return disk_sync(fd);
}

/*
 * Under another name first: a journal that exists is whole. Zeros are written
 * rather than only reserved, since the first write to a reserved block changes
 * metadata, and on some file systems may still fail.
 */
struct err
journal_create(int dir, uint64_t len)
{
	static const char NEW[] = "journal.new";

	assert(len % JOURNAL_PAGE == 0);
	int fd = openat(dir, NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return disk_error();
	struct err err = fill_zeros(fd, len);
	if (close(fd) != 0 && err.code == ERR_OK)
		err = ERR(IO, "journal: it does not close");
	if (err.code == ERR_OK && renameat(dir, NEW, dir, JOURNAL_PATH) != 0)
		err = disk_error();
	if (err.code != ERR_OK) {
		(void)unlinkat(dir, NEW, 0);
		return err;
	}
	return disk_sync_parent(dir, JOURNAL_PATH);
}
