#include <stdio.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/key_change.h"
#include "gateway/tool/key_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_FOUND = 2,
};

/* One epoch, or all. Returns how many there were, destroyed before or now. */
static size_t
destroy_entries(struct key_change *c)
{
	struct scope_file *file = &c->store.file;
	size_t num = 0;

	for (size_t i = 0; i < file->num_entries; i++) {
		struct scope_entry *entry = &file->entries[i];
		if (scope_compare(&entry->scope, &c->scope) != 0 ||
		    (c->epoch > 0 && entry->epoch != c->epoch))
			continue;
		num++;
		if (entry->seed.len > 0)
			scope_file_destroy(entry, sysio_wall_ns() / 1000000000);
		key_change_print(c, entry, "destroyed");
	}
	return num;
}

/* Whatever the gateway says of it afterwards, the seeds are gone from the disk
 * when this returns. */
static int
destroy(struct key_change *c)
{
	if (destroy_entries(c) == 0) {
		(void)fputs("gatehouse: no key of this name; `gatehouse key "
			    "list` shows those that there are\n",
		    stderr);
		return EXIT_NOT_FOUND;
	}
	int code = key_change_write(c);
	return code == 0 ? key_change_erase(c) : code;
}

int
key_destroy_main(int argc, char **argv)
{
	struct key_change c;
	int code = key_change_parse(&c,
	    "key destroy [--config FILE] [--json] SCOPE [--epoch N]", false,
	    argc, argv);

	if (code == 0)
		code = key_change_open(&c);
	if (code == 0)
		code = destroy(&c);
	if (code == 0)
		code = key_change_tell(&c, ADMIN_KEY_DESTROY,
		    "the seed is gone from the disk, but the keeper that "
		    "serves still has it in its memory: put right what keeps "
		    "the reload from being taken, or stop the gateway");
	key_change_done(&c);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
