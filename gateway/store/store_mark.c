#include "gateway/store/store_mark.h"

#include "crypto/hash.h"
#include "crypto/memory/buf.h"

enum {
	SUM = 16, /* of SHA-256 */
	SAID = 16 + STORE_ID + 8,
	MARK = SAID + SUM,
	NUM_PLACES = 2
};

static const char magic[] = "gatehouse-mark-1";
_Static_assert(sizeof(magic) - 1 == SAID - STORE_ID - 8, "its length");

/* In blocks of their own: what spoils one is not near the other. */
static uint64_t
place_of(uint64_t commit)
{
	return commit % NUM_PLACES * STORE_PAGE;
}

/* False: nothing, or what is no mark. */
static bool
take_mark(struct span in, struct span *out_id, uint64_t *out_commit)
{
	uint8_t sum[SHA256_LEN];
	struct span said, name;

	if (span_take(&in, &said, SAID).code != ERR_OK ||
	    hash_sha256(sum, said).code != ERR_OK ||
	    !span_equal(in, span_of(sum, SUM)))
		return false;
	return span_take(&said, &name, sizeof(magic) - 1).code == ERR_OK &&
	    span_equal_str(name, magic) &&
	    span_take(&said, out_id, STORE_ID).code == ERR_OK &&
	    span_take_u64be(&said, out_commit).code == ERR_OK;
}

struct err
store_mark_read(const struct store_vfs *vfs, const uint8_t id[STORE_ID],
    uint64_t *out, bool *out_there)
{
	uint64_t len, commit, last = 0;
	bool found = false;

	TRY(store_vfs_len(vfs, STORE_MARK, &len));
	for (uint64_t i = 0; i < NUM_PLACES && len > 0; i++) {
		uint8_t bytes[MARK];
		struct span its_id;
		size_t got;

		TRY(store_vfs_read(
		    vfs, STORE_MARK, bytes, MARK, place_of(i), &got));
		if (!take_mark(span_of(bytes, got), &its_id, &commit))
			continue;
		if (!span_equal(its_id, span_of(id, STORE_ID)))
			return ERR(CHANGED,
			    "codebook: commits.mark is of another codebook "
			    "than "
			    "codes.sqlite; restore the codebook from a backup");
		last = commit > last ? commit : last;
		found = true;
	}
	if (len > 0 && !found)
		return ERR(MALFORMED,
		    "codebook: commits.mark is damaged; restore the codebook "
		    "from a backup");
	*out = last;
	*out_there = found;
	return OK;
}

struct err
store_mark_write(
    struct store_vfs *vfs, const uint8_t id[STORE_ID], uint64_t commit)
{
	struct buf mark CLEANUP(buf_done) = {.max = MARK};
	uint8_t sum[SHA256_LEN];

	TRY(buf_append(&mark, span_str(magic)));
	TRY(buf_append(&mark, span_of(id, STORE_ID)));
	TRY(buf_put_u64be(&mark, commit));
	TRY(hash_sha256(sum, buf_span(&mark)));
	TRY(buf_append(&mark, span_of(sum, SUM)));
	return store_vfs_write(
	    vfs, STORE_MARK, buf_span(&mark), place_of(commit));
}
