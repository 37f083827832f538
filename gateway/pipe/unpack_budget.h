#ifndef GATEHOUSE_UNPACK_BUDGET_H
#define GATEHOUSE_UNPACK_BUDGET_H

#include "policy/model.h"

/*
 * unpack_budget: the most bytes that `len` bytes of a source may stand for.
 * Apart from unpack.h, so that who only asks links no decoder.
 */
uint64_t unpack_budget(enum compression compression, uint64_t len);

#endif
