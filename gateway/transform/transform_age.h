#ifndef GATEHOUSE_TRANSFORM_AGE_H
#define GATEHOUSE_TRANSFORM_AGE_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_age: whole years up to 89; 90 and more are `90+`.
 *
 * Source   45 CFR 164.514(b)(2)(i)(C)
 */
void transform_age(struct cells *cells);

#endif
