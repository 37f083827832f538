/*
 * Target: scope_file_parse. An input is the text of keys/scopes up to its last
 * line; that is put behind it, so that more than the checksum is looked at, and
 * the input is parsed as it is, too. What is taken is written as the same
 * bytes, and each epoch is found.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/base/scope_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(struct span text)
{
	struct buf again CLEANUP(buf_done) = {.max = SCOPE_FILE_TEXT};
	struct scope_file file;
	size_t line;

	if (scope_file_parse(&file, &line, text).code != ERR_OK) {
		assert(line > 0);
		return;
	}
	if (scope_file_write(&again, &file).code != ERR_OK)
		abort();
	assert(span_equal(buf_span(&again), text));
	for (size_t i = 0; i < file.num_entries; i++) {
		const struct scope_entry *entry = &file.entries[i];

		assert(scope_file_find(&file, &entry->scope, entry->epoch) ==
		    entry);
		assert(scope_file_current(&file, &entry->scope)->epoch >=
		    entry->epoch);
	}
	scope_file_done(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text CLEANUP(buf_done) = {.max = SCOPE_FILE_TEXT + 4096};
	uint8_t digest[HASH_SHA256_LEN];

	if (crypto_init().code != ERR_OK)
		abort();
	check(span_of(data, len));
	if (hash_sha256(digest, span_of(data, len)).code != ERR_OK ||
	    buf_append(&text, span_of(data, len)).code != ERR_OK ||
	    buf_append_str(&text, "sha256 ").code != ERR_OK ||
	    encode_hex(&text, span_of(digest, sizeof(digest))).code != ERR_OK ||
	    buf_append_str(&text, "\n").code != ERR_OK)
		return 0;
	check(buf_span(&text));
	return 0;
}
