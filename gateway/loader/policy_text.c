#include "gateway/loader/policy_text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/config.h"
#include "gateway/base/list_dir.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/loader/no_start.h"
#include "policy/node.h"
#include "policy/table.h"

enum {
	TEXT_ARENA = 640 * 1024 * 1024,
	MAX_NAME = 1024,
};

static struct err
read_file(struct buf *out, int folder, const char *name)
{
	struct stat st;
	int CLEANUP(sysio_close) fd =
	    openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR(IO, "it cannot be read");
	return control_read_file(out, fd);
}

static int
add(struct policy_text *t, int folder, const char *name)
{
	struct buf bytes CLEANUP(buf_done) = {.max = TABLE_MAX_FILE};
	struct source_file *file = &t->files[t->num_files];
	struct err err = OK;

	if (t->num_files == STATEMENT_MAX_FILES)
		err = ERR(TOO_BIG, "a policy is 1 to 128 files");
	if (err.code == ERR_OK)
		err = read_file(&bytes, folder, name);
	if (err.code == ERR_OK)
		err = arena_copy(&t->arena, &file->name, span_str(name));
	if (err.code == ERR_OK)
		err = arena_copy(&t->arena, &file->bytes, buf_span(&bytes));
	if (err.code != ERR_OK)
		return no_start(name, err.why);
	t->num_files++;
	return 0;
}

/* The folder that its files lie in; *out_file: the one file, or NULL: each
 * *.yaml of it. */
static int
open_folder(const char *path, const char **out_file)
{
	struct stat st;
	char folder[4096];
	const char *slash = strrchr(path, '/');

	*out_file = NULL;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slash == NULL || strlen(path) >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	*out_file = slash + 1;
	memcpy(folder, path, (size_t)(slash - path) + 1);
	folder[slash - path + 1] = '\0';
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
add_all(struct policy_text *t, int folder)
{
	DIR *stream = list_dir_open(folder);
	struct dirent *entry;
	int status = 0;

	if (stream == NULL)
		return no_start_errno("policy folder");
	while (status == 0 && (entry = readdir(stream)) != NULL)
		if (config_is_policy(entry->d_name))
			status = add(t, folder, entry->d_name);
	(void)closedir(stream);
	return status;
}

static int
add_tables(struct policy_text *t, int folder, const struct policy *policy)
{
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < policy->num_tables; i++) {
		const char *name;
		struct err err =
		    arena_str(&t->arena, &name, policy->tables[i].name);
		status = err.code == ERR_OK ? add(t, folder, name)
					    : no_start("policy", err.why);
	}
	return status;
}

int
policy_text_read(
    struct policy_text *t, const char *path, const struct policy *policy)
{
	const char *file;
	int CLEANUP(sysio_close) folder = open_folder(path, &file);

	if (folder < 0)
		return no_start_errno(path);
	*t = (struct policy_text){.num_files = 0};
	arena_init(&t->arena, TEXT_ARENA);
	int status = file != NULL ? add(t, folder, file) : add_all(t, folder);
	if (status == 0)
		status = add_tables(t, folder, policy);
	return status;
}

void
policy_text_done(struct policy_text *t)
{
	arena_done(&t->arena);
}

/* --- The same or not --- */

static bool
same_file(int a, int b, const char *name)
{
	struct buf ours CLEANUP(buf_done) = {.max = TABLE_MAX_FILE};
	struct buf theirs CLEANUP(buf_done) = {.max = TABLE_MAX_FILE};

	return read_file(&ours, a, name).code == ERR_OK &&
	    read_file(&theirs, b, name).code == ERR_OK &&
	    span_equal(buf_span(&ours), buf_span(&theirs));
}

static bool same_below(int path, int version, size_t *num_yaml);

static bool
same_entry(int path, int version, const struct dirent *entry, size_t *num_yaml)
{
	if (entry->d_name[0] == '.')
		return true;
	*num_yaml += config_is_policy(entry->d_name);
	int CLEANUP(sysio_close) below = openat(version, entry->d_name,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (below < 0)
		return same_file(path, version, entry->d_name);
	int CLEANUP(sysio_close) beside =
	    openat(path, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t others = 0;
	return beside >= 0 && same_below(beside, below, &others);
}

/* All that the version has; *num_yaml counts it. */
static bool
same_below(int path, int version, size_t *num_yaml)
{
	DIR *stream = list_dir_open(version);
	struct dirent *entry;
	bool same = stream != NULL;

	while (same && (entry = readdir(stream)) != NULL)
		same = same_entry(path, version, entry, num_yaml);
	if (stream != NULL)
		(void)closedir(stream);
	return same;
}

static size_t
count_yaml(int folder)
{
	DIR *stream = list_dir_open(folder);
	struct dirent *entry;
	size_t num = 0;

	while (stream != NULL && (entry = readdir(stream)) != NULL)
		num += config_is_policy(entry->d_name);
	if (stream != NULL)
		(void)closedir(stream);
	return num;
}

bool
policy_text_same(const char *path, const char *version)
{
	const char *file;
	int CLEANUP(sysio_close) ours = open_folder(path, &file);
	int CLEANUP(sysio_close) theirs =
	    open(version, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t num_yaml = 0;

	if (ours < 0 || theirs < 0 || !same_below(ours, theirs, &num_yaml))
		return false;
	return file != NULL
	    ? num_yaml == 1 && faccessat(theirs, file, F_OK, 0) == 0
	    : num_yaml == count_yaml(ours);
}
