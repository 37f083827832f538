#ifndef GATEHOUSE_CHARGING_H
#define GATEHOUSE_CHARGING_H

#include "gateway/auditor/account.h"

/*
 * charging: the account and the clock. What is asked for now counts for the
 * second of now, on the monotonic clock; what the ledger holds, for the one
 * that it was written in, as far as the wall clock tells: what it says is still
 * to come was written now.
 */
struct charging {
	struct account *account; /* borrowed */
	struct err failure;	 /* of an entry that was not counted */
};

/* charging_saw: an entry of the ledger; of struct ledger_options. What fails
 * is in `failure`: without it, limits would be held against too little. */
void charging_saw(void *charging, uint64_t index, struct span entry);

/*
 * charging_check: of AUDIT_CHARGE.
 *
 * body      the limits are taken away; the record is left
 * out_over  written on DENIED
 * Errors    DENIED: it is over one; TRUNCATED, MALFORMED, NOT_FOUND: not what
 *           it should be; CRYPTO
 */
MUST_USE struct err charging_check(struct charging *charging, struct span *body,
    struct record_charged *out, struct audit_over *out_over);

/* charging_add: it was appended. Errors: CRYPTO. */
MUST_USE struct err charging_add(struct charging *charging,
    const struct record_charged *charged, struct account_mark *out_mark);

/* charging_use: of AUDIT_USE. Errors: TRUNCATED, CRYPTO. */
MUST_USE struct err charging_use(
    const struct charging *charging, struct span body, struct audit_used *out);

/*
 * charging_put: the account, and when that was. charging_take: what was put,
 * into a new account.
 *
 * Errors   as account_put, account_take
 */
enum {
	CHARGING_PUT_MAX = 8 + ACCOUNT_PUT_MAX
};
MUST_USE struct err charging_put(
    const struct charging *charging, struct buf *out);
MUST_USE struct err charging_take(struct charging *charging, struct span *in);

#endif
