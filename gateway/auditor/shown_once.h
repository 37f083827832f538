#ifndef GATEHOUSE_SHOWN_ONCE_H
#define GATEHOUSE_SHOWN_ONCE_H

#include "gateway/auditor/keyset.h"

/*
 * shown_once: which values were shown under which approval (records of kind
 * `reveal`), so that none is shown twice: what was signed for one time is used
 * one time, whatever is restarted meanwhile. It is made of the ledger
 * alone.
 */
struct shown_once {
	struct keyset seen; /* of digests of a request and a code */
};

enum {
	SHOWN_ONCE_MAX = 1 << 16, /* values of one ledger */
};

/* shown_once_init: errors: NO_MEMORY. shown_once_done accepts the zero state.
 */
MUST_USE struct err shown_once_init(struct shown_once *shown);
void shown_once_done(struct shown_once *shown);

/*
 * shown_once_check: may the entry be appended?
 *
 * Errors   DENIED: it shows what was shown before, or there is no room to know
 */
MUST_USE struct err shown_once_check(
    const struct shown_once *shown, struct span entry);

/* shown_once_see: an entry of the ledger, of whatever kind; it was checked as a
 * record. What has no room is not shown again either. */
void shown_once_see(struct shown_once *shown, struct span entry);

/* shown_once_put: append all of it. shown_once_take: what was put, into an
 * empty one. Errors: of the buf; MALFORMED, TRUNCATED. */
enum {
	SHOWN_ONCE_PUT_MAX = 4 + SHOWN_ONCE_MAX * KEYSET_LEN
};
MUST_USE struct err shown_once_put(
    const struct shown_once *shown, struct buf *out);
MUST_USE struct err shown_once_take(struct shown_once *shown, struct span *in);

#endif
