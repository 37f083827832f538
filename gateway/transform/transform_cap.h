#ifndef GATEHOUSE_TRANSFORM_CAP_H
#define GATEHOUSE_TRANSFORM_CAP_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_cap: what is below `low` becomes `low`, what is above `high`
 * becomes `high`. It stays a number, so a model can be trained on it.
 */
void transform_cap(
    struct cells *cells, struct decimal low, struct decimal high);

#endif
