/*
 * Target: proven_file_parse. An input is the text of keys/recipients up to its
 * last line; that is put behind it, so that more than the checksum is looked
 * at, and the input is parsed as it is, too. What is taken is written as the
 * same bytes, and each entry is found, and found no more once it is removed.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/base/file_text.h"
#include "gateway/base/proven_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(struct span text)
{
	struct buf again CLEANUP(buf_done) = {.max = PROVEN_FILE_TEXT};
	struct proven_file file;
	size_t line;

	if (proven_file_parse(&file, &line, text).code != ERR_OK) {
		assert(line > 0);
		return;
	}
	if (proven_file_write(&again, &file).code != ERR_OK)
		abort();
	assert(span_equal(buf_span(&again), text));
	while (file.num_entries > 0) {
		struct proven_entry last = file.entries[file.num_entries - 1];

		assert(proven_file_find(&file, last.party, last.key) ==
		    &file.entries[file.num_entries - 1]);
		proven_file_remove(&file, file.num_entries - 1);
		assert(proven_file_find(&file, last.party, last.key) == NULL);
	}
	proven_file_done(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text CLEANUP(buf_done) = {.max = PROVEN_FILE_TEXT + 4096};

	if (crypto_init().code != ERR_OK)
		abort();
	check(span_of(data, len));
	if (buf_append(&text, span_of(data, len)).code != ERR_OK ||
	    file_text_seal(&text, 0).code != ERR_OK)
		return 0;
	check(buf_span(&text));
	return 0;
}
