#ifndef GATEHOUSE_AUDIT_SEEN_H
#define GATEHOUSE_AUDIT_SEEN_H

#include "gateway/auditor/charging.h"
#include "gateway/auditor/key_chain.h"
#include "gateway/auditor/shown_once.h"
#include "gateway/ledger/policy_chain.h"

/*
 * audit_seen: what the ledger says by now, of all that stands in it. It can be
 * made of the ledger again at any time, and is kept in its summary, so that a
 * start need not do that. All borrowed.
 */
struct audit_seen {
	struct charging *charging;
	struct policy_chain *policies; /* which one is in force */
	struct key_chain *keys;	       /* which epochs there are */
	struct shown_once *shown;      /* values, under which approvals */
	struct err failure;	       /* of an entry that was not kept */
};

enum {
	AUDIT_SEEN_PUT_MAX = CHARGING_PUT_MAX + POLICY_CHAIN_PUT +
	    KEY_CHAIN_PUT_MAX + SHOWN_ONCE_PUT_MAX
};

/* Of struct ledger_options, with a struct audit_seen. What fails in the first
 * is in `failure`, of whatever part: without it, too little would be known. */
void audit_seen_saw(void *seen, uint64_t index, struct span entry);
MUST_USE struct err audit_seen_put(void *seen, struct buf *out);
MUST_USE struct err audit_seen_take(void *seen, struct span sum);

#endif
