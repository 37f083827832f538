#ifndef GATEHOUSE_TRANSFORM_MASK_H
#define GATEHOUSE_TRANSFORM_MASK_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_mask: the first and last characters, as many as stated, and four
 * asterisks between them, whatever the length. Where the shown parts would
 * leave fewer than four characters hidden, nothing is shown: the last four of
 * a number of five digits are no mask.
 */
void transform_mask(struct cells *cells, uint32_t first, uint32_t last);

#endif
