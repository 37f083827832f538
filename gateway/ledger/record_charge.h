#ifndef GATEHOUSE_RECORD_CHARGE_H
#define GATEHOUSE_RECORD_CHARGE_H

#include "gateway/ledger/record.h"

/* record_charge: what a record says that was charged, and to whom; what the
 * sums of account.h are made of. */
struct record_charged {
	struct span agreement;
	struct span generation; /* as written; empty: of none */
	uint64_t time_ms;	/* since 1970 */
	struct record_charge charge;
};

/*
 * record_charge_read: from an entry that was checked when it was written. Of
 * one without a charge, little more is read than what lies before it.
 *
 * out      borrowed from the entry
 * Errors   NOT_FOUND: nothing was charged; MALFORMED, TRUNCATED, TOO_BIG: not
 *          canonical as far as it was read, or a part is missing
 */
MUST_USE struct err record_charge_read(
    struct span entry, struct record_charged *out);

#endif
