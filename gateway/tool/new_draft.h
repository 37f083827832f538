#ifndef GATEHOUSE_NEW_DRAFT_H
#define GATEHOUSE_NEW_DRAFT_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"

/*
 * new_draft: a policy that is being asked for, one answer after the other. What
 * is not answered yet has a stand-in, so that it loads at every moment: then
 * whatever does not load is the fault of the last answer, and the checker alone
 * says what an answer may be.
 */
enum new_answer {
	NEW_CONTROLLER,
	NEW_CONTROLLER_NAME,
	NEW_CONTROLLER_COUNTRY,
	NEW_CONTROLLER_CONTACT,
	NEW_RECIPIENT,
	NEW_RECIPIENT_NAME,
	NEW_RECIPIENT_COUNTRY,
	NEW_RECIPIENT_CONTACT,
	NEW_GROUP,
	NEW_CERTIFICATE,
	NEW_ACCESS_KEY,
	NEW_PLACE,
	NEW_PLACE_COUNTRY,
	NEW_PLACE_OPERATOR,
	NEW_PLACE_CERTIFICATE,
	NEW_PLACE_NETWORK,
	NEW_DATASET,
	NEW_ABOUT,
	NEW_ORIGIN,
	NEW_SUBJECT, /* after the columns */
	NEW_PRESET,
	NEW_SIGNED_BY, /* Safe Harbor */
	NEW_SIGNED_ON,
	NEW_DUA, /* limited data set */
	NEW_DUA_USE,
	NEW_DUA_EXPIRES,
	NEW_BASIS, /* GDPR */
	NEW_ASSESSMENT,
	NEW_TRANSFER, /* and out of the EEA */
	NEW_TRANSFER_MODULE,
	NEW_TRANSFER_TIA,
	NEW_PURPOSE,
	NEW_PURPOSE_SAY,
	NEW_AGREEMENT,
	NEW_CONTRACT,
	NEW_UNTIL,
	NUM_NEW_ANSWERS,
};

enum {
	NEW_MAX_COLUMNS = 512,
	NEW_MAX_TEXT = 4 << 20, /* bytes of a draft */
};

struct new_column {
	struct span name;
	struct span what; /* as it is written: class, kind */
	struct span form; /* empty: it is not delivered */
};

struct new_draft {
	struct arena arena;		      /* of all that it holds */
	struct span answers[NUM_NEW_ANSWERS]; /* data NULL: not asked yet */
	struct new_column columns[NEW_MAX_COLUMNS];
	size_t num_columns;
	bool leaves_eea; /* it cannot load without a transfer tool */
	int32_t today;
};

void new_draft_init(struct new_draft *draft, int32_t today);
void new_draft_done(struct new_draft *draft);

/* new_draft_asks: whether this answer is part of what is being made. */
bool new_draft_asks(const struct new_draft *draft, enum new_answer answer);

/* new_draft_delivers: some column has a form. */
bool new_draft_delivers(const struct new_draft *draft);

/* new_draft_write: the policy as it stands. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err new_draft_write(
    struct buf *out, const struct new_draft *draft);

/*
 * new_draft_judge: what the checker says of it.
 *
 * out_why    why it does not load, in the draft's arena; empty: it does
 * out_waits  it loads, and is not served yet by this build
 * Errors     NO_MEMORY, TOO_BIG, CRYPTO
 */
MUST_USE struct err new_draft_judge(
    struct new_draft *draft, struct span *out_why, bool *out_waits);

#endif
