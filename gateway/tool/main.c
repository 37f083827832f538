#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crypto/init.h"
#include "gateway/tool/admin_verbs.h"
#include "gateway/tool/audit_verbs.h"
#include "gateway/tool/codebook_verbs.h"
#include "gateway/tool/data_verbs.h"
#include "gateway/tool/key_verbs.h"
#include "gateway/tool/options.h"
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
	const char *what; /* for those who ask which there are */
} verbs[] = {
    {NULL, "init", setup_main, "the keys and folders of a new gateway"},
    {NULL, "run", run_main, "serve, in the foreground"},
    {NULL, "status", admin_main_status, "how the running gateway stands"},
    {NULL, "reload", admin_main_reload,
	"take up the configuration and policy that lie there now"},
    {NULL, "upgrade", admin_main_upgrade,
	"reload, by the programs that are installed now"},
    {NULL, "unseal", root_unseal_main,
	"open the root, for a gateway that waits for it"},
    {"key", "init", root_init_main, "a new root, where there is none"},
    {"key", "rewrap", root_rewrap_main, "the same root, sealed in another way"},
    {"key", "unseal", root_unseal_main, "the same as `unseal`"},
    {"policy", "check", policy_check_main, "what is wrong, all at once"},
    {"policy", "explain", policy_explain_main,
	"what a caller gets, or got, and why"},
    {"policy", "help", policy_help_main,
	"what a code of `policy check` means, and what to do"},
    {"policy", "diff", policy_diff_main, "what gets wider, and for whom"},
    {"policy", "who-sees", policy_who_sees_main,
	"who gets a column, where, in which form"},
    {"policy", "schema", policy_schema_main,
	"JSON Schema for the editors of YAML"},
    {"policy", "fmt", policy_fmt_main, "the canonical form"},
    {"policy", "test", policy_test_main,
	"run the tests that travel with a policy"},
    {"policy", "new", policy_new_main, "ask, and write a policy that loads"},
    {"policy", "stage", policy_stage_main,
	"a candidate beside the policy: asked, decides nothing"},
    {"policy", "staged", admin_main_staged,
	"what the candidate would have decided otherwise"},
    {"policy", "approve", policy_approve_main, "sign a change"},
    {"policy", "apply", policy_apply_main,
	"a change that is signed: make it the next version"},
    {"policy", "log", policy_log_main,
	"all versions, and whether they are signed"},
    {"policy", "rollback", policy_rollback_main,
	"an earlier version's content, as the next one"},
    {"audit", "tail", audit_tail_main, "the last records, a line each"},
    {"audit", "show", audit_show_main, "one record, or all of one request"},
    {"audit", "verify", audit_verify_main,
	"the whole ledger, by its public key alone"},
    {"spool", "list", admin_main_list, "what is filled, and how large it is"},
    {"spool", "warm", admin_main_warm, "fill ahead of the first reader"},
    {"spool", "drop", admin_main_drop,
	"have it filled again for the next reader"},
    {"spool", "verify", admin_main_verify,
	"fill some again beside it, and compare"},
    {"key", "list", admin_main_key_list, "every epoch of every scope of codes"},
    {"key", "rotate", key_rotate_main, "the next epoch of a scope"},
    {"key", "destroy", key_destroy_main,
	"the seeds of a scope, or of an epoch, for good"},
    {"key", "export-public", admin_main_key_public,
	"the ledger's public key, and whom slots are sealed to"},
    {"key", "status", admin_main_key_status,
	"whether the root is there, and how keys are held"},
    {"codebook", "status", admin_main_codebook,
	"which one, and how much it holds"},
    {"codebook", "backup", codebook_backup_main,
	"of the running gateway's, into a new folder"},
    {"codebook", "restore", codebook_restore_main,
	"from a backup, where there is none"},
    {"codebook", "check", codebook_check_main, "look at each entry"},
    {"codebook", "shred", codebook_shred_main,
	"leave nothing of some subjects"},
    {"recipient", "add", recipient_add_main,
	"have a party prove that it holds a key"},
    {"recipient", "list", recipient_list_main,
	"what is proven, and what the policy names"},
    {"recipient", "remove", recipient_remove_main, "it is proven no more"},
    {NULL, "transform", transform_main,
	"a raw file, to what an agreement delivers"},
    {NULL, "preview", preview_main, "the first records, as they are delivered"},
    {NULL, "open", open_main, "decrypt what was delivered with `encrypt: age`"},
    {"reveal", "request", reveal_request_main,
	"the text that who asks and who approves sign"},
    {"reveal", "show", reveal_show_main,
	"from codes back to values, as it is signed"},
    {"reveal", "list", reveal_list_main,
	"what was shown, to whom, and what is to be reviewed"},
    {"reveal", "review", reveal_review_main, "say that it was looked at"},
    {NULL, "version", version_main, "which one this is"},
};

enum {
	NUM_VERBS = sizeof(verbs) / sizeof(verbs[0]),
	MAX_NAME = 32,
};

static bool
is_of(const struct verb *verb, const char *group)
{
	return verb->group != NULL && group != NULL &&
	    strcmp(verb->group, group) == 0;
}

static void
print_verb(FILE *out, const struct verb *verb)
{
	char name[MAX_NAME];

	(void)snprintf(name, sizeof(name), "%s%s%s",
	    verb->group != NULL ? verb->group : "",
	    verb->group != NULL ? " " : "", verb->name);
	(void)fprintf(out, "  gatehouse %-18s %s\n", name, verb->what);
}

static bool
is_group(const char *name)
{
	for (size_t i = 0; i < NUM_VERBS; i++)
		if (is_of(&verbs[i], name))
			return true;
	return false;
}

/* `codebook` names a group, whose verbs are told; else all are. */
static void
usage(FILE *out, const char *group)
{
	bool known = is_group(group);

	(void)fprintf(out, "usage: gatehouse %s%sVERB ...\n",
	    known ? group : "", known ? " " : "");
	for (size_t i = 0; i < NUM_VERBS; i++)
		if (!known || is_of(&verbs[i], group))
			print_verb(out, &verbs[i]);
	(void)fputs("`--help` behind a verb tells what it takes.\n", out);
}

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

/* As people ask any command: of the verbs, of those of a group, of one. */
static int
help_main(int argc, char **argv)
{
	const struct verb *verb = find(verbs, NUM_VERBS, argc, argv);
	char help[] = "--help", *asks[] = {argv[0], help, NULL};

	if (verb != NULL)
		return verb->run(2, asks);
	usage(stdout, argc > 1 ? argv[1] : NULL);
	return OPTIONS_HELP;
}

static const struct verb asked[] = {
    {.name = "help", .run = help_main},
    {.name = "--help", .run = help_main},
    {.name = "-h", .run = help_main},
    {.name = "--version", .run = version_main},
};

/* `codebook --help` is `help codebook`. */
static bool
asks_of_group(int argc, char **argv)
{
	return argc == 3 && is_group(argv[1]) &&
	    (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
}

static int
run_verb(int argc, char **argv)
{
	const struct verb *verb = find(verbs, NUM_VERBS, argc, argv);

	if (verb == NULL)
		verb =
		    find(asked, sizeof(asked) / sizeof(asked[0]), argc, argv);
	if (verb != NULL) {
		int at = verb->group != NULL ? 2 : 1;
		return verb->run(argc - at, argv + at);
	}
	if (asks_of_group(argc, argv))
		return help_main(2, argv);
	usage(stderr, argc > 1 ? argv[1] : NULL);
	return 2;
}

int
main(int argc, char **argv)
{
	struct err err = crypto_init();

	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return 1;
	}
	int status = run_verb(argc, argv);
	if (status == OPTIONS_HELP)
		status = fflush(stdout) == 0 ? 0 : 1;
	return status;
}
