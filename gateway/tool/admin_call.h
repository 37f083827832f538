#ifndef GATEHOUSE_ADMIN_CALL_H
#define GATEHOUSE_ADMIN_CALL_H

#include "gateway/base/config.h"
#include "gateway/ipc/admin.h"

/*
 * admin_call: one question to the running gateway, over the admin socket of
 * its configuration.
 *
 * config    as in config_load; NULL: not given
 * shred, recipient  in the place of `question`; NULL: that
 * passes    descriptors that go with it, and stay the caller's
 * line      sees each line of the result; what it returns ends the call
 * Returns   the exit status, after saying on stderr what went wrong
 */
struct admin_call {
	const char *config;
	enum admin_type type;
	struct admin_question question;
	const struct admin_shred *shred;
	const struct admin_recipient *recipient;
	int passes[ADMIN_MAX_FDS];
	size_t num_passes;
	struct err (*line)(void *context, const struct admin_line *line);
	void *context;
};

int admin_call(const struct admin_call *call);

/* admin_call_until: the same, for five seconds if nobody is there to take it,
 * as between two generations. */
int admin_call_until(const struct admin_call *call);

/* admin_call_runs: somebody listens there. */
bool admin_call_runs(const struct config *config);

/*
 * Its parts, for a call that has more to do than to wait.
 *
 * admin_call_connect: to the gateway of this configuration. Returns 0, or the
 *     exit status after saying why.
 * admin_call_hear: one frame; *out_status is the exit status when it was the
 *     last. Errors: those of frame_recv, and what the line returns.
 * admin_call_wait: the same, when it comes. Errors: UNAVAILABLE: it does not.
 * admin_call_failed: say that it failed; returns the exit status.
 */
int admin_call_connect(const char *config, int *out_fd);
MUST_USE struct err admin_call_hear(
    int fd, const struct admin_call *call, int *out_status);
MUST_USE struct err admin_call_wait(
    int fd, const struct admin_call *call, int *out_status);
int admin_call_failed(struct err err);

#endif
