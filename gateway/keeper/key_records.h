#ifndef GATEHOUSE_KEY_RECORDS_H
#define GATEHOUSE_KEY_RECORDS_H

#include "gateway/keeper/keeper.h"

/*
 * key_records: before a keeper serves, the ledger has every epoch of every
 * scope that keys/scopes names: opened, with the tag of its seed, or destroyed.
 * What it has already is not written again; what contradicts it is refused, and
 * so is this keeper. The record of the policy follows when all are there.
 */

/* key_records_begin: errors: those of pending_ask and record_encode. */
MUST_USE struct err key_records_begin(struct keeper *keeper);

/* key_records_recorded: the ledger has one; one that it refuses is as a policy
 * that it does (life_policy_refused). */
void key_records_recorded(struct keeper *keeper);

#endif
