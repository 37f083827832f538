#ifndef GATEHOUSE_SCHEMA_REFERENCE_H
#define GATEHOUSE_SCHEMA_REFERENCE_H

#include "crypto/memory/buf.h"

/*
 * schema_reference_print: the table of schema_keys.h, and that of the presets'
 * names, as the part of policy/README.md that lists every key. Errors:
 * TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err schema_reference_print(struct buf *out);

#endif
