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
	case NUM_DENY_REASONS:
		break;
	}
	return "unknown";
}
