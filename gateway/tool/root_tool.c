#include "gateway/tool/root_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/memory/secret_fd.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/root_run.h"
#include "gateway/tool/passphrase.h"

enum {
	EXIT_FAILED = 1,
};

static const char NAME[] = "root.sealed", NEW[] = "root.sealed.new";

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return EXIT_FAILED;
}

int
root_tool_begin(struct root_tool *out, const struct config *config)
{
	*out = (struct root_tool){.config = config, .keys = -1};
	struct err err = spawn_init_command(&out->spawn);
	if (err.code != ERR_OK)
		return say("programs", err.why);
	out->keys =
	    open(config->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (out->keys < 0)
		return say(config->keys, strerror(errno));
	return 0;
}

void
root_tool_done(struct root_tool *tool)
{
	sysio_close(&tool->keys);
}

/* --- Open --- */

static int
open_file(int *out, struct root_file *out_head, const struct root_tool *tool)
{
	struct stat st;
	int fd = openat(tool->keys, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return say(NAME, strerror(errno));
	struct err err = root_file_head(out_head, fd);
	if (err.code == ERR_OK &&
	    (fstat(fd, &st) != 0 || (st.st_mode & 077) != 0))
		err = ERR(DENIED, "others can read it; chmod 600");
	if (err.code != ERR_OK) {
		close(fd);
		return say(NAME, err.why);
	}
	*out = fd;
	return 0;
}

static struct root_run
run_of(const struct root_tool *tool, enum root_provider provider)
{
	return (struct root_run){.spawn = &tool->spawn,
	    .settings = &tool->config->root,
	    .provider = provider,
	    .file = -1,
	    .out = -1,
	    .root = -1,
	    .key = -1};
}

int
root_tool_open(
    int *out_fd, const struct root_tool *tool, const char *passphrase)
{
	int CLEANUP(sysio_close) file = -1;
	int CLEANUP(sysio_close) key = -1;
	int CLEANUP(sysio_close) out = -1;
	struct root_file head;
	int status = open_file(&file, &head, tool);

	if (status == 0 && head.provider == ROOT_PASSPHRASE)
		status = passphrase_ask(&key,
		    &(struct passphrase){
			.file = passphrase, .prompt = "Passphrase"});
	if (status != 0)
		return status;
	struct err err = secret_fd_make(&out);
	if (err.code != ERR_OK)
		return say(NAME, err.why);
	struct root_run run = run_of(tool, head.provider);
	run.file = file;
	run.out = out;
	run.key = key;
	status = root_run(&run);
	if (status == 0) {
		*out_fd = out;
		out = -1;
	}
	return status;
}

/* --- Seal --- */

/* What an interrupted command left is no file of anybody. */
static int
make_new(int *out, const struct root_tool *tool)
{
	if (unlinkat(tool->keys, NEW, 0) != 0 && errno != ENOENT)
		return say(NEW, strerror(errno));
	*out = openat(tool->keys, NEW,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *out >= 0 ? 0 : say(NEW, strerror(errno));
}

/* On the disk under its new name, then by one rename under the right one. Its
 * owner stays whoever could read the one before it. */
static int
put_in_place(const struct root_tool *tool, int file, bool replaces)
{
	struct stat st;

	if (replaces &&
	    (fstatat(tool->keys, NAME, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		fchown(file, st.st_uid, st.st_gid) != 0))
		return say(NAME, strerror(errno));
	if (fsync(file) != 0)
		return say(NEW, strerror(errno));
	if (renameat2(tool->keys, NEW, tool->keys, NAME,
		replaces ? 0 : RENAME_NOREPLACE) != 0)
		return say(NAME,
		    errno == EEXIST ? "is there already; nothing was changed"
				    : strerror(errno));
	return fsync(tool->keys) == 0 ? 0 : say(NAME, strerror(errno));
}

static int
seal_into(const struct root_tool *tool, const struct root_seal_as *as, int file)
{
	int CLEANUP(sysio_close) key = -1;
	struct root_run run = run_of(tool, as->provider);
	int status = 0;

	if (as->provider == ROOT_PASSPHRASE)
		status = passphrase_ask(&key,
		    &(struct passphrase){.file = as->passphrase,
			.prompt = "New passphrase",
			.twice = true});
	if (status != 0)
		return status;
	run.seals = true;
	run.file = file;
	run.root = as->root;
	run.key = key;
	status = root_run(&run);
	return status == 0 ? put_in_place(tool, file, as->root >= 0) : status;
}

int
root_tool_seal(const struct root_tool *tool, const struct root_seal_as *as)
{
	int CLEANUP(sysio_close) file = -1;
	struct stat st;

	if (as->root < 0 &&
	    fstatat(tool->keys, NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return say(NAME, "is there already; nothing was changed");
	int status = make_new(&file, tool);
	if (status == 0)
		status = seal_into(tool, as, file);
	if (status != 0)
		(void)unlinkat(tool->keys, NEW, 0);
	return status;
}

void
root_tool_warn(enum root_provider provider)
{
	if (provider == ROOT_NONE)
		(void)fputs("gatehouse: WARNING: nothing but its file mode "
			    "protects root.sealed: whoever reads the file, a "
			    "disk or a backup of it can make every code. "
			    "`gatehouse key rewrap --provider passphrase` (or "
			    "systemd, pkcs11, vault) changes that.\n",
		    stderr);
}
