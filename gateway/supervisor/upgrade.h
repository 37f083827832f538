#ifndef GATEHOUSE_UPGRADE_H
#define GATEHOUSE_UPGRADE_H

#include "gateway/supervisor/generation.h"

/*
 * upgrade: other programs take the place of all of ours. The starter starts the
 * supervisor program that lies there now, the heir of this one, the elder. The
 * heir loads and starts a generation, with the sockets that listen already, and
 * an auditor, a spool's opener and a codebook which read all that they can
 * without ours (ipc/hand.h). When all of it is ready, ours hand over; then it
 * serves, and we drain and end (inherit.h is its half). Until it has all of
 * that, whatever fails there is its end, and we go on.
 *
 *   elder  CONTROL_ITEM     "version" HAND_VERSION; "generation" the number of
 *                           the last one; "keepers" how many there are at most;
 *                           "lasting" of load.h; "listener" i, "admin";
 *                           "root", if it has one
 *   elder  CONTROL_GO       that was all
 *   heir   UPGRADE_TAKE     3 fds: of the auditor's heir, of the opener's, of
 *                           the codebook's
 *   heir   UPGRADE_SERVES   -
 *   heir   UPGRADE_REFUSED  u8 status, text why
 *   heir   CONTROL_ITEM     what generation_recheck sends, and then
 *   heir   UPGRADE_RECHECK  -: what is still granted is held against that
 *   heir   UPGRADE_STOP     u32 ms: end what drains, within that time
 *
 * The channel stays until the elder has ended.
 */
enum upgrade_type {
	UPGRADE_TAKE = 32,
	UPGRADE_SERVES,
	UPGRADE_REFUSED,
	UPGRADE_STOP,
	UPGRADE_RECHECK,
};

/* upgrade_begin: start an heir. While a reload or an upgrade is under way,
 * another follows it. */
void upgrade_begin(struct gate *gate);

/* upgrade_send_on: whoever asks us now has to ask the one that serves. */
void upgrade_send_on(struct gate *gate);

/* upgrade_hear: what the heir says. */
void upgrade_hear(struct gate *gate);

/* upgrade_heir_ended, upgrade_shared_ended: its process, or one of ours that
 * hands over, has ended. */
void upgrade_heir_ended(struct gate *gate, uint64_t id);
void upgrade_shared_ended(struct gate *gate, struct process *p, int status);

/* upgrade_refuse: the heir is not to be. */
void upgrade_refuse(struct gate *gate, int status, const char *why);

/* upgrade_go_on: what is due; when the next thing is, in ms; -1: nothing. */
int upgrade_go_on(struct gate *gate);

#endif
