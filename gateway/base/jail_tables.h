#ifndef GATEHOUSE_JAIL_TABLES_H
#define GATEHOUSE_JAIL_TABLES_H

#include "crypto/memory/span.h"

/*
 * jail_tables: the system calls that each role may make in its jail, and no
 * others. One place, for the roles, for the tests and for whoever asks.
 */
struct jail_table {
	const char *role;
	const int *syscalls; /* SYS_*, each once */
	size_t num_syscalls;
	size_t max_syscalls; /* what we promise; a test holds us to it */
};

/* jail_tables_find: a role's table, static; NULL: there is no such role. */
const struct jail_table *jail_tables_find(const char *role);

/* jail_tables_at: the index-th table, NULL after the last one. */
const struct jail_table *jail_tables_at(size_t index);

#endif
