#ifndef GATEHOUSE_VAULT_CALL_H
#define GATEHOUSE_VAULT_CALL_H

#include "gateway/rootvault/vault_reach.h"

/*
 * vault_call: requests to a server, by libcurl, at one address: it looks no
 * name up, follows nothing and knows no proxy; whom it trusts are the
 * certificates that it is given, and no others.
 */
struct vault_call;

struct vault_call_to {
	const struct vault_server *server;
	const char *address; /* see vault_reach.h */
	const char *mount;
	const char *key;
	const char *space; /* a name space; NULL: none */
	struct span ca;	   /* PEM */
	struct span token;
};

/*
 * vault_call_new: what it needs of the system, before the jail.
 *
 * to       borrowed for as long as it lives
 * Errors   NO_MEMORY; UNSUPPORTED: of libcurl
 */
MUST_USE struct err vault_call_new(
    struct vault_call **out, const struct vault_call_to *to);

/* vault_call_wipe: nothing secret is left in it, and it is of no more use. Its
 * memory goes with the process: libcurl's way to give it back makes calls which
 * a jail forbids. Accepts NULL. */
void vault_call_wipe(struct vault_call *call);

/*
 * vault_call_seal: what the server makes of `key`. vault_call_unseal: what it
 * was made of.
 *
 * Errors   UNAVAILABLE: it is away, broke off, is slow, sealed or not well;
 * CRYPTO: its certificate; USAGE: `ca` holds none; DENIED, NOT_FOUND,
 * UNSUPPORTED, MALFORMED, IO: vault_answer.h; TOO_BIG: a longer answer than
 * any; NO_MEMORY
 */
MUST_USE struct err vault_call_seal(
    struct vault_call *call, struct buf *out_wrapped, const uint8_t key[32]);
MUST_USE struct err vault_call_unseal(
    struct vault_call *call, uint8_t out_key[32], struct span wrapped);

#endif
