#include "gateway/ipc/root_job.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/memory/secret.h"
#include "crypto/memory/secret_fd.h"
#include "crypto/random.h"
#include "crypto/root_check.h"
#include "crypto/root_seal.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_AWAY = 75,
};

/* --- What is given --- */

struct err
root_job_key(struct root_job *job)
{
	const struct control_item *item = control_find(&job->items, "key", 0);
	struct buf *key = &job->key;

	if (item == NULL || item->fd < 0)
		return ERR(USAGE, "nobody gave what opens it");
	for (;;) {
		uint8_t piece[256];
		size_t got;
		TRY(sysio_read(item->fd, piece, sizeof(piece), &got));
		struct err err = buf_append(key, span_of(piece, got));
		explicit_bzero(piece, sizeof(piece));
		TRY(err);
		if (got == 0)
			break;
	}
	if (key->len > 0 && key->data[key->len - 1] == '\n')
		key->len--;
	return key->len > 0 ? OK : ERR(USAGE, "what opens it is empty");
}

struct err
root_job_text(char out[1024], const struct root_job *job, const char *name,
    struct err why)
{
	struct span value;

	if (control_value(&job->items, name, 0, &value).code != ERR_OK)
		return why;
	if (value.len >= 1024)
		return ERR(TOO_BIG, "too long a setting");
	if (value.len > 0)
		memcpy(out, value.data, value.len);
	out[value.len] = '\0';
	return OK;
}

/* The root that is given, or a new one. */
static struct err
find_root(struct root_job *job)
{
	const struct control_item *item = control_find(&job->items, "root", 0);

	if (item != NULL && item->fd >= 0)
		return secret_fd_get(job->root, item->fd);
	random_bytes(job->root, ROOT_LEN);
	return OK;
}

static struct err
take(struct root_job *job)
{
	struct span name;

	TRY(control_receive(&job->items, CONTROL_FD));
	job->seals = control_find(&job->items, "seal", 0) != NULL;
	TRY(control_fd(
	    &job->items, job->seals ? "seal" : "open", 0, &job->file));
	if (!job->seals)
		return OK;
	TRY(control_value(&job->items, "seal", 0, &name));
	TRY(root_provider_parse(&job->provider, name));
	return find_root(job);
}

/* --- The work --- */

static struct err
read_file(struct root_file *out, int fd)
{
	struct buf text CLEANUP(buf_wipe) = {.max = ROOT_FILE_MAX + 1};

	TRY(control_read_file(&text, fd));
	return root_file_parse(out, buf_span(&text));
}

static struct err
open_root(const struct root_program *program, struct root_job *job)
{
	struct root_file file CLEANUP(root_file_wipe);
	uint8_t root[ROOT_LEN] CLEANUP(secret_wipe32);
	int out;

	TRY(control_fd(&job->items, "out", 0, &out));
	TRY(read_file(&file, job->file));
	if ((program->opens & 1u << file.provider) == 0)
		return ERR(CHANGED, "it was replaced meanwhile");
	job->provider = file.provider;
	TRY(program->open(job, root, &file));
	if (file.has_check)
		TRY(root_check_verify(file.check, root));
	return secret_fd_put(out, root);
}

/* Nothing is kept that was not seen to open, as it lies there. */
static struct err
seal_root(const struct root_program *program, const struct root_job *job)
{
	struct root_file file CLEANUP(root_file_wipe);
	struct buf text CLEANUP(buf_wipe) = {.max = ROOT_FILE_MAX};
	uint8_t again[ROOT_LEN] CLEANUP(secret_wipe32);

	TRY(root_begin(&file, job->provider, job->root));
	TRY(program->seal(job, &file, job->root));
	TRY(root_file_write(&text, &file));
	TRY(sysio_write_full(job->file, buf_span(&text)));
	root_file_wipe(&file);
	TRY(read_file(&file, job->file));
	TRY(program->open(job, again, &file));
	return root_check_verify(file.check, again);
}

static struct err
enter_jail(const struct root_program *program, const struct root_job *job)
{
	const struct jail_table *table = jail_tables_find(program->role);
	struct jail_report report;

	if (!program->is_jailed)
		return jail_hide();
	return jail_enter(&report,
	    &(struct jail_spec){.role = program->role,
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.connect_port = job->port,
		.allow_degraded =
		    control_find(&job->items, "allow-degraded", 0) != NULL});
}

static struct err
run(const struct root_program *program, struct root_job *job)
{
	TRY(crypto_init());
	TRY(take(job));
	TRY(program->prepare(job));
	TRY(enter_jail(program, job));
	TRY(job->seals ? seal_root(program, job) : open_root(program, job));
	return control_send_ready(CONTROL_FD, "done");
}

/* The exit status, after the line that says why. */
static int
conclude(struct err err)
{
	if (err.code == ERR_OK)
		return 0;
	/* Who asked for it is gone, and so is whom to tell. */
	if (err.code != ERR_CLOSED)
		fprintf(stderr, "gatehouse: root.sealed: %s\n", err.why);
	if (err.code == ERR_USAGE)
		return EXIT_USAGE;
	return err.code == ERR_UNAVAILABLE ? EXIT_AWAY : EXIT_FAILED;
}

void
root_job_main(const struct root_program *program)
{
	static struct root_job job;

	log_set_role(program->role);
	(void)signal(SIGPIPE, SIG_IGN);
	job.key.max = program->max_key;
	struct err err = run(program, &job);
	if (program->done != NULL)
		program->done();
	secret_wipe32(&job.root);
	buf_wipe(&job.key);
	/* No exit handlers: they make calls of their own. */
	_exit(conclude(err));
}
