#ifndef GATEHOUSE_KEY_CHAIN_H
#define GATEHOUSE_KEY_CHAIN_H

#include "gateway/ledger/record.h"

/*
 * key_chain: which epochs of which scopes the ledger has seen, under which
 * seeds, and which of them were destroyed: so that an older keys/scopes, with
 * an epoch less, or with a seed that was destroyed, does not serve again by
 * being put back on the disk. All of its memory is there from the start.
 */
enum {
	KEY_CHAIN_MAX = 65536 /* scopes, and epochs of them */
};

struct key_chain;

/* key_chain_new: room for so many. Errors: NO_MEMORY. */
MUST_USE struct err key_chain_new(struct key_chain **out, uint32_t max);
void key_chain_free(struct key_chain *chain); /* accepts NULL */

/*
 * key_chain_see: an entry of the ledger, of whatever kind, which was checked as
 * a record. One that was refused says nothing of keys.
 *
 * Errors   TOO_BIG: there is no room for what it says; CRYPTO
 */
MUST_USE struct err key_chain_see(
    struct key_chain *chain, uint64_t index, struct span entry);

/*
 * key_chain_check: may it be appended?
 *
 * place      enum audit_key_place, both or none of them
 * out_index  written on EXISTS
 * Errors     EXISTS: a record says just that, and this is its index;
 *            DENIED: it contradicts what was seen; MALFORMED: it is no record
 * of a key; CRYPTO
 */
MUST_USE struct err key_chain_check(const struct key_chain *chain,
    uint8_t place, struct span entry, uint64_t *out_index);

/* key_chain_refusal: what is to be recorded of one that was refused; its spans
 * are of `entry`, and `why` is a literal. Errors: MALFORMED, as above. */
MUST_USE struct err key_chain_refusal(
    struct record *out, struct span entry, const char *why);

/* key_chain_is_key: it is a record of a key. */
bool key_chain_is_key(struct span entry);

/*
 * key_chain_put: append all of it. key_chain_take: what was put, into a new
 * one.
 *
 * Errors   of the buf; MALFORMED, TRUNCATED: not as it is put
 */
enum {
	KEY_CHAIN_PUT_MAX = 4 + KEY_CHAIN_MAX * (16 + 4 + 4 + 1 + 32 + 8)
};
MUST_USE struct err key_chain_put(
    const struct key_chain *chain, struct buf *out);
MUST_USE struct err key_chain_take(struct key_chain *chain, struct span *in);

#endif
