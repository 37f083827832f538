#ifndef GATEHOUSE_PASSPHRASE_H
#define GATEHOUSE_PASSPHRASE_H

#include <stdbool.h>

/*
 * passphrase_ask: where a passphrase can be read once, for a program that takes
 * it (gateway/ipc/root_job.h). Of a file it is not read here.
 *
 * file     a path, or "-": standard input; NULL: it is asked for at the
 *          terminal, and not shown
 * prompt   what it is of
 * twice    it is a new one: it is asked for again, and has to be the same
 * out_fd   the caller's
 * Returns  0, or the exit status after saying why
 */
struct passphrase {
	const char *file;
	const char *prompt;
	bool twice;
};
int passphrase_ask(int *out_fd, const struct passphrase *what);

#endif
