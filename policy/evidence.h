#ifndef GATEHOUSE_EVIDENCE_H
#define GATEHOUSE_EVIDENCE_H

#include "policy/model.h"

/*
 * evidence: what one request shows, against what else it shows with it. A
 * request has one access key, one certificate, one token and one address at
 * most; a token may make any claims, and an attestation any statements.
 */

/* evidence_proof_covers: whoever shows `b` shows `a` as well. */
bool evidence_proof_covers(const struct proof *a, const struct proof *b);

/* evidence_proofs_meet: one request can show both. */
bool evidence_proofs_meet(const struct proof *a, const struct proof *b);

/* evidence_place_within: what shows that somebody is at `a` shows the same
 * for `b`. */
bool evidence_place_within(const struct place *a, const struct place *b);

/* evidence_places_meet: somebody could be at both, and is at neither for that
 * reason. What is attested of them may be true of both. */
bool evidence_places_meet(const struct place *a, const struct place *b);

#endif
