#ifndef GATEHOUSE_LIFE_H
#define GATEHOUSE_LIFE_H

#include "gateway/base/jail.h"
#include "gateway/base/tally.h"
#include "gateway/keeper/keeper.h"

/*
 * life: the records that belong to no request: the gateway's start, the
 * policy in force, and how many requests were refused before there was
 * anything to decide: nobody proved who asks, it is no request that we know, or
 * it is one too many of its minute (one record per source prefix and minute, so
 * that such traffic cannot fill the ledger), and who reads what is counted.
 */

/* What holds the processes in, and from which files they were started. */
struct life_start {
	struct jail_report jail; /* the keeper's own */
	bool memfd_secret;
	bool own_uids;
	struct span config; /* SHA-256 of the configuration's bytes */
};

/* life_record_start: start, and degraded where a jail is missing.
 * Errors: those of pending_ask and record_encode. */
MUST_USE struct err life_record_start(
    struct keeper *keeper, const struct life_start *start);

/*
 * life_record_policy: from here on it is in force, if the ledger takes it. The
 * supervisor hears which. life_policy_recorded, life_policy_refused: the
 * answer. life_record_refused: another policy was to be, and is not; not waited
 * for.
 *
 * Errors   as above
 */
MUST_USE struct err life_record_policy(struct keeper *keeper);
void life_policy_recorded(struct keeper *keeper);
void life_policy_refused(struct keeper *keeper, const char *why);
MUST_USE struct err life_record_refused(struct keeper *keeper, struct span why);

/*
 * life_record_scraped: what is counted was read from this address (all zero:
 * from several) in this hour. Not waited for.
 *
 * Errors   as above
 */
MUST_USE struct err life_record_scraped(
    struct keeper *keeper, const uint8_t address[16]);

/* life_count_refusal: of a peer, IPv4 as ::ffff:a.b.c.d. life_count_over: it is
 * known, and asks too often. life_count_refusals: what a worker refused without
 * asking. */
void life_count_refusal(struct keeper *keeper, const uint8_t address[16]);
void life_count_over(struct keeper *keeper, const uint8_t address[16]);
void life_count_refusals(struct keeper *keeper, const struct tally *others);

/* life_flush_refusals: write what was counted; by the minute, and at the end.
 */
void life_flush_refusals(struct keeper *keeper);

#endif
