#ifndef GATEHOUSE_COMPILED_H
#define GATEHOUSE_COMPILED_H

#include "gateway/keeper/keeper.h"

/*
 * compiled_get: the plan of an agreement for this calendar year. Errors: those
 * of plan_build and plan_encode; IO: no date.
 */
MUST_USE struct err compiled_get(
    struct keeper *keeper, uint32_t agreement, struct compiled **out);

#endif
