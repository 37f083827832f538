/*
 * without landlock|seccomp PROGRAM [ARGUMENT ...]: runs it as if the kernel had
 * no such thing. The calls are refused by a filter that goes with it.
 */
#include <err.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
refuse(scmp_filter_ctx filter, const char *what)
{
	if (strcmp(what, "landlock") == 0)
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		    SYS_landlock_create_ruleset, 0);
	if (strcmp(what, "seccomp") != 0)
		errx(2, "%s: not something to be without", what);
	int failed =
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SYS_seccomp, 0);
	if (failed != 0)
		return failed;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SYS_prctl, 1,
	    SCMP_CMP64(0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: without landlock|seccomp PROGRAM ...");
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL || refuse(filter, argv[1]) != 0 ||
	    seccomp_load(filter) != 0)
		errx(2, "no filter");
	seccomp_release(filter);
	(void)execv(argv[2], argv + 2);
	err(2, "%s", argv[2]);
}
