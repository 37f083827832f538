#ifndef GATEHOUSE_TRANSFORM_GROUP_H
#define GATEHOUSE_TRANSFORM_GROUP_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_group: the group of the value in a table that the officer wrote.
 * Blanks around the value are skipped; else it must be there exactly.
 */
void transform_group(struct cells *cells, const struct group_table *table);

#endif
