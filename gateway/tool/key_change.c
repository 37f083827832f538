#include "gateway/tool/key_change.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/options.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_AGAIN = 75,
};

int
key_change_parse(
    struct key_change *c, const char *usage, bool all, int argc, char **argv)
{
	struct options options = {
	    .usage = usage,
	    .rows = {{"config", .text = &c->config_path},
		{"json", .flag = &c->json},
		{"epoch", .number = &c->epoch, .least = 1, .most = UINT32_MAX}},
	    .least = all ? 0 : 1,
	    .most = 1,
	};

	*c = (struct key_change){.store = {.dir = -1}};
	int code = options_read(&options, argc, argv);
	if (code == 0 && options.num_operands > 0)
		c->scope_text = span_str(options.operands[0]);
	return code;
}

/* What the disk says, where it says something. */
static int
say(const struct key_change *c, struct err err, int number)
{
	bool disk =
	    (err.code == ERR_IO || err.code == ERR_NO_SPACE) && number != 0;
	char line[24] = "";

	if (c->store.line > 0 && err.code != ERR_IO)
		(void)snprintf(line, sizeof(line), ":%zu", c->store.line);
	(void)fprintf(stderr, "gatehouse: %s/scopes%s: %s%s%s\n",
	    c->config.keys, line, err.why, disk ? ": " : "",
	    disk ? strerror(number) : "");
	return err.code == ERR_UNAVAILABLE ? EXIT_AGAIN : EXIT_FAILED;
}

static struct err
open_store(struct key_change *c)
{
	int CLEANUP(sysio_close) keys =
	    open(c->config.keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (keys < 0)
		return ERR(IO, "its folder cannot be opened");
	return scope_store_open(&c->store, keys);
}

int
key_change_open(struct key_change *c)
{
	arena_init(&c->arena, CONFIG_ARENA);
	int code = config_load(&c->config, &c->arena, c->config_path);

	if (code != 0)
		return code;
	if (c->scope_text.len > 0) {
		struct err err = scope_parse(&c->scope, c->scope_text);
		if (err.code != ERR_OK) {
			(void)fprintf(stderr, "gatehouse: %s: %s\n",
			    (const char *)c->scope_text.data, err.why);
			return EXIT_BAD_USAGE;
		}
	}
	errno = 0;
	struct err err = open_store(c);
	if (err.code != ERR_OK)
		return say(c, err, errno);
	c->store.line = 0;
	if (c->store.is_there)
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: %s/scopes: there is none yet; the first start of a "
	    "gateway makes it\n",
	    c->config.keys);
	return EXIT_FAILED;
}

int
key_change_write(struct key_change *c)
{
	errno = 0;
	struct err err = scope_store_write(&c->store);

	return err.code == ERR_OK ? 0 : say(c, err, errno);
}

int
key_change_erase(struct key_change *c)
{
	/* Others may have changed it meanwhile; that is theirs to do. */
	if (c->store.dir < 0) {
		struct err err = open_store(c);
		if (err.code != ERR_OK)
			return say(c, err, errno);
	}
	errno = 0;
	struct err err = scope_store_erase(&c->store);
	return err.code == ERR_OK ? 0 : say(c, err, errno);
}

static struct err
no_line(void *context, const struct admin_line *line)
{
	(void)context, (void)line;
	return OK;
}

int
key_change_tell(struct key_change *c, enum admin_type type, const char *left)
{
	struct admin_call call = {.config = c->config_path,
	    .type = type,
	    .question = {.object = c->scope_text},
	    .line = no_line};

	/* The start that the reload makes takes the lock. */
	scope_store_close(&c->store);
	if (!admin_call_runs(&c->config)) {
		(void)fputs("gatehouse: no gateway is running with this "
			    "configuration; its next start takes it\n",
		    stderr);
		return 0;
	}
	int code = admin_call_until(&call);
	if (code != 0)
		(void)fprintf(stderr, "gatehouse: %s\n", left);
	return code;
}

void
key_change_done(struct key_change *c)
{
	scope_store_close(&c->store);
	arena_done(&c->arena);
}

static void
print_json(const char *scope, uint32_t epoch, const char *state)
{
	cJSON *object = cJSON_CreateObject();
	char *text = NULL;

	if (object != NULL &&
	    cJSON_AddStringToObject(object, "scope", scope) != NULL &&
	    cJSON_AddNumberToObject(object, "epoch", epoch) != NULL &&
	    cJSON_AddStringToObject(object, "state", state) != NULL)
		text = cJSON_PrintUnformatted(object);
	if (text != NULL)
		(void)puts(text);
	cJSON_free(text);
	cJSON_Delete(object);
}

void
key_change_print(const struct key_change *c, const struct scope_entry *entry,
    const char *state)
{
	struct buf text CLEANUP(buf_done) = {.max = SCOPE_MAX_TEXT + 1};

	if (scope_put(&text, &entry->scope).code != ERR_OK ||
	    buf_put_u8(&text, '\0').code != ERR_OK)
		return;
	if (c->json)
		print_json((const char *)text.data, entry->epoch, state);
	else
		(void)printf("%s epoch %u %s\n", (const char *)text.data,
		    entry->epoch, state);
}
