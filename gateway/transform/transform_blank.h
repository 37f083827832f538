#ifndef GATEHOUSE_TRANSFORM_BLANK_H
#define GATEHOUSE_TRANSFORM_BLANK_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/* transform_blank: the column is there, and every cell of it empty. */
void transform_blank(struct cells *cells);

#endif
