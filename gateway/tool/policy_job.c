#include "gateway/tool/policy_job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/config_load.h"
#include "policy/table.h"
#include "policy/node.h"

enum {
	ARENA_MAX = 256 * 1024 * 1024,
	PATH_MAX_LEN = 8192,
	EXIT_BAD_USAGE = 2,
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

/* Two columns may name the same. */
static struct err
keep_table(struct policy_job *job, struct span name, struct span bytes)
{
	for (size_t i = 0; i < job->num_tables; i++)
		if (span_equal(job->tables[i].name, name))
			return OK;
	if (job->num_tables == CHECK_MAX_TABLES)
		return ERR(TOO_BIG, "a policy has at most 64 tables");
	job->tables[job->num_tables++] =
	    (struct source_file){.name = name, .bytes = bytes};
	return OK;
}

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	struct policy_job *job = context;
	const char *name;
	struct span bytes;

	TRY(arena_str(&job->arena, &name, path));
	TRY(read_file(&job->arena, job->folder, name, TABLE_MAX_FILE, &bytes));
	TRY(keep_table(job, span_str(name), bytes));
	*out_bytes = bytes;
	return OK;
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

static int
say(const char *path, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", path, why);
	return EXIT_BAD_USAGE;
}

/* `name` is below `folder`; `path` is what people call it. */
static int
add_file(struct policy_job *job, int folder, const char *name, const char *path)
{
	struct source_file *file = &job->files[job->num_files];

	if (job->num_files == CHECK_MAX_FILES)
		return say(path, "a policy is 1 to 64 files");
	file->name = span_str(path);
	struct err err =
	    read_file(&job->arena, folder, name, NODE_MAX_FILE, &file->bytes);
	if (err.code != ERR_OK)
		return say(path, err.why);
	job->num_files++;
	return 0;
}

static int
is_yaml(const struct dirent *entry)
{
	return config_is_policy(entry->d_name);
}

static int
add_folder(struct policy_job *job, int folder, const char *path)
{
	struct dirent **entries;
	int num = scandir(path, &entries, is_yaml, alphasort);
	int code = num > 0 ? 0 : say(path, "no *.yaml in it");

	for (int i = 0; i < num; i++) {
		const char *name, *whole;
		struct buf text CLEANUP(buf_done) = {.max = PATH_MAX_LEN};
		if (code == 0 &&
		    (buf_append_format(&text, "%s/%s", path, entries[i]->d_name)
				.code != ERR_OK ||
			arena_str(&job->arena, &whole, buf_span(&text)).code !=
			    ERR_OK))
			code = say(path, "a name in it is too long");
		name = entries[i]->d_name;
		if (code == 0)
			code = add_file(job, folder, name, whole);
		free(entries[i]);
	}
	if (num >= 0)
		free(entries);
	return code;
}

/* The folder that a file lies in; a name without a slash lies in ".". */
static struct err
folder_of(struct policy_job *job, const char *path, const char **out)
{
	const char *slash = strrchr(path, '/');

	*out = slash == path ? "/" : ".";
	if (slash == NULL || slash == path)
		return OK;
	return arena_str(
	    &job->arena, out, span_of(path, (size_t)(slash - path)));
}

int
policy_job_add(struct policy_job *job, const char *path)
{
	const char *folder = path;
	struct stat st;

	if (stat(path, &st) != 0)
		return say(path, strerror(errno));
	bool is_folder = S_ISDIR(st.st_mode);
	if (!is_folder && folder_of(job, path, &folder).code != ERR_OK)
		return say(path, "too long a path");
	if (job->folder < 0)
		job->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->folder < 0)
		return say(folder, strerror(errno));
	if (!is_folder)
		return add_file(job, AT_FDCWD, path, path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return say(path, strerror(errno));
	int code = add_folder(job, fd, path);
	(void)close(fd);
	return code;
}

int
policy_job_add_configured(struct policy_job *job, const char *path)
{
	struct config config;
	int code = config_load(&config, &job->arena, path);

	return code != 0 ? code : policy_job_add(job, config.policy);
}

size_t
policy_job_files(const struct policy_job *job,
    struct source_file out[CHECK_MAX_FILES + CHECK_MAX_TABLES])
{
	for (size_t i = 0; i < job->num_files; i++) {
		struct span path = job->files[i].name, name;

		while (span_take_until(&path, &name, '/'))
			out[i].name = name;
		out[i].bytes = job->files[i].bytes;
	}
	memcpy(
	    out + job->num_files, job->tables, job->num_tables * sizeof(*out));
	return job->num_files + job->num_tables;
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

int
policy_job_report(
    const struct policy_job *job, struct err err, enum policy_format format)
{
	CLEANUP(buf_done) struct buf out = {.max = DIAGNOSTIC_MAX_OUTPUT};
	FILE *to = format == POLICY_FORMAT_TEXT ? stderr : stdout;

	if (err.code != ERR_OK && err.code != ERR_DENIED) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	if (policy_report(&out, format, &job->d).code != ERR_OK ||
	    fwrite(out.data, 1, out.len, to) != out.len || fflush(NULL) != 0)
		return 1;
	return err.code == ERR_DENIED ? 3 : 0;
}

int
policy_job_load(struct policy_job *job, struct policy *out, char *const *paths,
    int num_paths, const char *config)
{
	int code = 0;

	for (int i = 0; i < num_paths && code == 0; i++)
		code = policy_job_add(job, paths[i]);
	if (code == 0 && job->num_files == 0)
		code = policy_job_add_configured(job, config);
	if (code != 0)
		return code;
	struct err err = policy_job_check(job, out);
	return err.code == ERR_OK
	    ? 0
	    : policy_job_report(job, err, POLICY_FORMAT_TEXT);
}
