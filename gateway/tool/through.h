#ifndef GATEHOUSE_THROUGH_H
#define GATEHOUSE_THROUGH_H

#include "gateway/ipc/admin.h"
#include "gateway/tool/form_options.h"

/*
 * through: a raw file through the running gateway, to the form that an
 * agreement delivers, under the gateway's keys. The gateway records it first.
 *
 * A pipe carries the raw bytes to a process of the gateway, another one an age
 * file back, for an identity that lives as long as this call: so neither the
 * gateway opens a file for somebody, nor does anything but this process see
 * the form.
 */
struct through {
	const struct form_options *options;
	enum admin_type type; /* ADMIN_TRANSFORM, ADMIN_PREVIEW */
	int in_fd;
	/* Told before the first byte, as pairs: the ending of what is packed;
	   quoted, titled (0 or 1). At the end the counts of rows. */
	struct err (*line)(void *context, const struct admin_line *line);
	/* The plaintext, in order; CLOSED: it was enough, which is well. */
	struct err (*plain)(void *context, struct span bytes);
	void *context;
};

/* through_run: returns the exit status, after saying on stderr what went
 * wrong. Only with 0 was `plain` given all that it wanted. */
int through_run(const struct through *through);

#endif
