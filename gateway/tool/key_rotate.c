#include <stdio.h>
#include <stdlib.h>

#include "crypto/memory/secret.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/key_change.h"
#include "gateway/tool/key_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_FOUND = 2,
};

/* The seeds that are drawn, until they are written. */
struct drawn {
	char (*seeds)[SCOPE_FILE_SEED + 1];
	size_t num, cap;
};

static void
wipe(struct drawn *drawn)
{
	if (drawn->seeds != NULL)
		explicit_bzero(
		    drawn->seeds, drawn->cap * sizeof(*drawn->seeds));
	free(drawn->seeds);
}

static struct err
rotate_one(struct key_change *c, struct drawn *drawn, const struct scope *scope)
{
	char *seed = drawn->seeds[drawn->num++];
	struct scope copy = *scope;

	scope_store_draw(seed);
	TRY(scope_file_open(&c->store.file, &copy,
	    span_of(seed, SCOPE_FILE_SEED), sysio_wall_ns() / 1000000000));
	key_change_print(c, scope_file_current(&c->store.file, &copy), "live");
	return OK;
}

/* Of all, those that are destroyed stay so: who wants their next epoch names
 * them. Each grows by one, so its last entry moves on. */
static struct err
rotate_all(struct key_change *c, struct drawn *drawn)
{
	const struct scope_file *file = &c->store.file;

	for (size_t i = 0; i < file->num_entries; i++) {
		struct scope scope = file->entries[i].scope;
		const struct scope_entry *last =
		    scope_file_current(file, &scope);
		i = (size_t)(last - file->entries);
		if (last->seed.len == 0)
			continue;
		TRY(rotate_one(c, drawn, &scope));
		i++;
	}
	return OK;
}

static int
rotate(struct key_change *c, struct drawn *drawn)
{
	struct err err;

	drawn->cap = c->store.file.num_entries + 1;
	drawn->seeds = calloc(drawn->cap, sizeof(*drawn->seeds));
	if (drawn->seeds == NULL)
		err = ERR(NO_MEMORY, "no memory for seeds");
	else if (c->scope_text.len == 0)
		err = rotate_all(c, drawn);
	else if (scope_file_current(&c->store.file, &c->scope) != NULL)
		err = rotate_one(c, drawn, &c->scope);
	else
		err = ERR(NOT_FOUND,
		    "no scope of this name has a key; "
		    "`gatehouse key list` shows those that "
		    "have");
	if (err.code == ERR_OK)
		return key_change_write(c);
	(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	return err.code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
}

int
key_rotate_main(int argc, char **argv)
{
	struct drawn drawn = {.num = 0};
	struct key_change c;
	int code = key_change_parse(&c,
	    "key rotate [--config FILE] [--json] [SCOPE]", true, argc, argv);

	if (code == 0)
		code = key_change_open(&c);
	if (code == 0)
		code = rotate(&c, &drawn);
	if (code == 0)
		code = key_change_tell(&c, ADMIN_KEY_ROTATE,
		    "the next epoch is in keys/scopes, and what serves is of "
		    "the one before; `gatehouse reload` takes it");
	if (code == 0)
		code = key_change_erase(&c);
	key_change_done(&c);
	wipe(&drawn);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
