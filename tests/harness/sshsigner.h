#ifndef GATEHOUSE_SSHSIGNER_H
#define GATEHOUSE_SSHSIGNER_H

#include "crypto/memory/buf.h"

/*
 * sshsigner: keys that sign as ssh-keygen does, for tests that need many and
 * the same ones each time. `seed` is all that makes the key.
 *
 * sshsigner_key: append the line of its .pub file.
 * sshsigner_sign: append a signature in its armour.
 *
 * What fails, fails the test.
 */
void sshsigner_key(struct buf *out, uint8_t seed);
void sshsigner_sign(
    struct buf *out, uint8_t seed, const char *name_space, struct span message);

#endif
