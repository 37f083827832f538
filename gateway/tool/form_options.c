#include "gateway/tool/form_options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2,
	DEFAULT_ROWS = 10,
	MAX_ROWS = 1000000,
};

static int
usage(const char *verb, bool preview)
{
	const char *own = preview ? "[--rows N]" : "[--output FILE]";

	(void)fprintf(stderr,
	    "usage: gatehouse %s --agreement ID --place ID [--config FILE]\n"
	    "           %s [RAW]\n"
	    "       gatehouse %s --test-key --policy FILE|FOLDER --agreement "
	    "ID\n"
	    "           [--place ID] %s [RAW]\n"
	    "The first goes through the running gateway: its policy in force, "
	    "its keys, a\nrecord in its ledger. --test-key goes without one: "
	    "codes are made with random\nkeys that are thrown away.\n",
	    verb, own, verb, own);
	return EXIT_USAGE;
}

static bool
take(struct form_options *options, bool preview, int option, const char *value)
{
	switch (option) {
	case 'p':
		options->policy = value;
		return true;
	case 'a':
		options->agreement = value;
		return true;
	case 'l':
		options->place = value;
		return true;
	case 'c':
		options->config = value;
		return true;
	case 'k':
		options->test_key = true;
		return true;
	case 'o':
		options->output = value;
		return !preview;
	case 'n':
		return preview &&
		    span_u64(span_str(value), &options->num_rows, MAX_ROWS)
			.code == ERR_OK;
	default:
		return false;
	}
}

static bool
fit_together(const struct form_options *options)
{
	if (options->agreement == NULL)
		return false;
	if (options->test_key)
		return options->policy != NULL && options->config == NULL;
	if (options->policy != NULL)
		(void)fputs("gatehouse: --policy is for --test-key: a gateway "
			    "goes by the policy in force\n",
		    stderr);
	return options->policy == NULL && options->place != NULL;
}

int
form_options_parse(
    struct form_options *out, bool preview, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"policy", required_argument, NULL, 'p'},
	    {"agreement", required_argument, NULL, 'a'},
	    {"place", required_argument, NULL, 'l'},
	    {"config", required_argument, NULL, 'c'},
	    {"test-key", no_argument, NULL, 'k'},
	    {"output", required_argument, NULL, 'o'},
	    {"rows", required_argument, NULL, 'n'},
	    {0},
	};
	struct form_options options = {.num_rows = DEFAULT_ROWS};
	bool right = true;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "o:", longs, NULL)) != -1)
		right = right && take(&options, preview, c, optarg);
	if (right && optind < argc)
		options.input = argv[optind++];
	if (!right || optind != argc || !fit_together(&options))
		return usage(argv[0], preview);
	*out = options;
	return 0;
}

int
form_options_open(const struct form_options *options)
{
	int fd = STDIN_FILENO;

	if (options->input != NULL)
		fd = open(options->input, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		(void)fprintf(stderr, "gatehouse: %s: %s\n", options->input,
		    strerror(errno));
	return fd;
}
