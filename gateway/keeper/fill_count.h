#ifndef GATEHOUSE_FILL_COUNT_H
#define GATEHOUSE_FILL_COUNT_H

#include "gateway/keeper/slot_fill.h"

/* fill_count: what metrics show of fillings: begun, and over, by one of
 * METRIC_FILL_DONE …; one that had not begun, or is over, counts nothing. */
void fill_count_begun(struct slot *slot);
void fill_count_over(struct slot *slot, unsigned how);

#endif
