#ifndef GATEHOUSE_COMPILED_H
#define GATEHOUSE_COMPILED_H

#include "gateway/keeper/keeper.h"
#include "gateway/ledger/record.h"

/*
 * compiled_get: the plan of an agreement for this calendar year, and for the
 * epoch of its scope. Errors: those of plan_build and plan_encode; IO: no date.
 */
MUST_USE struct err compiled_get(
    struct keeper *keeper, uint32_t agreement, struct compiled **out);

/* compiled_build: likewise, of any policy, and with codes of this epoch, the
 * same each time. `out` is the zero value, or what was built of that agreement
 * before. */
MUST_USE struct err compiled_build(struct compiled *out,
    const struct policy *policy, uint32_t agreement, uint32_t epoch);

/*
 * compiled_columns: the columns that an agreement delivers, as its records
 * name them: made once, since a keeper has one policy.
 *
 * Errors   NO_MEMORY; TOO_BIG: more than a record can hold
 */
MUST_USE struct err compiled_columns(
    struct keeper *keeper, uint32_t agreement, struct record_columns *out);

#endif
