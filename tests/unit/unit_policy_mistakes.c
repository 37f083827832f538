/*
 * Policies with one mistake each, and exactly what the checker says of them:
 * tests/vectors/policy/mistakes.txt, which tells its form. With --print the
 * file comes out with what the checker says now, to be read before it is
 * taken.
 */
#include "tests/harness/expect.h"

#include <stdio.h>

#include "crypto/init.h"
#include "policy/check.h"
#include "tests/harness/vectors.h"

#define MISTAKES "tests/vectors/policy/mistakes.txt"

enum {
	TODAY = 20780, /* 2026-11-23 */
	MAX_TEXT = 1 << 20,
	LEAST_MISTAKES = 120,
};

struct mistake {
	struct span base, what;
	struct buf from, to, want;
};

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	if (!span_equal_str(path, "icd.csv"))
		return ERR(NOT_FOUND, "there is no such file");
	*out_bytes = span_str("code,chapter\nB20,a\nA41,NY\n");
	return OK;
}

static void
add_line(struct buf *out, struct span line)
{
	if (out->len > 0)
		expect_ok(buf_put_u8(out, '\n'));
	expect_ok(buf_append(out, span_sub(line, 1, line.len)));
}

static void
mistake_done(struct mistake *m)
{
	buf_done(&m->from);
	buf_done(&m->to);
	buf_done(&m->want);
	*m = (struct mistake){.from = {.max = MAX_TEXT},
	    .to = {.max = MAX_TEXT},
	    .want = {.max = MAX_TEXT}};
}

/* The next block; false at the end of the file. */
static bool
take_mistake(struct mistake *m, struct span *rest)
{
	struct span line;

	mistake_done(m);
	while (span_take_until(rest, &line, '\n')) {
		if (span_starts_with(line, span_str("= "))) {
			line = span_sub(line, 2, line.len);
			(void)span_take_until(&line, &m->base, ' ');
			m->what = line;
		} else if (span_starts_with(line, span_str("-"))) {
			add_line(&m->from, line);
		} else if (span_starts_with(line, span_str("+"))) {
			add_line(&m->to, line);
		} else if (span_starts_with(line, span_str(">"))) {
			add_line(&m->want, line);
		} else if (line.len == 0 && m->base.len > 0) {
			return true;
		}
	}
	return m->base.len > 0;
}

/* Without lines to be replaced the others stand at the end. */
static void
apply(struct buf *out, const struct mistake *m)
{
	struct buf base = {.max = MAX_TEXT};
	char path[128];
	const uint8_t *at;
	size_t before;

	(void)snprintf(path, sizeof(path), "tests/vectors/policy/%.*s.yaml",
	    (int)m->base.len, (const char *)m->base.data);
	vectors_read_file(&base, path);
	at = m->from.len == 0
	    ? base.data + base.len
	    : memmem(base.data, base.len, m->from.data, m->from.len);
	if (at == NULL)
		fail_msg("%.*s: the base has no such text", (int)m->what.len,
		    (const char *)m->what.data);
	before = (size_t)(at - base.data);
	expect_ok(buf_append(out, span_sub(buf_span(&base), 0, before)));
	expect_ok(buf_append(out, buf_span(&m->to)));
	if (m->from.len == 0)
		expect_ok(buf_put_u8(out, '\n'));
	expect_ok(buf_append(
	    out, span_sub(buf_span(&base), before + m->from.len, base.len)));
	buf_done(&base);
}

/* What is said of it: errors, or of a policy without one the warnings. */
static void
check(struct buf *out, struct span yaml, bool whole)
{
	static struct diagnostics d;
	struct source_file file = {span_str("policy.yaml"), yaml};
	struct check_options options = {
	    .today = TODAY, .load_table = load_table};
	struct arena arena;
	struct policy policy;
	size_t num = 0;

	arena_init(&arena, 64 << 20);
	diagnostic_init(&d, &file, 1);
	struct err err = check_policy(&policy, &arena, &d, &file, 1, &options);
	assert_int_equal(err.code, d.num_errors > 0 ? ERR_DENIED : ERR_OK);
	/* The base says what it waits for; that is no mistake. */
	for (size_t i = 0; i < d.num_items; i++)
		if (!whole || strncmp(d.items[i].code, "W90", 3) != 0)
			d.items[num++] = d.items[i];
	d.num_warnings -= d.num_items - num;
	d.num_items = num;
	expect_ok(diagnostic_print(out, &d));
	out->len--; /* the last line end: the file has its own */
	diagnostic_done(&d);
	arena_done(&arena);
}

static void
say(struct buf *out, const struct mistake *m)
{
	struct buf yaml = {.max = MAX_TEXT};

	apply(&yaml, m);
	check(out, buf_span(&yaml), span_equal_str(m->base, "whole"));
	buf_done(&yaml);
}

static void
check_policy__says_exactly_what_is_wrong(void **state)
{
	struct mistake m = {0};
	struct buf file = {.max = MAX_TEXT};
	struct span rest;
	size_t num = 0;

	(void)state;
	vectors_read_file(&file, MISTAKES);
	rest = buf_span(&file);
	while (take_mistake(&m, &rest)) {
		struct buf got = {.max = MAX_TEXT};

		say(&got, &m);
		if (!span_equal(buf_span(&got), buf_span(&m.want)))
			fail_msg("%.*s: it is\n%.*s\nand not\n%.*s",
			    (int)m.what.len, (const char *)m.what.data,
			    (int)got.len, (const char *)got.data,
			    (int)m.want.len, (const char *)m.want.data);
		/* One mistake: one error, or one warning. */
		if (memmem(got.data, got.len, " 1 error, 0 w", 13) == NULL &&
		    memmem(got.data, got.len, " 0 errors, 1 w", 14) == NULL)
			fail_msg("%.*s: %.*s", (int)m.what.len,
			    (const char *)m.what.data, (int)got.len,
			    (const char *)got.data);
		buf_done(&got);
		num++;
	}
	assert_true(num >= LEAST_MISTAKES);
	mistake_done(&m);
	buf_done(&file);
}

static void
put_lines(const char *mark, struct span text)
{
	struct span line;

	while (span_take_until(&text, &line, '\n'))
		printf(
		    "%s%.*s\n", mark, (int)line.len, (const char *)line.data);
}

static int
print(void)
{
	struct mistake m = {0};
	struct buf file = {.max = MAX_TEXT};
	struct span rest, line;

	vectors_read_file(&file, MISTAKES);
	for (rest = buf_span(&file); rest.len > 0 && rest.data[0] == '#';) {
		(void)span_take_until(&rest, &line, '\n');
		printf("%.*s\n", (int)line.len, (const char *)line.data);
	}
	while (take_mistake(&m, &rest)) {
		struct buf got = {.max = MAX_TEXT};

		say(&got, &m);
		printf("\n= %.*s %.*s\n", (int)m.base.len,
		    (const char *)m.base.data, (int)m.what.len,
		    (const char *)m.what.data);
		if (m.from.len > 0)
			put_lines("-", buf_span(&m.from));
		if (m.to.len > 0)
			put_lines("+", buf_span(&m.to));
		put_lines(">", buf_span(&got));
		buf_done(&got);
	}
	mistake_done(&m);
	buf_done(&file);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_policy__says_exactly_what_is_wrong),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		return print();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
