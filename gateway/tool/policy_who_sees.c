#include <stdio.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/json_members.h"
#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/policy_verbs.h"
#include "policy/day.h"
#include "policy/explain.h"
#include "policy/who_sees.h"

enum {
	EXIT_BAD_USAGE = 2,
	LIST_ARENA = 256 * 1024 * 1024,
};

static struct err
put_day(struct jcs *j, const char *name, int32_t day)
{
	struct buf text CLEANUP(buf_done) = {.max = 16};

	TRY(day_append(&text, day));
	return json_text(j, name, buf_span(&text));
}

static struct err
put_row(struct jcs *j, const struct policy *p, const struct who_sees_row *row)
{
	struct buf form CLEANUP(buf_done) = {.max = 1 << 20};
	const struct agreement *a = &p->agreements[row->agreement];
	const struct dataset *ds = &p->datasets[a->dataset];

	TRY(explain_protection(&form, p, row->delivered));
	TRY(jcs_open_object(j));
	TRY(json_text(j, "agreement", a->id));
	TRY(json_text(j, "column", ds->columns[row->delivered->column].name));
	TRY(json_text(j, "file", a->file));
	TRY(json_text(j, "form", buf_span(&form)));
	if (a->first_day != INT32_MIN)
		TRY(put_day(j, "from", a->first_day));
	TRY(json_number(j, "line", row->delivered->line));
	TRY(json_text(j, "place", p->places[row->place].id));
	TRY(json_text(j, "recipient", p->parties[a->recipient].id));
	if (a->last_day != INT32_MAX)
		TRY(put_day(j, "until", a->last_day));
	TRY(json_text(j, "who", p->groups[row->group].id));
	return jcs_close_object(j);
}

static struct err
put_json(struct buf *out, const struct policy *p, const struct who_sees *list)
{
	struct jcs j;

	jcs_init(&j, out);
	TRY(jcs_open_array(&j));
	for (size_t i = 0; i < list->num_rows; i++)
		TRY(put_row(&j, p, &list->rows[i]));
	TRY(jcs_close_array(&j));
	return buf_append_str(out, "\n");
}

static int
unknown(const char *what, struct span name)
{
	(void)fprintf(stderr, "gatehouse: the policy has no %s `%.*s`\n", what,
	    (int)name.len, (const char *)name.data);
	return EXIT_BAD_USAGE;
}

/* A dataset's name has no point in it, and a column's may have several. */
static int
find(const struct policy *p, const char *asked, uint32_t *out_dataset,
    uint32_t *out_column)
{
	struct span rest = span_str(asked), name;

	(void)span_take_until(&rest, &name, '.');
	*out_dataset = *out_column = NO_INDEX;
	for (uint32_t i = 0; i < p->num_datasets; i++)
		if (span_equal(p->datasets[i].id, name))
			*out_dataset = i;
	if (*out_dataset == NO_INDEX)
		return unknown("dataset", name);
	if (rest.data == NULL)
		return 0;
	for (uint32_t i = 0; i < p->datasets[*out_dataset].num_columns; i++)
		if (span_equal(p->datasets[*out_dataset].columns[i].name, rest))
			*out_column = i;
	return *out_column != NO_INDEX ? 0 : unknown("column", rest);
}

static int
answer(const struct policy *p, const char *asked, bool json)
{
	struct buf text CLEANUP(buf_done) = {.max = POLICY_OUT_MAX};
	CLEANUP(arena_done) struct arena arena = {.max = LIST_ARENA};
	uint32_t dataset, column;
	struct who_sees list;
	int code = find(p, asked, &dataset, &column);

	if (code != 0)
		return code;
	struct err err = who_sees_list(
	    &list, &arena, p, dataset, column, sysio_wall_ns() / 1000000000);
	if (err.code == ERR_OK)
		err = json ? put_json(&text, p, &list)
			   : who_sees_print(&text, p, &list);
	return policy_out(err, buf_span(&text), !json);
}

int
policy_who_sees_main(int argc, char **argv)
{
	static struct policy_job job;
	struct policy policy;
	const char *config = NULL;
	bool json = false;
	struct options options = {
	    .usage = "policy who-sees [--json] [--config FILE] "
		     "DATASET[.COLUMN]\n"
		     "           [FILE or FOLDER...]",
	    .rows = {{"json", .flag = &json}, {"config", .text = &config}},
	    .least = 1,
	    .most = OPTIONS_MANY,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	policy_job_init(&job);
	code = policy_job_load(&job, &policy, options.operands + 1,
	    options.num_operands - 1, config);
	if (code == 0)
		code = answer(&policy, options.operands[0], json);
	policy_job_done(&job);
	return code;
}
