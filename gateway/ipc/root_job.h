#ifndef GATEHOUSE_ROOT_JOB_H
#define GATEHOUSE_ROOT_JOB_H

#include "crypto/root_file.h"
#include "gateway/ipc/control.h"

/*
 * root_job: the seam between who needs the root opened or sealed (client: the
 * loader, and the commands of an operator; root_run.h) and the one-shot
 * programs that can (server): gatehouse-rootfile, -rootpkcs11, -rootvault. It
 * is given, by control.h:
 *
 *   "open"          descriptor: root.sealed, to read; or
 *   "seal"          descriptor: an empty file, to write the new one to, and
 *                   read it again; value: the provider's name
 *   "out"           of open, descriptor: a secret_fd without a key
 *   "root"          of seal, descriptor: a secret_fd; missing: draw a new root
 *   "key"           descriptor: passphrase, credential, PIN or token: what is
 *                   read of it, without one LF at its end
 *   "allow-degraded"
 *   and the settings of its provider: values "module", "token", "label",
 *   "environment" i (pkcs11); "url", "mount", "label", "namespace", and the
 *   descriptor "ca" (vault)
 *
 * It says CONTROL_READY when it is done, and ends with status 0; else with
 * another, after one line on stderr. The root is nowhere but in "out" and in
 * the file.
 */
struct root_job {
	struct control_items items;
	enum root_provider provider;
	bool seals;
	int file;
	uint8_t root[ROOT_LEN]; /* that is to be sealed */
	struct buf key; /* what opens the file, once root_job_key took it */
	uint16_t port;	/* of `prepare`: that it may connect to; else 0 */
};

/*
 * A program: what it does with a file. All of them return errors whose reason
 * is for the operator.
 *
 * opens      a bit of each provider whose files it opens and seals
 * max_key    of what "key" holds, in bytes
 * is_jailed  libraries of others need more than a list can name
 * prepare    before the jail: what opens files, or looks names up
 * open       the root of the file
 * seal       the file's sealed part; provider and check are there
 * done       last of all: what `prepare` made; or NULL
 */
struct root_program {
	const char *role;
	unsigned opens;
	size_t max_key;
	bool is_jailed;
	struct err (*prepare)(struct root_job *job);
	struct err (*open)(const struct root_job *job, uint8_t out[ROOT_LEN],
	    const struct root_file *file);
	struct err (*seal)(const struct root_job *job, struct root_file *file,
	    const uint8_t root[ROOT_LEN]);
	void (*done)(void);
};

/* root_job_main: all of such a program, and its end. */
_Noreturn void root_job_main(const struct root_program *program);

/* root_job_key: take what "key" holds. Errors: USAGE: there is none, or it is
 * empty; TOO_BIG; IO. */
MUST_USE struct err root_job_key(struct root_job *job);

/* root_job_text: a setting, NUL-terminated. Errors: USAGE: it is missing, and
 * `why` says how to give it; TOO_BIG. */
MUST_USE struct err root_job_text(char out[1024], const struct root_job *job,
    const char *name, struct err why);

#endif
