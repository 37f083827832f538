#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "gateway/base/config_load.h"
#include "gateway/base/spawn.h"
#include "gateway/base/sysio.h"
#include "gateway/store/store_files.h"
#include "gateway/store/store.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/codebook_copy.h"
#include "gateway/tool/codebook_verbs.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_NOT_VERIFIED = 7,
	EXIT_AGAIN = 75,
	PATH_LEN = 4096,
};

/* What a verb is told. */
struct words {
	const char *usage;
	const char *config, *folder, *keys;
	bool needs_folder, json;
};

static int
parse(struct words *w, int argc, char **argv)
{
	struct options options = {
	    .usage = w->usage,
	    .rows = {{"config", .text = &w->config}, {"json", .flag = &w->json},
		{"keys", .text = &w->keys}},
	    .least = w->needs_folder ? 1 : 0,
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code == 0 && options.num_operands > 0)
		w->folder = options.operands[0];
	return code;
}

/* --- backup --- */

static struct err
no_line(void *context, const struct admin_line *line)
{
	(void)context, (void)line;
	return OK;
}

int
codebook_backup_main(int argc, char **argv)
{
	struct words w = {.usage = "codebook backup [--config FILE] FOLDER",
	    .needs_folder = true};
	struct codebook_copy copy;
	int status = parse(&w, argc, argv);

	if (status == 0)
		status = codebook_copy_new(&copy, w.folder);
	if (status != 0)
		return status;
	status = admin_call(&(struct admin_call){.config = w.config,
	    .type = ADMIN_BOOK_BACKUP,
	    .passes = {copy.codes, copy.keys},
	    .num_passes = 2,
	    .line = no_line});
	if (status == 0)
		status = codebook_copy_keep(w.folder);
	if (status != 0)
		codebook_copy_remove(&copy, w.folder);
	codebook_copy_close(&copy);
	return status;
}

/* --- Of the gateway's own, while it does not run --- */

/* The folder of state/codebook, where the gateway would look for it. */
static int
open_own(int *out, const struct config *config)
{
	const struct spawn spawn = {.own_uids = geteuid() == 0};
	char path[PATH_LEN];

	int len = snprintf(path, sizeof(path), "%s/codebook", config->state);
	if (len < 0 || (size_t)len >= sizeof(path))
		return EXIT_BAD_USAGE;
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		*out =
		    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*out >= 0 &&
	    fchown(*out, spawn_uid(&spawn, SPAWN_CODEBOOK, 0), (gid_t)-1) == 0)
		return 0;
	(void)fprintf(stderr, "gatehouse: %s: %s\n", path, strerror(errno));
	return EXIT_BAD_USAGE;
}

/* `broken`: the exit status when the files are not what they should be. */
static int
failed(struct err err, int broken)
{
	if (err.code == ERR_UNAVAILABLE) {
		(void)fputs("gatehouse: a gateway has this codebook: stop it "
			    "first\n",
		    stderr);
		return EXIT_AGAIN;
	}
	(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	return err.code == ERR_MALFORMED || err.code == ERR_TRUNCATED ||
		err.code == ERR_CHANGED || err.code == ERR_UNSUPPORTED ||
		err.code == ERR_NOT_FOUND
	    ? broken
	    : EXIT_FAILED;
}

int
codebook_restore_main(int argc, char **argv)
{
	struct words w = {
	    .usage = "codebook restore [--config FILE] FOLDER [--keys FOLDER]",
	    .needs_folder = true};
	struct codebook_copy copy = {-1, -1};
	struct arena arena CLEANUP(arena_done) = {0};
	int CLEANUP(sysio_close) own = -1;
	struct config config;
	int status = parse(&w, argc, argv);

	arena_init(&arena, CONFIG_ARENA);
	if (status == 0)
		status = config_load(&config, &arena, w.config);
	if (status == 0 && config.codebook.postgres != NULL) {
		(void)fputs("gatehouse: the codebook is in PostgreSQL: what "
			    "pg_dump made, pg_restore restores\n",
		    stderr);
		status = EXIT_BAD_USAGE;
	}
	if (status == 0)
		status = open_own(&own, &config);
	if (status == 0)
		status = codebook_copy_open(
		    &copy, w.folder, w.keys != NULL ? w.keys : w.folder);
	if (status == 0) {
		struct err err = store_restore(own, copy.codes, copy.keys);
		if (err.code != ERR_OK)
			status = failed(err, EXIT_NOT_VERIFIED);
	}
	codebook_copy_close(&copy);
	return status;
}

/* --- check --- */

struct checked {
	uint8_t id[STORE_ID];
	struct store_report holds;
};

static struct err
check_store(struct checked *out, struct store *store)
{
	struct err err = store_start(store);

	if (err.code == ERR_OK)
		err = store_check(store, &out->holds);
	if (err.code == ERR_OK)
		memcpy(out->id, store_id(store), STORE_ID);
	store_close(store);
	return err;
}

static struct err
check_folder(struct checked *out, int dir)
{
	struct store *store;
	bool there;

	TRY(store_files_look(dir, &there));
	if (!there)
		return ERR(NOT_FOUND, "codebook: there is none yet");
	TRY(store_open_sqlite(&store, dir));
	return check_store(out, store);
}

static struct err
read_password(struct buf *out, const char *path)
{
	if (path == NULL)
		return OK;
	TRY(audit_dir_read(path, out));
	out->len = span_find(buf_span(out), '\n');
	return buf_put_u8(out, '\0');
}

/* Gateways that share it may run: it is looked at as of one moment. */
static int
check_postgres(struct checked *out, const struct config_codebook *where)
{
	struct buf password CLEANUP(buf_wipe) = {.max = PATH_LEN};
	struct buf said CLEANUP(buf_done) = {.max = PATH_LEN};
	struct store *store;
	struct err err = read_password(&password, where->password_file);

	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s: it cannot be read\n",
		    where->password_file);
		return EXIT_FAILED;
	}
	err = store_open_postgres(
	    &store, where->postgres, (const char *)password.data, &said);
	if (err.code == ERR_UNAVAILABLE) {
		(void)fputs("gatehouse: ", stderr);
		(void)plain_text_print(stderr, buf_span(&said));
		(void)fputc('\n', stderr);
		return EXIT_AGAIN;
	}
	if (err.code == ERR_OK)
		err = check_store(out, store);
	return err.code == ERR_OK ? 0 : failed(err, EXIT_NOT_VERIFIED);
}

static int
check_own(struct checked *out, const char *config_path)
{
	struct arena arena CLEANUP(arena_done) = {0};
	int CLEANUP(sysio_close) own = -1;
	struct config config;

	arena_init(&arena, CONFIG_ARENA);
	int status = config_load(&config, &arena, config_path);
	if (status == 0 && config.codebook.postgres != NULL)
		return check_postgres(out, &config.codebook);
	if (status == 0)
		status = open_own(&own, &config);
	if (status != 0)
		return status;
	struct err err = check_folder(out, own);
	return err.code == ERR_OK ? 0 : failed(err, EXIT_NOT_VERIFIED);
}

static int
check_copy(struct checked *out, const char *folder)
{
	struct codebook_copy copy;
	struct err err = OK;
	int status = codebook_copy_open(&copy, folder, folder);

	if (status == 0)
		err = store_check_backup(
		    copy.codes, copy.keys, out->id, &out->holds);
	codebook_copy_close(&copy);
	return err.code == ERR_OK ? status : failed(err, EXIT_NOT_VERIFIED);
}

static int
print_json(const struct checked *c, const char *id)
{
	cJSON *object = cJSON_CreateObject();
	char *text = NULL;

	if (object != NULL &&
	    cJSON_AddStringToObject(object, "codebook", id) != NULL &&
	    cJSON_AddNumberToObject(
		object, "entries", (double)c->holds.num_entries) != NULL &&
	    cJSON_AddNumberToObject(
		object, "subjects", (double)c->holds.num_subjects) != NULL)
		text = cJSON_Print(object);
	int status = text != NULL && puts(text) >= 0 ? 0 : EXIT_FAILED;
	cJSON_free(text);
	cJSON_Delete(object);
	return status;
}

static int
print(const struct words *w, const struct checked *c)
{
	struct buf id CLEANUP(buf_done) = {.max = 2 * STORE_ID + 1};

	if (encode_hex(&id, span_of(c->id, STORE_ID)).code != ERR_OK ||
	    buf_put_u8(&id, '\0').code != ERR_OK)
		return EXIT_FAILED;
	if (w->json)
		return print_json(c, (const char *)id.data);
	(void)printf("%-26s%s\n%-26s%llu\n%-26s%llu\n", "codebook",
	    (const char *)id.data, "entries",
	    (unsigned long long)c->holds.num_entries, "subjects",
	    (unsigned long long)c->holds.num_subjects);
	return 0;
}

int
codebook_check_main(int argc, char **argv)
{
	struct words w = {
	    .usage = "codebook check [--config FILE] [--json] [FOLDER]"};
	struct checked checked = {.holds = {0, 0}};
	int status = parse(&w, argc, argv);

	if (status == 0)
		status = w.folder != NULL ? check_copy(&checked, w.folder)
					  : check_own(&checked, w.config);
	if (status == 0)
		status = print(&w, &checked);
	return fflush(stdout) == 0 ? status : EXIT_FAILED;
}
