#ifndef GATEHOUSE_TRANSFORM_ROUND_H
#define GATEHOUSE_TRANSFORM_ROUND_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_round: the nearest multiple of `step`; a half goes away from zero.
 */
void transform_round(struct cells *cells, struct decimal step);

#endif
