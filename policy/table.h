#ifndef GATEHOUSE_TABLE_H
#define GATEHOUSE_TABLE_H

#include "crypto/memory/arena.h"
#include "policy/model.h"

enum {
	TABLE_MAX_FILE = 8 * 1024 * 1024, /* bytes */
	TABLE_MAX_ROWS = 200000,
	TABLE_MAX_CELL = 1024, /* bytes */
};

/*
 * table_parse: the file behind `group`: CSV (RFC 4180) of two columns, value
 * and group, under one line of headers. LF or CRLF.
 *
 * out        sorted; everything in `arena`; out->name is left to the caller
 * Errors     MALFORMED: not two cells, bad quotes, a value twice, no rows
 *            TOO_BIG, NO_MEMORY, CRYPTO
 */
MUST_USE struct err table_parse(
    struct group_table *out, struct arena *arena, struct span bytes);

#endif
