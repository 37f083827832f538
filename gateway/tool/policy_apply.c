#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/policy_change.h"
#include "gateway/tool/policy_lives.h"
#include "gateway/tool/policy_trial.h"
#include "gateway/tool/policy_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_TESTS_FAILED = 4,
	EXIT_WIDER = 5,
	EXIT_DENIED = 6,
	MAX_WHY = 64 * 1024,
};

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* --- Its own tests --- */

static void
say_failed(const struct policy_test *t, struct span why)
{
	(void)fputs("FAILED  ", stderr);
	(void)plain_text_print(stderr, t->name);
	(void)fputs("  (", stderr);
	(void)plain_text_print(stderr, t->file);
	(void)fprintf(stderr, ":%u): ", (unsigned)t->line);
	(void)plain_text_print(stderr, why);
	(void)fputc('\n', stderr);
}

static int
run_tests(const struct policy *p)
{
	struct buf why CLEANUP(buf_done) = {.max = MAX_WHY};
	int code = 0;

	for (uint32_t i = 0; i < p->num_tests; i++) {
		enum trial_result result;
		buf_reset(&why);
		struct err err =
		    policy_trial_run(&result, &why, p, &p->tests[i]);
		if (err.code != ERR_OK)
			return say("the tests of the policy", err.why);
		if (result != TRIAL_FAILED)
			continue;
		say_failed(&p->tests[i], buf_span(&why));
		code = EXIT_TESTS_FAILED;
	}
	return code;
}

/* --- Signatures --- */

static void
say_how_to_sign(const struct policy_change *c)
{
	(void)fprintf(stderr,
	    "each of them types, or sends you the file that this makes:\n"
	    "    gatehouse policy approve -k KEYFILE%s%s\n"
	    "signatures are looked for in %s\n",
	    c->candidate == c->config.policy ? "" : " ",
	    c->candidate == c->config.policy ? "" : c->candidate, c->beside);
}

static int
ask_for_signatures(const struct policy_change *c)
{
	struct buf words CLEANUP(buf_done) = {.max = 4096};
	struct err err;

	if (c->result.verdict.enough)
		return 0;
	err = step_say_lacking(&words, &c->step, &c->result);
	if (err.code != ERR_OK)
		return say(c->candidate, err.why);
	(void)fputs("gatehouse: not applied: ", stderr);
	(void)plain_text_print(stderr, buf_span(&words));
	(void)fputc('\n', stderr);
	say_how_to_sign(c);
	return c->result.diff.counts[DIFF_WIDER] > 0 ? EXIT_WIDER : EXIT_DENIED;
}

/* --- The version --- */

/* With the signatures that count, and no others. */
static struct err
write_version(const struct policy_change *c, int dir)
{
	struct buf text CLEANUP(buf_done) = {.max = STATEMENT_MAX};
	struct step_signature good[STEP_MAX_SIGNATURES];
	size_t num = 0;

	for (uint32_t i = 0; i < c->num_signatures; i++) {
		bool wrong = false;
		for (uint32_t j = 0; j < c->result.num_wrong; j++)
			wrong = wrong || c->result.wrong[j] == i;
		if (!wrong)
			good[num++] = c->signatures[i];
	}
	TRY(statement_put(&text, &c->result.statement));
	return version_dir_write(dir, c->step.version,
	    &(struct version_dir_content){.files = c->next.files,
		.num_files = c->next.num_files,
		.statement = buf_span(&text),
		.signatures = good,
		.num_signatures = num});
}

/* A version that the gateway does not take has never been one: the next change
 * has its number. But once the ledger shows it, no other can follow. */
static int
take_back(const struct policy_change *c, int dir, int status)
{
	struct policy_lives CLEANUP(policy_lives_done) lives;
	struct err err = policy_lives_read(&lives, c->ledger);

	if (err.code != ERR_OK ||
	    policy_lives_last(&lives) == c->step.version) {
		(void)fprintf(stderr,
		    "gatehouse: version %" PRIu64 " stays: the ledger may show "
		    "it; reload or start the gateway\n",
		    c->step.version);
		return status;
	}
	err = version_dir_withdraw(dir, c->step.version);
	if (err.code != ERR_OK)
		return say(c->versions, err.why);
	(void)fprintf(stderr,
	    "gatehouse: not applied: the gateway refused it; version %" PRIu64
	    " serves on\n",
	    c->highest);
	return status;
}

/* Written; whoever serves is to serve it. */
static int
have_it_served(const struct policy_change *c, int dir, const char *config)
{
	const struct admin_call call = {.config = config, .type = ADMIN_RELOAD};
	int CLEANUP(sysio_close) fd = -1;

	if (admin_call_connect(config, &fd) != 0) {
		(void)fprintf(stderr,
		    "version %" PRIu64 " is written, and is served when the "
		    "gateway starts\n",
		    c->step.version);
		return 0;
	}
	sysio_close(&fd);
	int status = admin_call(&call);
	if (status != 0)
		return take_back(c, dir, status);
	(void)printf("version %" PRIu64 " serves\n", c->step.version);
	return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}

static int
write_and_serve(const struct policy_change *c, const char *config)
{
	int CLEANUP(sysio_close) dir =
	    open(c->versions, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return say(c->versions, "it does not open");
	struct err err = write_version(c, dir);
	if (err.code != ERR_OK)
		return say(c->versions, err.why);
	return have_it_served(c, dir, config);
}

/* Two versions that the gateway meets at once are none that follows: the second
 * has to wait until the first is in the ledger. */
static int
check_ledger(const struct policy_change *c)
{
	struct policy_lives CLEANUP(policy_lives_done)
	    lives = {.chains.max = 0};
	struct err err = policy_lives_read(&lives, c->ledger);

	if (err.code != ERR_OK)
		return say(c->ledger, err.why);
	uint64_t last = policy_lives_last(&lives);
	if (last == c->highest)
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: not applied: %s ends with version %" PRIu64 ", and the "
	    "ledger shows version %" PRIu64 " in force; %s first\n",
	    c->versions, c->highest, last,
	    last < c->highest ? "start or reload the gateway"
			      : "put that one back from a copy");
	return EXIT_FAILED;
}

static int
apply(const struct policy_change_with *with)
{
	static struct policy_change change;
	int code = policy_change_open(&change, with);

	if (code == 0)
		code = run_tests(&change.next.policy);
	if (code == 0)
		code = policy_change_signatures(&change, change.beside);
	if (code == 0)
		code = policy_change_judge(&change);
	if (code == 0)
		code = policy_change_show(&change);
	if (code == 0)
		code = ask_for_signatures(&change);
	if (code == 0)
		code = check_ledger(&change);
	if (code == 0)
		code = write_and_serve(&change, with->config);
	policy_change_done(&change);
	return code;
}

/* --- Verbs --- */

int
policy_apply_main(int argc, char **argv)
{
	struct policy_change_with with = {.config = NULL};
	struct options options = {
	    .usage = "policy apply [--config FILE] [--signatures FOLDER] "
		     "[FILE or FOLDER]",
	    .rows = {{"config", .text = &with.config},
		{"signatures", .text = &with.beside}},
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (options.num_operands > 0)
		with.candidate = options.operands[0];
	return apply(&with);
}

int
policy_rollback_main(int argc, char **argv)
{
	struct policy_change_with with = {.config = NULL};
	struct options options = {
	    .usage = "policy rollback [--config FILE] [--signatures FOLDER] "
		     "VERSION",
	    .rows = {{"config", .text = &with.config},
		{"signatures", .text = &with.beside}},
	    .least = 1,
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (span_u64(
		span_str(options.operands[0]), &with.back_to, VERSION_DIR_MAX)
		    .code != ERR_OK ||
	    with.back_to == 0)
		return options_usage(&options);
	return apply(&with);
}
