#ifndef GATEHOUSE_OFFLINE_H
#define GATEHOUSE_OFFLINE_H

#include "gateway/flow/flow.h"
#include "gateway/tool/form_options.h"

/*
 * offline: a policy file to a plan, and a raw file through it, for `transform`
 * and `preview` with a test key. The pseudonym keys are random and thrown
 * away, so codes match no delivered ones: whoever runs this holds no key, and
 * needs none. Nor is there a codebook: a random code is of this run alone.
 *
 * in_fd    the raw file
 * out_fd   where the plaintext goes
 * watch    as in flow.h, may be NULL; an error CLOSED ends the run well
 * Returns  the exit status, after a report on stderr
 */
int offline_run(const struct form_options *options, int in_fd, int out_fd,
    struct err (*watch)(void *context, const struct flow_view *view),
    void *context);

#endif
