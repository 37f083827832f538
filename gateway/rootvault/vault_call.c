#include "gateway/rootvault/vault_call.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/encode.h"
#include "gateway/base/https_rules.h"
#include "gateway/base/log.h"
#include "gateway/rootvault/vault_answer.h"

enum {
	MAX_URL = 2048,
	MAX_LINE = 1024,
	REQUEST_MS = 20000,
	MAX_TEXT = 64, /* base64 of a key */
};

struct vault_call {
	const struct vault_call_to *to;
	CURLM *multi;
	struct curl_slist *lines; /* hold the token */
	struct curl_slist *hosts;
	/* the request that is under way */
	bool opens;
	struct buf body, answer;
};

static size_t
on_body(char *bytes, size_t one, size_t len, void *context)
{
	struct vault_call *call = context;

	(void)one; /* always 1 */
	/* It fails as CURLE_WRITE_ERROR. */
	return buf_append(&call->answer, span_of(bytes, len)).code == ERR_OK
	    ? len
	    : 0;
}

/* --- One request --- */

static struct err
result_error(CURLcode code)
{
	const struct log_field field = log_number("code", code);

	switch ((int)code) { /* the library adds to its list */
	case CURLE_OK:
		return OK;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR(CRYPTO,
		    "the server's certificate is not of `root: vault-ca`, has "
		    "ended, or names another host");
	case CURLE_SSL_CACERT_BADFILE:
		return ERR(USAGE, "`root: vault-ca` holds no certificate");
	case CURLE_COULDNT_CONNECT:
		return ERR(UNAVAILABLE, "the server has gone away");
	case CURLE_OPERATION_TIMEDOUT:
		return ERR(UNAVAILABLE, "the server does not answer in time");
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return ERR(UNAVAILABLE, "the server broke off");
	case CURLE_WRITE_ERROR:
		return ERR(TOO_BIG, "a longer answer than any of Transit");
	case CURLE_OUT_OF_MEMORY:
		return ERR(NO_MEMORY, "no memory");
	}
	log_event("vault-failed", &field, 1);
	return ERR(
	    IO, "the transfer failed; the line before has the code of libcurl");
}

/* These certificates alone, none of the system's, and no proxy. */
static bool
set_rules(CURL *easy, const struct vault_call *call)
{
	struct curl_blob ca = {.data = (void *)(uintptr_t)call->to->ca.data,
	    .len = call->to->ca.len,
	    .flags = CURL_BLOB_COPY};

	return https_rules_set(easy) &&
	    curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS) ==
	    CURLE_OK;
}

static bool
set_request(CURL *easy, struct vault_call *call, const char *url)
{
	return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_RESOLVE, call->hosts) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->lines) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
		(long)call->body.len) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK;
}

/* Until it is done: the library bounds the time. */
static struct err
perform(struct vault_call *call, CURL *easy)
{
	const CURLMsg *message;
	int running = 1, left;

	if (curl_multi_add_handle(call->multi, easy) != CURLM_OK)
		return ERR(NO_MEMORY, "no memory");
	while (running > 0) {
		if (curl_multi_perform(call->multi, &running) != CURLM_OK)
			break;
		if (running > 0)
			(void)curl_multi_poll(call->multi, NULL, 0, 1000, NULL);
	}
	message = curl_multi_info_read(call->multi, &left);
	struct err err = message != NULL && message->msg == CURLMSG_DONE
	    ? result_error(message->data.result)
	    : ERR(IO, "the transfer failed");
	(void)curl_multi_remove_handle(call->multi, easy);
	return err;
}

static struct err
ask(struct vault_call *call, const char *action)
{
	struct buf url CLEANUP(buf_done) = {.max = MAX_URL};
	long status = 0;

	TRY(vault_url_write(
	    &url, call->to->server, call->to->mount, action, call->to->key));
	CURL *easy = curl_easy_init();
	if (easy == NULL)
		return ERR(NO_MEMORY, "no memory");
	buf_reset(&call->answer);
	struct err err = set_rules(easy, call) &&
		set_request(easy, call, (const char *)url.data)
	    ? perform(call, easy)
	    : ERR(UNSUPPORTED, "libcurl refuses its rules");
	if (err.code == ERR_OK &&
	    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) ==
		CURLE_OK)
		err = vault_answer_status(status, call->opens);
	curl_easy_cleanup(easy);
	return err;
}

/* {"NAME":"TEXT"}: neither has a character that JSON escapes. */
static struct err
ask_with(struct vault_call *call, const char *action, const char *name,
    struct span text)
{
	buf_wipe(&call->body);
	TRY(buf_append_format(&call->body, "{\"%s\":\"", name));
	TRY(buf_append(&call->body, text));
	TRY(buf_append_str(&call->body, "\"}"));
	return ask(call, action);
}

struct err
vault_call_seal(
    struct vault_call *call, struct buf *out_wrapped, const uint8_t key[32])
{
	struct buf text CLEANUP(buf_wipe) = {.max = MAX_TEXT};

	TRY(encode_base64(&text, span_of(key, 32)));
	call->opens = false;
	TRY(ask_with(call, "encrypt", "plaintext", buf_span(&text)));
	return vault_answer_text(
	    out_wrapped, buf_span(&call->answer), "ciphertext");
}

struct err
vault_call_unseal(
    struct vault_call *call, uint8_t out_key[32], struct span wrapped)
{
	struct buf text CLEANUP(buf_wipe) = {.max = VAULT_MAX_ANSWER};
	struct buf key CLEANUP(buf_wipe) = {.max = VAULT_MAX_ANSWER};

	call->opens = true;
	TRY(ask_with(call, "decrypt", "ciphertext", wrapped));
	TRY(vault_answer_text(&text, buf_span(&call->answer), "plaintext"));
	if (decode_base64(&key, buf_span(&text)).code != ERR_OK ||
	    key.len != 32)
		return ERR(MALFORMED, "what the server opens is no key");
	memcpy(out_key, key.data, 32);
	return OK;
}

/* --- Begin and end --- */

static struct err
add_line(struct curl_slist **lines, const char *name, struct span value)
{
	struct buf line CLEANUP(buf_wipe) = {.max = MAX_LINE};

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] <= ' ' || value.data[i] >= 0x7f)
			return ERR(USAGE,
			    "what `root: vault-token-file` holds is no token");
	}
	TRY(buf_append_format(&line, "%s: ", name));
	TRY(buf_append(&line, value));
	TRY(buf_put_u8(&line, '\0'));
	struct curl_slist *longer =
	    curl_slist_append(*lines, (const char *)line.data);
	if (longer == NULL)
		return ERR(NO_MEMORY, "no memory");
	*lines = longer;
	return OK;
}

static struct err
add_lines(struct vault_call *call)
{
	TRY(add_line(&call->lines, "X-Vault-Token", call->to->token));
	/* What an agent between may insist on: no web page can send it. */
	TRY(add_line(&call->lines, "X-Vault-Request", span_str("true")));
	TRY(add_line(
	    &call->lines, "Content-Type", span_str("application/json")));
	return call->to->space == NULL
	    ? OK
	    : add_line(
		  &call->lines, "X-Vault-Namespace", span_str(call->to->space));
}

/* So that the library has no name to look up: an address needs none. */
static struct err
add_host(struct vault_call *call)
{
	struct buf line CLEANUP(buf_done) = {.max = MAX_LINE};

	if (call->to->server->six)
		return OK;
	TRY(vault_url_put_host(&line, call->to->server));
	TRY(buf_append_format(&line, ":%s", call->to->address));
	TRY(buf_put_u8(&line, '\0'));
	call->hosts = curl_slist_append(NULL, (const char *)line.data);
	return call->hosts != NULL ? OK : ERR(NO_MEMORY, "no memory");
}

static struct err
begin(struct vault_call *call)
{
	TRY(add_lines(call));
	TRY(add_host(call));
	call->multi = curl_multi_init();
	return call->multi != NULL ? OK : ERR(NO_MEMORY, "no memory");
}

/* Before the jail. */
static void
give_back(struct vault_call *call)
{
	vault_call_wipe(call);
	curl_slist_free_all(call->lines);
	curl_slist_free_all(call->hosts);
	if (call->multi != NULL)
		(void)curl_multi_cleanup(call->multi);
	free(call);
}

struct err
vault_call_new(struct vault_call **out, const struct vault_call_to *to)
{
	struct vault_call *call;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return ERR(UNSUPPORTED, "libcurl does not start");
	call = calloc(1, sizeof(*call));
	if (call == NULL)
		return ERR(NO_MEMORY, "no memory");
	call->to = to;
	buf_init(&call->body, VAULT_MAX_ANSWER);
	buf_init(&call->answer, VAULT_MAX_ANSWER);
	struct err err = begin(call);
	if (err.code != ERR_OK) {
		give_back(call);
		return err;
	}
	*out = call;
	return OK;
}

void
vault_call_wipe(struct vault_call *call)
{
	if (call == NULL)
		return;
	for (struct curl_slist *l = call->lines; l != NULL; l = l->next)
		sodium_memzero(l->data, strlen(l->data));
	buf_wipe(&call->body);
	buf_wipe(&call->answer);
}
