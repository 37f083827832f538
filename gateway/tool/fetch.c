#include "gateway/tool/fetch.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/memory/buf.h"
#include "gateway/base/https_rules.h"
#include "gateway/tool/fetch_head.h"

struct fetch {
	const struct fetch_options *options;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *lines; /* hold a credential */
	/* the answer */
	long status;	/* 0: its head has not begun */
	bool head_done; /* its empty line came */
	bool done;	/* all of it came, or it failed */
	bool paused;
	struct err failure;
	struct fetch_head head;
	size_t num_read; /* bytes of `held` that were read */
	struct buf held;
};

/* --- What the library calls -------------------------------------------- */

static size_t
on_body(char *bytes, size_t one, size_t len, void *context)
{
	struct fetch *fetch = context;

	(void)one; /* always 1 */
	if (fetch->held.len + len > FETCH_MAX_HELD) {
		fetch->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (buf_append(&fetch->held, span_of(bytes, len)).code != ERR_OK)
		return 0; /* it fails as CURLE_WRITE_ERROR */
	return len;
}

static size_t
on_header(char *bytes, size_t one, size_t len, void *context)
{
	struct fetch *fetch = context;

	(void)one;
	switch (fetch_head_take(&fetch->head, span_of(bytes, len))) {
	case FETCH_LINE_STATUS:
		(void)curl_easy_getinfo(
		    fetch->easy, CURLINFO_RESPONSE_CODE, &fetch->status);
		break;
	case FETCH_LINE_HEADER:
		break;
	case FETCH_LINE_END:
		fetch->head_done = fetch->status >= 200;
		break;
	}
	return len;
}

/* --- One request ------------------------------------------------------- */

static struct err
result_error(CURLcode code)
{
	switch ((int)code) { /* the library adds to its list */
	case CURLE_OK:
		return OK;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR(CRYPTO, "the server's certificate is not trusted");
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return ERR(USAGE, "a certificate or key file does not load");
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
		return ERR(UNAVAILABLE, "the server does not answer");
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return ERR(UNAVAILABLE, "the server broke off");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return ERR(USAGE, "not the URL of an HTTPS server");
	case CURLE_OUT_OF_MEMORY:
		return ERR(NO_MEMORY, "fetch: no memory");
	}
	return ERR(IO, "the transfer failed");
}

static struct err
status_error(const struct fetch *fetch)
{
	switch (fetch->status) {
	case 200:
		return OK;
	case 206:
		return fetch->head.has_place
		    ? OK
		    : ERR(MALFORMED, "the server does not say which part");
	case 401:
	case 403:
		return ERR(DENIED, "the server denies this read");
	case 404:
		return ERR(NOT_FOUND, "the server has no such object");
	case 412:
		return ERR(CHANGED, "the object changed while it was read");
	case 416:
		return ERR(TRUNCATED, "the object is too short");
	case 429:
	case 503:
		return ERR(UNAVAILABLE, "the server says: try again later");
	}
	if (fetch->status >= 300 && fetch->status < 400)
		return ERR(
		    UNSUPPORTED, "the server redirects, which is not followed");
	return ERR(IO, "the server answers with an error");
}

/* Let things go on, and wait until something did. */
static struct err
pump(struct fetch *fetch)
{
	const CURLMsg *message;
	int running, left;

	if (curl_multi_perform(fetch->multi, &running) != CURLM_OK)
		return ERR(IO, "the transfer failed");
	while ((message = curl_multi_info_read(fetch->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		fetch->done = true;
		fetch->failure = result_error(message->data.result);
	}
	if (fetch->done || fetch->paused)
		return OK;
	if (curl_multi_poll(fetch->multi, NULL, 0, 1000, NULL) != CURLM_OK)
		return ERR(IO, "the transfer failed");
	return OK;
}

static struct err
set_lines(struct fetch *fetch, struct span lines)
{
	char text[HTTP_MAX_HEAD];
	struct span line;

	while (span_take_until(&lines, &line, '\n') && line.len > 0) {
		if (line.len >= sizeof(text))
			return ERR(TOO_BIG, "fetch: a header line is too long");
		memcpy(text, line.data, line.len);
		text[line.len] = '\0';
		struct curl_slist *longer =
		    curl_slist_append(fetch->lines, text);
		sodium_memzero(text, line.len);
		if (longer == NULL)
			return ERR(NO_MEMORY, "fetch: no memory");
		fetch->lines = longer;
	}
	return OK;
}

static bool
set_rules(CURL *easy, const struct fetch_options *options)
{
	bool right = https_rules_set(easy) &&
	    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) ==
		CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
		(long)FETCH_CONNECT_MS) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
	    curl_easy_setopt(
		easy, CURLOPT_LOW_SPEED_TIME, (long)FETCH_STALL_S) == CURLE_OK;

	if (!options->environment_proxy)
		right = right &&
		    curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
	if (options->ca != NULL)
		right = right &&
		    curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca) ==
			CURLE_OK;
	if (options->certificate != NULL)
		right = right &&
		    curl_easy_setopt(easy, CURLOPT_SSLCERT,
			options->certificate) == CURLE_OK;
	if (options->key != NULL)
		right = right &&
		    curl_easy_setopt(easy, CURLOPT_SSLKEY, options->key) ==
			CURLE_OK;
	return right;
}

static bool
set_request(struct fetch *fetch, const char *url)
{
	CURL *easy = fetch->easy;

	return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->lines) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch) == CURLE_OK;
}

static void
give_up(struct fetch *fetch)
{
	if (fetch->easy != NULL) {
		(void)curl_multi_remove_handle(fetch->multi, fetch->easy);
		curl_easy_cleanup(fetch->easy);
	}
	fetch->easy = NULL;
	for (struct curl_slist *l = fetch->lines; l != NULL; l = l->next)
		sodium_memzero(l->data, strlen(l->data));
	curl_slist_free_all(fetch->lines);
	fetch->lines = NULL;
	fetch->status = 0;
	fetch->head_done = fetch->done = fetch->paused = false;
	fetch->failure = OK;
	fetch->head = (struct fetch_head){.partial = false};
	fetch->num_read = 0;
	buf_reset(&fetch->held);
}

struct err
fetch_begin(struct fetch *fetch, const char *url, struct span lines,
    struct fetch_head *out)
{
	give_up(fetch);
	TRY(set_lines(fetch, lines));
	fetch->easy = curl_easy_init();
	if (fetch->easy == NULL)
		return ERR(NO_MEMORY, "fetch: no memory");
	if (!set_rules(fetch->easy, fetch->options) ||
	    !set_request(fetch, url) ||
	    curl_multi_add_handle(fetch->multi, fetch->easy) != CURLM_OK)
		return ERR(UNSUPPORTED, "fetch: libcurl refuses its rules");
	while (!fetch->head_done && !fetch->done)
		TRY(pump(fetch));
	if (!fetch->head_done)
		return fetch->failure.code != ERR_OK
		    ? fetch->failure
		    : ERR(IO, "the transfer failed");
	TRY(status_error(fetch));
	fetch->head.partial = fetch->status == 206;
	*out = fetch->head;
	return OK;
}

struct err
fetch_read(struct fetch *fetch, uint8_t *out, size_t max_len, size_t *out_len)
{
	while (fetch->num_read == fetch->held.len) {
		fetch->num_read = 0;
		buf_reset(&fetch->held);
		if (fetch->done) {
			TRY(fetch->failure);
			*out_len = 0;
			return OK;
		}
		if (fetch->paused) {
			fetch->paused = false;
			(void)curl_easy_pause(fetch->easy, CURLPAUSE_CONT);
		}
		TRY(pump(fetch));
	}
	struct span part =
	    span_sub(buf_span(&fetch->held), fetch->num_read, max_len);
	memcpy(out, part.data, part.len);
	fetch->num_read += part.len;
	*out_len = part.len;
	return OK;
}

const char *
fetch_reason(const struct fetch *fetch)
{
	return fetch->head.reason;
}

struct err
fetch_new(struct fetch **out, const struct fetch_options *options)
{
	struct fetch *fetch;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return ERR(UNSUPPORTED, "fetch: libcurl does not start");
	fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL)
		return ERR(NO_MEMORY, "fetch: no memory");
	fetch->options = options;
	buf_init(&fetch->held, FETCH_MAX_HELD);
	fetch->multi = curl_multi_init();
	if (fetch->multi == NULL) {
		free(fetch);
		return ERR(NO_MEMORY, "fetch: no memory");
	}
	*out = fetch;
	return OK;
}

void
fetch_free(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	give_up(fetch);
	(void)curl_multi_cleanup(fetch->multi);
	buf_done(&fetch->held);
	free(fetch);
	curl_global_cleanup();
}
