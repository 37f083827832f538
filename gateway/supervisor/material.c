#include "gateway/supervisor/material.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/ipc/control.h"
#include "policy/check.h"
#include "policy/image.h"

enum {
	EXIT_START = 1,
	EXIT_CONFIG = 2,
	MATERIAL_ARENA = 64 * 1024 * 1024,
	COMPILE_MS = 60000,
	MATERIAL_MAX_TABLES = 256,
	COMPILER = 1 << 20, /* its id to the starter: above those of roles */
};

static int
fail(const char *path, const char *why)
{
	fprintf(stderr, "gatehouse: %s: %s\n", path, why);
	return EXIT_START;
}

static int
fail_errno(const char *path)
{
	return fail(path, strerror(errno));
}

/* A file of ours; a secret one is refused when others can read it. */
static int
open_at(int *out, int dir, const char *name, bool secret)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return fail_errno(name);
	int status = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		status = fail(name, "is not a regular file");
	else if (secret && (st.st_mode & 077) != 0)
		status = fail(name, "others can read it; chmod 600");
	if (status != 0)
		close(fd);
	else
		*out = fd;
	return status;
}

/* One that is not secret, and is given as a value. */
static int
read_public(struct buf *out, const char *name)
{
	int fd = -1;
	int status = open_at(&fd, AT_FDCWD, name, false);

	if (status != 0)
		return status;
	buf_init(out, CONTROL_MAX_VALUE);
	struct err err = control_read_file(out, fd);
	close(fd);
	return err.code == ERR_OK ? 0 : fail(name, err.why);
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
		return fail_errno("s3");
	while (status == 0 && (entry = readdir(stream)) != NULL) {
		struct material_s3 *key = &m->s3[m->num_s3];
		if (entry->d_name[0] == '.')
			continue;
		if (m->num_s3 == MATERIAL_MAX_S3) {
			status = fail("s3", "too many access keys");
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
open_keys(struct material *m, const struct config *config)
{
	int dir = open(config->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return fail_errno(config->keys);
	int status = open_at(&m->root, dir, "root.sealed", true);
	if (status == 0)
		status = open_at(&m->spool_key, dir, "spool.key", true);
	if (status == 0)
		status = open_at(&m->ledger_key, dir, "ledger.key", true);
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
		return fail(config->state, "too long a path");
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail_errno(path);
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*out < 0)
		return fail_errno(path);
	if (fchown(*out, uid, (gid_t)-1) != 0)
		return fail_errno(path);
	return 0;
}

static int
open_origins(struct material *m)
{
	for (uint32_t i = 0; i < m->policy.num_datasets; i++) {
		struct span root = m->policy.datasets[i].root;
		char path[4096];
		if (i == MATERIAL_MAX_ORIGINS || root.len >= sizeof(path))
			return fail("policy", "too many datasets");
		memcpy(path, root.data, root.len);
		path[root.len] = '\0';
		m->origins[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (m->origins[i] < 0)
			return fail_errno(path);
	}
	return 0;
}

/* --- Listeners --- */

static int
listen_on(int *out, const struct config_endpoint *endpoint)
{
	static const uint8_t v4[12] = {[10] = 0xff, [11] = 0xff};
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_port = htons(endpoint->port)};
	bool is_four =
	    span_equal(span_of(endpoint->address, 12), span_of(v4, 12));
	const struct sockaddr *address = is_four
	    ? (const struct sockaddr *)(const void *)&four
	    : (const struct sockaddr *)(const void *)&six;
	int on = 1;
	char text[32];

	memcpy(&six.sin6_addr, endpoint->address, 16);
	memcpy(&four.sin_addr, endpoint->address + 12, 4);
	snprintf(text, sizeof(text), "listen: port %u", endpoint->port);
	*out = socket(is_four ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return fail_errno(text);
	if (setsockopt(*out, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(*out, address, is_four ? sizeof(four) : sizeof(six)) != 0 ||
	    listen(*out, 1024) != 0)
		return fail_errno(text);
	return 0;
}

/* A socket of a gateway that has ended stays behind; one that answers is in
 * use. */
static bool
is_in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)(const void *)address,
		sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return used;
}

/* For commands: our own uid and root may connect. */
static int
listen_admin(int *out, const struct config *config)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path, sizeof(address.sun_path),
	    "%s/admin.sock", config->run);

	if (len < 0 || (size_t)len >= sizeof(address.sun_path))
		return fail(config->run, "too long a path for a socket");
	if (mkdir(config->run, 0755) != 0 && errno != EEXIST)
		return fail_errno(config->run);
	if (is_in_use(&address))
		return fail(address.sun_path, "another gateway is running");
	if (unlink(address.sun_path) != 0 && errno != ENOENT)
		return fail_errno(address.sun_path);
	*out =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return fail_errno(address.sun_path);
	mode_t mask = umask(077);
	int status = bind(*out, (struct sockaddr *)(void *)&address,
			 sizeof(address)) != 0 ||
		listen(*out, 16) != 0
	    ? fail_errno(address.sun_path)
	    : 0;
	umask(mask);
	return status;
}

/* --- The policy --- */

static int
policy_file(struct control_items *none, int control, const char *path,
    const char *name, uint32_t index)
{
	(void)none;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail_errno(path);
	struct err err =
	    control_send_item(control, "file", index, span_str(name), fd);
	close(fd);
	return err.code == ERR_OK ? 0 : fail(path, err.why);
}

/* One file, or every *.yaml of a folder in the order of their names. */
static int
send_files(int control, const char *path, char folder[4096])
{
	struct stat st;

	if (stat(path, &st) != 0) {
		fail_errno(path);
		return EXIT_CONFIG;
	}
	snprintf(folder, 4096, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		char *slash = strrchr(folder, '/');
		const char *name = strrchr(path, '/');
		if (slash == folder)
			slash++;
		*slash = '\0';
		return policy_file(NULL, control, path, name + 1, 0);
	}
	struct dirent **entries;
	int num = scandir(path, &entries, NULL, alphasort), status = 0;
	uint32_t index = 0;
	if (num < 0)
		return fail_errno(path);
	for (int i = 0; i < num; i++) {
		char file[8192];
		bool yaml = config_is_policy(entries[i]->d_name);
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (status == 0 && yaml)
			status = policy_file(
			    NULL, control, file, entries[i]->d_name, index++);
		free(entries[i]);
	}
	free(entries);
	if (status == 0 && index == 0)
		status = fail(path, "no *.yaml in it");
	return status;
}

/*
 * The group tables that a policy may name: every *.csv of its folder and of
 * the folders in it. They are opened here, since policyc may be a user that
 * cannot.
 */
static int
send_tables(int control, int dir, const char *below, uint32_t *index)
{
	DIR *stream = fdopendir(dir);
	struct dirent *entry;
	int status = 0;

	if (stream == NULL)
		return fail_errno("policy folder");
	while (status == 0 && (entry = readdir(stream)) != NULL) {
		struct span name = span_str(entry->d_name);
		char path[1024];
		struct stat st;
		if (entry->d_name[0] == '.' || *index == MATERIAL_MAX_TABLES)
			continue;
		snprintf(path, sizeof(path), "%s%s%s", below,
		    below[0] == '\0' ? "" : "/", entry->d_name);
		int fd = openat(dirfd(stream), entry->d_name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0 || fstat(fd, &st) != 0) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		if (S_ISDIR(st.st_mode) && below[0] == '\0') {
			status = send_tables(control, fd, path, index);
			continue;
		}
		if (S_ISREG(st.st_mode) && name.len > 4 &&
		    span_equal_str(span_sub(name, name.len - 4, 4), ".csv") &&
		    control_send_item(
			control, "table", (*index)++, span_str(path), fd)
			    .code != ERR_OK)
			status = fail(path, "policyc does not take it");
		close(fd);
	}
	closedir(stream);
	return status;
}

static struct err
receive_image(struct buf *out, int control)
{
	uint8_t *buffer = malloc(FRAME_MAX);
	struct frame frame;
	struct err err = OK;
	bool whole = false;

	if (buffer == NULL)
		return ERR(NO_MEMORY, "no memory");
	while (err.code == ERR_OK && !whole) {
		struct pollfd p = {.fd = control, .events = POLLIN};
		struct control_item item;
		if (poll(&p, 1, COMPILE_MS) == 0) {
			err = ERR(UNAVAILABLE, "it takes too long to compile");
			break;
		}
		err = frame_recv(control, buffer, &frame);
		if (err.code == ERR_AGAIN) {
			err = OK;
			continue;
		}
		if (err.code != ERR_OK)
			break;
		whole = frame.type == CONTROL_READY;
		if (frame.type == CONTROL_ITEM) {
			err = control_take_item(&item, &frame);
			if (err.code == ERR_OK) {
				err = buf_append(out, buf_span(&item.value));
				control_item_done(&item);
			}
		}
		frame_close_fds(&frame);
	}
	free(buffer);
	return err;
}

static int
send_job(int control, const struct config *config, bool allow_degraded)
{
	char folder[4096];
	int status = send_files(control, config->policy, folder);

	if (status != 0)
		return status;
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail_errno(folder);
	uint32_t num_tables = 0;
	status = send_tables(control, dir, "", &num_tables);
	if (status != 0)
		return status;
	struct err err = OK;
	if (err.code == ERR_OK && allow_degraded)
		err = control_send_item(
		    control, "allow-degraded", 0, span_of(NULL, 0), -1);
	if (err.code == ERR_OK)
		err = control_send_go(control);
	return err.code == ERR_OK ? 0 : fail(config->policy, err.why);
}

/* Its exit status, as of waitpid; -1: the starter is gone. */
static int
await_compiler(int starter)
{
	struct starter_event event;
	struct err err;

	do {
		err = starter_next(&event, starter, COMPILE_MS);
		if (err.code == ERR_OK && event.type == STARTER_SIGNAL)
			(void)!starter_kill(starter, COMPILER).code;
	} while (err.code == ERR_AGAIN ||
	    (err.code == ERR_OK && event.type != STARTER_ENDED));
	return err.code == ERR_OK ? event.value : -1;
}

static int
compile(struct material *m, const struct config *config,
    const struct material_spawn *with)
{
	int control;
	struct err err =
	    starter_start(&control, with->starter, COMPILER, SPAWN_POLICYC, 0);

	if (err.code != ERR_OK)
		return fail("policyc", err.why);
	buf_init(&m->image, 8 * 1024 * 1024);
	int status = send_job(control, config, with->allow_degraded);
	if (status == 0)
		err = receive_image(&m->image, control);
	if (status != 0 || err.code != ERR_OK)
		/* Unless it has ended: then it has said what is wrong. */
		(void)!starter_kill(with->starter, COMPILER).code;
	close(control);
	int ended = await_compiler(with->starter);
	if (status != 0)
		return status;
	if (ended >= 0 && WIFEXITED(ended) && WEXITSTATUS(ended) == 3)
		return 3;
	if (ended != 0 || err.code != ERR_OK)
		return fail(config->policy, "it could not be compiled");
	arena_init(&m->arena, MATERIAL_ARENA);
	err = image_decode(&m->policy, &m->arena, buf_span(&m->image));
	return err.code == ERR_OK ? 0 : fail(config->policy, err.why);
}

int
material_load(struct material *m, const struct config *config,
    const struct material_spawn *with)
{
	*m = (struct material){.num_s3 = 0};
	int status = open_keys(m, config);

	if (status == 0)
		status = open_tls(m, config);
	if (status == 0)
		status = compile(m, config, with);
	if (status == 0)
		status = open_state(&m->ledger_dir, config, "ledger",
		    spawn_uid(with->spawn, SPAWN_AUDITOR, 0));
	if (status == 0)
		status = open_state(&m->spool_dir, config, "spool",
		    spawn_uid(with->spawn, SPAWN_OPENER, 0));
	if (status == 0)
		status = open_origins(m);
	for (size_t i = 0; status == 0 && i < config->num_listen; i++)
		status = listen_on(&m->listeners[i], &config->listen[i]);
	if (status == 0)
		status = listen_admin(&m->admin, config);
	return status;
}
