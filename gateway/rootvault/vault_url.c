#include "gateway/rootvault/vault_url.h"

enum {
	HTTPS_PORT = 443,
};

static const char SCHEME[] = "https://";

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* Of IPv6 the resolver looks at more than its digits. */
static bool
is_host(struct span host, bool six)
{
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.data[i];
		if (!is_letter(c) && c != '.' && c != (six ? ':' : '-'))
			return false;
	}
	return host.len > 0 && host.len <= VAULT_MAX_HOST;
}

/* "[HOST]" with what follows it in `text`, or HOST up to a colon or the end. */
static struct err
take_host(struct span *text, struct span *out, bool *out_six)
{
	*out_six = text->len > 0 && text->data[0] == '[';
	if (*out_six) {
		*text = span_sub(*text, 1, text->len);
		if (!span_take_until(text, out, ']') || text->data == NULL)
			return ERR(MALFORMED, "an address without its bracket");
	} else {
		size_t len = span_find(*text, ':');
		*out = span_sub(*text, 0, len);
		*text = span_sub(*text, len, text->len);
	}
	return is_host(*out, *out_six) ? OK : ERR(MALFORMED, "not a host");
}

struct err
vault_url_parse(struct vault_server *out, struct span text)
{
	struct vault_server server = {.port = HTTPS_PORT};
	struct span host;
	uint64_t port;

	if (!span_starts_with(text, span_str(SCHEME)))
		return ERR(MALFORMED, "not https");
	text = span_sub(text, strlen(SCHEME), text.len);
	if (span_ends_with(text, span_str("/")))
		text.len--;
	TRY(take_host(&text, &host, &server.six));
	if (text.len > 0) {
		if (text.data[0] != ':')
			return ERR(MALFORMED, "more than a host and a port");
		text = span_sub(text, 1, text.len);
		if (span_u64(text, &port, UINT16_MAX).code != ERR_OK ||
		    port == 0)
			return ERR(MALFORMED, "no port");
		server.port = (uint16_t)port;
	}
	memcpy(server.host, host.data, host.len);
	*out = server;
	return OK;
}

static bool
is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];
		if (!is_letter(c) && c != '_' && c != '-' && c != '.')
			return false;
	}
	return name.len > 0 && !span_equal_str(name, ".") &&
	    !span_equal_str(name, "..");
}

bool
vault_url_is_path(struct span text, bool one_name)
{
	struct span rest = text, name;

	if (one_name)
		return is_name(text);
	while (span_take_until(&rest, &name, '/')) {
		if (!is_name(name))
			return false;
	}
	return text.len > 0 && text.data[text.len - 1] != '/';
}

struct err
vault_url_put_host(struct buf *out, const struct vault_server *server)
{
	return buf_append_format(out, server->six ? "[%s]:%u" : "%s:%u",
	    server->host, (unsigned)server->port);
}

struct err
vault_url_write(struct buf *out, const struct vault_server *server,
    const char *mount, const char *action, const char *key)
{
	TRY(buf_append_str(out, SCHEME));
	TRY(vault_url_put_host(out, server));
	TRY(buf_append_format(out, "/v1/%s/%s/%s", mount, action, key));
	return buf_put_u8(out, '\0');
}
