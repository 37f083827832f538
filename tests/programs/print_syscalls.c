/*
 * Prints "role call" for each system call that a role's jail permits: of the
 * tables that the role programs are built with. tests/lint/syscalls.sh
 * compares them with what was agreed.
 */
#include "gateway/base/jail_tables.h"

#include <err.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

static void
print_table(const struct jail_table *table)
{
	for (size_t i = 0; i < table->num_syscalls; i++) {
		char *name = seccomp_syscall_resolve_num_arch(
		    SCMP_ARCH_NATIVE, table->syscalls[i]);
		if (name == NULL)
			errx(1, "%s: no system call has the number %d",
			    table->role, table->syscalls[i]);
		printf("%s %s\n", table->role, name);
		free(name);
	}
}

int
main(void)
{
	const struct jail_table *table;
	for (size_t i = 0; (table = jail_tables_at(i)) != NULL; i++)
		print_table(table);
	return 0;
}
