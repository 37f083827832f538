#include "gateway/loader/material.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/loader/candidate.h"
#include "gateway/loader/listening.h"
#include "gateway/loader/no_start.h"
#include "gateway/loader/policy_choose.h"
#include "gateway/loader/proven_read.h"
#include "gateway/loader/root_find.h"
#include "gateway/loader/scopes_ready.h"
#include "gateway/loader/writable.h"
#include "gateway/loader/state_version.h"

/* A file of ours; a secret one is refused when others can read it. */
static int
open_at(int *out, int dir, const char *name, bool secret)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return no_start_errno(name);
	int status = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		status = no_start(name, "is not a regular file");
	else if (secret && (st.st_mode & 077) != 0)
		status = no_start(name, "others can read it; chmod 600");
	if (status != 0)
		close(fd);
	else
		*out = fd;
	return status;
}

/* One that is not secret, and is given as a value. */
static int
read_public_at(struct buf *out, int dir, const char *name)
{
	int fd = -1;
	int status = open_at(&fd, dir, name, false);

	if (status != 0)
		return status;
	buf_init(out, CONTROL_MAX_VALUE);
	struct err err = control_read_file(out, fd);
	close(fd);
	return err.code == ERR_OK ? 0 : no_start(name, err.why);
}

static int
read_public(struct buf *out, const char *name)
{
	return read_public_at(out, AT_FDCWD, name);
}

/* --- Keys --- */

static int
open_s3(struct material *m, int keys)
{
	int dir = openat(keys, "s3", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = dir < 0 ? NULL : fdopendir(dir);
	struct dirent *entry;
	int status = 0;

	if (stream == NULL)
		return no_start_errno("s3");
	while (status == 0 && (entry = readdir(stream)) != NULL) {
		struct material_s3 *key = &m->s3[m->num_s3];
		if (entry->d_name[0] == '.')
			continue;
		if (m->num_s3 == MATERIAL_MAX_S3) {
			status = no_start("s3", "too many access keys");
			break;
		}
		snprintf(key->id, sizeof(key->id), "%s", entry->d_name);
		status =
		    open_at(&key->secret, dirfd(stream), entry->d_name, true);
		m->num_s3++;
	}
	closedir(stream);
	return status;
}

static int
open_root(struct material *m, int keys, const struct config *config,
    const struct material_with *with)
{
	int file = -1;
	int status = open_at(&file, keys, "root.sealed", true);

	if (status == 0)
		status = root_find(m, file, config, with);
	sysio_close(&file);
	return status;
}

static bool
is_there(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 || errno != ENOENT;
}

/* Gateways that were set up before have one of its own. */
static int
open_spool_key(struct material *m, int keys)
{
	m->spool_key = -1;
	if (!is_there(keys, "spool.key"))
		return 0;
	return open_at(&m->spool_key, keys, "spool.key", true);
}

static int
open_keys(struct material *m, const struct config *config,
    const struct material_with *with)
{
	int dir = open(config->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return no_start_errno(config->keys);
	int status = writable_refuse(config->keys);
	if (status == 0)
		status = open_root(m, dir, config, with);
	if (status == 0)
		status = open_spool_key(m, dir);
	if (status == 0)
		status = open_at(&m->ledger_key, dir, "ledger.key", true);
	if (status == 0 && is_there(dir, "ledger.vkey"))
		status = read_public_at(&m->ledger_vkey, dir, "ledger.vkey");
	if (status == 0)
		status = open_s3(m, dir);
	close(dir);
	return status;
}

static int
open_tls(struct material *m, const struct config *config)
{
	int status = read_public(&m->certificate, config->certificate);

	if (status == 0)
		status = open_at(&m->tls_key, AT_FDCWD, config->key, true);
	if (status == 0 && config->client_ca != NULL)
		status = read_public(&m->client_ca, config->client_ca);
	return status;
}

/* --- Folders --- */

static int
open_state(int *out, const struct config *config, const char *name, uid_t uid)
{
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/%s", config->state, name);

	if (len < 0 || (size_t)len >= sizeof(path))
		return no_start(config->state, "too long a path");
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return no_start_errno(path);
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*out < 0)
		return no_start_errno(path);
	if (fchown(*out, uid, (gid_t)-1) != 0)
		return no_start_errno(path);
	return 0;
}

/*
 * The verifier, of the auditor's group, reads below it. A folder that is there
 * is the auditor's, and who may not change the files of others (a service with
 * few capabilities) does it as that.
 */
static int
let_group_read(int folder, const char *path, uid_t owner)
{
	(void)setfsuid(owner);
	int failed = fchmod(folder, 0750);
	int status = failed != 0 ? no_start_errno(path) : 0;
	(void)setfsuid(geteuid());
	return status;
}

static int
open_ledger(
    struct material *m, const struct config *config, const struct spawn *spawn)
{
	uid_t uid = spawn_uid(spawn, SPAWN_AUDITOR, 0);
	gid_t gid = spawn_gid(spawn, SPAWN_AUDITOR, 0);
	int status = open_state(&m->ledger_dir, config, "ledger", uid);

	if (status != 0 || !spawn->own_uids)
		return status;
	if (fchown(m->ledger_dir, (uid_t)-1, gid) != 0)
		return no_start_errno("ledger");
	return let_group_read(m->ledger_dir, "ledger", uid);
}

static int
open_origins(struct material *m)
{
	for (uint32_t i = 0; i < model_num_folders(&m->policy); i++) {
		struct span root = m->policy.datasets[i].root;
		char path[4096];
		if (i == MATERIAL_MAX_ORIGINS || root.len >= sizeof(path))
			return no_start("policy", "too many datasets");
		memcpy(path, root.data, root.len);
		path[root.len] = '\0';
		m->origins[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (m->origins[i] < 0)
			return no_start_errno(path);
	}
	return 0;
}

int
material_load(struct material *m, const struct config *config,
    const struct material_with *with)
{
	*m = (struct material){.num_s3 = 0};
	int status = open_keys(m, config, with);

	if (status == 0)
		status = open_tls(m, config);
	if (status == 0)
		status = state_version_check(config->state);
	if (status == 0)
		status = policy_choose(m, config, with);
	if (status == 0)
		candidate_compile(&m->candidate, config,
		    &(struct policy_job){.spawn = with->spawn,
			.allow_degraded = with->allow_degraded});
	if (status == 0)
		status = open_ledger(m, config, with->spawn);
	if (status == 0)
		status = open_state(&m->spool_dir, config, "spool",
		    spawn_uid(with->spawn, SPAWN_OPENER, 0));
	if (status == 0)
		status = open_state(&m->codebook_dir, config, "codebook",
		    spawn_uid(with->spawn, SPAWN_CODEBOOK, 0));
	m->codebook_password = -1;
	if (status == 0 && config->codebook.password_file != NULL)
		status = open_at(&m->codebook_password, AT_FDCWD,
		    config->codebook.password_file, true);
	if (status == 0)
		status = open_origins(m);
	for (size_t i = 0; status == 0 && i < config->num_listen; i++)
		status = listening_at(
		    &m->listeners[i], with->given, &config->listen[i]);
	if (status == 0)
		status =
		    listening_for_metrics(&m->metrics, with->given, config);
	if (status == 0)
		status = listening_rest(with->given);
	if (status == 0)
		status = listening_for_commands(&m->admin, with->given, config);
	if (status == 0)
		status = scopes_ready(m, config);
	if (status == 0)
		status = proven_read(m, config);
	if (status == 0)
		status = policy_choose_first(m, config, with);
	return status;
}
