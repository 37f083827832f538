#include "gateway/tool/form_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/tool/options.h"

enum {
	DEFAULT_ROWS = 10,
	MAX_ROWS = 1000000,
};

/* `own` is what only one of them takes. */
#define USAGE(verb, own)                                                       \
	verb                                                                   \
	    " --agreement ID --place ID [--config FILE]\n"                     \
	    "           " own " [RAW]\n"                                       \
	    "       gatehouse " verb " --test-key --policy FILE|FOLDER "       \
	    "--agreement ID\n"                                                 \
	    "           [--place ID] " own " [RAW]\n"                          \
	    "The first goes through the running gateway: its policy in "       \
	    "force, "                                                          \
	    "its keys, a\nrecord in its ledger. --test-key goes without one: " \
	    "codes are made with random\nkeys that are thrown away."

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
	struct form_options told = {.num_rows = DEFAULT_ROWS};
	struct options options = {
	    .usage = preview ? USAGE("preview", "[--rows N]")
			     : USAGE("transform", "[--output FILE]"),
	    .rows = {{"policy", .text = &told.policy},
		{"agreement", .text = &told.agreement},
		{"place", .text = &told.place},
		{"config", .text = &told.config},
		{"test-key", .flag = &told.test_key},
		{"output", .letter = 'o', .text = &told.output},
		{"rows", .number = &told.num_rows, .most = MAX_ROWS}},
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (!fit_together(&told))
		return options_usage(&options);
	if (options.num_operands > 0)
		told.input = options.operands[0];
	*out = told;
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
