#ifndef GATEHOUSE_OFFLINE_H
#define GATEHOUSE_OFFLINE_H

#include "gateway/flow/flow.h"

/*
 * offline: a policy file to a plan, and stdin through it, for `transform` and
 * `preview`. The pseudonym keys are random and thrown away, so codes match no
 * delivered ones: whoever runs this holds no key, and needs none.
 */
struct offline_options {
	const char *policy, *agreement;
	const char *place; /* NULL: not asked about */
	bool test_key;
	uint64_t num_rows; /* preview only */
};

/*
 * offline_parse: the options of either verb.
 *
 * preview  --rows is one of them
 * Returns  0, or 2 after saying on stderr how it is used
 */
int offline_parse(
    struct offline_options *out, bool preview, int argc, char **argv);

/*
 * offline_run: stdin through the plan.
 *
 * out_fd   where the plaintext goes
 * watch    as in flow.h, may be NULL; an error CLOSED ends the run well
 * Returns  the exit status, after a report on stderr
 */
int offline_run(const struct offline_options *options, int out_fd,
    struct err (*watch)(void *context, const struct flow_view *view),
    void *context);

#endif
