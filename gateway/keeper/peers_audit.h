#ifndef GATEHOUSE_PEERS_AUDIT_H
#define GATEHOUSE_PEERS_AUDIT_H

#include "gateway/ipc/channel.h"

/* peers_audit: what the auditor may say to a keeper, of a channel whose context
 * is a struct seam. */
enum {
	PEERS_AUDIT_RULES = 4
};
extern const struct channel_rule peers_audit_rules[PEERS_AUDIT_RULES];

#endif
