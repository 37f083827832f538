#ifndef GATEHOUSE_PROVEN_H
#define GATEHOUSE_PROVEN_H

#include "gateway/base/proven_file.h"
#include "policy/model.h"

/*
 * proven: under `recipients: proven` an agreement is sealed to the keys that
 * its policy names and that are proven to be its recipient's. One that has none
 * of those is served to nobody (policy/decide.h).
 *
 * proven_keep: of each agreement, keys that are not proven are recipients no
 * more: they stand behind those, and are counted.
 *
 * policy    changed in place; one that was never looked at
 * Returns   how many were left out
 */
uint64_t proven_keep(struct policy *policy, const struct proven_file *file);

#endif
