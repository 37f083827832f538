#include "gateway/loader/policy_compile.h"

#include <dirent.h>
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

#include "gateway/base/config.h"
#include "gateway/ipc/control.h"
#include "gateway/loader/no_start.h"

enum {
	EXIT_CONFIG = 2,
	EXIT_POLICY = 3,
	EXIT_NOT_VERIFIED = 7,
	COMPILE_MS = 60000,
	MAX_TABLES = 256,
	MAX_SIGNATURES = 64,
};

/* Where one policy goes, and under which names. */
struct side {
	int control;
	const char *file, *table;
};

static int
send_file(
    const struct side *to, const char *path, const char *name, uint32_t index)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return no_start_errno(path);
	struct err err =
	    control_send_item(to->control, to->file, index, span_str(name), fd);
	close(fd);
	return err.code == ERR_OK ? 0 : no_start(path, err.why);
}

/* One file, or every *.yaml of a folder in the order of their names. */
static int
send_files(const struct side *to, const char *path, char folder[4096])
{
	struct stat st;

	if (stat(path, &st) != 0) {
		no_start_errno(path);
		return EXIT_CONFIG;
	}
	snprintf(folder, 4096, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		char *slash = strrchr(folder, '/');
		const char *name = strrchr(path, '/');
		if (slash == folder)
			slash++;
		*slash = '\0';
		return send_file(to, path, name + 1, 0);
	}
	struct dirent **entries;
	int num = scandir(path, &entries, NULL, alphasort), status = 0;
	uint32_t index = 0;
	if (num < 0)
		return no_start_errno(path);
	for (int i = 0; i < num; i++) {
		char file[8192];
		bool yaml = config_is_policy(entries[i]->d_name);
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (status == 0 && yaml)
			status =
			    send_file(to, file, entries[i]->d_name, index++);
		free(entries[i]);
	}
	free(entries);
	if (status == 0 && index == 0)
		status = no_start(path, "no *.yaml in it");
	return status;
}

/*
 * The group tables that a policy may name: every *.csv of its folder and of
 * the folders in it. They are opened here, since policyc may be a user that
 * cannot.
 */
static int
send_tables(const struct side *to, int dir, const char *below, uint32_t *index)
{
	DIR *stream = fdopendir(dir);
	struct dirent *entry;
	int status = 0;

	if (stream == NULL)
		return no_start_errno("policy folder");
	while (status == 0 && (entry = readdir(stream)) != NULL) {
		struct span name = span_str(entry->d_name);
		char path[1024];
		struct stat st;
		if (entry->d_name[0] == '.' || *index == MAX_TABLES)
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
			status = send_tables(to, fd, path, index);
			continue;
		}
		if (S_ISREG(st.st_mode) && name.len > 4 &&
		    span_equal_str(span_sub(name, name.len - 4, 4), ".csv") &&
		    control_send_item(
			to->control, to->table, (*index)++, span_str(path), fd)
			    .code != ERR_OK)
			status = no_start(path, "policyc does not take it");
		close(fd);
	}
	closedir(stream);
	return status;
}

static struct err
receive_image(struct buf *out, struct buf *out_about, int control)
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
				err = buf_append(
				    strcmp(item.name, "policy-version") == 0
					? out_about
					: out,
				    buf_span(&item.value));
				control_item_done(&item);
			}
		}
		frame_close_fds(&frame);
	}
	free(buffer);
	return err;
}

/* Files and tables of one. */
static int
send_side(const struct side *to, const char *path)
{
	char folder[4096];
	uint32_t num_tables = 0;
	int status = send_files(to, path, folder);

	if (status != 0)
		return status;
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return no_start_errno(folder);
	return send_tables(to, dir, "", &num_tables);
}

/* <signer>.sig, by whatever name: who that is, policyc knows. */
static int
send_signature(int control, int dir, const char *file, uint32_t index)
{
	struct span name = span_str(file);
	int fd =
	    openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return no_start_errno(file);
	struct err err = control_send_item(
	    control, "signature", index, span_sub(name, 0, name.len - 4), fd);
	close(fd);
	return err.code == ERR_OK ? 0 : no_start(file, err.why);
}

static int
send_signatures(int control, const char *path)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	uint32_t index = 0;
	int status = 0;

	if (stream == NULL)
		return errno == ENOENT ? 0 : no_start_errno(path);
	while (status == 0 && (entry = readdir(stream)) != NULL)
		if (entry->d_name[0] != '.' && index < MAX_SIGNATURES &&
		    span_ends_with(span_str(entry->d_name), span_str(".sig")))
			status = send_signature(
			    control, dirfd(stream), entry->d_name, index++);
	closedir(stream);
	return status;
}

/* Which version it is, what was before it, and who says so. */
static int
send_version(int control, const struct policy_job *job)
{
	struct buf number CLEANUP(buf_done) = {.max = 32};
	struct err err = buf_append_u64(&number, job->version);
	int status = 0;

	if (err.code == ERR_OK)
		err = control_send_item(
		    control, "version", 0, buf_span(&number), -1);
	if (err.code != ERR_OK)
		return no_start(job->path, err.why);
	if (job->before != NULL)
		status = send_side(
		    &(struct side){control, "before-file", "before-table"},
		    job->before);
	if (status == 0 && job->signatures != NULL)
		status = send_signatures(control, job->signatures);
	return status;
}

static int
send_job(int control, const struct policy_job *job)
{
	int status =
	    send_side(&(struct side){control, "file", "table"}, job->path);
	struct err err = OK;

	if (status == 0 && job->version > 0)
		status = send_version(control, job);
	if (status != 0)
		return status;
	if (job->allow_degraded)
		err = control_send_item(
		    control, "allow-degraded", 0, span_of(NULL, 0), -1);
	if (err.code == ERR_OK)
		err = control_send_go(control);
	return err.code == ERR_OK ? 0 : no_start(job->path, err.why);
}

/* Its exit status, as of waitpid. */
static int
await(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Its parts of an answer. */
struct answer {
	struct buf *image, *about;
};

/* What it says, and how it ended. */
static int
run(const struct answer *out, const struct policy_job *job, int control,
    pid_t pid)
{
	int status = send_job(control, job);
	struct err err = OK;

	if (status == 0)
		err = receive_image(out->image, out->about, control);
	/* Unless it has ended: then it has said what is wrong. */
	if (status != 0 || err.code != ERR_OK)
		kill(pid, SIGKILL);
	close(control);
	int ended = await(pid);
	if (status != 0)
		return status;
	if (WIFEXITED(ended) &&
	    (WEXITSTATUS(ended) == EXIT_POLICY ||
		WEXITSTATUS(ended) == EXIT_NOT_VERIFIED))
		return WEXITSTATUS(ended);
	if (ended != 0 || err.code != ERR_OK)
		return no_start(job->path, "it could not be compiled");
	return 0;
}

int
policy_compile(
    struct buf *image, struct buf *out_about, const struct policy_job *job)
{
	const struct answer answer = {image, out_about};
	int pair[2];
	pid_t pid;
	struct err err = frame_pair(pair);

	if (err.code != ERR_OK)
		return no_start("policyc", err.why);
	err = spawn_start(&pid, job->spawn, SPAWN_POLICYC, 0, pair[1]);
	close(pair[1]);
	if (err.code != ERR_OK) {
		close(pair[0]);
		return no_start("policyc", err.why);
	}
	return run(&answer, job, pair[0], pid);
}
