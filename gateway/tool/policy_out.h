#ifndef GATEHOUSE_POLICY_OUT_H
#define GATEHOUSE_POLICY_OUT_H

#include "crypto/memory/buf.h"

enum {
	POLICY_OUT_MAX = 64 * 1024 * 1024, /* bytes of one answer */
};

/*
 * policy_out: an answer on standard output. As text what a terminal might take
 * for a command becomes a question mark: a policy can hold any character.
 *
 * err      of making it; said on standard error
 * Returns  0, or 1 when it could not be made or written
 */
int policy_out(struct err err, struct span answer, bool is_text);

#endif
