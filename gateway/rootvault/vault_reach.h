#ifndef GATEHOUSE_VAULT_REACH_H
#define GATEHOUSE_VAULT_REACH_H

#include "gateway/rootvault/vault_url.h"

/*
 * vault_reach: from a server's name to the one address that is spoken to. It is
 * looked up before the jail, and nothing is after.
 */
enum {
	VAULT_MAX_ADDRESS = 64,
};

/*
 * vault_reach_is_fit: whether a server of ours can be at this address: not the
 * unspecified one, nor multicast, broadcast or link-local, where clouds answer
 * with credentials of the machine.
 */
bool vault_reach_is_fit(const uint8_t address[16]);

/*
 * vault_reach: the first of its addresses that lets us connect; nothing is said
 * there, and nothing heard.
 *
 * out      NUL-terminated; of IPv6 in brackets
 * Errors   UNAVAILABLE: the name has no address, or none of them answers;
 *          DENIED: none of them is fit
 */
MUST_USE struct err vault_reach(
    char out[VAULT_MAX_ADDRESS], const struct vault_server *server);

#endif
