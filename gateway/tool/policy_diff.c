#include <stdio.h>
#include <string.h>

#include "gateway/tool/json_members.h"
#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/policy_verbs.h"
#include "policy/diff.h"

enum {
	EXIT_FAILED = 1,
	EXIT_WIDER = 5,
	DIFF_ARENA = 512 * 1024 * 1024,
};

static struct err
put_place(struct jcs *j, const struct diff_row *row)
{
	if (row->line == 0)
		return OK;
	if (row->file.len > 0)
		TRY(json_text(j, "file", row->file));
	TRY(json_bool(j, "gone", row->gone));
	return json_number(j, "line", row->line);
}

/* What a row is not about is not in it. */
static struct err
put_row(struct jcs *j, const struct diff_row *row)
{
	TRY(jcs_open_object(j));
	if (row->agreement.len > 0)
		TRY(json_text(j, "agreement", row->agreement));
	if (row->is_column)
		TRY(json_text(j, "column", row->what));
	TRY(put_place(j, row));
	TRY(json_text(j, "new", row->after));
	TRY(json_text(j, "old", row->before));
	if (row->place.len > 0)
		TRY(json_text(j, "place", row->place));
	if (!row->is_column)
		TRY(json_text(j, "term", row->what));
	TRY(json_text(j, "verdict", span_str(diff_verdict_name(row->verdict))));
	if (row->who.len > 0)
		TRY(json_text(j, "who", row->who));
	return jcs_close_object(j);
}

static struct err
put_party(struct jcs *j, const struct policy *running, struct span party)
{
	TRY(jcs_open_object(j));
	TRY(json_text(j, "party", party));
	TRY(json_open_array(j, "signers"));
	for (uint32_t i = 0; i < running->num_signers; i++)
		if (diff_signs_for(running, i, party))
			TRY(jcs_string(j, running->signers[i].id));
	TRY(jcs_close_array(j));
	return jcs_close_object(j);
}

static struct err
put_json(struct buf *out, const struct diff *diff, const struct policy *running)
{
	struct jcs j;

	jcs_init(&j, out);
	TRY(jcs_open_object(&j));
	TRY(json_open_array(&j, "changes"));
	for (size_t i = 0; i < diff->num_rows; i++)
		TRY(put_row(&j, &diff->rows[i]));
	TRY(jcs_close_array(&j));
	TRY(json_number(&j, "narrower", diff->counts[DIFF_NARROWER]));
	TRY(json_open_array(&j, "needs-signature-of"));
	for (size_t i = 0; i < diff->num_signers; i++)
		TRY(put_party(&j, running, diff->signers[i]));
	TRY(jcs_close_array(&j));
	TRY(json_number(&j, "other", diff->counts[DIFF_OTHER]));
	TRY(json_number(&j, "wider", diff->counts[DIFF_WIDER]));
	TRY(jcs_close_object(&j));
	return buf_append_str(out, "\n");
}

static int
answer(const struct policy *old, const struct policy *new, bool json)
{
	struct buf text CLEANUP(buf_done) = {.max = POLICY_OUT_MAX};
	CLEANUP(arena_done) struct arena arena = {.max = DIFF_ARENA};
	struct diff diff;
	struct err err = diff_policies(&diff, &arena, old, new);

	if (err.code == ERR_OK)
		err = json ? put_json(&text, &diff, old)
			   : diff_print(&text, &diff, old);
	int code = policy_out(err, buf_span(&text), !json);
	if (code == 0 && diff.counts[DIFF_WIDER] > 0)
		code = EXIT_WIDER;
	return code;
}

/* One side: read, checked; problems are said, and keep it from going on. */
static int
load(
    struct policy_job *job, struct policy *out, char **path, const char *config)
{
	bool live = strcmp(*path, "live") == 0;

	return policy_job_load(job, out, path, live ? 0 : 1, config);
}

int
policy_diff_main(int argc, char **argv)
{
	static struct policy_job jobs[2];
	struct policy policies[2];
	const char *config = NULL;
	bool json = false;
	struct options options = {
	    .usage = "policy diff [--json] [--config FILE] OLD NEW\n"
		     "Each is a FILE, a FOLDER, or `live`: the policy of the "
		     "gateway's configuration.",
	    .rows = {{"json", .flag = &json}, {"config", .text = &config}},
	    .least = 2,
	    .most = 2,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	for (int i = 0; i < 2; i++)
		policy_job_init(&jobs[i]);
	for (int i = 0; i < 2 && code == 0; i++)
		code =
		    load(&jobs[i], &policies[i], &options.operands[i], config);
	if (code == 0)
		code = answer(&policies[0], &policies[1], json);
	for (int i = 0; i < 2; i++)
		policy_job_done(&jobs[i]);
	return code;
}
