/*
 * Targets: root_file_parse, root_file_write, root_file_bound. What is taken is
 * written again as the same bytes, asks for no more than is given, and what is
 * sealed in it is bound to all that stands before.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "crypto/root_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char old[] = "gatehouse-root-v1 ";
	struct buf text CLEANUP(buf_wipe) = {.max = ROOT_FILE_MAX};
	struct buf bound CLEANUP(buf_done) = {.max = ROOT_FILE_MAX};
	struct span in = span_of(data, len);
	struct root_file file;

	if (crypto_init().code != ERR_OK)
		abort();
	if (root_file_parse(&file, in).code != ERR_OK ||
	    span_starts_with(in, span_str(old)))
		return 0;
	assert((uint64_t)file.memory_kib * file.passes <= ROOT_MAX_WORK);
	assert(root_file_write(&text, &file).code == ERR_OK);
	assert(span_equal(buf_span(&text), in));
	assert(root_file_bound(&bound, &file).code == ERR_OK);
	assert(span_starts_with(in, buf_span(&bound)));
	in = span_sub(in, bound.len, in.len);
	assert(span_starts_with(
	    in, span_str(file.provider == ROOT_NONE ? "root " : "sealed ")));
	return 0;
}
