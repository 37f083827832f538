#include "gateway/tool/options.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "gateway/tool/plain_text.h"

enum {
	EXIT_BAD_USAGE = 2,
	HELP = 'h',
	LONG = 256, /* with a row's index, what getopt_long calls its name */
	NAME_MAX_LEN = 32,
};

static void
print_usage(FILE *out, const struct options *o)
{
	(void)fprintf(out, "usage: gatehouse %s\n", o->usage);
}

int
options_usage(const struct options *o)
{
	print_usage(stderr, o);
	return EXIT_BAD_USAGE;
}

static bool
is_last(const struct options_row *row)
{
	return row->name == NULL && row->letter == 0;
}

static bool
is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* As a word of its own: --key is not named by --keys, nor -k by --k. */
static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[len]))
			return true;
	return false;
}

static void
spell(char out[NAME_MAX_LEN], const struct options_row *row)
{
	if (row->name != NULL)
		(void)snprintf(out, NAME_MAX_LEN, "--%s", row->name);
	else
		(void)snprintf(out, NAME_MAX_LEN, "-%c", row->letter);
}

static bool
is_named(const struct options *o, const struct options_row *row)
{
	const char letter[] = {'-', row->letter, '\0'};
	char name[NAME_MAX_LEN];

	spell(name, row);
	return has_word(o->usage, name) ||
	    (row->letter != 0 && has_word(o->usage, letter));
}

/* What getopt_long goes by. */
struct table {
	struct option names[1 + OPTIONS_MAX + 1];
	char letters[3 + 2 * OPTIONS_MAX];
};

static void
fill(struct table *t, const struct options *o)
{
	struct option *name = t->names;
	char *letter = t->letters;

	*letter++ = ':'; /* what has no value is told from what is unknown */
	*letter++ = HELP;
	*name++ = (struct option){"help", no_argument, NULL, HELP};
	for (int i = 0; !is_last(&o->rows[i]); i++) {
		const struct options_row *row = &o->rows[i];
		if (!is_named(o, row))
			continue;
		if (row->name != NULL)
			*name++ = (struct option){row->name,
			    row->flag != NULL ? no_argument : required_argument,
			    NULL, LONG + i};
		if (row->letter != 0)
			*letter++ = row->letter;
		if (row->letter != 0 && row->flag == NULL)
			*letter++ = ':';
	}
}

/* The row of what getopt_long knows. */
static const struct options_row *
find(const struct options *o, int option)
{
	int i = option >= LONG ? option - LONG : 0;

	while (option < LONG && o->rows[i].letter != option)
		i++;
	assert(i < OPTIONS_MAX);
	return &o->rows[i];
}

static struct err
take_number(const struct options_row *row, struct span value)
{
	uint64_t number;

	if (span_u64(value, &number, row->most).code != ERR_OK ||
	    number < row->least)
		return ERR(USAGE, "no number that it takes");
	*row->number = number;
	return OK;
}

static struct err
take(const struct options_row *row, const char *value)
{
	if (row->take != NULL)
		return row->take(row->into, value);
	if (row->flag != NULL)
		*row->flag = true;
	else if (row->text != NULL)
		*row->text = value;
	else if (row->span != NULL)
		*row->span = span_str(value);
	else
		return take_number(row, span_str(value));
	return OK;
}

static int
complain(const struct options *o, const char *name, const char *why)
{
	(void)fputs("gatehouse: ", stderr);
	/* A value behind it is nobody's business. */
	(void)plain_text_print(stderr, span_of(name, strcspn(name, "=")));
	(void)fprintf(stderr, ": %s\n", why);
	return options_usage(o);
}

/* `option` is what getopt_long makes of one that is wrong. */
static int
refuse(const struct options *o, int option, char **argv)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	char name[NAME_MAX_LEN];

	if (optopt == HELP) /* as a letter it is known */
		return complain(o, "--help", "it takes no value");
	if (option == '?' && optopt < LONG)
		return complain(o, optopt != 0 ? letter : argv[optind - 1],
		    "no option of this verb");
	spell(name, find(o, optopt));
	return complain(o, name,
	    option == ':' ? "its value is missing" : "it takes no value");
}

int
options_read(struct options *o, int argc, char **argv)
{
	struct table table = {.letters = ""};
	char name[NAME_MAX_LEN];
	int option;

	fill(&table, o);
	opterr = 0;
	optind = 0; /* anew, whoever read options before */
	while ((option = getopt_long(
		    argc, argv, table.letters, table.names, NULL)) != -1) {
		if (option == '?' || option == ':')
			return refuse(o, option, argv);
		if (option == HELP) {
			print_usage(stdout, o);
			return OPTIONS_HELP;
		}
		const struct options_row *row = find(o, option);
		struct err err = take(row, optarg);
		if (err.code == ERR_OK)
			continue;
		spell(name, row);
		return complain(o, name, err.why);
	}
	o->operands = argv + optind;
	o->num_operands = argc - optind;
	return o->num_operands >= o->least && o->num_operands <= o->most
	    ? 0
	    : options_usage(o);
}
