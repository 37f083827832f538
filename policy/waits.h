#ifndef GATEHOUSE_WAITS_H
#define GATEHOUSE_WAITS_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * waits: what the language knows and this build has no data path for. An
 * agreement that asks for it loads, is checked like any other, and is served
 * to nobody: never in a weaker form. What serves one of these removes its
 * line here, and with it the refusal.
 */
enum wait {
	WAIT_SCRUB,	  /* `scrub` */
	WAIT_CAPPED_BAND, /* `band N within LOW..HIGH` */
	WAIT_S3,	  /* the origin lies in an S3 store */
	WAIT_ERASURE,	  /* `erasure` of its dataset */
	WAIT_CLAIMS,	  /* nobody of `who` can prove it without a token */
	WAIT_ATTESTED,	  /* all of its places need an attestation */
	WAIT_GROUPS,	  /* `smallest-group` */
	WAIT_REVIEW,	  /* a preset that asks for reviewed releases */
	WAIT_EXCEPTIONS,  /* `exceptions` */
	WAIT_LISTING,	  /* `listing: as-ready` */
	WAIT_WARM,	  /* `warm: ahead` */
	NUM_WAITS
};

#define WAIT_BIT(wait) (UINT32_C(1) << (wait))

/* waits_set: `waits` of all groups, places and agreements of a policy that
 * is without errors. */
void waits_set(struct policy *policy);

/* waits_word: as the policy calls it: "smallest-group". */
const char *waits_word(enum wait wait);

/* waits_words: append "token, shift". waits_sentence: append "random codes
 * (`token`) and moved dates (`shift`)". Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err waits_words(struct buf *out, uint32_t waits);
MUST_USE struct err waits_sentence(struct buf *out, uint32_t waits);

#endif
