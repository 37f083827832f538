#ifndef GATEHOUSE_TRANSFORM_PREFIX_H
#define GATEHOUSE_TRANSFORM_PREFIX_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_prefix: the first `len` characters; a shorter value is whole.
 */
void transform_prefix(struct cells *cells, uint32_t len);

#endif
