#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "gateway/ledger/record.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/policy_change.h"
#include "gateway/tool/policy_lives.h"
#include "gateway/tool/policy_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_VERIFIED = 7,
};

/* --- When it was in force, as the ledger shows it --- */

static void
print_ms(const char *before, uint64_t time_ms)
{
	char text[RECORD_TIME_LEN];

	(void)fputs(before, stdout);
	/* Without the milliseconds. */
	if (record_format_time(text, time_ms).code == ERR_OK)
		(void)printf("%.19sZ", text);
	else
		(void)putchar('-');
}

/* Returns 0, or the status of what the two do not agree about. */
static int
print_life(const struct policy_change *c, const struct policy_lives *lives,
    uint64_t version)
{
	const struct policy_chain *life = policy_lives_of(lives, version);
	const struct policy_chain *after = policy_lives_of(lives, version + 1);
	uint8_t files[32];

	if (life == NULL) {
		(void)fputs(version > policy_lives_last(lives)
			? "   not in force yet: the ledger does not show it\n"
			: "   never in force: the ledger does not show it\n",
		    stdout);
		return 0;
	}
	print_ms(after == NULL ? "   in force since " : "   in force from ",
	    life->since_ms);
	if (after != NULL)
		print_ms(" to ", after->since_ms);
	bool same =
	    statement_digest(files, c->next.files, c->next.num_files).code ==
		ERR_OK &&
	    span_equal(span_of(files, 32), span_of(life->files, 32));
	(void)puts(same ? "" : ", AS ANOTHER TEXT THAN LIES HERE");
	return same ? 0 : EXIT_NOT_VERIFIED;
}

/* What served and is not here was put away. */
static int
check_last(const struct policy_change *c, const struct policy_lives *lives)
{
	uint64_t last = policy_lives_last(lives);

	if (last <= c->highest)
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: %s: the ledger shows version %" PRIu64 " in force, "
	    "which is not here\n",
	    c->versions, last);
	return EXIT_NOT_VERIFIED;
}

/* --- Versions --- */

/* When its folder got its name, as the disk has it. */
static void
print_time(const char *path)
{
	char text[32] = "-";
	struct stat st;
	struct tm tm;

	if (stat(path, &st) == 0 && gmtime_r(&st.st_mtime, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void)fputs(text, stdout);
}

static void
print_step(const struct policy_change *c)
{
	const struct step_result *r = &c->result;

	for (uint32_t i = 0; i < r->num_signed; i++) {
		(void)fputs(i == 0 ? "  signed by " : ", ", stdout);
		(void)plain_text_print(
		    stdout, c->running.policy.signers[r->signed_by[i]].id);
	}
	(void)printf("%s: %zu wider, %zu narrower",
	    r->num_signed == 0 ? "  signed by nobody" : "",
	    r->diff.counts[DIFF_WIDER], r->diff.counts[DIFF_NARROWER]);
	if (!r->verdict.enough || r->num_wrong > 0)
		(void)fputs("  NOT SIGNED BY ENOUGH", stdout);
}

/* One version after the one before it, which is in `running`. */
static int
show_step(struct policy_change *c, uint64_t version)
{
	char path[VERSION_DIR_PATH];

	policy_change_step(c, version);
	if (version_dir_path(path, c->versions, version, "signatures").code !=
	    ERR_OK)
		return EXIT_FAILED;
	int code = policy_change_signatures(c, path);
	c->candidate = path; /* what a failure names */
	if (code == 0)
		code = policy_change_judge(c);
	c->candidate = NULL;
	if (code != 0)
		return code;
	print_step(c);
	return c->result.verdict.enough && c->result.num_wrong == 0
	    ? 0
	    : EXIT_NOT_VERIFIED;
}

/* Each is read once: what came after the last is before the next. */
static int
show(
    struct policy_change *c, const struct policy_lives *lives, uint64_t version)
{
	char path[VERSION_DIR_PATH], whole[VERSION_DIR_PATH];
	int code;

	if (version_dir_path(path, c->versions, version, "files").code !=
		ERR_OK ||
	    version_dir_path(whole, c->versions, version, "").code != ERR_OK)
		return EXIT_FAILED;
	policy_side_done(&c->running);
	c->running = c->next;
	c->next = (struct policy_side){.num_files = 0};
	code = policy_side_load(&c->next, path);
	if (code != 0)
		return code;
	(void)printf("%" PRIu64 "  ", version);
	print_time(whole);
	if (version == 1)
		(void)fputs("  the first: nobody's signature", stdout);
	else
		code = show_step(c, version);
	(void)putchar('\n');
	if (c->ledger == NULL)
		return code;
	int life = print_life(c, lives, version);
	return code == 0 ? life : code;
}

static int
show_all(struct policy_change *c)
{
	struct policy_lives CLEANUP(policy_lives_done)
	    lives = {.chains.max = 0};
	struct err err =
	    c->ledger != NULL ? policy_lives_read(&lives, c->ledger) : OK;
	int code = 0;

	if (err.code != ERR_OK) {
		(void)fprintf(
		    stderr, "gatehouse: %s: %s\n", c->ledger, err.why);
		return EXIT_FAILED;
	}
	for (uint64_t i = 1; code == 0 && i <= c->highest; i++)
		code = show(c, &lives, i);
	return code == 0 ? check_last(c, &lives) : code;
}

int
policy_log_main(int argc, char **argv)
{
	static struct policy_change change;
	struct policy_change_with with = {.candidate = ""};
	struct options options = {
	    .usage = "policy log [--config FILE] [--versions FOLDER] "
		     "[--ledger FOLDER]",
	    .rows = {{"config", .text = &with.config},
		{"versions", .text = &with.versions},
		{"ledger", .text = &with.ledger}},
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	code = policy_change_where(&change, &with);
	if (code == 0)
		code = show_all(&change);
	policy_change_done(&change);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
