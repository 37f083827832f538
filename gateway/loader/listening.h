#ifndef GATEHOUSE_LISTENING_H
#define GATEHOUSE_LISTENING_H

#include "gateway/base/config.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/load.h"

/*
 * listening: the sockets that somebody connects to. One that was given,
 * because it listens already, is taken; any other is bound.
 *
 * given    of the supervisor: "listener" i, "admin"
 * out      does not block; owned by the caller
 * Returns  0, or the exit status after saying why
 */
MUST_USE int listening_at(int *out, const struct control_items *given,
    const struct config_endpoint *endpoint);

/*
 * listening_for_metrics: where `metrics:` says. The place that they have when
 * it says nothing is one for the whole host: another gateway may have it, and
 * one that was not asked to is not kept from starting by that.
 *
 * out      -1: they are not served; a line in the log, unless they are off
 */
MUST_USE int listening_for_metrics(
    int *out, const struct control_items *given, const struct config *config);

/* listening_for_commands: run/admin.sock: our own uid and root may connect. */
MUST_USE int listening_for_commands(
    int *out, const struct control_items *given, const struct config *config);

/*
 * listening_rest: a service manager holds a port for us: that nobody is to
 * listen there is a mistake.
 *
 * Returns  0; the exit status after saying so
 */
MUST_USE int listening_rest(const struct control_items *given);

/* listening_name: an endpoint as the supervisor keeps it. */
void listening_name(
    uint8_t out[LOAD_ENDPOINT], const struct config_endpoint *endpoint);

#endif
