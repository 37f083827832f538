#ifndef GATEHOUSE_FORM_OPTIONS_H
#define GATEHOUSE_FORM_OPTIONS_H

#include "crypto/memory/span.h"

/* form_options: what `transform` and `preview` are told. */
struct form_options {
	const char *agreement;
	const char *place;  /* NULL: not asked about; with test_key only */
	const char *policy; /* with test_key only: NULL otherwise */
	const char *config; /* as in config_load; without test_key only */
	const char *input;  /* NULL: standard input */
	const char *output; /* NULL: standard output; of transform only */
	bool test_key;
	uint64_t num_rows; /* of preview only */
};

/*
 * form_options_parse: of either verb.
 *
 * preview  --rows is one of them, --output is not
 * Returns  0, or 2 after saying on stderr how it is used
 */
int form_options_parse(
    struct form_options *out, bool preview, int argc, char **argv);

/* form_options_open: the input. Returns its descriptor, or -1 after saying
 * why. */
int form_options_open(const struct form_options *options);

#endif
