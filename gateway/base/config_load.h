#ifndef GATEHOUSE_CONFIG_LOAD_H
#define GATEHOUSE_CONFIG_LOAD_H

#include "gateway/base/config.h"

/*
 * config_load: find (config_path), read and check the configuration.
 *
 * path     NULL: not given
 * out      lives as long as `arena`
 * Returns  0, or the exit status (2), after saying on stderr what is wrong
 */
MUST_USE int config_load(
    struct config *out, struct arena *arena, const char *path);

#endif
