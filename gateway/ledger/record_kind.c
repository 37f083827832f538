#include <assert.h>

#include "gateway/ledger/record.h"

static const char *const KINDS[RECORD_KINDS] = {
    [RECORD_START] = "start",
    [RECORD_STOP] = "stop",
    [RECORD_DEGRADED] = "degraded",
    [RECORD_INTENT] = "intent",
    [RECORD_COMPLETE] = "complete",
    [RECORD_INTERRUPTED] = "interrupted",
    [RECORD_DENIED] = "denied",
    [RECORD_REFUSED_SUMMARY] = "refused-summary",
    [RECORD_POLICY] = "policy",
    [RECORD_KEY] = "key",
    [RECORD_ADMIN] = "admin",
    [RECORD_REVEAL] = "reveal",
};

const char *
record_kind_name(enum record_kind kind)
{
	assert((unsigned)kind < RECORD_KINDS);
	return KINDS[kind];
}

struct err
record_kind_parse(enum record_kind *out, struct span name)
{
	for (unsigned i = 0; i < RECORD_KINDS; i++)
		if (span_equal_str(name, KINDS[i])) {
			*out = (enum record_kind)i;
			return OK;
		}
	return ERR(NOT_FOUND, "record: no such kind");
}
