#ifndef GATEHOUSE_PUBLISH_H
#define GATEHOUSE_PUBLISH_H

#include "crypto/note.h"
#include "gateway/ledger/edge.h"

/*
 * publish: from committed entries to the files that an outsider reads. Tiles
 * and bundles first, each under a name that no checkpoint speaks of yet; the
 * checkpoint last, in one rename. Partial tiles stay until the full one is
 * there, as the format wants it, so that a reader with an older checkpoint
 * finds what that speaks of.
 */
struct publish {
	int dir;			  /* borrowed */
	const struct note_signer *signer; /* borrowed */
	struct edge edge;		  /* over all committed entries */
	uint64_t published;		  /* the size of the last checkpoint */
	struct buf entries;		  /* from the last full bundle on */
	bool is_full;			  /* the last run found no space */
};

/*
 * publish_init: nothing committed, nothing published.
 *
 * entries_len  the most bytes of entries that one run may have to write
 * Errors       NO_MEMORY
 */
MUST_USE struct err publish_init(struct publish *publish, int dir,
    const struct note_signer *signer, size_t entries_len);
void publish_done(struct publish *publish); /* accepts the zero value */

/* publish_num: entries that are committed and not published. */
uint64_t publish_num(const struct publish *publish);

/* publish_push: an entry was committed, whose leaf this is. Errors: TOO_BIG,
 * CRYPTO: fatal. */
MUST_USE struct err publish_push(struct publish *publish, struct span entry,
    const uint8_t leaf[MERKLE_HASH]);

/*
 * publish_keep: at start, instead of publish_push: entry `index` of a ledger
 * whose checkpoint covers `published`. Its bytes are kept while its bundle may
 * have to be written again. Then publish_adopt: the edge of all of them.
 *
 * edge     taken over; afterwards as after edge_done
 */
MUST_USE struct err publish_keep(struct publish *publish, struct span entry,
    uint64_t index, uint64_t published);
void publish_adopt(
    struct publish *publish, struct edge *edge, uint64_t published);

/*
 * publish_run: write what is missing, and the checkpoint.
 *
 * Errors   NO_SPACE: is_full is set, and the next run writes it all again
 *          IO, CRYPTO
 */
MUST_USE struct err publish_run(struct publish *publish);

/* publish_tidy: at start, remove partial tiles that a crash left. */
void publish_tidy(const struct publish *publish);

/* publish_checkpoint: sign and replace that file. Errors: NO_SPACE, IO. */
MUST_USE struct err publish_checkpoint(
    int dir, const struct note_signer *signer, const struct merkle_tree *tree);

#endif
