#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/codebook_verbs.h"
#include "gateway/tool/options.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_NOT_FOUND = 2,
	HASH = 16, /* bytes that stand for a subject in the codebook */
};

static const char usage[] =
    "codebook shred [--config FILE] [--json] DATASET\n"
    "           [--column NAME] [FILE]\n"
    "       gatehouse codebook shred [--config FILE] [--json] --hash [FILE]\n"
    "Subjects come from FILE or standard input, one a line. --hash: as the "
    "ledger has\nthem, to repeat it after a restore.";

struct shredding {
	const char *config;
	const char *file; /* NULL: standard input */
	struct span dataset, column;
	bool hashes, json;
	bool named;  /* somebody was */
	cJSON *rows; /* with json */
	unsigned long line;
	uint64_t entries; /* of the subject at hand */
	int status;	  /* of all so far */
};

static int
parse(struct shredding *s, int argc, char **argv)
{
	struct options options = {
	    .usage = usage,
	    .rows = {{"config", .text = &s->config}, {"json", .flag = &s->json},
		{"column", .span = &s->column}, {"hash", .flag = &s->hashes}},
	    .most = 2,
	};
	int code = options_read(&options, argc, argv), at = 0;

	if (code != 0)
		return code;
	if (!s->hashes && at < options.num_operands)
		s->dataset = span_str(options.operands[at++]);
	if (at < options.num_operands)
		s->file = options.operands[at++];
	return at == options.num_operands &&
		s->hashes == (s->dataset.len == 0) &&
		!(s->hashes && s->column.len > 0) &&
		s->dataset.len <= ADMIN_MAX_DATASET &&
		s->column.len <= ADMIN_MAX_COLUMN
	    ? 0
	    : options_usage(&options);
}

static struct err
on_line(void *context, const struct admin_line *line)
{
	struct shredding *s = context;

	if (line->num_fields != 2 ||
	    !span_equal_str(line->fields[0], "entries"))
		return ERR(MALFORMED, "the gateway says something unknown");
	return span_u64(line->fields[1], &s->entries, UINT64_MAX);
}

static int
say(const struct shredding *s, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s:%lu: %s\n",
	    s->file != NULL ? s->file : "standard input", s->line, why);
	return EXIT_FAILED;
}

/* Who it was is not repeated. */
static int
print(struct shredding *s)
{
	cJSON *row;

	if (!s->json)
		return printf("line %lu: %llu entries\n", s->line,
			   (unsigned long long)s->entries) < 0
		    ? EXIT_FAILED
		    : 0;
	row = cJSON_CreateObject();
	if (row == NULL || !cJSON_AddItemToArray(s->rows, row) ||
	    cJSON_AddNumberToObject(row, "line", (double)s->line) == NULL ||
	    cJSON_AddNumberToObject(row, "entries", (double)s->entries) == NULL)
		return say(s, "no memory for the result");
	return 0;
}

/* One of whom nothing is known does not keep the others from going. */
static int
shred(struct shredding *s, struct span subject)
{
	struct buf hash CLEANUP(buf_done) = {.max = HASH};
	struct admin_shred question = {s->dataset, s->column, subject};
	struct admin_call call = {.config = s->config,
	    .type = ADMIN_BOOK_SHRED,
	    .shred = &question,
	    .line = on_line,
	    .context = s};

	if (subject.len > ADMIN_MAX_SUBJECT)
		return say(s, "it is too long for an identifier");
	if (s->hashes &&
	    (subject.len != (size_t)2 * HASH ||
		decode_hex(&hash, subject).code != ERR_OK))
		return say(s, "it is not 32 hexadecimal digits");
	if (s->hashes)
		question.subject = buf_span(&hash);
	s->entries = 0;
	int status = admin_call(&call);
	if (status == EXIT_NOT_FOUND)
		s->status = status;
	else if (status != 0)
		return status;
	return print(s);
}

static int
shred_all(struct shredding *s, FILE *file)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	int status = 0;

	errno = 0;
	while (status == 0 && (len = getline(&text, &room, file)) >= 0) {
		s->line++;
		while (
		    len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
			len--;
		if (len > 0 && text[0] != '#') {
			s->named = true;
			status = shred(s, span_of(text, (size_t)len));
		}
		errno = 0;
	}
	if (status == 0 && ferror(file))
		status = say(s, strerror(errno));
	if (status != 0)
		(void)fprintf(stderr,
		    "gatehouse: stopped at line %lu; those before it are "
		    "done\n",
		    s->line);
	if (text != NULL)
		explicit_bzero(text, room);
	free(text);
	return status;
}

static int
run(struct shredding *s)
{
	FILE *file = s->file != NULL ? fopen(s->file, "re") : stdin;

	if (file == NULL) {
		(void)fprintf(
		    stderr, "gatehouse: %s: %s\n", s->file, strerror(errno));
		return EXIT_BAD_USAGE;
	}
	int status = shred_all(s, file);
	if (file != stdin)
		(void)fclose(file);
	if (status == 0 && !s->named) {
		(void)say(s, "it names nobody, and nothing was done");
		return EXIT_NOT_FOUND;
	}
	return status != 0 ? status : s->status;
}

int
codebook_shred_main(int argc, char **argv)
{
	struct shredding s = {.line = 0};
	int status = parse(&s, argc, argv);

	if (status != 0)
		return status;
	if (s.json && (s.rows = cJSON_CreateArray()) == NULL)
		return say(&s, "no memory for the result");
	status = run(&s);
	if (s.json) {
		char *text = cJSON_Print(s.rows);
		if (text == NULL || puts(text) < 0)
			status = EXIT_FAILED;
		cJSON_free(text);
		cJSON_Delete(s.rows);
	}
	return fflush(stdout) == 0 ? status : EXIT_FAILED;
}
