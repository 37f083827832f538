#ifndef GATEHOUSE_ADMIT_H
#define GATEHOUSE_ADMIT_H

#include "gateway/supervisor/processes.h"

/*
 * admit: whoever connects to run/admin.sock to give a command: root, and the
 * uid that the gateway was started under. The kernel says who it is; the
 * keeper gets the connection, and the supervisor reads nothing of it.
 *
 * listener  does not block
 * owner     the uid of the start
 */
void admit_commands(struct processes *all, int listener, uid_t owner);

#endif
