#ifndef GATEHOUSE_PROVEN_READ_H
#define GATEHOUSE_PROVEN_READ_H

#include "gateway/base/config.h"
#include "gateway/loader/material.h"

/*
 * proven_read: keys/recipients, where the configuration says `recipients:
 * proven`. Each key that the policy names and that is not in it has a line in
 * the log, with the command that proves it.
 *
 * out      proven, unproven; its policy keeps the keys that are proven
 * Returns  0, or the exit status after saying why
 */
MUST_USE int proven_read(struct material *out, const struct config *config);

#endif
