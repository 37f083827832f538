/*
 * gatehouse-rootvault: opens and seals a root with the Transit engine of a
 * Vault or an OpenBao. One shot (gateway/ipc/root_job.h). The server never sees
 * root: what it opens is the key that root is sealed under. Its name is
 * looked up before the jail, and its first byte read in it.
 *
 * Exit   0 done, 1 it does not open, 2 a setting is missing, 75 the server is
 *        away or sealed
 */
#include "crypto/memory/secret.h"
#include "crypto/random.h"
#include "crypto/root_seal.h"
#include "gateway/ipc/root_job.h"
#include "gateway/rootvault/vault_call.h"

enum {
	MAX_TOKEN = 512,
	MAX_CA = 256 * 1024,
	MAX_TEXT = 1024,
};

static char mount[MAX_TEXT], label[MAX_TEXT], space[MAX_TEXT];
static char address[VAULT_MAX_ADDRESS];
static struct buf ca = {.max = MAX_CA};
static struct vault_server server;
static struct vault_call_to to;
static struct vault_call *call;

/* --- Before the jail --- */

static struct err
take_server(const struct root_job *job)
{
	char url[MAX_TEXT];

	TRY(root_job_text(url, job, "url",
	    ERR(USAGE, "`root: vault-url` is missing in gatehouse.yaml")));
	if (vault_url_parse(&server, span_str(url)).code != ERR_OK)
		return ERR(USAGE,
		    "`root: vault-url` is https://HOST or https://HOST:PORT");
	return OK;
}

/* Mount and name space have a default. */
static struct err
take_names(const struct root_job *job)
{
	TRY(root_job_text(label, job, "label",
	    ERR(USAGE, "`root: vault-key` is missing in gatehouse.yaml")));
	if (root_job_text(mount, job, "mount", ERR(USAGE, "")).code != ERR_OK)
		memcpy(mount, "transit", sizeof("transit"));
	bool has_space =
	    root_job_text(space, job, "namespace", ERR(USAGE, "")).code ==
	    ERR_OK;
	if (!vault_url_is_path(span_str(label), true) ||
	    !vault_url_is_path(span_str(mount), false) ||
	    (has_space && !vault_url_is_path(span_str(space), false)))
		return ERR(USAGE,
		    "`root: vault-key`, `-mount` and `-namespace` are names of "
		    "letters, digits and _ . -; the last two may have slashes "
		    "between them");
	return OK;
}

static struct err
take_ca(const struct root_job *job)
{
	struct err err = control_file(&job->items, "ca", 0, &ca);

	return err.code == ERR_NOT_FOUND
	    ? ERR(USAGE, "`root: vault-ca` is missing in gatehouse.yaml")
	    : err;
}

static struct err
prepare(struct root_job *job)
{
	TRY(take_server(job));
	TRY(take_names(job));
	TRY(take_ca(job));
	TRY(root_job_key(job));
	TRY(vault_reach(address, &server));
	to = (struct vault_call_to){.server = &server,
	    .address = address,
	    .mount = mount,
	    .key = label,
	    .space = space[0] == '\0' ? NULL : space,
	    .ca = buf_span(&ca),
	    .token = buf_span(&job->key)};
	job->port = server.port;
	return vault_call_new(&call, &to);
}

/* --- In it --- */

static struct err
open_file(const struct root_job *job, uint8_t out[ROOT_LEN],
    const struct root_file *file)
{
	uint8_t secret[32] CLEANUP(secret_wipe32);
	uint8_t key[32] CLEANUP(secret_wipe32);

	(void)job;
	TRY(vault_call_unseal(call, secret, span_str(file->wrapped)));
	TRY(root_key(key, file, span_of(secret, sizeof(secret))));
	return root_open(out, file, key);
}

static struct err
seal_file(const struct root_job *job, struct root_file *file,
    const uint8_t root[ROOT_LEN])
{
	struct buf wrapped CLEANUP(buf_done) = {.max = ROOT_MAX_WRAPPED};
	uint8_t secret[32] CLEANUP(secret_wipe32);
	uint8_t key[32] CLEANUP(secret_wipe32);

	(void)job;
	random_bytes(secret, sizeof(secret));
	TRY(vault_call_seal(call, &wrapped, secret));
	TRY(root_file_set_wrapped(file, buf_span(&wrapped)));
	TRY(root_key(key, file, span_of(secret, sizeof(secret))));
	return root_close(file, key, root);
}

static void
done(void)
{
	vault_call_wipe(call);
}

int
main(void)
{
	static const struct root_program program = {.role = "rootvault",
	    .opens = 1u << ROOT_VAULT,
	    .max_key = MAX_TOKEN,
	    .is_jailed = true,
	    .prepare = prepare,
	    .open = open_file,
	    .seal = seal_file,
	    .done = done};

	root_job_main(&program);
}
