#ifndef GATEHOUSE_SEEDS_H
#define GATEHOUSE_SEEDS_H

#include "crypto/derive.h"
#include "gateway/base/scope_file.h"
#include "policy/decide.h"

/*
 * seeds: what keys/scopes said when this keeper began: the seeds in guarded
 * memory, the rest beside it. It does not change but for the end of a seed: who
 * has rotated asks another keeper, so that one answer is of one epoch.
 */
struct seeds;

/*
 * seeds_new
 *
 * text     of keys/scopes; nothing is borrowed
 * root     32 bytes, with which tags are derived
 * Errors   those of scope_file_parse; NO_MEMORY; CRYPTO
 */
MUST_USE struct err seeds_new(
    struct seeds **out, struct span text, const uint8_t root[32]);
void seeds_free(struct seeds *seeds); /* accepts NULL */

/* seeds_all: every scope and epoch; an entry without digits is destroyed. Those
 * of the others are not there to be read: only that there are some. */
const struct scope_file *seeds_all(const struct seeds *seeds);

/*
 * seeds_of: what an agreement's codes are made under: the entry of the highest
 * epoch of its scope. NULL: it has no scope, or nobody drew a seed for that.
 */
const struct scope_entry *seeds_of(
    const struct seeds *seeds, const struct policy *policy, uint32_t agreement);

/* seeds_are_gone: its codes would be made under what was destroyed, or was
 * never there. False: it delivers none. */
bool seeds_are_gone(
    const struct seeds *seeds, const struct policy *policy, uint32_t agreement);

/* seeds_deny: what the policy allows is denied, when these are gone. Returns
 * whether it is. */
bool seeds_deny(const struct seeds *seeds, const struct policy *policy,
    struct decision *decision);

/* seeds_tag: 32 bytes that stand for an entry (derive_scope_tag); NULL: it is
 * destroyed. */
const uint8_t *seeds_tag(
    const struct seeds *seeds, const struct scope_entry *entry);

/*
 * seeds_column_key: derive_column_key under the entry's seed.
 *
 * Errors   UNAVAILABLE: it is destroyed; those of derive_column_key
 */
MUST_USE struct err seeds_column_key(uint8_t out[32], const struct seeds *seeds,
    const struct scope_entry *entry, const uint8_t root[32],
    const struct derive_column *what);

/* seeds_destroy: that seed is no more; nothing, if it was not there. */
void seeds_destroy(
    struct seeds *seeds, const struct scope *scope, uint32_t epoch);

/* seeds_hidden: they lie in memory hidden from the kernel's root. */
bool seeds_hidden(const struct seeds *seeds);

#endif
