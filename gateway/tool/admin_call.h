#ifndef GATEHOUSE_ADMIN_CALL_H
#define GATEHOUSE_ADMIN_CALL_H

#include "gateway/ipc/admin.h"

/*
 * admin_call: one question to the running gateway, over the admin socket of
 * its configuration.
 *
 * config    as in config_load; NULL: not given
 * line      sees each line of the result; what it returns ends the call
 * Returns   the exit status, after saying on stderr what went wrong
 */
struct admin_call {
	const char *config;
	enum admin_type type;
	struct admin_question question;
	struct err (*line)(void *context, const struct admin_line *line);
	void *context;
};

int admin_call(const struct admin_call *call);

#endif
