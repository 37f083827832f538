#ifndef GATEHOUSE_PROVIDED_H
#define GATEHOUSE_PROVIDED_H

#include "gateway/keeper/keeper.h"

/*
 * provided_read: the policy, the settings and the keys that the supervisor
 * gives before it says go: the values among its items, not the channels.
 *
 * out_reading  what it was at when it failed, e.g. "tls key"; a literal
 * Errors       NOT_FOUND: something was not given; those of what is read
 */
MUST_USE struct err provided_read(struct keeper *keeper,
    const struct control_items *items, const char **out_reading);

#endif
