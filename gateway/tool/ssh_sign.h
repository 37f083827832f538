#ifndef GATEHOUSE_SSH_SIGN_H
#define GATEHOUSE_SSH_SIGN_H

#include "crypto/memory/buf.h"

/*
 * ssh_sign: have ssh-keygen sign a message: with a key in a file, in an agent
 * or on a security key. It asks for what it needs on the terminal; we see no
 * key.
 *
 * out      appended: the signature in its armour
 * key      as ssh-keygen -f takes it: of a public key, the agent has the other
 *          half
 * message  at most 4096 bytes
 * Errors   NOT_FOUND: there is no ssh-keygen; DENIED: it did not sign, and has
 *          said why; IO, NO_MEMORY, TOO_BIG
 */
MUST_USE struct err ssh_sign(struct buf *out, const char *key,
    const char *name_space, struct span message);

#endif
