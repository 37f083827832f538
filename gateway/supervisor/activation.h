#ifndef GATEHOUSE_ACTIVATION_H
#define GATEHOUSE_ACTIVATION_H

#include "gateway/supervisor/provisions.h"

/*
 * activation: sockets that a service manager listens on for us, and passes on
 * from descriptor 3, as sd_listen_fds(3) has it. They are taken in the place
 * of those that `listen:` of the configuration names with the same address.
 *
 * Errors   UNSUPPORTED: one is no listening socket of IP; NO_MEMORY
 */
MUST_USE struct err activation_take(struct provisions *out);

#endif
