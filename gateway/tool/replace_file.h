#ifndef GATEHOUSE_REPLACE_FILE_H
#define GATEHOUSE_REPLACE_FILE_H

#include "crypto/memory/span.h"

/*
 * replace_file: other bytes under the same name, whole or not at all, with the
 * mode and the owner of what was there. A symbolic link stays one: what it
 * points to is replaced.
 *
 * was      the bytes that were read of it
 * Errors   IO: errno tells more; CHANGED: it no longer holds them; TOO_BIG
 */
MUST_USE struct err replace_file(
    const char *path, struct span was, struct span bytes);

#endif
