#ifndef GATEHOUSE_COMMAND_RECIPIENT_H
#define GATEHOUSE_COMMAND_RECIPIENT_H

#include "crypto/age_key.h"
#include "gateway/keeper/command.h"

struct record;

/*
 * command_recipient: whether who is to get data holds the key that it will be
 * encrypted to. The keeper makes challenges and judges proofs
 * (crypto/possession.h); the file that says what was proven is the command's to
 * write, whose owner may.
 */

/* command_recipient_whose: what it says of whom. *out_right: it may go on; if
 * not, the command has heard why. Errors: those of admin_take_recipient. */
MUST_USE struct err command_recipient_whose(
    struct admin *admin, struct span body, bool *out_right);

/* The key as text, as long as the record is not written. */
struct command_recipient_key {
	struct span text;
	uint8_t bytes[AGE_RECIPIENT_TEXT];
};

/* command_recipient_put: what its record says of it; of another command,
 * nothing. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err command_recipient_put(struct record *record,
    struct command_recipient_key *key, const struct admin *admin);

/*
 * command_recipient: its record, of that number, is on the disk. Pairs:
 *   ask           "challenge", the bytes of an age file; "expires", a time
 *   add, remove   "record", "since"
 * list: a line of each key of each agreement: agreement, party, key.
 */
void command_recipient(struct admin *admin, uint64_t index);

/* command_recipient_unproven: keys that agreements name and are not sealed to.
 */
uint64_t command_recipient_unproven(const struct policy *policy);

#endif
