#ifndef GATEHOUSE_SCOPES_READY_H
#define GATEHOUSE_SCOPES_READY_H

#include "gateway/base/config.h"
#include "gateway/loader/material.h"

/*
 * scopes_ready: every scope of the policy has a seed in keys/scopes, on the
 * disk. Those that have none get one; where there is no such file, it is made.
 * Beside a ledger that holds something it begins with epoch 2: what was served
 * before there were seeds had codes of epoch 1, which no later ones may look
 * like.
 *
 * out      scopes, destroyed; its policy and the ledger's folder are there
 * Returns  0, or the exit status after saying why
 */
MUST_USE int scopes_ready(struct material *out, const struct config *config);

#endif
