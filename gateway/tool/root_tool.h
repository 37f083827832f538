#ifndef GATEHOUSE_ROOT_TOOL_H
#define GATEHOUSE_ROOT_TOOL_H

#include "crypto/root_file.h"
#include "gateway/base/config.h"
#include "gateway/base/spawn.h"

/*
 * root_tool: what the commands that make, open and seal root.sealed share. They
 * see no root: the program of its provider does (gateway/ipc/root_run.h).
 */
struct root_tool {
	const struct config *config;
	struct spawn spawn;
	int keys; /* the folder; -1: not open */
};

/* All return 0, or the exit status after saying why. */

/* root_tool_begin: root_tool_done ends also what it left when it failed. */
int root_tool_begin(struct root_tool *out, const struct config *config);
void root_tool_done(struct root_tool *tool);

/*
 * root_tool_open: the root behind a descriptor.
 *
 * passphrase  of one of those: a file, "-", or NULL: it is asked for
 * out_fd      the caller's: a secret_fd
 */
int root_tool_open(
    int *out_fd, const struct root_tool *tool, const char *passphrase);

/*
 * root_tool_seal: write root.sealed, whole or not at all.
 *
 * root        a secret_fd, and what is there is replaced; -1: a new root, and
 *             nothing may be there
 * passphrase  as above, of the new file
 */
struct root_seal_as {
	enum root_provider provider;
	const char *passphrase;
	int root;
};
int root_tool_seal(const struct root_tool *tool, const struct root_seal_as *as);

/* root_tool_warn: on stderr: what protects a root under this provider, where
 * that is little. */
void root_tool_warn(enum root_provider provider);

#endif
