#include "gateway/tool/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/age_key.h"
#include "crypto/encode.h"
#include "crypto/init.h"
#include "crypto/note.h"
#include "crypto/random.h"
#include "gateway/base/config_load.h"

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
make_root(struct buf *out)
{
	uint8_t root[32] CLEANUP(secret_wipe32);

	random_bytes(root, sizeof(root));
	TRY(buf_append_str(out, "gatehouse-root-v1 none "));
	TRY(encode_hex(out, span_of(root, sizeof(root))));
	return buf_append_str(out, "\n");
}

static struct err
make_spool(struct buf *out)
{
	uint8_t identity[32] CLEANUP(secret_wipe32);

	random_bytes(identity, sizeof(identity));
	TRY(age_identity_format(out, identity));
	return buf_append_str(out, "\n");
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

static struct err
make_texts(struct key_file files[4], const char *ledger_name)
{
	for (size_t i = 0; i < 4; i++)
		buf_init(&files[i].text, MAX_KEY_TEXT);
	TRY(make_root(&files[0].text));
	TRY(make_spool(&files[1].text));
	return make_ledger(&files[2].text, &files[3].text, ledger_name);
}

/* All or nothing: look first, then write. */
static int
write_keys(int dir, const struct key_file files[4])
{
	struct stat st;

	for (size_t i = 0; i < 4; i++) {
		if (fstatat(dir, files[i].name, &st, AT_SYMLINK_NOFOLLOW) ==
		    0) {
			fprintf(stderr,
			    "gatehouse init: %s: is there already; nothing "
			    "was changed\n",
			    files[i].name);
			return 1;
		}
	}
	for (size_t i = 0; i < 4; i++) {
		if (write_key(dir, &files[i]) != 0)
			return 1;
	}
	if (fsync(dir) != 0)
		return say("cannot be synced", "the folder of the keys");
	return make_dir_at(dir, "s3");
}

static int
make_keys(const struct config *config)
{
	struct key_file files[4] = {
	    {.name = "root.sealed", .mode = 0600},
	    {.name = "spool.key", .mode = 0600},
	    {.name = "ledger.key", .mode = 0600},
	    {.name = "ledger.vkey", .mode = 0644},
	};
	int status = 1,
	    dir = open(
		config->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0)
		return say("cannot be opened", config->keys);
	struct err err = make_texts(files, config->ledger_name);
	if (err.code == ERR_OK)
		status = write_keys(dir, files);
	else
		fprintf(stderr, "gatehouse init: ledger name %s: %s\n",
		    config->ledger_name, err.why);
	for (size_t i = 0; i < 4; i++)
		buf_wipe(&files[i].text);
	close(dir);
	return status;
}

static int
make_all(const struct config *config)
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
	if (status != 0 || make_keys(config) != 0)
		return 1;
	printf("keys    %s\nstate   %s\npublic  %s/ledger.vkey\n", config->keys,
	    config->state, config->keys);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
setup_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	const char *path = NULL;
	struct config config;
	struct arena arena;
	int option, status;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option != 'c')
			return 2;
		path = optarg;
	}
	if (optind != argc || crypto_init().code != ERR_OK) {
		fputs("usage: gatehouse init [--config FILE]\n", stderr);
		return 2;
	}
	arena_init(&arena, CONFIG_ARENA);
	status = config_load(&config, &arena, path);
	if (status == 0)
		status = make_all(&config);
	arena_done(&arena);
	return status;
}
