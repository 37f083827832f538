#ifndef GATEHOUSE_PLAN_KEY_H
#define GATEHOUSE_PLAN_KEY_H

#include "policy/plan.h"

/*
 * plan_key: of what kind the key of a column of codes is. The keeper makes the
 * key by it, and the mill gives it to what uses the key: both ask here.
 */

/* plan_subject: the column of subjects among the plan's conditions, or
 * NO_INDEX. */
uint32_t plan_subject(const struct plan *plan);

/* plan_subject_kind: that of the subject, where the dataset knows one; else the
 * column's own. */
enum column_kind plan_subject_kind(
    const struct plan *plan, const struct plan_column *column);

/* plan_key_kind: all dates of a subject move alike: their key is of the
 * subject's kind. Other codes are of the kind of their own column. */
enum column_kind plan_key_kind(
    const struct plan *plan, const struct plan_column *column);

#endif
