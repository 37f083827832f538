/*
 * Targets: vault_answer_text, vault_url_parse, root_file_set_wrapped. What a
 * server answers with becomes a text within the caller's room, and what of it
 * is kept in root.sealed has no character that could begin another line. A URL
 * that is taken, written again, is one of the same server.
 */
#include <assert.h>

#include "crypto/root_file.h"
#include "gateway/rootvault/vault_answer.h"
#include "gateway/rootvault/vault_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
take_url(struct span in)
{
	struct buf url CLEANUP(buf_done) = {.max = 1024};
	struct vault_server server, again;

	if (vault_url_parse(&server, in).code != ERR_OK)
		return;
	assert(buf_append_str(&url, "https://").code == ERR_OK);
	assert(vault_url_put_host(&url, &server).code == ERR_OK);
	assert(vault_url_parse(&again, buf_span(&url)).code == ERR_OK);
	assert(span_equal_str(span_str(server.host), again.host));
	assert(server.port == again.port && server.six == again.six);
}

static void
take_answer(struct span in)
{
	struct buf text CLEANUP(buf_done) = {.max = ROOT_MAX_WRAPPED};
	struct root_file file = {.provider = ROOT_VAULT};

	if (vault_answer_text(&text, in, "ciphertext").code != ERR_OK ||
	    root_file_set_wrapped(&file, buf_span(&text)).code != ERR_OK)
		return;
	assert(span_equal_str(buf_span(&text), file.wrapped));
	for (size_t i = 0; i < text.len; i++)
		assert(text.data[i] > ' ' && text.data[i] < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span in = span_of(data, len);

	take_url(in);
	if (len <= VAULT_MAX_ANSWER)
		take_answer(in);
	return 0;
}
