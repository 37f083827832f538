#include "gateway/loader/scopes_ready.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/base/scope_store.h"
#include "gateway/base/sysio.h"
#include "gateway/loader/no_start.h"

enum {
	EPOCH_AFTER_NONE = 2, /* where codes were made without seeds */
};

/* What is being made ready, and the seeds that are drawn for it. */
struct ready {
	struct material *material;
	struct scope_store store;
	char (*seeds)[SCOPE_FILE_SEED + 1]; /* of each agreement */
	uint32_t num_drawn;
};

static int
say(const struct ready *r, const struct config *config, struct err err)
{
	char path[4096];

	if (r->store.line > 0)
		(void)snprintf(path, sizeof(path), "%s/scopes:%zu",
		    config->keys, r->store.line);
	else
		(void)snprintf(path, sizeof(path), "%s/scopes", config->keys);
	return no_start(path, err.why);
}

/* The auditor has written in it: somebody was served, or could have been. */
static bool
has_ledger(int ledger_dir)
{
	int copy = openat(ledger_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	bool found = stream == NULL;

	while (!found && (entry = readdir(stream)) != NULL)
		found = entry->d_name[0] != '.';
	if (stream != NULL)
		closedir(stream);
	return found;
}

static struct err
draw(struct ready *r)
{
	const struct policy *policy = &r->material->policy;
	int64_t now_s = sysio_wall_ns() / 1000000000;
	struct scope scope;

	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		if (!scope_of(&scope, policy, i) ||
		    scope_file_current(&r->store.file, &scope) != NULL)
			continue;
		scope_store_draw(r->seeds[i]);
		TRY(scope_file_open(&r->store.file, &scope,
		    span_of(r->seeds[i], SCOPE_FILE_SEED), now_s));
		r->num_drawn++;
	}
	return OK;
}

/* Nothing is served under a seed that a power cut could take away. */
static struct err
make_durable(struct ready *r)
{
	if (r->store.is_there && r->num_drawn == 0)
		return scope_store_sync(&r->store);
	return scope_store_write(&r->store);
}

static struct err
list_destroyed(struct ready *r)
{
	const struct scope_file *file = &r->store.file;
	struct buf *out = &r->material->destroyed;
	struct buf text CLEANUP(buf_done) = {.max = SCOPE_MAX_TEXT};

	buf_init(out, SCOPE_FILE_TEXT);
	for (size_t i = 0; i < file->num_entries; i++) {
		if (file->entries[i].seed.len > 0)
			continue;
		buf_reset(&text);
		TRY(scope_put(&text, &file->entries[i].scope));
		TRY(buf_put_u32be(out, file->entries[i].epoch));
		TRY(buf_put_field(out, buf_span(&text)));
	}
	return OK;
}

static struct err
make_ready(struct ready *r, int keys)
{
	TRY(scope_store_open(&r->store, keys));
	r->store.line = 0;
	if (!r->store.is_there && has_ledger(r->material->ledger_dir))
		r->store.file.first_epoch = EPOCH_AFTER_NONE;
	TRY(draw(r));
	TRY(make_durable(r));
	TRY(list_destroyed(r));
	int fd = openat(r->store.dir, "scopes", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ERR(IO, "it cannot be opened");
	r->material->scopes = fd;
	return OK;
}

int
scopes_ready(struct material *out, const struct config *config)
{
	struct ready r = {.material = out, .store = {.dir = -1}};
	int CLEANUP(sysio_close) keys =
	    open(config->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t num = out->policy.num_agreements + (size_t)1;

	if (keys < 0)
		return no_start_errno(config->keys);
	r.seeds = calloc(num, sizeof(*r.seeds));
	if (r.seeds == NULL)
		return no_start(config->keys, "no memory for seeds");
	struct err err = make_ready(&r, keys);
	int status = err.code == ERR_OK ? 0 : say(&r, config, err);
	scope_store_close(&r.store);
	explicit_bzero(r.seeds, num * sizeof(*r.seeds));
	free(r.seeds);
	return status;
}
