#include <assert.h>

#include "gateway/ipc/ask.h"

static const char *const NAMES[NUM_ASK_REFUSALS] = {
    [ASK_ACCESS_DENIED] = "access-denied",
    [ASK_INVALID_KEY_ID] = "invalid-key-id",
    [ASK_BAD_SIGNATURE] = "bad-signature",
    [ASK_TIME_SKEWED] = "time-skewed",
    [ASK_BAD_AUTHORIZATION] = "bad-authorization",
    [ASK_BAD_REQUEST] = "bad-request",
    [ASK_NO_SUCH_KEY] = "no-such-key",
    [ASK_WRITE] = "write",
    [ASK_NOT_IMPLEMENTED] = "not-implemented",
    [ASK_LEDGER_AWAY] = "ledger-away",
    [ASK_LEDGER_FULL] = "ledger-full",
    [ASK_ORIGIN_AWAY] = "origin-away",
    [ASK_SLOW_DOWN] = "slow-down",
    [ASK_BAD_SOURCE] = "bad-source",
    [ASK_INTERNAL] = "internal",
    [ASK_BAD_QUERY] = "bad-query",
    [ASK_EXPIRED] = "expired",
    [ASK_INVALID_TOKEN] = "invalid-token",
    [ASK_SEALED] = "sealed",
};

const char *
ask_refusal_name(enum ask_refusal refusal)
{
	assert(refusal >= ASK_ACCESS_DENIED && refusal < NUM_ASK_REFUSALS);
	return NAMES[refusal];
}
