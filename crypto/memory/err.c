#include "crypto/memory/err.h"

const char *
err_name(enum err_code code)
{
	switch (code) {
	case ERR_OK:
		return "ok";
	case ERR_AGAIN:
		return "again";
	case ERR_MALFORMED:
		return "malformed";
	case ERR_TRUNCATED:
		return "truncated";
	case ERR_TOO_BIG:
		return "too-big";
	case ERR_DENIED:
		return "denied";
	case ERR_NOT_FOUND:
		return "not-found";
	case ERR_EXISTS:
		return "exists";
	case ERR_CHANGED:
		return "changed";
	case ERR_UNSUPPORTED:
		return "unsupported";
	case ERR_UNAVAILABLE:
		return "unavailable";
	case ERR_CLOSED:
		return "closed";
	case ERR_IO:
		return "io";
	case ERR_NO_SPACE:
		return "no-space";
	case ERR_NO_MEMORY:
		return "no-memory";
	case ERR_CRYPTO:
		return "crypto";
	case ERR_USAGE:
		return "usage";
	}
	return "unknown";
}
