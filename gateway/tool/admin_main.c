#include "gateway/tool/admin_verbs.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/config_load.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"

enum {
	SAMPLE = 10, /* slots that `verify` takes unless told otherwise */
	MAX_SAMPLE = 1000,
	NUM_NAMES = 3, /* of a row, in front: agreement, object, state */
};

struct printing;

/* How a verb's lines look: pairs of name and value, or rows of a table. */
struct shape {
	const char *usage;
	const char *const *columns; /* NULL: pairs */
	const char *rows; /* the name of a list of rows beside pairs; or NULL */
	bool takes_agreement, needs_agreement, takes_object;
	const size_t *widths; /* of columns; NULL: those of slots */
	const char *none;     /* for people, where a table has no row */
	/* What is known beside the gateway, before it is asked. */
	struct err (*before)(struct printing *p, const char *config);
};

struct printing {
	const struct shape *shape;
	bool json;
	bool limits;   /* what is used of them, not how all stands */
	cJSON *result; /* an object of pairs, or an array of rows */
	cJSON *rows;   /* an array in it, or all of it */
	bool titled;
};

static const char *const flip_columns[] = {
    "agreement", "who", "place", "kind", "count", NULL};

static const char *const limit_columns[] = {
    "agreement", "caller", "limit", "opens-again", "used", "allowed", NULL};
static const size_t limit_widths[] = {24, 24, 20, 20, 14, 0};

static const char *const key_columns[] = {
    "scope", "state", "since", "epoch", "agreements", NULL};
static const size_t key_widths[] = {44, 10, 20, 5, 0};

static const char *const slot_columns[] = {
    "agreement", "object", "state", "bytes", "rows", NULL};

/* --- Lines --- */

/* Counts are numbers in JSON, too; a name is text, whatever it looks like. */
static cJSON *
value_of(struct span text, bool is_name)
{
	uint64_t number;
	char copy[ADMIN_MAX_TEXT + 1];

	if (!is_name &&
	    span_u64(text, &number, UINT64_C(1) << 53).code == ERR_OK)
		return cJSON_CreateNumber((double)number);
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return text.len == 0 ? cJSON_CreateNull() : cJSON_CreateString(copy);
}

static struct err
add(cJSON *object, const char *name, struct span value, bool is_name)
{
	cJSON *item = value_of(value, is_name);

	if (item == NULL || !cJSON_AddItemToObject(object, name, item)) {
		cJSON_Delete(item);
		return ERR(NO_MEMORY, "no memory for the result");
	}
	return OK;
}

static struct err
keep_row(struct printing *p, const struct admin_line *line)
{
	cJSON *row = cJSON_CreateObject();
	struct err err = OK;

	if (row == NULL || !cJSON_AddItemToArray(p->rows, row)) {
		cJSON_Delete(row);
		return ERR(NO_MEMORY, "no memory for the result");
	}
	for (uint32_t i = 0; err.code == ERR_OK && i < line->num_fields &&
	     p->shape->columns[i] != NULL;
	     i++)
		err = add(
		    row, p->shape->columns[i], line->fields[i], i < NUM_NAMES);
	return err;
}

static void
print_field(struct span field, size_t width)
{
	size_t printed = plain_text_print(stdout, field);

	for (; printed < width; printed++)
		(void)putchar(' ');
}

static void
print_row(struct printing *p, const struct admin_line *line)
{
	static const size_t of_slots[] = {24, 40, 14, 14, 0};
	const size_t *widths =
	    p->shape->widths != NULL ? p->shape->widths : of_slots;

	if (!p->titled) {
		for (size_t i = 0; p->shape->columns[i] != NULL; i++) {
			print_field(span_str(p->shape->columns[i]), widths[i]);
			(void)putchar(' ');
		}
		(void)putchar('\n');
		p->titled = true;
	}
	for (uint32_t i = 0;
	     i < line->num_fields && p->shape->columns[i] != NULL; i++) {
		print_field(line->fields[i], widths[i]);
		(void)putchar(' ');
	}
	(void)putchar('\n');
}

/* A pair has two fields; `verify` mixes both, rows for what is wrong. */
static struct err
on_line(void *context, const struct admin_line *line)
{
	struct printing *p = context;
	char name[ADMIN_MAX_TEXT + 1];

	if (line->num_fields == 2 && !p->json) {
		print_field(line->fields[0], 26);
		print_field(line->fields[1], 0);
		(void)putchar('\n');
		return OK;
	}
	if (line->num_fields == 2) {
		memcpy(name, line->fields[0].data, line->fields[0].len);
		name[line->fields[0].len] = '\0';
		return add(p->result, name, line->fields[1], false);
	}
	if (!p->json) {
		print_row(p, line);
		return OK;
	}
	if (p->rows != NULL)
		return keep_row(p, line);
	return add(p->result, "different-object", line->fields[1], true);
}

/* --- Verbs --- */

/* Options and operands; 0, or the exit status. */
static int
parse(struct admin_call *call, struct printing *p, int argc, char **argv)
{
	uint64_t number = SAMPLE;
	struct options options = {
	    .usage = p->shape->usage,
	    .rows = {{"config", .text = &call->config},
		{"json", .flag = &p->json}, {"limits", .flag = &p->limits},
		{"sample", .number = &number, .most = MAX_SAMPLE}},
	    .least = p->shape->needs_agreement ? 1 : 0,
	    .most = p->shape->takes_object  ? 2
		: p->shape->takes_agreement ? 1
					    : 0,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	call->question.number = (uint32_t)number;
	if (options.num_operands > 0)
		call->question.agreement = span_str(options.operands[0]);
	if (options.num_operands > 1)
		call->question.object = span_str(options.operands[1]);
	return (!p->shape->needs_agreement ||
		   call->question.agreement.len > 0) &&
		call->question.agreement.len <= ADMIN_MAX_AGREEMENT &&
		call->question.object.len <= ADMIN_MAX_KEY
	    ? 0
	    : options_usage(&options);
}

static int
print_json(const cJSON *result)
{
	char *text = cJSON_Print(result);
	int status = text == NULL || puts(text) < 0 ? 1 : 0;

	cJSON_free(text);
	return status;
}

static bool
make_result(struct printing *p, enum admin_type type)
{
	if (type == ADMIN_SPOOL_LIST || type == ADMIN_LIMITS ||
	    type == ADMIN_KEY_LIST)
		p->result = p->rows = cJSON_CreateArray();
	else
		p->result = cJSON_CreateObject();
	if (p->result != NULL && p->shape->rows != NULL)
		p->rows = cJSON_AddArrayToObject(p->result, p->shape->rows);
	return p->result != NULL && (p->shape->rows == NULL || p->rows != NULL);
}

static int
run(const struct shape *shape, enum admin_type type, int argc, char **argv)
{
	struct printing p = {.shape = shape};
	struct admin_call call = {.type = type, .line = on_line, .context = &p};
	int status = parse(&call, &p, argc, argv);

	if (status != 0)
		return status;
	if (p.limits)
		call.type = ADMIN_LIMITS;
	if (!make_result(&p, call.type))
		return 1;
	if (shape->before != NULL) {
		struct err err = shape->before(&p, call.config);
		if (err.code != ERR_OK)
			status = admin_call_failed(err);
	}
	if (status == 0)
		status = admin_call(&call);
	if (p.json && print_json(p.result) != 0 && status == 0)
		status = 1;
	if (!p.json && status == 0 && p.rows == p.result && !p.titled)
		(void)fprintf(stderr, "gatehouse: %s\n", shape->none);
	cJSON_Delete(p.result);
	return fflush(stdout) == 0 ? status : 1;
}

int
admin_main_status(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "status [--config FILE] [--json] [--limits]",
	    .columns = limit_columns,
	    .widths = limit_widths,
	    .none = "no agreement in force has a limit"};

	return run(&shape, ADMIN_STATUS, argc, argv);
}

int
admin_main_reload(int argc, char **argv)
{
	static const struct shape shape = {.usage = "reload [--config FILE]"};

	return run(&shape, ADMIN_RELOAD, argc, argv);
}

int
admin_main_upgrade(int argc, char **argv)
{
	static const struct shape shape = {.usage = "upgrade [--config FILE]"};

	return run(&shape, ADMIN_UPGRADE, argc, argv);
}

int
admin_main_list(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "spool list [--config FILE] [--json] [AGREEMENT]",
	    .columns = slot_columns,
	    .none = "there is no object",
	    .takes_agreement = true};

	return run(&shape, ADMIN_SPOOL_LIST, argc, argv);
}

int
admin_main_warm(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "spool warm [--config FILE] [--json] AGREEMENT [OBJECT]",
	    .takes_agreement = true,
	    .needs_agreement = true,
	    .takes_object = true};

	return run(&shape, ADMIN_SPOOL_WARM, argc, argv);
}

int
admin_main_drop(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "spool drop [--config FILE] [--json] AGREEMENT [OBJECT]",
	    .takes_agreement = true,
	    .needs_agreement = true,
	    .takes_object = true};

	return run(&shape, ADMIN_SPOOL_DROP, argc, argv);
}

int
admin_main_verify(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "spool verify [--config FILE] [--json] [--sample N] "
		     "AGREEMENT [OBJECT]",
	    .columns = slot_columns,
	    .takes_agreement = true,
	    .needs_agreement = true,
	    .takes_object = true};

	return run(&shape, ADMIN_SPOOL_VERIFY, argc, argv);
}

int
admin_main_staged(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "policy staged [--config FILE] [--json]",
	    .columns = flip_columns,
	    .rows = "flips"};

	return run(&shape, ADMIN_STAGED, argc, argv);
}

/* --- Keys --- */

int
admin_main_key_list(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "key list [--config FILE] [--json]",
	    .columns = key_columns,
	    .widths = key_widths,
	    .none = "no column has codes"};

	return run(&shape, ADMIN_KEY_LIST, argc, argv);
}

int
admin_main_key_status(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "key status [--config FILE] [--json]"};

	return run(&shape, ADMIN_KEY_STATUS, argc, argv);
}

/* It lies beside the key, and the gateway has no use for it. */
static struct err
say_ledger_key(struct printing *p, const char *config_path)
{
	struct arena arena CLEANUP(arena_done) = {0};
	struct config config;
	char path[4096];
	uint8_t text[512];
	size_t len;

	arena_init(&arena, CONFIG_ARENA);
	if (config_load(&config, &arena, config_path) != 0)
		return ERR(USAGE, "the configuration cannot be read");
	(void)snprintf(path, sizeof(path), "%s/ledger.vkey", config.keys);
	int CLEANUP(sysio_close) fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ERR(NOT_FOUND,
		    "ledger.vkey, the public key of the ledger, is not in the "
		    "folder of keys");
	TRY(sysio_pread(fd, text, sizeof(text), 0, &len));
	if (len > 0 && text[len - 1] == '\n')
		len--;
	return on_line(p,
	    &(struct admin_line){
		.fields = {span_str("ledger-vkey"), span_of(text, len)},
		.num_fields = 2});
}

int
admin_main_key_public(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "key export-public [--config FILE] [--json]",
	    .before = say_ledger_key};

	return run(&shape, ADMIN_KEY_PUBLIC, argc, argv);
}

int
admin_main_codebook(int argc, char **argv)
{
	static const struct shape shape = {
	    .usage = "codebook status [--config FILE] [--json]"};

	return run(&shape, ADMIN_BOOK_STATUS, argc, argv);
}
