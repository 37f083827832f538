/*
 * Targets: object_key_file, object_key_of, dir_origin_check_key,
 * dir_origin_fits. The first line is a pattern, the rest a name, as a client
 * asks for it or as a folder has it. Of each file there is one object, and of
 * each object one file.
 */
#include <assert.h>

#include "gateway/keeper/object_key.h"
#include "gateway/origin/dir_origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* There and back is the same name. */
static void
check_names(struct span pattern, struct span name, unsigned compress, bool age)
{
	struct dataset dataset = {.pattern = pattern};
	const struct policy policy = {.datasets = &dataset, .num_datasets = 1};
	const struct agreement agreement = {
	    .compress = (enum compression)compress,
	    .encrypt = age ? ENCRYPT_AGE : ENCRYPT_TLS};
	struct span file, object;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	if (object_key_file(&file, &arena, &policy, &agreement, name).code ==
	    ERR_OK) {
		assert(object_key_of(&object, &arena, &policy, &agreement, file)
			   .code == ERR_OK);
		assert(span_equal(object, name));
	}
	if (object_key_of(&object, &arena, &policy, &agreement, name).code ==
	    ERR_OK) {
		assert(
		    object_key_file(&file, &arena, &policy, &agreement, object)
			.code == ERR_OK);
		assert(span_equal(file, name));
	}
	arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span name = span_of(data, len), pattern;

	if (len > 4096 || span_take_line(&name, &pattern).code != ERR_OK)
		return 0;
	if (dir_origin_check_key(name).code == ERR_OK) {
		/* A name without a wildcard fits itself, but where it is
		 * one of ours. */
		if (span_find(name, '*') == name.len && name.data[0] != '_' &&
		    memmem(name.data, name.len, "/_", 2) == NULL)
			assert(dir_origin_fits(name, name));
		for (unsigned i = 0; i < 2 * NUM_COMPRESSIONS; i++)
			check_names(pattern, name, i / 2, i % 2 == 1);
	}
	(void)dir_origin_fits(pattern, name);
	return 0;
}
