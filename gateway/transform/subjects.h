#ifndef GATEHOUSE_SUBJECTS_H
#define GATEHOUSE_SUBJECTS_H

#include "gateway/pipe/batch.h"
#include "gateway/transform/cells.h"
#include "policy/plan.h"

/* subjects: whom the rows of a batch are about, for the protections that go by
 * that. */

/*
 * subjects_find: the canonical form of each row's subject, in the scratch
 * memory of `cells`; of length 0 where it is missing, or no identifier of its
 * kind.
 *
 * column  of the raw batch
 * out     one per row
 */
void subjects_find(struct cells *cells, const struct plan *plan,
    const struct batch *raw, uint32_t column, struct span *out);

#endif
