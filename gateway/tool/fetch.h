#ifndef GATEHOUSE_FETCH_H
#define GATEHOUSE_FETCH_H

#include "crypto/memory/span.h"

/*
 * fetch: GET over HTTPS, by libcurl, pulled: the caller reads as fast as it
 * can, and no more than FETCH_MAX_HELD bytes wait for it. HTTPS and nothing
 * else, no redirect, no credentials of its own (netrc), no proxy of the
 * environment unless asked.
 */
struct fetch;
struct fetch_head;

struct fetch_options {
	const char *ca;		 /* certificates to trust; NULL: the system's */
	const char *certificate; /* of the client, PEM; NULL: none */
	const char *key;	 /* its key; NULL: in the same file */
	bool environment_proxy;
};

/*
 * fetch_new
 *
 * options  borrowed until fetch_free
 * out      owned by the caller; fetch_free
 * Errors   NO_MEMORY; UNSUPPORTED: a libcurl without TLS
 */
MUST_USE struct err fetch_new(
    struct fetch **out, const struct fetch_options *options);
void fetch_free(struct fetch *fetch); /* wipes; accepts NULL */

/*
 * fetch_begin: send a request, and wait for the head of its answer. A request
 * that is under way is given up; its connection is used again where it can be.
 *
 * lines    header lines, each with LF behind
 * out      of an answer with status 200 or 206
 * Errors   DENIED: 401, 403; NOT_FOUND: 404; CHANGED: 412; TRUNCATED: 416, it
 *          is shorter; UNAVAILABLE: 429 or 503, or no answer;
 *          UNSUPPORTED: a redirect; CRYPTO: the certificate is not trusted;
 *          MALFORMED: a 206 without its place; IO: what else; NO_MEMORY
 */
MUST_USE struct err fetch_begin(struct fetch *fetch, const char *url,
    struct span lines, struct fetch_head *out);

/*
 * fetch_read: the next bytes of the body.
 *
 * out_len  0: the end, as the server announced it
 * Errors   UNAVAILABLE: it was cut off before, or stalled; as fetch_begin
 */
MUST_USE struct err fetch_read(
    struct fetch *fetch, uint8_t *out, size_t max_len, size_t *out_len);

/* fetch_reason: the sentence of a gateway that refused, printable ASCII;
 * empty: it gave none. Valid until fetch_begin. */
const char *fetch_reason(const struct fetch *fetch);

#endif
