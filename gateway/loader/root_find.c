#include "gateway/loader/root_find.h"

#include <fcntl.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "crypto/memory/secret_fd.h"
#include "crypto/root_file.h"
#include "gateway/base/log.h"
#include "gateway/ipc/root_run.h"
#include "gateway/loader/no_start.h"

/* That of the generation that serves; -1: there is none. */
static int
find_given(const struct material_with *with)
{
	const struct control_item *item = control_find(with->given, "root", 0);

	return item == NULL ? -1 : item->fd;
}

static int
open_it(struct material *m, int file, const struct config *config,
    const struct material_with *with, enum root_provider provider)
{
	struct err err = secret_fd_make(&m->root);

	if (err.code != ERR_OK)
		return no_start("root.sealed", err.why);
	return root_run(&(struct root_run){.spawn = with->spawn,
	    .settings = &config->root,
	    .allow_degraded = with->allow_degraded,
	    .provider = provider,
	    .file = file,
	    .out = m->root,
	    .root = -1,
	    .key = -1});
}

int
root_find(struct material *out, int file, const struct config *config,
    const struct material_with *with)
{
	struct root_file head;
	int given = find_given(with);
	struct err err = root_file_head(&head, file);

	buf_init(&out->root_check, 2 * ROOT_CHECK);
	if (err.code == ERR_OK && head.has_check)
		err = encode_hex(
		    &out->root_check, span_of(head.check, ROOT_CHECK));
	if (err.code != ERR_OK)
		return no_start("root.sealed", err.why);
	out->root = -1;
	if (head.provider != ROOT_NONE && given >= 0) {
		out->root = given;
		return 0;
	}
	out->sealed = head.provider == ROOT_PASSPHRASE;
	if (!out->sealed)
		return open_it(out, file, config, with, head.provider);
	return 0;
}
