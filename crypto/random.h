#ifndef GATEHOUSE_RANDOM_H
#define GATEHOUSE_RANDOM_H

#include <stddef.h>

/*
 * random_bytes: `len` unpredictable bytes from getrandom(2). Aborts when the
 * kernel has none to give: there is no second source. Works in a jail that
 * permits getrandom, and opens nothing.
 */
void random_bytes(void *out, size_t len);

#endif
