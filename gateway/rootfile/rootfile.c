/*
 * gatehouse-rootfile: opens and seals a root whose key somebody gives: none (it
 * lies open), a passphrase, or a credential of systemd's. One shot
 * (gateway/ipc/root_job.h), in a jail of its own: the file may be hostile.
 *
 * Exit   0 done, 1 it does not open, 2 what opens it is missing
 */
#include "crypto/memory/secret.h"
#include "crypto/root_seal.h"
#include "gateway/ipc/root_job.h"

/* It is read before the jail, since a pipe is read but once, and before the
 * file is: what it holds, nobody has looked at yet. */
static struct err
prepare(struct root_job *job)
{
	return control_find(&job->items, "key", 0) == NULL ? OK
							   : root_job_key(job);
}

static struct err
find_key(
    uint8_t out[32], const struct root_job *job, const struct root_file *file)
{
	if (job->key.len == 0)
		return ERR(USAGE, "nobody gave what opens it");
	if (file->provider == ROOT_PASSPHRASE &&
	    job->key.len > ROOT_MAX_PASSPHRASE)
		return ERR(USAGE, "a passphrase has at most 1024 bytes");
	if (job->seals && file->provider == ROOT_PASSPHRASE &&
	    job->key.len < ROOT_MIN_PASSPHRASE)
		return ERR(USAGE, "a passphrase has at least 12 bytes");
	return root_key(out, file, buf_span(&job->key));
}

static struct err
open_file(const struct root_job *job, uint8_t out[ROOT_LEN],
    const struct root_file *file)
{
	uint8_t key[32] CLEANUP(secret_wipe32) = {0};

	if (file->provider != ROOT_NONE)
		TRY(find_key(key, job, file));
	struct err err = root_open(out, file, key);
	if (err.code == ERR_DENIED && file->provider == ROOT_PASSPHRASE)
		return ERR(DENIED,
		    "wrong passphrase, or the file is not what was sealed");
	if (err.code == ERR_DENIED)
		return ERR(DENIED,
		    "another credential, or the file is not what was sealed");
	return err;
}

static struct err
seal_file(const struct root_job *job, struct root_file *file,
    const uint8_t root[ROOT_LEN])
{
	uint8_t key[32] CLEANUP(secret_wipe32);

	if (file->provider == ROOT_NONE)
		return OK;
	TRY(find_key(key, job, file));
	return root_close(file, key, root);
}

int
main(void)
{
	static const struct root_program program = {.role = "rootfile",
	    .opens =
		1u << ROOT_NONE | 1u << ROOT_PASSPHRASE | 1u << ROOT_SYSTEMD,
	    .max_key = ROOT_MAX_CREDENTIAL,
	    .is_jailed = true,
	    .prepare = prepare,
	    .open = open_file,
	    .seal = seal_file};

	root_job_main(&program);
}
