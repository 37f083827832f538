#include "gateway/tool/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/note.h"
#include "gateway/base/config_load.h"
#include "gateway/tool/options.h"
#include "gateway/tool/root_tool.h"

enum {
	MAX_KEY_TEXT = 1024
};

/* One file of the keys' folder: its name, its mode, what goes into it. */
struct key_file {
	const char *name;
	mode_t mode;
	struct buf text;
};

static int
say(const char *what, const char *name)
{
	fprintf(stderr, "gatehouse init: %s: %s: %s\n", name, what,
	    strerror(errno));
	return 1;
}

/* mkdir -p of the last component only: a missing parent is a mistake. */
static int
make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return say("cannot be made", path);
	return 0;
}

static int
make_dir_at(int dir, const char *name)
{
	if (mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
		return say("cannot be made", name);
	return 0;
}

/* The whole text, synced: a key that is in use must not vanish. */
static int
write_key(int dir, const struct key_file *file)
{
	int fd = openat(dir, file->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
	const uint8_t *at = file->text.data;
	size_t left = file->text.len;

	if (fd < 0)
		return say("cannot be made", file->name);
	while (left > 0) {
		ssize_t put = write(fd, at, left);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			break;
		at += put;
		left -= (size_t)put;
	}
	bool whole = left == 0 && fchmod(fd, file->mode) == 0 && fsync(fd) == 0;
	if (close(fd) != 0 || !whole) {
		unlinkat(dir, file->name, 0);
		return say("cannot be written", file->name);
	}
	return 0;
}

static struct err
make_ledger(struct buf *out_secret, struct buf *out_public, const char *name)
{
	struct note_signer signer CLEANUP(note_signer_done) = {.secret = NULL};

	TRY(note_keygen(&signer, span_str(name)));
	TRY(note_secret_format(out_secret, &signer));
	TRY(buf_append_str(out_secret, "\n"));
	TRY(note_vkey_format(out_public, &signer.key));
	return buf_append_str(out_public, "\n");
}

/* All or nothing: look first, then write. A spool.key is of a gateway that was
 * set up before. */
static int
refuse_what_is_there(int dir)
{
	static const char *const names[] = {
	    "root.sealed", "spool.key", "ledger.key", "ledger.vkey"};
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0) {
			fprintf(stderr,
			    "gatehouse init: %s: is there already; nothing "
			    "was changed\n",
			    names[i]);
			return 1;
		}
	}
	return 0;
}

static int
write_ledger(int dir, const struct key_file files[2])
{
	for (size_t i = 0; i < 2; i++) {
		if (write_key(dir, &files[i]) != 0)
			return 1;
	}
	if (fsync(dir) != 0)
		return say("cannot be synced", "the folder of the keys");
	return make_dir_at(dir, "s3");
}

static int
make_ledger_keys(int dir, const char *name)
{
	struct key_file files[2] = {
	    {.name = "ledger.key", .mode = 0600, .text.max = MAX_KEY_TEXT},
	    {.name = "ledger.vkey", .mode = 0644, .text.max = MAX_KEY_TEXT},
	};
	int status = 1;
	struct err err = make_ledger(&files[0].text, &files[1].text, name);

	if (err.code == ERR_OK)
		status = write_ledger(dir, files);
	else
		fprintf(stderr, "gatehouse init: ledger name %s: %s\n", name,
		    err.why);
	buf_wipe(&files[0].text);
	buf_done(&files[1].text);
	return status;
}

static int
make_keys(const struct config *config, const struct root_seal_as *root)
{
	CLEANUP(root_tool_done) struct root_tool tool;
	int status = root_tool_begin(&tool, config);

	if (status == 0)
		status = refuse_what_is_there(tool.keys);
	if (status == 0)
		status = root_tool_seal(&tool, root);
	if (status == 0)
		status = make_ledger_keys(tool.keys, config->ledger_name);
	if (status == 0)
		root_tool_warn(root->provider);
	return status;
}

static int
make_all(const struct config *config, const struct root_seal_as *root)
{
	int state;

	if (make_dir(config->keys, 0700) != 0 ||
	    make_dir(config->state, 0700) != 0 ||
	    make_dir(config->run, 0755) != 0)
		return 1;
	state = open(config->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state < 0)
		return say("cannot be opened", config->state);
	int status = make_dir_at(state, "ledger") != 0 ||
	    make_dir_at(state, "spool") != 0;
	close(state);
	if (status == 0)
		status = make_keys(config, root);
	if (status != 0)
		return status;
	printf("keys    %s\nstate   %s\npublic  %s/ledger.vkey\n", config->keys,
	    config->state, config->keys);
	return fflush(stdout) == 0 ? 0 : 1;
}

static struct err
take_provider(void *into, const char *value)
{
	return root_provider_parse(into, span_str(value));
}

int
setup_main(int argc, char **argv)
{
	struct root_seal_as root = {.provider = ROOT_NONE, .root = -1};
	const char *path = NULL;
	struct options options = {
	    .usage = "init [-c|--config FILE] [--provider none|passphrase|"
		     "systemd|pkcs11|vault] [--passphrase-file FILE]",
	    .rows = {{"config", 'c', .text = &path},
		{"provider", .take = take_provider, .into = &root.provider},
		{"passphrase-file", .text = &root.passphrase}},
	};
	struct config config;
	struct arena arena;
	int status = options_read(&options, argc, argv);

	if (status != 0)
		return status;
	arena_init(&arena, CONFIG_ARENA);
	status = config_load(&config, &arena, path);
	if (status == 0)
		status = make_all(&config, &root);
	arena_done(&arena);
	return status;
}
