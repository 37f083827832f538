#ifndef GATEHOUSE_PEERS_CONTROL_H
#define GATEHOUSE_PEERS_CONTROL_H

#include "gateway/ipc/channel.h"

/*
 * peers_control_rules: what the supervisor may say to a keeper that serves, of
 * a channel whose context is a struct seam.
 *
 * Returns  how many there are
 */
size_t peers_control_rules(const struct channel_rule **out);

#endif
