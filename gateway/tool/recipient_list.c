#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/age_key.h"
#include "gateway/base/file_text.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/recipient_change.h"
#include "gateway/tool/recipient_verbs.h"

enum {
	EXIT_FAILED = 1,
	LINE_FIELDS = 3,
	NAMES_MAX = 64 * 1024, /* bytes of names of agreements, of one key */
};

/* A key of a party: proven, or named by the policy, or both. */
struct row {
	struct proven_entry entry;
	bool proven;
	struct buf agreements; /* fields */
};

struct showing {
	struct recipient_change change;
	struct arena arena;
	const char *config;
	bool json;
	struct row *rows;
	size_t num_rows, cap;
};

static int
parse(struct showing *l, int argc, char **argv)
{
	struct options options = {
	    .usage = "recipient list [--config FILE] [--json]",
	    .rows = {{"config", .text = &l->config},
		{"json", .flag = &l->json}},
	};

	return options_read(&options, argc, argv);
}

/* --- Rows --- */

static struct err
add_row(struct showing *l, const struct proven_entry *entry, bool proven)
{
	if (l->num_rows == l->cap) {
		size_t cap = l->cap > 0 ? 2 * l->cap : 16;
		void *rows = reallocarray(l->rows, cap, sizeof(*l->rows));
		if (rows == NULL)
			return ERR(NO_MEMORY, "no memory for the result");
		l->rows = rows;
		l->cap = cap;
	}
	l->rows[l->num_rows++] = (struct row){.entry = *entry,
	    .proven = proven,
	    .agreements = {.max = NAMES_MAX}};
	return OK;
}

static struct row *
find_row(const struct showing *l, const struct proven_entry *entry)
{
	for (size_t i = 0; i < l->num_rows; i++) {
		struct row *row = &l->rows[i];
		if (span_equal(row->entry.party, entry->party) &&
		    span_equal(span_of(row->entry.key, AGE_KEY_LEN),
			span_of(entry->key, AGE_KEY_LEN)))
			return row;
	}
	return NULL;
}

/* A key that the policy names: agreement, party, key. */
static struct err
on_line(void *context, const struct admin_line *line)
{
	struct showing *l = context;
	struct proven_entry entry = {.record = 0};

	if (line->num_fields != LINE_FIELDS)
		return ERR(MALFORMED, "the gateway says something unknown");
	TRY(arena_copy(&l->arena, &entry.party, line->fields[1]));
	TRY(age_recipient_parse(entry.key, line->fields[2]));
	struct row *row = find_row(l, &entry);
	if (row == NULL) {
		TRY(add_row(l, &entry, false));
		row = &l->rows[l->num_rows - 1];
	}
	return buf_put_field(&row->agreements, line->fields[0]);
}

static struct err
add_proven(struct showing *l)
{
	const struct proven_file *file = &l->change.store.file;

	for (size_t i = 0; i < file->num_entries; i++)
		TRY(add_row(l, &file->entries[i], true));
	return OK;
}

/* --- What is shown --- */

/* Both end with a NUL. */
static struct err
write_out(struct buf *key, struct buf *since, const struct row *row)
{
	TRY(age_recipient_format(key, row->entry.key));
	TRY(buf_put_u8(key, '\0'));
	TRY(row->proven ? file_text_put_time(since, row->entry.since_s)
			: buf_append_str(since, "nobody has proven it"));
	return buf_put_u8(since, '\0');
}

static struct err
print_row(const struct row *row, const char *key, const char *since)
{
	struct span names = buf_span(&row->agreements), name;
	const char *before = "";
	char record[24] = "-";

	if (row->proven)
		(void)snprintf(
		    record, sizeof(record), "%" PRIu64, row->entry.record);
	size_t len = plain_text_print(stdout, row->entry.party);
	(void)printf("%*s %s %-20s %-10s ", len < 24 ? (int)(24 - len) : 0, "",
	    key, since, record);
	while (names.len > 0) {
		TRY(span_take_field(&names, &name, ADMIN_MAX_AGREEMENT));
		(void)fputs(before, stdout);
		(void)plain_text_print(stdout, name);
		before = " ";
	}
	return fputs(before[0] == '\0' ? "-\n" : "\n", stdout) < 0
	    ? ERR(IO, "the result cannot be written")
	    : OK;
}

static bool
add_text(cJSON *object, const char *name, struct span text)
{
	char copy[ADMIN_MAX_TEXT + 1];

	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return cJSON_AddStringToObject(object, name, copy) != NULL;
}

static bool
add_agreements(cJSON *object, const struct row *row)
{
	struct span names = buf_span(&row->agreements), name;
	cJSON *array = cJSON_AddArrayToObject(object, "agreements");
	char copy[ADMIN_MAX_AGREEMENT + 1];

	while (array != NULL && names.len > 0) {
		if (span_take_field(&names, &name, ADMIN_MAX_AGREEMENT).code !=
		    ERR_OK)
			return false;
		memcpy(copy, name.data, name.len);
		copy[name.len] = '\0';
		if (!cJSON_AddItemToArray(array, cJSON_CreateString(copy)))
			return false;
	}
	return array != NULL;
}

static struct err
keep_row(cJSON *all, const struct row *row, const char *key, const char *since)
{
	cJSON *object = cJSON_CreateObject();

	if (object == NULL || !cJSON_AddItemToArray(all, object) ||
	    !add_text(object, "recipient", row->entry.party) ||
	    cJSON_AddStringToObject(object, "key", key) == NULL ||
	    cJSON_AddBoolToObject(object, "proven", row->proven) == NULL ||
	    (row->proven &&
		(cJSON_AddStringToObject(object, "since", since) == NULL ||
		    cJSON_AddNumberToObject(object, "record",
			(double)row->entry.record) == NULL)) ||
	    !add_agreements(object, row))
		return ERR(NO_MEMORY, "no memory for the result");
	return OK;
}

static struct err
show_rows(const struct showing *l, cJSON *all)
{
	for (size_t i = 0; i < l->num_rows; i++) {
		struct buf key CLEANUP(buf_done) = {.max = 128};
		struct buf since CLEANUP(buf_done) = {.max = 64};
		TRY(write_out(&key, &since, &l->rows[i]));
		TRY(all != NULL
			? keep_row(all, &l->rows[i], (const char *)key.data,
			      (const char *)since.data)
			: print_row(&l->rows[i], (const char *)key.data,
			      (const char *)since.data));
	}
	return OK;
}

static struct err
show(const struct showing *l)
{
	cJSON *all = l->json ? cJSON_CreateArray() : NULL;

	if (l->json && all == NULL)
		return ERR(NO_MEMORY, "no memory for the result");
	if (!l->json)
		(void)printf("%-24s %-62s %-20s %-10s %s\n", "recipient", "key",
		    "proven", "record", "agreements");
	struct err err = show_rows(l, all);
	char *text = all != NULL ? cJSON_Print(all) : NULL;
	if (err.code == ERR_OK && l->json && (text == NULL || puts(text) < 0))
		err = ERR(IO, "the result cannot be written");
	cJSON_free(text);
	cJSON_Delete(all);
	return err;
}

static int
list(struct showing *l)
{
	struct admin_call call = {.config = l->config,
	    .type = ADMIN_RECIPIENT_LIST,
	    .line = on_line,
	    .context = l};
	int code = recipient_change_open(&l->change, l->config);

	if (code != 0)
		return code;
	struct err err = add_proven(l);
	if (err.code == ERR_OK)
		code = admin_call(&call);
	if (err.code == ERR_OK && code == 0)
		err = show(l);
	if (err.code == ERR_OK)
		return code;
	(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	return EXIT_FAILED;
}

int
recipient_list_main(int argc, char **argv)
{
	struct showing l = {.num_rows = 0};
	int code = parse(&l, argc, argv);

	if (code != 0)
		return code;
	arena_init(&l.arena, CONFIG_ARENA);
	code = list(&l);
	for (size_t i = 0; i < l.num_rows; i++)
		buf_done(&l.rows[i].agreements);
	free(l.rows);
	recipient_change_done(&l.change);
	arena_done(&l.arena);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
