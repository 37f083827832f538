#ifndef GATEHOUSE_SLOT_VERIFY_H
#define GATEHOUSE_SLOT_VERIFY_H

#include "gateway/keeper/slot_fill.h"

/*
 * slot_verify: is what lies in the spool what its source gives? A mill that
 * has done nothing before fills a trial of the slot; its plaintext has to have
 * the digest of the slot's. The trial is thrown away.
 */
enum slot_verdict {
	SLOT_SAME,
	SLOT_DIFFERS,
	SLOT_UNKNOWN, /* the trial could not be filled */
};

struct slot_verify {
	void (*over)(struct slot_verify *verify, const struct slot *slot,
	    enum slot_verdict verdict);
};

/*
 * slot_verify_begin: of a slot that is SLOT_READY or SLOT_GONE.
 *
 * verify   borrowed until `over` was called, or slot_verify_forget was
 * Errors   TOO_BIG: too many slots in use; NO_MEMORY
 */
MUST_USE struct err slot_verify_begin(
    struct slot *slot, struct slot_verify *verify);

/* slot_verify_forget: nobody wants to hear of these any more. */
void slot_verify_forget(
    struct keeper *keeper, const struct slot_verify *verify);

/* slot_verify_over: of slot_fill: a trial has ended. `filled`: all of it. */
void slot_verify_over(struct slot *trial, bool filled);

#endif
