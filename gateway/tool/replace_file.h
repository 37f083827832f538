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

/*
 * replace_file_make: one that is not there, whole or not at all. It becomes its
 * folder's owner's, who may write it, and all may read it.
 *
 * path     absolute
 * Errors   CHANGED: it is there by now; NO_MEMORY; else as above
 */
MUST_USE struct err replace_file_make(const char *path, struct span bytes);

#endif
