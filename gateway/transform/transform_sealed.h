#ifndef GATEHOUSE_TRANSFORM_SEALED_H
#define GATEHOUSE_TRANSFORM_SEALED_H

#include "crypto/sealed.h"
#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_sealed: the code of the canonical form, which the key opens again.
 * What has no canonical form does not fit, as with pseudonyms.
 */
void transform_sealed(struct cells *cells, enum column_kind kind,
    struct sealed_key *key, uint32_t epoch);

#endif
