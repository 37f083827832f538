#include "gateway/tool/policy_job.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/table.h"
#include "policy/node.h"

enum {
	ARENA_MAX = 256 * 1024 * 1024,
};

static void
close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* A regular file, whole, into the arena. One byte more than the cap is read,
 * so that the checker sees that it is too long. */
static struct err
read_file(struct arena *arena, int folder, const char *path, size_t max,
    struct span *out)
{
	CLEANUP(close_fd)
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	uint8_t *bytes;
	size_t len = 0, room;

	if (fd < 0 || fstat(fd, &st) != 0)
		return ERR(IO, "the file cannot be read");
	if (!S_ISREG(st.st_mode))
		return ERR(IO, "not a regular file");
	room = (uint64_t)st.st_size < max ? (size_t)st.st_size + 1 : max + 1;
	TRY(arena_alloc(arena, &bytes, room, 1));
	while (len < room) {
		ssize_t got = read(fd, bytes + len, room - len);

		if (got < 0)
			return ERR(IO, "the file cannot be read");
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*out = span_of(bytes, len);
	return OK;
}

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	struct policy_job *job = context;
	const char *name;

	TRY(arena_str(&job->arena, &name, path));
	return read_file(
	    &job->arena, job->folder, name, TABLE_MAX_FILE, out_bytes);
}

/* The folder of the first file; a name without a slash lies in ".". */
static int
open_folder(struct policy_job *job, const char *path)
{
	const char *slash = strrchr(path, '/'), *folder = ".";

	if (slash == path)
		folder = "/";
	else if (slash != NULL &&
	    arena_str(
		&job->arena, &folder, span_of(path, (size_t)(slash - path)))
		    .code != ERR_OK)
		return -1;
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
policy_job_init(struct policy_job *job)
{
	memset(job, 0, sizeof(*job));
	arena_init(&job->arena, ARENA_MAX);
	job->folder = -1;
}

void
policy_job_done(struct policy_job *job)
{
	close_fd(&job->folder);
	diagnostic_done(&job->d);
	arena_done(&job->arena);
}

struct err
policy_job_add(struct policy_job *job, const char *path)
{
	struct source_file *file = &job->files[job->num_files];

	if (job->num_files == CHECK_MAX_FILES)
		return ERR(TOO_BIG, "a policy is 1 to 64 files");
	file->name = span_str(path);
	TRY(read_file(
	    &job->arena, AT_FDCWD, path, NODE_MAX_FILE, &file->bytes));
	if (job->num_files++ == 0)
		job->folder = open_folder(job, path);
	return OK;
}

struct err
policy_job_check(struct policy_job *job, struct policy *out)
{
	struct check_options options = {.load_table = load_table,
	    .context = job,
	    .today = (int32_t)(time(NULL) / 86400)};

	diagnostic_init(&job->d, job->files, job->num_files);
	return check_policy(
	    out, &job->arena, &job->d, job->files, job->num_files, &options);
}

/* JSON is the result that was asked for; sentences are for stderr. */
int
policy_job_report(const struct policy_job *job, struct err err, bool json)
{
	CLEANUP(buf_done) struct buf out;
	struct err printed;

	buf_init(&out, DIAGNOSTIC_MAX_OUTPUT);
	if (err.code != ERR_OK && err.code != ERR_DENIED) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	printed = json ? diagnostic_print_json(&out, &job->d)
		       : diagnostic_print(&out, &job->d);
	if (printed.code != ERR_OK ||
	    fwrite(out.data, 1, out.len, json ? stdout : stderr) != out.len ||
	    fflush(NULL) != 0)
		return 1;
	return err.code == ERR_DENIED ? 3 : 0;
}
