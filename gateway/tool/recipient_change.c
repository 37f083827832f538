#include "gateway/tool/recipient_change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/age_key.h"
#include "gateway/base/file_text.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/replace_file.h"

enum {
	EXIT_FAILED = 1,
	EXIT_AGAIN = 75,
};

/* What the disk says, where it says something. */
static int
say(const struct recipient_change *c, struct err err, const char *left)
{
	char line[24] = "";
	const char *disk = err.code == ERR_IO ? strerror(errno) : NULL;

	if (c->store.line > 0)
		(void)snprintf(line, sizeof(line), ":%zu", c->store.line);
	(void)fprintf(stderr, "gatehouse: %s%s: %s%s%s%s\n", c->path, line,
	    err.why, disk != NULL ? ": " : "", disk != NULL ? disk : "", left);
	return err.code == ERR_CHANGED ? EXIT_AGAIN : EXIT_FAILED;
}

int
recipient_change_open(struct recipient_change *c, const char *config_path)
{
	*c = (struct recipient_change){.config_path = config_path};
	arena_init(&c->arena, CONFIG_ARENA);
	int code = config_load(&c->config, &c->arena, config_path);

	if (code != 0)
		return code;
	int len =
	    snprintf(c->path, sizeof(c->path), "%s/recipients", c->config.keys);
	if (len < 0 || (size_t)len >= sizeof(c->path))
		return say(c, ERR(TOO_BIG, "too long a path"), "");
	return recipient_change_again(c);
}

int
recipient_change_again(struct recipient_change *c)
{
	proven_store_done(&c->store);
	struct err err = proven_store_open(&c->store, c->path);
	return err.code == ERR_OK ? 0 : say(c, err, "");
}

void
recipient_change_done(struct recipient_change *c)
{
	proven_store_done(&c->store);
	arena_done(&c->arena);
}

/* --- The ledger --- */

static struct err
on_line(void *context, const struct admin_line *line)
{
	struct proven_entry *out = context;

	if (line->num_fields == 2 && span_equal_str(line->fields[0], "record"))
		return span_u64(line->fields[1], &out->record, INT64_MAX);
	if (line->num_fields == 2 && span_equal_str(line->fields[0], "since"))
		return file_text_time(&out->since_s, line->fields[1]);
	return ERR(MALFORMED, "the gateway says something unknown");
}

int
recipient_change_record(struct recipient_change *c, enum admin_type type,
    const struct admin_recipient *question, struct proven_entry *out)
{
	struct proven_entry entry = {.party = question->party};
	struct admin_call call = {.config = c->config_path,
	    .type = type,
	    .recipient = question,
	    .line = on_line,
	    .context = &entry};
	int code = admin_call(&call);

	memcpy(entry.key, question->key, sizeof(entry.key));
	if (code == 0)
		*out = entry;
	return code;
}

/* --- The file --- */

static struct err
write_text(const struct recipient_change *c)
{
	struct buf text CLEANUP(buf_done) = {.max = PROVEN_FILE_TEXT};

	TRY(proven_file_write(&text, &c->store.file));
	return c->store.is_there
	    ? replace_file(c->path, buf_span(&c->store.text), buf_span(&text))
	    : replace_file_make(c->path, buf_span(&text));
}

int
recipient_change_write(struct recipient_change *c)
{
	struct err err = write_text(c);

	return err.code == ERR_OK
	    ? 0
	    : say(c, err,
		  "; the ledger has a record of it already, and nothing else "
		  "has changed: type it again");
}

static struct err
no_line(void *context, const struct admin_line *line)
{
	(void)context, (void)line;
	return OK;
}

int
recipient_change_tell(const struct recipient_change *c)
{
	const struct admin_call call = {
	    .config = c->config_path, .type = ADMIN_RELOAD, .line = no_line};

	if (!c->config.only_proven) {
		(void)fputs(
		    "gatehouse: the configuration does not say `recipients: "
		    "proven`: the policy alone decides to which keys data is "
		    "encrypted\n",
		    stderr);
		return 0;
	}
	int code = admin_call_until(&call);
	if (code != 0)
		(void)fputs("gatehouse: keys/recipients has it, and what "
			    "serves goes by what was in it before; `gatehouse "
			    "reload` takes it\n",
		    stderr);
	return code;
}

int
recipient_change_print(const struct proven_entry *entry, const char *what)
{
	struct buf key CLEANUP(buf_done) = {.max = AGE_RECIPIENT_TEXT + 1};

	if (age_recipient_format(&key, entry->key).code != ERR_OK ||
	    buf_put_u8(&key, '\0').code != ERR_OK)
		return EXIT_FAILED;
	int len = printf("%.*s %s %s, record %" PRIu64 "\n",
	    (int)entry->party.len, (const char *)entry->party.data,
	    (const char *)key.data, what, entry->record);
	return len < 0 ? EXIT_FAILED : 0;
}
