#include "gateway/rootvault/vault_answer.h"

#include <cjson/cJSON.h>
#include <sodium.h>

/* What stands in it may be a key. */
static void
done(cJSON **root)
{
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(*root, "data");
	cJSON *item;

	cJSON_ArrayForEach(item, data)
	{
		if (cJSON_IsString(item))
			sodium_memzero(
			    item->valuestring, strlen(item->valuestring));
	}
	cJSON_Delete(*root);
}

struct err
vault_answer_text(struct buf *out, struct span body, const char *name)
{
	struct buf text CLEANUP(buf_wipe) = {.max = VAULT_MAX_ANSWER + 1};

	/* The parser takes a NUL for the end of all. */
	if (span_find(body, '\0') != body.len)
		return ERR(MALFORMED, "the server answers with no JSON");
	TRY(buf_append(&text, body));
	TRY(buf_put_u8(&text, '\0'));
	cJSON *root CLEANUP(done) = cJSON_ParseWithLengthOpts(
	    (const char *)text.data, text.len, NULL, true);
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(root, "data"), name);
	if (!cJSON_IsString(item))
		return ERR(MALFORMED,
		    "the server answers as no Transit does: is it a Vault?");
	return buf_append_str(out, item->valuestring);
}

struct err
vault_answer_status(long status, bool opens)
{
	switch (status) {
	case 200:
		return OK;
	case 400:
		return opens
		    ? ERR(DENIED,
			  "the server opens it under no version of that key: "
			  "another key, or the file is not what was sealed")
		    : ERR(DENIED, "the server does not seal under that key");
	case 403:
		return ERR(DENIED,
		    "the server refuses: the token has ended, or its policy "
		    "does not permit this key");
	case 404:
		return ERR(NOT_FOUND,
		    "the server has nothing there: `root: vault-mount`, or a "
		    "name space");
	}
	if (status >= 300 && status < 400)
		return ERR(UNSUPPORTED,
		    "the server sends elsewhere, which is not followed: name "
		    "the active one in `root: vault-url`");
	if (status == 429 || status >= 472)
		return ERR(UNAVAILABLE,
		    "the server is sealed, a standby, or not well");
	return ERR(IO, "the server answers with an error");
}
