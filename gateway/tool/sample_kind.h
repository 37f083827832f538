#ifndef GATEHOUSE_SAMPLE_KIND_H
#define GATEHOUSE_SAMPLE_KIND_H

#include "policy/model.h"

/*
 * sample_kind: what a value looks like, for an officer who wants to know
 * whether a column holds what the policy says of it. Guesses, and nothing that
 * serves a request rests on them.
 */

/* sample_kind_fits: the value can be of the kind. A kind whose values have no
 * shape of their own (a name, a code, a text) takes every text. */
bool sample_kind_fits(enum column_kind kind, struct span value);

/*
 * sample_kind_guess: a kind that identifies people and whose values have a
 * shape that others seldom have: email, iban, card, ssn, ip, url, phone.
 * KIND_NONE where it looks like none.
 */
enum column_kind sample_kind_guess(struct span value);

#endif
