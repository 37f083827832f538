#ifndef GATEHOUSE_TRANSFORM_PSEUDONYM_H
#define GATEHOUSE_TRANSFORM_PSEUDONYM_H

#include "crypto/pseudonym.h"
#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_pseudonym: the keyed code of the canonical form. What has none
 * does not fit: an empty identifier would make one person of many.
 */
void transform_pseudonym(struct cells *cells, enum column_kind kind,
    const struct hmac_key *key, uint32_t epoch);

#endif
