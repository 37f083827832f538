/*
 * gatehouse-rootpkcs11: opens and seals a root under a key that never leaves an
 * HSM or a smart card. One shot (gateway/ipc/root_job.h). The module is the
 * vendor's code, and does what it does: so it is loaded here and in no other
 * process, under a uid of its own, without privileges, core files or a way for
 * others to look into it. No list of system calls could hold it.
 *
 * Exit   0 done, 1 it does not open, 2 a setting is missing, 75 no such token
 */
#include <stdlib.h>

#include "crypto/root_seal.h"
#include "gateway/ipc/root_job.h"
#include "gateway/rootpkcs11/hsm.h"

enum {
	MAX_PIN = 256,
	MAX_TEXT = 1024,
};

static char module[MAX_TEXT], name[MAX_TEXT], label[MAX_TEXT];

/* What the module reads of its environment, e.g. where its settings are. */
static struct err
set_environment(const struct root_job *job)
{
	struct span value;

	for (uint32_t i = 0;
	     control_value(&job->items, "environment", i, &value).code ==
	     ERR_OK;
	     i++) {
		char text[MAX_TEXT];
		if (value.len >= sizeof(text))
			return ERR(TOO_BIG, "too long a variable");
		memcpy(text, value.data, value.len);
		text[value.len] = '\0';
		char *equals = strchr(text, '=');
		if (equals == NULL)
			return ERR(USAGE, "a variable is NAME=VALUE");
		*equals = '\0';
		if (setenv(text, equals + 1, 1) != 0)
			return ERR(NO_MEMORY, "no memory");
	}
	return OK;
}

static struct err
prepare(struct root_job *job)
{
	TRY(root_job_text(module, job, "module",
	    ERR(USAGE, "`root: pkcs11-module` is missing in gatehouse.yaml")));
	TRY(root_job_text(name, job, "token",
	    ERR(USAGE, "`root: pkcs11-token` is missing in gatehouse.yaml")));
	TRY(root_job_text(label, job, "label",
	    ERR(USAGE, "`root: pkcs11-key` is missing in gatehouse.yaml")));
	TRY(root_job_key(job));
	return set_environment(job);
}

static struct err
begin(struct hsm **out, const struct root_job *job)
{
	return hsm_open(out,
	    &(struct hsm_where){.module = module,
		.token = name,
		.label = label,
		.pin = buf_span(&job->key)},
	    job->seals);
}

static struct err
open_file(const struct root_job *job, uint8_t out[ROOT_LEN],
    const struct root_file *file)
{
	struct buf bound CLEANUP(buf_done) = {.max = ROOT_FILE_MAX};
	struct hsm *hsm = NULL;

	TRY(root_file_bound(&bound, file));
	TRY(begin(&hsm, job));
	struct err err = hsm_unseal(hsm, out, buf_span(&bound), file->sealed);
	hsm_close(hsm);
	return err;
}

static struct err
seal_file(const struct root_job *job, struct root_file *file,
    const uint8_t root[ROOT_LEN])
{
	struct buf bound CLEANUP(buf_done) = {.max = ROOT_FILE_MAX};
	struct hsm *hsm = NULL;

	TRY(root_file_bound(&bound, file));
	TRY(begin(&hsm, job));
	struct err err = hsm_seal(hsm, file->sealed, buf_span(&bound), root);
	hsm_close(hsm);
	return err;
}

int
main(void)
{
	static const struct root_program program = {.role = "rootpkcs11",
	    .opens = 1u << ROOT_PKCS11,
	    .max_key = MAX_PIN,
	    .prepare = prepare,
	    .open = open_file,
	    .seal = seal_file};

	root_job_main(&program);
}
