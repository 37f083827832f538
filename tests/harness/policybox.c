#include "tests/harness/policybox.h"

#include "tests/harness/expect.h"
#include "tests/harness/vectors.h"

enum {
	TODAY = 20780 /* 2026-11-23 */
};

static const char table[] = "code,chapter\r\nB20,\"a \"\"b\"\"\"\nA41,NY\n";

struct err
policybox_load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	if (!span_equal_str(path, "icd.csv"))
		return ERR(NOT_FOUND, "there is no such file");
	*out_bytes = span_str(table);
	return OK;
}

void
policybox_run(struct policybox *box, struct span yaml)
{
	struct check_options options = {
	    .today = TODAY, .load_table = policybox_load_table};

	memset(box, 0, sizeof(*box));
	box->file = (struct source_file){span_str("policy.yaml"), yaml};
	arena_init(&box->arena, 64 << 20);
	diagnostic_init(&box->d, &box->file, 1);
	box->err = check_policy(
	    &box->policy, &box->arena, &box->d, &box->file, 1, &options);
}

void
policybox_done(struct policybox *box)
{
	diagnostic_done(&box->d);
	arena_done(&box->arena);
}

void
policybox_change(
    struct buf *out, struct span text, const char *from, const char *to)
{
	const uint8_t *at = memmem(text.data, text.len, from, strlen(from));

	if (at == NULL)
		fail_msg("the text has no `%s`", from);
	size_t before = (size_t)(at - text.data);
	buf_reset(out);
	expect_ok(buf_append(out, span_sub(text, 0, before)));
	expect_ok(buf_append_str(out, to));
	expect_ok(
	    buf_append(out, span_sub(text, before + strlen(from), text.len)));
}

static bool
says(const struct diagnostics *d, const char *code)
{
	for (size_t i = 0; i < d->num_items; i++)
		if (strcmp(d->items[i].code, code) == 0)
			return true;
	return false;
}

static void
expect_row(struct span yaml, const struct policybox_row *row)
{
	static struct policybox box;

	policybox_run(&box, yaml);
	const char *got = box.d.num_items > 0 ? box.d.items[0].code : "nothing";
	if (row->code == NULL ? box.d.num_items > 0 : !says(&box.d, row->code))
		fail_msg("%s -> %s: %s (%s), not %s", row->from, row->to, got,
		    box.d.num_items > 0 ? box.d.items[0].text : "",
		    row->code == NULL ? "nothing" : row->code);
	assert_int_equal(
	    box.err.code, box.d.num_errors > 0 ? ERR_DENIED : ERR_OK);
	policybox_done(&box);
}

void
policybox_expect(const struct policybox_row *rows, size_t num)
{
	struct buf base = {.max = 1 << 20}, yaml = {.max = 1 << 20};

	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < num; i++) {
		policybox_change(
		    &yaml, buf_span(&base), rows[i].from, rows[i].to);
		expect_row(buf_span(&yaml), &rows[i]);
	}
	buf_done(&base);
	buf_done(&yaml);
}

void
policybox_expect_pair(
    const struct policybox_row *first, const struct policybox_row *second)
{
	struct buf base = {.max = 1 << 20}, half = {.max = 1 << 20};
	struct buf yaml = {.max = 1 << 20};

	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_change(&half, buf_span(&base), first->from, first->to);
	policybox_change(&yaml, buf_span(&half), second->from, second->to);
	expect_row(buf_span(&yaml), second);
	buf_done(&base);
	buf_done(&half);
	buf_done(&yaml);
}
