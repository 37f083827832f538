#ifndef GATEHOUSE_TRANSFORM_ZIP3_H
#define GATEHOUSE_TRANSFORM_ZIP3_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_zip3: the first three digits of a US ZIP code (12345, 123456789,
 * 12345-6789) where more than 20,000 people live, else 000.
 *
 * Source   45 CFR 164.514(b)(2)(i)(B); zip3_table.h
 */
void transform_zip3(struct cells *cells);

#endif
