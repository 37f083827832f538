#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/tool/line_diff.h"
#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/policy_verbs.h"
#include "gateway/tool/replace_file.h"
#include "policy/fmt.h"
#include "policy/node.h"

enum fmt_mode {
	MODE_WRITE,
	MODE_CHECK, /* names what would change */
	MODE_DIFF,  /* shows it */
};

enum {
	EXIT_FAILED = 1,
	MAX_FORMATTED = 8 * NODE_MAX_FILE,
};

static int
say(struct span name, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %.*s: %s\n", (int)name.len,
	    (const char *)name.data, why);
	return EXIT_FAILED;
}

static int
show_difference(const struct source_file *file, struct span text)
{
	struct buf out CLEANUP(buf_done) = {.max = POLICY_OUT_MAX};
	struct err err = line_diff_put(&out, file->name, file->bytes, text);
	int code = policy_out(err, buf_span(&out), true);

	return code != 0 ? code : EXIT_FAILED;
}

/* What differs from its canonical form. */
static int
handle(const struct source_file *file, struct span text, enum fmt_mode mode)
{
	struct buf path CLEANUP(buf_done) = {.max = 8192};
	struct err err;

	if (mode == MODE_DIFF)
		return show_difference(file, text);
	if (mode == MODE_CHECK)
		return say(file->name, "not formatted");
	err = buf_append(&path, file->name);
	if (err.code == ERR_OK)
		err = buf_put_u8(&path, '\0');
	if (err.code == ERR_OK)
		err = replace_file((const char *)path.data, file->bytes, text);
	return err.code == ERR_OK ? 0 : say(file->name, err.why);
}

static int
format_file(
    struct policy_job *job, const struct source_file *file, enum fmt_mode mode)
{
	struct buf text CLEANUP(buf_done) = {.max = MAX_FORMATTED};
	int code;

	diagnostic_init(&job->d, file, 1);
	struct err err = fmt_file(&text, &job->d, file);
	if (err.code == ERR_DENIED)
		code = policy_job_report(job, err, POLICY_FORMAT_TEXT);
	else if (err.code != ERR_OK)
		code = say(file->name, err.why);
	else
		code = span_equal(file->bytes, buf_span(&text))
		    ? 0
		    : handle(file, buf_span(&text), mode);
	diagnostic_done(&job->d);
	return code;
}

/* Each file by itself; the worst of what happened is the status. */
static int
format_all(const char *path, enum fmt_mode mode)
{
	static struct policy_job job;
	int code, worst = 0;

	policy_job_init(&job);
	code = policy_job_add(&job, path);
	for (size_t i = 0; code == 0 && i < job.num_files; i++) {
		int one = format_file(&job, &job.files[i], mode);

		worst = one > worst ? one : worst;
	}
	policy_job_done(&job);
	return code > worst ? code : worst;
}

int
policy_fmt_main(int argc, char **argv)
{
	bool check = false, diff = false;
	struct options options = {
	    .usage = "policy fmt [--check | --diff] FILE or FOLDER...",
	    .rows = {{"check", .flag = &check}, {"diff", .flag = &diff}},
	    .least = 1,
	    .most = OPTIONS_MANY,
	};
	int worst = options_read(&options, argc, argv);

	if (worst != 0)
		return worst;
	if (check && diff)
		return options_usage(&options);
	enum fmt_mode mode = check ? MODE_CHECK : diff ? MODE_DIFF : MODE_WRITE;
	for (int i = 0; i < options.num_operands; i++) {
		int code = format_all(options.operands[i], mode);

		worst = code > worst ? code : worst;
	}
	return worst;
}
