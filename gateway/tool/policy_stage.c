#include <stdio.h>

#include "gateway/base/config_load.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/admin_verbs.h"
#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_verbs.h"
#include "gateway/tool/staged_dir.h"

enum {
	EXIT_FAILED = 1,
	EXIT_AGAIN = 75,
};

/* What was typed, and what came of it. */
struct stage {
	const char *config_path; /* NULL: not given */
	struct config config;
	struct policy_job job;
	struct policy policy;
	struct source_file files[CHECK_MAX_FILES + CHECK_MAX_TABLES];
	struct staged_dir dir;
};

static int
say(struct err err)
{
	(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	return err.code == ERR_AGAIN ? EXIT_AGAIN : EXIT_FAILED;
}

/* --- With the gateway --- */

static struct err
no_line(void *context, const struct admin_line *line)
{
	(void)context, (void)line;
	return OK;
}

static int
tell(const struct stage *s, enum admin_type type)
{
	return admin_call(&(struct admin_call){
	    .config = s->config_path, .type = type, .line = no_line});
}

/* The one in force did not change, and neither did the candidate. */
static int
take_back(struct stage *s, int code)
{
	struct err err = staged_dir_back(&s->dir);

	if (err.code != ERR_OK)
		return say(err);
	(void)fputs("gatehouse: what was staged before is so still\n", stderr);
	return code;
}

/* The sums, of which there are none yet: the gateway has taken it. */
static int
show(const struct stage *s)
{
	char name[] = "staged", option[] = "--config";
	char path[4096];
	char *with[] = {name, option, path, NULL}, *without[] = {name, NULL};

	if (s->config_path == NULL)
		return admin_main_staged(1, without);
	(void)snprintf(path, sizeof(path), "%s", s->config_path);
	return admin_main_staged(3, with);
}

static int
begin(struct stage *s, const char *path)
{
	int code = policy_job_add(&s->job, path);

	if (code != 0)
		return code;
	struct err err = policy_job_check(&s->job, &s->policy);
	if (err.code != ERR_OK)
		return policy_job_report(&s->job, err, POLICY_FORMAT_TEXT);
	size_t num = policy_job_files(&s->job, s->files);
	err = staged_dir_put(&s->dir, s->files, num);
	if (err.code != ERR_OK)
		return say(err);
	code = tell(s, ADMIN_STAGE);
	if (code == 0)
		code = show(s);
	if (code != 0)
		return take_back(s, code);
	err = staged_dir_keep(&s->dir);
	return err.code == ERR_OK ? 0 : say(err);
}

static int
end(struct stage *s)
{
	struct err err = staged_dir_take(&s->dir);

	if (err.code != ERR_OK)
		return say(err);
	int code = tell(s, ADMIN_STAGE_END);
	if (code != 0)
		return take_back(s, code);
	err = staged_dir_keep(&s->dir);
	return err.code == ERR_OK ? 0 : say(err);
}

static int
run(struct stage *s, const char *path)
{
	struct arena arena CLEANUP(arena_done) = {0};

	arena_init(&arena, CONFIG_ARENA);
	int code = config_load(&s->config, &arena, s->config_path);
	if (code != 0)
		return code;
	struct err err = staged_dir_open(&s->dir, s->config.state);
	if (err.code != ERR_OK)
		code = say(err);
	else
		code = path != NULL ? begin(s, path) : end(s);
	staged_dir_done(&s->dir);
	return code;
}

int
policy_stage_main(int argc, char **argv)
{
	static struct stage s;
	bool ends = false;
	struct options options = {
	    .usage = "policy stage [--config FILE] FILE or FOLDER\n"
		     "       gatehouse policy stage [--config FILE] --end",
	    .rows = {{"config", .text = &s.config_path},
		{"end", .flag = &ends}},
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (options.num_operands != (ends ? 0 : 1))
		return options_usage(&options);
	const char *path = ends ? NULL : options.operands[0];
	policy_job_init(&s.job);
	code = run(&s, path);
	policy_job_done(&s.job);
	return code;
}
