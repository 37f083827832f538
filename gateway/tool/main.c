#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crypto/init.h"
#include "gateway/tool/admin_verbs.h"
#include "gateway/tool/audit_verbs.h"
#include "gateway/tool/codebook_verbs.h"
#include "gateway/tool/data_verbs.h"
#include "gateway/tool/key_verbs.h"
#include "gateway/tool/recipient_verbs.h"
#include "gateway/tool/reveal_verbs.h"
#include "gateway/tool/run.h"
#include "gateway/tool/setup.h"
#include "gateway/tool/policy_verbs.h"
#include "gateway/tool/root_verbs.h"

/* gatehouse: one command, a table of verbs. */

static int
version_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return puts("gatehouse " GATEHOUSE_VERSION) < 0 ? 1 : 0;
}

static const struct verb {
	const char *group; /* NULL: the verb stands alone */
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
    {NULL, "init", setup_main},
    {NULL, "run", run_main},
    {NULL, "status", admin_main_status},
    {NULL, "reload", admin_main_reload},
    {NULL, "upgrade", admin_main_upgrade},
    {NULL, "unseal", root_unseal_main},
    {"key", "init", root_init_main},
    {"key", "rewrap", root_rewrap_main},
    {"key", "unseal", root_unseal_main},
    {"policy", "check", policy_check_main},
    {"policy", "explain", policy_explain_main},
    {"policy", "help", policy_help_main},
    {"policy", "diff", policy_diff_main},
    {"policy", "who-sees", policy_who_sees_main},
    {"policy", "schema", policy_schema_main},
    {"policy", "fmt", policy_fmt_main},
    {"policy", "test", policy_test_main},
    {"policy", "new", policy_new_main},
    {"policy", "stage", policy_stage_main},
    {"policy", "staged", admin_main_staged},
    {"policy", "approve", policy_approve_main},
    {"policy", "apply", policy_apply_main},
    {"policy", "log", policy_log_main},
    {"policy", "rollback", policy_rollback_main},
    {"audit", "tail", audit_tail_main},
    {"audit", "show", audit_show_main},
    {"audit", "verify", audit_verify_main},
    {"spool", "list", admin_main_list},
    {"spool", "warm", admin_main_warm},
    {"spool", "drop", admin_main_drop},
    {"spool", "verify", admin_main_verify},
    {"key", "list", admin_main_key_list},
    {"key", "rotate", key_rotate_main},
    {"key", "destroy", key_destroy_main},
    {"key", "export-public", admin_main_key_public},
    {"key", "status", admin_main_key_status},
    {"codebook", "status", admin_main_codebook},
    {"codebook", "backup", codebook_backup_main},
    {"codebook", "restore", codebook_restore_main},
    {"codebook", "check", codebook_check_main},
    {"codebook", "shred", codebook_shred_main},
    {"recipient", "add", recipient_add_main},
    {"recipient", "list", recipient_list_main},
    {"recipient", "remove", recipient_remove_main},
    {NULL, "transform", transform_main},
    {NULL, "preview", preview_main},
    {NULL, "open", open_main},
    {"reveal", "request", reveal_request_main},
    {"reveal", "show", reveal_show_main},
    {"reveal", "list", reveal_list_main},
    {"reveal", "review", reveal_review_main},
    {NULL, "version", version_main},
};

enum {
	NUM_VERBS = sizeof(verbs) / sizeof(verbs[0])
};

static bool
is_of(const struct verb *verb, const char *group)
{
	return verb->group != NULL && group != NULL &&
	    strcmp(verb->group, group) == 0;
}

/* `codebook` names a group, whose verbs are told; else all are. */
static void
usage(FILE *out, const char *group)
{
	bool known = false;

	for (size_t i = 0; i < NUM_VERBS; i++)
		known = known || is_of(&verbs[i], group);
	(void)fprintf(out, "usage: gatehouse %s%sVERB ...\n",
	    known ? group : "", known ? " " : "");
	for (size_t i = 0; i < NUM_VERBS; i++)
		if (!known || is_of(&verbs[i], group))
			(void)fprintf(out, "       gatehouse %s%s%s\n",
			    verbs[i].group != NULL ? verbs[i].group : "",
			    verbs[i].group != NULL ? " " : "", verbs[i].name);
}

/* As people ask any command: of the verbs, or of those of a group. */
static int
help_main(int argc, char **argv)
{
	usage(stdout, argc > 1 ? argv[1] : NULL);
	return fflush(stdout) == 0 ? 0 : 1;
}

static const struct verb asked[] = {
    {NULL, "help", help_main},
    {NULL, "--help", help_main},
    {NULL, "-h", help_main},
    {NULL, "--version", version_main},
};

static const struct verb *
find(const struct verb *from, size_t num, int argc, char **argv)
{
	for (size_t i = 0; i < num; i++) {
		const struct verb *v = &from[i];
		int at = v->group != NULL ? 2 : 1;

		if (argc > at && strcmp(argv[at], v->name) == 0 &&
		    (v->group == NULL || is_of(v, argv[1])))
			return v;
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	struct err err = crypto_init();

	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	const struct verb *verb = find(verbs, NUM_VERBS, argc, argv);
	if (verb == NULL)
		verb =
		    find(asked, sizeof(asked) / sizeof(asked[0]), argc, argv);
	if (verb != NULL) {
		int at = verb->group != NULL ? 2 : 1;
		return verb->run(argc - at, argv + at);
	}
	usage(stderr, argc > 1 ? argv[1] : NULL);
	return 2;
}
