#ifndef GATEHOUSE_TRANSFORM_KEEP_H
#define GATEHOUSE_TRANSFORM_KEEP_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_keep: as it is, if it is what its column says: a number, a date, a
 * flag (yes no y n true false t f 1 0, any case). A telephone number that got
 * into a column of flags does not leave as one.
 */
void transform_keep(struct cells *cells, enum column_kind kind);

#endif
