#ifndef GATEHOUSE_STAGED_H
#define GATEHOUSE_STAGED_H

#include "gateway/keeper/keeper.h"
#include "gateway/keeper/record_terms.h"

/*
 * staged: a candidate beside the policy in force. It is asked about each
 * decision that was made, and what it would have decided otherwise is written
 * into the request's own record and counted. It decides nothing: what is
 * served is what would be served without it.
 */
enum {
	STAGED_MAX_SUMS = 1024 /* of agreement, group, place and kind */
};

enum staged_flip {
	STAGED_SAME,
	STAGED_DENIED,	/* allowed now, denied by the candidate */
	STAGED_ALLOWED, /* denied now, allowed by the candidate */
	STAGED_FORM,	/* allowed by both, in another form */
	NUM_STAGED_FLIPS,
};

/* What it says of one decision. */
struct staged_verdict {
	bool was_asked; /* there is a candidate */
	enum staged_flip flip;
	struct decision decision; /* its indices are the candidate's */
	const char *differs;	  /* STAGED_FORM: what */
};

/* How often, of those that were recorded. */
struct staged_sum {
	struct span agreement, group, place; /* ids; empty: none */
	enum staged_flip flip;
	uint64_t count;
};

struct staged {
	struct arena arena;
	struct policy policy;
	struct compiled *compiled; /* per agreement; year 0: not yet */
	uint8_t digest[32];	   /* of its image */
	int64_t since_s;	   /* Unix time: counted from then on */
	uint64_t num_decisions;
	uint64_t num_flips[NUM_STAGED_FLIPS];
	struct staged_sum sums[STAGED_MAX_SUMS];
	size_t num_sums;
	uint64_t num_others; /* flips for which there is no room */
};

/* staged_load: keeper->staged from an image, instead of what was there; NULL,
 * with a line in the log, where it is none. An empty image is no candidate. */
void staged_load(struct keeper *keeper, struct span image);

/*
 * staged_read: what the candidate says of decide_read's decision.
 * staged_form: of decide_form's; `place` is an id. staged_known: of whether the
 * caller is known at all, for who asks about no agreement.
 *
 * out   without a candidate: it was not asked
 * live  of the policy in force
 */
void staged_read(struct staged_verdict *out, struct keeper *keeper,
    const struct decision *live, const struct caller *caller,
    struct span bucket, int64_t now);
void staged_form(struct staged_verdict *out, struct keeper *keeper,
    const struct decision *live, struct span bucket, struct span place,
    int64_t now);
void staged_known(struct staged_verdict *out, struct keeper *keeper, bool live,
    const struct caller *caller);

/* Texts that a record borrows. */
struct staged_texts {
	char rule_at[RECORD_TERMS_RULE_AT];
	char reason[RECORD_TERMS_REASON];
};

/*
 * staged_encode: record_encode, with what the candidate said, if that is
 * another decision. A record that has no room for it goes without: it is not to
 * fail for that.
 *
 * Errors   of record_encode
 */
MUST_USE struct err staged_encode(struct buf *out, struct record *record,
    struct keeper *keeper, const struct staged_verdict *verdict);

/*
 * staged_count: into the sums, once the record is in the ledger.
 *
 * live     of the policy in force
 */
void staged_count(struct keeper *keeper, const struct staged_verdict *verdict,
    const struct decision *live);

/* staged_flip_name: as who looks at the sums reads it. Static. */
const char *staged_flip_name(enum staged_flip flip);

#endif
