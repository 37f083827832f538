#ifndef GATEHOUSE_AUDIT_PARTIAL_H
#define GATEHOUSE_AUDIT_PARTIAL_H

#include "crypto/memory/buf.h"

/*
 * audit_partial: the partial tiles that older checkpoints speak of. A reader
 * who kept such a checkpoint reads them, so each has to be the beginning of
 * the tile that is there now, which the replay verifies.
 */

/*
 * audit_partial_check: of all tiles and bundles below `dir`, a ledger. One
 * that the auditor removes meanwhile, since its tile is full, is no error.
 *
 * out_tile  on CHANGED: the first tile concerned, as "tile/entries/000.p/5"
 * Errors    CHANGED; IO; NO_MEMORY; TOO_BIG: no such tile can be
 */
enum {
	AUDIT_PARTIAL_NAME = 128
};
MUST_USE struct err audit_partial_check(
    int dir, char out_tile[AUDIT_PARTIAL_NAME]);

#endif
