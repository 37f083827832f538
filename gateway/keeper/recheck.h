#ifndef GATEHOUSE_RECHECK_H
#define GATEHOUSE_RECHECK_H

#include "gateway/ipc/audit.h"
#include "gateway/keeper/keeper.h"

/*
 * recheck: a keeper that drains learns which policy serves by now, which access
 * keys there are, which epochs of scopes were destroyed, and which keys of
 * recipients are proven, where that counts. What it has
 * granted and that policy would not grant, or not in this form, or not for
 * these recipients, or whose codes are of what was destroyed, is cut; what it
 * still would, ends as it began: under its own epoch, if there is a later one
 * by now.
 */

/* recheck_item: "image" i; "s3" i, whose value is an id; "destroyed" i,
 * pieces of u32 epoch and field scope of each; "proven" i, of keys/recipients.
 * Others are ignored. Errors:
 * TOO_BIG, NO_MEMORY; MALFORMED, TRUNCATED. */
MUST_USE struct err recheck_item(
    struct keeper *keeper, const struct control_item *item);

/* recheck_free: wipes nothing, for it holds no secret; accepts NULL. */
void recheck_free(struct recheck *recheck);

/* recheck_all: that was all of it. Errors: it is no policy; NO_MEMORY. */
MUST_USE struct err recheck_all(struct keeper *keeper);

/* recheck_holds: whether the policy that serves allows it, too. True, as long
 * as our own does. */
bool recheck_holds(const struct ask *ask);

/* recheck_form_holds: the same of what a command asked for. */
bool recheck_form_holds(const struct form *form);

/* recheck_limits: what is granted under ours counts against those of the policy
 * that serves, too: of each limit that both have, the lower one. */
void recheck_limits(struct audit_limits *limits, const struct ask *ask);

#endif
