#ifndef GATEHOUSE_CHARGE_H
#define GATEHOUSE_CHARGE_H

#include "gateway/keeper/ask_run.h"
#include "gateway/ledger/record.h"

/*
 * charge: what a request costs of the limits of its agreement. It stands in
 * the record of the intent, or of the denial, and the auditor takes that only
 * within the limits: so it is charged before there is a grant.
 *
 * Of rows and bytes a listing, a HEAD, an error cost nothing; each costs a
 * request. The part of a generation's rows that a Range costs is that of its
 * bytes, rounded up.
 */

/* charge_limits: those of an agreement; false: it has none. */
bool charge_limits(struct audit_limits *out, const struct agreement *agreement);

/* charge_bytes: what a GET of a slot that is ready will be sent, by its Range
 * and its conditions; 0 of another question. */
uint64_t charge_bytes(const struct ask *ask);

/*
 * charge_put: into the record of an intent, or of a denial (whose bytes are
 * 0), of an agreement that has limits.
 *
 * caller   what he is counted by; borrowed by the record
 * time_ms  of the record
 * Errors   MALFORMED: the policy has no time zone that we know
 */
MUST_USE struct err charge_put(struct record_charge *out, struct keeper *keeper,
    struct span caller, uint64_t time_ms);

/* charge_put_rows: of a slot that is ready, `bytes` of its object. */
void charge_put_rows(
    struct record_charge *out, const struct slot *slot, uint64_t bytes);

/* charge_is_of_day: what is over is used up until the day ends. */
bool charge_is_of_day(const struct audit_over *over);

/*
 * charge_put_opening: append when the day after this one begins, in the zone of
 * the policy: "2026-11-24T00:00:00Z".
 *
 * Errors   TOO_BIG, NO_MEMORY, as charge_put
 */
MUST_USE struct err charge_put_opening(
    struct buf *out, struct keeper *keeper, uint64_t day);

/*
 * charge_sentence: append, for parties, which limit it is, how much of it is
 * used, and when it opens again.
 *
 * Errors   TOO_BIG, NO_MEMORY, as charge_put
 */
MUST_USE struct err charge_sentence(struct buf *out, struct keeper *keeper,
    uint32_t agreement, const struct audit_over *over);

/* charge_word: the limit as records and the policy call it, e.g.
 * "per-caller: rows-per-day". Static. */
const char *charge_word(const struct audit_over *over);

#endif
