#ifndef GATEHOUSE_AUDIT_DIR_H
#define GATEHOUSE_AUDIT_DIR_H

#include "crypto/memory/buf.h"

/* audit_dir: where the audit verbs find a ledger, and the texts beside it. */

/*
 * audit_dir_open: the ledger's folder.
 *
 * path     as the person typed it, or NULL: where a gateway keeps it that was
 *          not told otherwise
 * Errors   NOT_FOUND, IO: errno tells more
 */
MUST_USE struct err audit_dir_open(const char *path, int *out_dir);

/* audit_dir_name: what audit_dir_open takes for `path`. For messages. */
const char *audit_dir_name(const char *path);

/*
 * audit_dir_read: a file that a person named, up to out->max bytes. Errors:
 * NOT_FOUND, TOO_BIG, IO, NO_MEMORY.
 */
MUST_USE struct err audit_dir_read(const char *path, struct buf *out);

#endif
