#include "gateway/ipc/root_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"

enum {
	EXIT_FAILED = 1,
	EXIT_CONFIG = 2,
	RUN_MS = 60000, /* a token or a server may take so long */
};

/* What the program is given that lies in files of others than its own. */
struct opened {
	int key, ca; /* -1: none */
};

static void
close_opened(struct opened *with)
{
	sysio_close(&with->key);
	sysio_close(&with->ca);
}

static int
say(int status, const char *what, const char *why)
{
	fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return status;
}

/* --- What opens it --- */

/* A file of a secret: nobody else may read it. */
static int
open_secret(int *out, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return say(EXIT_FAILED, path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & 077) != 0) {
		close(fd);
		return say(EXIT_FAILED, path,
		    "has to be a file that others cannot read; chmod 600");
	}
	*out = fd;
	return 0;
}

/* A name is one of those that systemd hands over. */
static int
open_credential(int *out, const char *name)
{
	char path[4096];
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (name == NULL)
		return say(EXIT_CONFIG, "gatehouse.yaml",
		    "`root: credential` is missing: the name of a credential "
		    "of the unit, or the path of a file");
	if (name[0] == '/')
		return open_secret(out, name);
	if (folder == NULL)
		return say(EXIT_FAILED, name,
		    "there is no credential: systemd has given none "
		    "(LoadCredential= of the unit)");
	int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return say(EXIT_FAILED, name, "too long a path");
	return open_secret(out, path);
}

static int
open_token(int *out, const char *path)
{
	return path == NULL ? say(EXIT_CONFIG, "gatehouse.yaml",
				  "`root: vault-token-file` is missing")
			    : open_secret(out, path);
}

static int
find_key(int *out, const struct root_run *run)
{
	switch (run->provider) {
	case ROOT_NONE:
		return 0;
	case ROOT_PASSPHRASE:
		*out = fcntl(run->key, F_DUPFD_CLOEXEC, 0);
		return *out >= 0
		    ? 0
		    : say(EXIT_FAILED, "passphrase", strerror(errno));
	case ROOT_SYSTEMD:
		return open_credential(out, run->settings->credential);
	case ROOT_PKCS11:
		if (run->settings->pin_file == NULL)
			return say(EXIT_CONFIG, "gatehouse.yaml",
			    "`root: pkcs11-pin-file` is missing");
		return open_secret(out, run->settings->pin_file);
	case ROOT_VAULT:
		return open_token(out, run->settings->token_file);
	case NUM_ROOT_PROVIDERS:
		break;
	}
	return say(EXIT_FAILED, "root.sealed", "its provider is not served");
}

/* Whom it may trust is a public file. */
static int
open_ca(int *out, const struct root_run *run)
{
	const char *path = run->settings->ca;

	if (run->provider != ROOT_VAULT || path == NULL)
		return 0;
	*out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *out >= 0 ? 0 : say(EXIT_FAILED, path, strerror(errno));
}

static int
open_all(struct opened *out, const struct root_run *run)
{
	int status = find_key(&out->key, run);

	return status == 0 ? open_ca(&out->ca, run) : status;
}

/* --- The program --- */

static enum spawn_role
program_of(enum root_provider provider)
{
	if (provider == ROOT_VAULT)
		return SPAWN_ROOTVAULT;
	return provider == ROOT_PKCS11 ? SPAWN_ROOTPKCS11 : SPAWN_ROOTFILE;
}

static struct err
send_fd(int socket, const char *name, int fd)
{
	if (fd < 0)
		return OK;
	return control_send_item(socket, name, 0, span_of(NULL, 0), fd);
}

static struct err
send_text(int socket, const char *name, const char *text)
{
	if (text == NULL)
		return OK;
	return control_send_item(socket, name, 0, span_str(text), -1);
}

static struct err
send_token_settings(int socket, const struct config_root *root)
{
	TRY(send_text(socket, "module", root->module));
	TRY(send_text(socket, "token", root->token));
	TRY(send_text(socket, "label", root->label));
	for (uint32_t i = 0; i < root->num_environment; i++)
		TRY(control_send_item(
		    socket, "environment", i, root->environment[i], -1));
	return OK;
}

static struct err
send_server_settings(int socket, const struct config_root *root)
{
	TRY(send_text(socket, "url", root->url));
	TRY(send_text(socket, "label", root->key));
	TRY(send_text(socket, "mount", root->mount));
	return send_text(socket, "namespace", root->namespace);
}

static struct err
send_settings(int socket, const struct root_run *run)
{
	if (run->provider == ROOT_PKCS11)
		return send_token_settings(socket, run->settings);
	if (run->provider == ROOT_VAULT)
		return send_server_settings(socket, run->settings);
	return OK;
}

static struct err
send_job(int socket, const struct root_run *run, const struct opened *with)
{
	const char *provider = root_provider_name(run->provider);

	TRY(control_send_item(socket, run->seals ? "seal" : "open", 0,
	    span_str(run->seals ? provider : ""), run->file));
	TRY(send_fd(socket, "out", run->out));
	TRY(send_fd(socket, "root", run->root));
	TRY(send_fd(socket, "key", with->key));
	TRY(send_fd(socket, "ca", with->ca));
	TRY(send_settings(socket, run));
	if (run->allow_degraded)
		TRY(control_send_item(
		    socket, "allow-degraded", 0, span_of(NULL, 0), -1));
	return control_send_go(socket);
}

/* What it says last, or its end: in time. */
static bool
is_in_time(int socket)
{
	struct pollfd p = {.fd = socket, .events = POLLIN};

	return poll(&p, 1, RUN_MS) != 0;
}

static int
await(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Its exit status: it has said why, unless it was killed. */
static int
run_program(const struct root_run *run, const struct opened *with, int socket,
    pid_t pid)
{
	struct err err = send_job(socket, run, with);
	bool in_time = err.code != ERR_OK || is_in_time(socket);

	if (!in_time)
		kill(pid, SIGKILL);
	int ended = await(pid);
	if (!in_time)
		return say(
		    EXIT_FAILED, "root.sealed", "it takes too long to open");
	if (WIFEXITED(ended) && (WEXITSTATUS(ended) != 0 || err.code == ERR_OK))
		return WEXITSTATUS(ended);
	return say(EXIT_FAILED, "root.sealed",
	    "the program that opens it ended before it had");
}

int
root_run(const struct root_run *run)
{
	struct opened with CLEANUP(close_opened) = {.key = -1, .ca = -1};
	int pair[2];
	pid_t pid;
	int status = open_all(&with, run);

	if (status != 0)
		return status;
	struct err err = frame_pair(pair);
	if (err.code == ERR_OK) {
		err = spawn_start(
		    &pid, run->spawn, program_of(run->provider), 0, pair[1]);
		close(pair[1]);
		if (err.code != ERR_OK)
			close(pair[0]);
	}
	if (err.code != ERR_OK)
		return say(EXIT_FAILED, "root.sealed", err.why);
	status = run_program(run, &with, pair[0], pid);
	close(pair[0]);
	return status;
}
