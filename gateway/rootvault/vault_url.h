#ifndef GATEHOUSE_VAULT_URL_H
#define GATEHOUSE_VAULT_URL_H

#include "crypto/memory/buf.h"

/*
 * vault_url: where a Vault or an OpenBao is, as gatehouse.yaml names it, and
 * the URLs that are asked for there. Pure.
 */
enum {
	VAULT_MAX_HOST = 253,
};

struct vault_server {
	char host[VAULT_MAX_HOST + 1]; /* without the brackets of IPv6 */
	bool six;		       /* it is an address of IPv6 */
	uint16_t port;
};

/*
 * vault_url_parse: "https://HOST[:PORT]", and a slash at most behind it: no
 * other scheme, no user, no path. Without a port it is that of HTTPS.
 *
 * Errors   MALFORMED
 */
MUST_USE struct err vault_url_parse(struct vault_server *out, struct span text);

/*
 * vault_url_is_path: names of [A-Za-z0-9_.-] with single slashes between them,
 * none of them "." or "..". With one name alone it is that of a key.
 */
bool vault_url_is_path(struct span text, bool one_name);

/* vault_url_put_host: HOST:PORT, as it stands in a URL. Errors: of the buf. */
MUST_USE struct err vault_url_put_host(
    struct buf *out, const struct vault_server *server);

/* vault_url_write: "https://HOST:PORT/v1/MOUNT/ACTION/KEY", and NUL. Errors: of
 * the buf. */
MUST_USE struct err vault_url_write(struct buf *out,
    const struct vault_server *server, const char *mount, const char *action,
    const char *key);

#endif
