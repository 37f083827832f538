#ifndef GATEHOUSE_TRANSFORM_H
#define GATEHOUSE_TRANSFORM_H

#include "gateway/transform/cells.h"
#include "gateway/transform/codes.h"
#include "gateway/transform/rows.h"

/*
 * transform: a plan at work: raw batches in, delivered ones out. Rows are
 * judged first; the protections see only rows that may leave and cells that
 * are not missing. A missing cell is delivered empty and gets no code. The
 * cells of a list go through the same protection, each by itself.
 *
 * What is counted does not depend on how rows are cut into batches.
 */
struct transform;

struct transform_counts {
	uint64_t rows[NUM_VERDICTS]; /* by verdict */
	uint64_t unfit[NUM_FITS];    /* cells of rows that conditions let
					through, by reason; [FIT_VALUE] is 0 */
};

/*
 * transform_new
 *
 * out         owned by the caller; transform_free
 * plan        borrowed until transform_free
 * keys        per column of the plan, 32 bytes; read where the protection is
 *             keyed (protect.h); may be NULL if none is; not borrowed
 * source_len  bytes into which the cells of one raw batch may point
 * list_cells  cells that the lists of one raw batch may hold
 * Errors      NO_MEMORY; MALFORMED: conditions or tables that make no sense,
 *             no keys, another version; UNSUPPORTED: a protection that this
 *             build does not serve
 */
MUST_USE struct err transform_new(struct transform **out,
    const struct plan *plan, const uint8_t (*keys)[32], size_t source_len,
    uint32_t list_cells);
void transform_free(struct transform *transform); /* accepts NULL */

/*
 * transform_set_codes: where the codes of a plan with `token` come from; before
 * transform_run, which fails without.
 *
 * codes        borrowed until transform_free
 * subject_key  K of token_subjects (crypto/token.h); not borrowed
 * Errors       NO_MEMORY
 */
MUST_USE struct err transform_set_codes(struct transform *transform,
    const struct codes *codes, const uint8_t subject_key[32]);

/*
 * transform_growth: of `len` bytes of cells, how much scratch memory and what
 * leaves may hold at most, beside CELLS_TEXT a cell and the tables' groups.
 */
MUST_USE struct err transform_growth(
    const struct plan *plan, size_t len, size_t *out_len);

/*
 * transform_bind: where the file has the columns; before transform_run.
 *
 * columns     per column of the plan its column of the raw batch, or NO_INDEX:
 *             the file has none, and all its cells are missing
 * conditions  per condition of the plan likewise, never NO_INDEX
 */
void transform_bind(struct transform *transform, const uint32_t *columns,
    const uint32_t *conditions);

/*
 * transform_run: one batch.
 *
 * out       of plan->num_columns columns; valid until the next call, and as
 *           long as `raw` is. A cell of a list of `raw` has its delivered
 *           form at the same index of the lists of `out`
 * verdicts  per row; only rows with VERDICT_RELEASED may be written
 * counts    added to
 * Errors    MALFORMED: a cell does not fit and the plan refuses the file;
 *           UNAVAILABLE: there are no codes; those of codes.h
 */
MUST_USE struct err transform_run(struct transform *transform,
    const struct batch *raw, struct batch *out, uint8_t *verdicts,
    struct transform_counts *counts);

#endif
