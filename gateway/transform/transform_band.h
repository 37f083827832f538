#ifndef GATEHOUSE_TRANSFORM_BAND_H
#define GATEHOUSE_TRANSFORM_BAND_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_band: the band [n * step, (n + 1) * step) that holds the number,
 * named by its lower edge: with `band 5`, 12 becomes 10 and -1 becomes -5.
 */
void transform_band(struct cells *cells, struct decimal step);

#endif
