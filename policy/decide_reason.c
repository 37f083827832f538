#include "policy/decide.h"

const char *
decide_reason_name(enum deny_reason reason)
{
	switch (reason) {
	case DENY_NONE:
		return "allowed";
	case DENY_UNKNOWN_CALLER:
		return "unknown-caller";
	case DENY_UNKNOWN_BUCKET:
		return "unknown-bucket";
	case DENY_NOT_A_PARTY:
		return "not-a-party";
	case DENY_NOT_YET:
		return "not-yet";
	case DENY_EXPIRED:
		return "expired";
	case DENY_NO_PLACE:
		return "no-place";
	case DENY_TWO_PLACES:
		return "two-places";
	case DENY_OTHER_PLACE:
		return "other-place";
	case DENY_GUARDRAIL:
		return "guardrail";
	case DENY_WAITS:
		return "waits";
	case DENY_LIMIT:
		return "limit";
	case DENY_UNCOUNTED:
		return "uncounted";
	case DENY_DESTROYED:
		return "destroyed";
	case DENY_UNPROVEN:
		return "unproven";
	case NUM_DENY_REASONS:
		break;
	}
	return "unknown";
}

static const char *const words[NUM_DENY_REASONS] = {
    [DENY_NONE] = "all that the policy asks for holds",
    [DENY_UNKNOWN_CALLER] =
	"the caller was in no group that the policy declares",
    [DENY_UNKNOWN_BUCKET] = "the policy had no such agreement",
    [DENY_NOT_A_PARTY] = "the agreement did not name the caller under `who`",
    [DENY_NOT_YET] = "the agreement had not begun",
    [DENY_EXPIRED] = "the agreement had ended",
    [DENY_NO_PLACE] = "the caller was in no place that the policy declares",
    [DENY_TWO_PLACES] =
	"the caller was in several places that the policy declares",
    [DENY_OTHER_PLACE] = "the agreement did not name the place",
    [DENY_GUARDRAIL] = "a guardrail forbade it",
    [DENY_WAITS] = "this build lacked a data path for it",
    [DENY_LIMIT] = "what the agreement lets be read was used up",
    [DENY_UNCOUNTED] =
	"the agreement limits what is read, which could not be counted",
    [DENY_DESTROYED] =
	"the key of the codes that it delivers had been destroyed",
    [DENY_UNPROVEN] = "no recipient had proven to hold the key named for him",
};

const char *
decide_reason_words(struct span name)
{
	for (unsigned i = 0; i < NUM_DENY_REASONS; i++)
		if (span_equal_str(
			name, decide_reason_name((enum deny_reason)i)))
			return words[i];
	return NULL;
}
