#ifndef GATEHOUSE_ONEKEY_H
#define GATEHOUSE_ONEKEY_H

/* What every unit includes of what runs down a column under one key. */
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

/* onekey: that key, where any will do. */
extern const uint8_t onekey[32];

/* onekey_start: before the first test of such a unit. */
int onekey_start(void **state);

/* onekey_survives: what `once` makes and frees is more than one block, and it
 * bears that there is no memory for any of them. */
void onekey_survives(sweep_once *once);

#endif
