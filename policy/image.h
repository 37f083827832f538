#ifndef GATEHOUSE_IMAGE_H
#define GATEHOUSE_IMAGE_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * image: a policy as bytes. policyc writes it into a sealed memfd; the keeper
 * reads it, trusting nothing: every count, index, enum and length is checked,
 * trailing bytes are an error. The same policy gives the same bytes, so that
 * anyone can compile again and compare the digest.
 */

/* Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err image_encode(struct buf *out, const struct policy *policy);

/*
 * image_decode: read an image into `arena`.
 *
 * out_policy  its spans point into `image`, its arrays and the ids of its
 *             agreements into `arena`
 * Errors      MALFORMED, TRUNCATED, TOO_BIG, NO_MEMORY
 */
MUST_USE struct err image_decode(
    struct policy *out_policy, struct arena *arena, struct span image);

#endif
