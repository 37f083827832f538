#ifndef GATEHOUSE_TRANSFORM_FORMAT_H
#define GATEHOUSE_TRANSFORM_FORMAT_H

#include "crypto/shape.h"
#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_format: a code of the same shape: digits for digits, letters for
 * letters, and what stands between them as it is. What two people type in two
 * ways (canon.h) has codes that differ in no more than that. A value does not
 * fit when it is none of its kind, fewer than a million have its shape, or the
 * key asks for check digits and those of the value do not hold.
 */
void transform_format(
    struct cells *cells, enum column_kind kind, struct shape_key *key);

#endif
