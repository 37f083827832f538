#include "gateway/supervisor/material.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "policy/check.h"
#include "policy/image.h"

enum {
	EXIT_START = 1,
	EXIT_CONFIG = 2,
	MATERIAL_FILE = 1024 * 1024,
	MATERIAL_ARENA = 64 * 1024 * 1024,
	COMPILE_MS = 60000,
	MATERIAL_MAX_TABLES = 256,
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
read_at(struct buf *out, int dir, const char *name, bool secret)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	buf_init(out, MATERIAL_FILE);
	if (fd < 0)
		return fail_errno(name);
	int status = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		status = fail(name, "is not a regular file");
	else if (secret && (st.st_mode & 077) != 0)
		status = fail(name, "others can read it; chmod 600");
	while (status == 0) {
		size_t got = 0;
		struct err err = buf_reserve(out, 4096);
		if (err.code == ERR_OK)
			err = sysio_read(fd, out->data + out->len, 4096, &got);
		if (err.code != ERR_OK)
			status = fail(name, err.why);
		else if (got == 0)
			break;
		out->len += got;
	}
	close(fd);
	return status;
}

/* --- Keys --- */

static int
read_s3(struct material *m, int keys)
{
	int dir = openat(keys, "s3", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = dir < 0 ? NULL : fdopendir(dir);
	struct dirent *entry;
	int status = 0;

	if (stream == NULL)
		return fail_errno("s3");
	while (status == 0 && (entry = readdir(stream)) != NULL) {
		struct buf secret;
		if (entry->d_name[0] == '.')
			continue;
		if (m->num_s3 == MATERIAL_MAX_S3) {
			status = fail("s3", "too many access keys");
			break;
		}
		status = read_at(&secret, dirfd(stream), entry->d_name, true);
		struct buf *both = &m->s3[m->num_s3];
		buf_init(both, 1024);
		if (status == 0 &&
		    (buf_put_field(both, span_str(entry->d_name)).code !=
			    ERR_OK ||
			buf_put_field(both, buf_span(&secret)).code != ERR_OK))
			status = fail(entry->d_name, "not an access key");
		buf_wipe(&secret);
		m->num_s3++;
	}
	closedir(stream);
	return status;
}

static int
read_keys(struct material *m, const struct config *config)
{
	int dir = open(config->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return fail_errno(config->keys);
	int status = read_at(&m->root, dir, "root.sealed", true);
	if (status == 0)
		status = read_at(&m->spool_key, dir, "spool.key", true);
	if (status == 0)
		status = read_at(&m->ledger_key, dir, "ledger.key", true);
	if (status == 0)
		status = read_s3(m, dir);
	close(dir);
	/* The key is a line; the auditor takes what is on it. */
	if (m->ledger_key.len > 0 &&
	    m->ledger_key.data[m->ledger_key.len - 1] == '\n')
		m->ledger_key.len--;
	return status;
}

static int
read_tls(struct material *m, const struct config *config)
{
	int status =
	    read_at(&m->certificate, AT_FDCWD, config->certificate, false);

	if (status == 0)
		status = read_at(&m->tls_key, AT_FDCWD, config->key, true);
	if (status == 0 && config->client_ca != NULL)
		status =
		    read_at(&m->client_ca, AT_FDCWD, config->client_ca, false);
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
		struct span name = span_str(entries[i]->d_name);
		char file[8192];
		bool yaml = name.len > 5 && name.data[0] != '.' &&
		    span_equal_str(span_sub(name, name.len - 5, 5), ".yaml");
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

static int
compile(struct material *m, const struct config *config,
    const struct spawn *spawn, bool allow_degraded)
{
	int control, wait_status = 0;
	pid_t pid;
	struct err err = spawn_start(spawn, SPAWN_POLICYC, 0, &pid, &control);

	if (err.code != ERR_OK)
		return fail("policyc", err.why);
	buf_init(&m->image, 8 * 1024 * 1024);
	int status = send_job(control, config, allow_degraded);
	if (status == 0)
		err = receive_image(&m->image, control);
	else
		kill(pid, SIGKILL); /* we have said what is wrong */
	close(control);
	if (waitpid(pid, &wait_status, 0) != pid)
		return fail_errno("policyc");
	if (status != 0)
		return status;
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 3)
		return 3; /* it has said what is wrong */
	if (wait_status != 0 || err.code != ERR_OK)
		return fail(config->policy, "it could not be compiled");
	arena_init(&m->arena, MATERIAL_ARENA);
	err = image_decode(&m->policy, &m->arena, buf_span(&m->image));
	return err.code == ERR_OK ? 0 : fail(config->policy, err.why);
}

int
material_load(struct material *m, const struct config *config,
    const struct spawn *spawn, bool allow_degraded)
{
	*m = (struct material){.num_s3 = 0};
	int status = read_keys(m, config);

	if (status == 0)
		status = read_tls(m, config);
	if (status == 0)
		status = compile(m, config, spawn, allow_degraded);
	if (status == 0)
		status = open_state(&m->ledger_dir, config, "ledger",
		    spawn_uid(spawn, SPAWN_AUDITOR, 0));
	if (status == 0)
		status = open_state(&m->spool_dir, config, "spool",
		    spawn_uid(spawn, SPAWN_OPENER, 0));
	if (status == 0)
		status = open_origins(m);
	for (size_t i = 0; status == 0 && i < config->num_listen; i++)
		status = listen_on(&m->listeners[i], &config->listen[i]);
	return status;
}
