/*
 * Targets: table_parse, protect_parse, path_check, path_take. A table that is
 * taken is in order, has no value twice and no empty cell; a path is taken step
 * by step as far as it was found right.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "policy/path.h"
#include "policy/protect.h"
#include "policy/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_table(const struct group_table *table)
{
	assert(table->num_rows > 0);
	for (uint32_t i = 0; i < table->num_rows; i++) {
		assert(table->rows[i].value.len > 0);
		assert(table->rows[i].group.len > 0);
		assert(i == 0 ||
		    span_compare(
			table->rows[i - 1].value, table->rows[i].value) < 0);
	}
}

static void
check_path(struct span path)
{
	const struct span whole = path;
	struct path_step step;
	unsigned num = 0;

	for (; path.len > 0; num++) {
		uint8_t *name;

		assert(path_take(&path, &step).code == ERR_OK);
		assert(step.name.len > 0);
		assert(step.num_arrays <= PATH_MAX_ARRAYS);
		name = malloc(step.name.len);
		assert(name != NULL);
		assert(path_name(name, step.name) <= step.name.len);
		free(name);
	}
	assert(num <= PATH_MAX_STEPS);
	assert(path_conflict(whole, whole));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct span in = span_of(data, len);
	struct group_table table;
	struct protection how;
	struct arena arena;
	struct span named;

	if (crypto_init().code != ERR_OK)
		abort();
	arena_init(&arena, 16 << 20);
	if (table_parse(&table, &arena, in).code == ERR_OK)
		check_table(&table);
	arena_done(&arena);
	if (protect_parse(&how, &named, in).code == ERR_OK)
		assert(how.op < NUM_PROTECTIONS &&
		    (how.op == PROTECT_GROUP) == (named.len > 0));
	if (path_check(in).code == ERR_OK)
		check_path(in);
	return 0;
}
