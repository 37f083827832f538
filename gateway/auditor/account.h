#ifndef GATEHOUSE_ACCOUNT_H
#define GATEHOUSE_ACCOUNT_H

#include "gateway/ipc/audit.h"
#include "gateway/ledger/record_charge.h"

/*
 * account: what was read today, and asked for within the last minute, of each
 * agreement that has limits and by each of its callers. It is the sum of the
 * charges that stand in the ledger (README.md beside it), and can be made of
 * them again at any time. Pure: days come with the charges, and the caller
 * says which second it is.
 *
 * It counts by the greatest day that it has seen: a clock that goes back
 * opens no quota again. A minute is any 60 seconds, not one of the clock's.
 *
 * All of its memory is there from the start. Whoever finds no place in it is
 * told that he is over a limit, if there is one; what was read of a generation
 * for which there is no place is charged each time.
 */
enum {
	ACCOUNT_SUMS = 16384,  /* agreements, and their callers, of one day */
	ACCOUNT_READS = 65536, /* generations and who read them, likewise */
};

struct account;

/* account_new: room for so many. Errors: NO_MEMORY. */
MUST_USE struct err account_new(
    struct account **out, uint32_t max_sums, uint32_t max_reads);
void account_free(struct account *account); /* accepts NULL */

/*
 * account_check: whether one more charge is within these limits. Only the day
 * may change by it.
 *
 * now_s      seconds of a clock that never goes back
 * out_over   written on DENIED
 * Errors     DENIED: it is over one; CRYPTO
 */
MUST_USE struct err account_check(struct account *account,
    const struct record_charged *charged, const struct audit_limits *limits,
    uint64_t now_s, struct audit_over *out_over);

/* What account_add did. */
struct account_mark {
	uint64_t day, bytes, rows;
	uint32_t sums[2]; /* the agreement's, the caller's; KEYSET_NONE */
	uint64_t seconds[2];
	uint32_t read; /* KEYSET_NONE: of no generation */
};

/* account_add: it is in the ledger. Errors: CRYPTO: nothing was added. */
MUST_USE struct err account_add(struct account *account,
    const struct record_charged *charged, uint64_t now_s,
    struct account_mark *out_mark);

/* account_use: what was charged on a day, and in the last minute. Errors:
 * CRYPTO. */
MUST_USE struct err account_use(const struct account *account,
    const struct audit_use *use, uint64_t now_s, struct audit_used *out);

/* account_undo: it is not in the ledger after all. */
void account_undo(struct account *account, const struct account_mark *mark);

/*
 * account_put: append all of it, as it is in the second now_s.
 * account_take: what was put, into a new one, where that second is then_s.
 *
 * Errors   of the buf; MALFORMED, TRUNCATED: not as it is put
 */
enum {
	/* Of a sum: its name, bytes, rows, how many seconds, and of each of
	   them its age and how many requests; of a generation: name, rows. */
	ACCOUNT_PUT_SUM = 16 + 8 + 8 + 1 + 61 * (1 + 4),
	ACCOUNT_PUT_READ = 16 + 8,
	ACCOUNT_PUT_MAX = 8 + 4 + ACCOUNT_SUMS * ACCOUNT_PUT_SUM + 4 +
	    ACCOUNT_READS * ACCOUNT_PUT_READ,
};
MUST_USE struct err account_put(
    const struct account *account, uint64_t now_s, struct buf *out);
MUST_USE struct err account_take(
    struct account *account, uint64_t then_s, struct span *in);

/* account_num: how many agreements and callers have a place. */
uint32_t account_num(const struct account *account);

#endif
