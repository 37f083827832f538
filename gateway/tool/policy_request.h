#ifndef GATEHOUSE_POLICY_REQUEST_H
#define GATEHOUSE_POLICY_REQUEST_H

#include <stdbool.h>

/*
 * policy_request: what the ledger says of one request, in the sentences of
 * `policy explain`. Only its records speak: no rule of today explains a
 * decision of then, and where another policy was started since, it says so.
 */
struct policy_request {
	const char *id;	    /* x-amz-request-id */
	const char *ledger; /* a folder; NULL: that of the configuration */
	const char *config; /* as in config_load; NULL: not given */
	bool json;
};

/* Returns 0 allowed, 6 denied, 1 there is no such request or no such ledger, 2
 * the configuration; after saying so. */
int policy_request(const struct policy_request *request);

#endif
