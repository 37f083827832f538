#ifndef GATEHOUSE_VAULT_ANSWER_H
#define GATEHOUSE_VAULT_ANSWER_H

#include "crypto/memory/buf.h"

/*
 * vault_answer: what a server says: {"data": {NAME: TEXT}}, as Vault and
 * OpenBao wrap all that they answer with.
 */
enum {
	VAULT_MAX_ANSWER = 16 * 1024, /* bytes of a body */
};

/*
 * vault_answer_text: append the text of that name in "data".
 *
 * Errors   MALFORMED: the body is something else; NO_MEMORY; TOO_BIG: of the
 *          buf
 */
MUST_USE struct err vault_answer_text(
    struct buf *out, struct span body, const char *name);

/*
 * vault_answer_status: what a status other than 200 means, of a request to
 * open or to seal.
 *
 * Errors   DENIED: the token may not, or it opens nothing; NOT_FOUND: no such
 *          path; UNSUPPORTED: it sends elsewhere; UNAVAILABLE: the server is
 *          sealed, or not well; IO: what else
 */
MUST_USE struct err vault_answer_status(long status, bool opens);

#endif
