#ifndef GATEHOUSE_ROOT_FIND_H
#define GATEHOUSE_ROOT_FIND_H

#include "gateway/loader/material.h"

/*
 * root_find: the root of a generation, behind a descriptor, which the program
 * of its provider fills (ipc/root_run.h). One that the gateway has, it goes on
 * with: neither a reload nor an upgrade waits for a token, a server or a
 * person. Where only a person could open it and nobody has, the generation
 * starts sealed. A root that lies open is read again each time.
 *
 * file     root.sealed
 * out      root, root_check, sealed
 * Returns  0, or the exit status after saying why
 */
MUST_USE int root_find(struct material *out, int file,
    const struct config *config, const struct material_with *with);

#endif
