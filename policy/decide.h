#ifndef GATEHOUSE_DECIDE_H
#define GATEHOUSE_DECIDE_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * decide: may this caller read from this bucket, now, from there? Pure: the
 * time is an argument. Everything that is not a clear yes is a no.
 */

/* What was proved of the caller. Empty spans: not proved. */
struct caller {
	struct span access_key;	 /* SigV4 verified with this key's secret */
	struct span certificate; /* URI SAN of a verified client certificate */
	struct span issuer;	 /* of a verified token, */
	struct claim *claims;	 /* and what it says */
	uint32_t num_claims;
	struct claim *attested; /* what a verified attestation says */
	uint32_t num_attested;
	uint8_t address[16]; /* the TCP peer; IPv4 as ::ffff:a.b.c.d */
};

enum deny_reason {
	DENY_NONE, /* allowed */
	DENY_UNKNOWN_CALLER,
	DENY_UNKNOWN_BUCKET,
	DENY_NOT_A_PARTY, /* known caller, but not in `who` */
	DENY_NOT_YET,	  /* before `from` */
	DENY_EXPIRED,	  /* after `until` */
	DENY_NO_PLACE,	  /* matches no place, */
	DENY_TWO_PLACES,  /* or two */
	DENY_OTHER_PLACE, /* a place, but not one of the agreement's */
	DENY_GUARDRAIL,	  /* `never` */
	DENY_WAITS,	  /* lawful, but this build lacks a data path for it */
	DENY_LIMIT,	  /* decided elsewhere: what may be read today was */
	DENY_UNCOUNTED,	  /* of a form: by the day, and of unknown size */
	DENY_DESTROYED,	  /* decided elsewhere: the key of its codes is gone */
	DENY_UNPROVEN,	  /* it has nobody to encrypt to (proven.h) */
	NUM_DENY_REASONS,
};

struct decision {
	bool allowed;
	enum deny_reason reason;
	bool party;	    /* the caller is in `who`: may hear the sentence */
	uint32_t agreement; /* NO_INDEX where unknown */
	uint32_t group;	    /* the first of `who` that holds, one that is
			       served before one that waits; or NO_INDEX */
	uint32_t place;	    /* NO_INDEX where unknown */
	uint32_t guardrail; /* the first that hits, or NO_INDEX */
	uint32_t waits;	    /* DENY_WAITS: of waits.h; else 0 */
};

/*
 * decide_read: the decision for one bucket. Cannot fail: a doubt is a denial.
 * now is Unix time in seconds.
 */
void decide_read(struct decision *out, const struct policy *policy,
    const struct caller *caller, struct span bucket, int64_t now);

/*
 * decide_named: the same for a stated group and place (policy explain). A
 * place of NO_INDEX stands for "seen from nowhere that is declared".
 */
void decide_named(struct decision *out, const struct policy *policy,
    uint32_t group, uint32_t place, struct span bucket, int64_t now);

/*
 * decide_form: the same for who is no caller, and asks for what callers get
 * there: allowed if a group of the agreement's `who` is. If none is, it is the
 * decision for the first of them. An agreement that limits the rows or bytes of
 * a day allows none: how many a form has is known when it has left.
 */
void decide_form(struct decision *out, const struct policy *policy,
    uint32_t place, struct span bucket, int64_t now);

/*
 * decide_never: the first guardrail that denies the agreement to a group at a
 * place, whether or not `who` names the group; NO_INDEX where none does.
 */
uint32_t decide_never(const struct policy *policy, uint32_t group,
    uint32_t agreement, uint32_t place);

/* decide_never_signer: the first guardrail that denies the agreement, which
 * need not be one of the policy's, to a signer: with all groups that he is in.
 */
uint32_t decide_never_signer(const struct policy *policy,
    const struct signer *signer, const struct agreement *agreement,
    uint32_t place);

/* decide_guardrail: whether this one denies the agreement to a group at a
 * place, likewise. */
bool decide_guardrail(const struct policy *policy, uint32_t guardrail,
    uint32_t group, uint32_t agreement, uint32_t place);

/*
 * decide_proof: whether who shows this and no more is let through at a place,
 * on a day on which the agreement holds. What an agreement or group waits for
 * is not looked at: it is checked like any other.
 */
bool decide_proof(const struct policy *policy, const struct proof *proof,
    uint32_t agreement, uint32_t place);

/* decide_caller_known: the caller is a member of at least one group. */
bool decide_caller_known(
    const struct policy *policy, const struct caller *caller);

/*
 * decide_name: append what a caller is counted by, where each has limits of
 * his own: by what proves that he is of the group, so that whatever else he
 * shows makes nobody else of him: "access-key:K1", "certificate:spiffe://a/b".
 *
 * Errors   DENIED: nothing of that kind proves it; TOO_BIG, NO_MEMORY
 */
MUST_USE struct err decide_name(struct buf *out, const struct policy *policy,
    uint32_t group, const struct caller *caller);

/* decide_name_of: the same of whoever is proved by this. */
MUST_USE struct err decide_name_of(struct buf *out, const struct proof *proof);

/*
 * decide_sentence: one sentence for parties, with the rule's file and line,
 * e.g. "the agreement `fraud` ended on 2026-06-30 (policy.yaml:113)".
 * Says nothing that the policy does not say. Errors: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err decide_sentence(struct buf *out,
    const struct policy *policy, const struct decision *decision);

/* decide_reason_name: a word for records, e.g. "expired". */
const char *decide_reason_name(enum deny_reason reason);

/* decide_reason_words: what such a word says, for who reads records: static;
 * NULL: it is no such word. */
const char *decide_reason_words(struct span name);

#endif
