#ifndef GATEHOUSE_SCHEMA_JSON_H
#define GATEHOUSE_SCHEMA_JSON_H

#include "crypto/memory/buf.h"

/*
 * schema_json_print: the table of schema_keys.h as JSON Schema (draft 7), for
 * the editors of YAML. It accepts each policy that loads; what it cannot say,
 * as that a name is declared, is the checker's. Errors: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err schema_json_print(struct buf *out);

#endif
