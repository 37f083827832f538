#ifndef GATEHOUSE_IDENTITY_H
#define GATEHOUSE_IDENTITY_H

#include "gateway/ipc/ask.h"
#include "gateway/keeper/keyring.h"
#include "gateway/s3/s3_canonical.h"
#include "policy/decide.h"

/* identity: who asks, as far as it was proved. */
struct identity {
	struct caller caller; /* spans point into the request, or the arena */
	const char *how;     /* "sigv4", "presigned", "certificate"; each of the
				first two also with "+certificate" */
	struct arena *arena; /* an argument, as are: */
	struct span region;  /* ours */
	int64_t now_s;	     /* Unix time */
};

/*
 * identity_prove: verify the signature of a request, if it has one, and take
 * over the certificate that the worker verified.
 *
 * out      arena, region and now_s are read; caller and how are written on
 *          success
 * Returns  NONE; or what sigv4_parse, sigv4_parse_query and sigv4_verify say;
 *          INVALID_ACCESS_KEY_ID; INVALID_TOKEN;
 *          ACCESS_DENIED: neither signature nor certificate
 */
MUST_USE enum s3_error identity_prove(struct identity *out,
    struct keyring *ring, const struct ask_request *request,
    const struct s3_canonical *canonical);

#endif
