#ifndef GATEHOUSE_POLICY_TEXT_H
#define GATEHOUSE_POLICY_TEXT_H

#include "policy/model.h"
#include "policy/statement.h"

/* policy_text: the files of a policy as bytes, which nobody here looks into. */
struct policy_text {
	struct arena arena;
	struct source_file files[STATEMENT_MAX_FILES];
	size_t num_files;
};

/*
 * policy_text_read: a file, or every *.yaml of a folder, and the tables that
 * the policy names.
 *
 * Returns  0, or the exit status after saying why
 */
MUST_USE int policy_text_read(
    struct policy_text *out, const char *path, const struct policy *policy);
void policy_text_done(struct policy_text *text); /* accepts the zero state */

/* policy_text_same: all files of the folder `version` lie at `path` with these
 * bytes, and there is no other *.yaml. */
bool policy_text_same(const char *path, const char *version);

#endif
