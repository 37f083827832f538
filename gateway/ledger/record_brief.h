#ifndef GATEHOUSE_RECORD_BRIEF_H
#define GATEHOUSE_RECORD_BRIEF_H

#include "gateway/ledger/record.h"

/*
 * record_brief: how a walk over an entry gathers what the ledger needs of it;
 * for record_check and record_brief_read.
 */

/* record_brief_member: take one member in. Errors: those of jcs_read. */
MUST_USE struct err record_brief_member(
    struct record_brief *brief, struct span name, struct span value);

/* record_brief_check: a kind, and an intent where there must be one. Errors:
 * MALFORMED. */
MUST_USE struct err record_brief_check(
    const struct record_brief *brief, bool has_kind);

#endif
