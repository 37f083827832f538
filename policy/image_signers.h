#ifndef GATEHOUSE_IMAGE_SIGNERS_H
#define GATEHOUSE_IMAGE_SIGNERS_H

#include "policy/codec.h"

/*
 * image_signers: who signs changes, and what they need; of a policy whose
 * parties and groups are there. image_signers_emergencies: who is shown names,
 * by whose leave; of one that has datasets, purposes and places, too. Errors:
 * those of the codec.
 */
MUST_USE struct err image_signers(struct codec *c, struct policy *p);
MUST_USE struct err image_signers_emergencies(
    struct codec *c, struct policy *p);

#endif
