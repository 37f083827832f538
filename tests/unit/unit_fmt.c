#include "tests/harness/expect.h"

#include <glob.h>

#include "policy/fmt.h"
#include "policy/fmt_scan.h"
#include "policy/help.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

enum {
	MAX_YAML = 1 << 20,
	NUM_FILES = 2000, /* that are made up */
	MAX_DEPTH = 4,
};

/* --- What must hold of any file --- */

struct reading {
	struct arena arena;
	struct diagnostics d;
	struct source_file file;
	struct node *root;
	struct fmt_scan scan;
};

static void
read_yaml(struct reading *r, struct span yaml)
{
	*r = (struct reading){
	    .arena = {.max = 256 << 20}, .file = {span_str("p.yaml"), yaml}};
	diagnostic_init(&r->d, &r->file, 1);
	expect_ok(node_read(&r->root, &r->arena, &r->d, &r->file, 0));
	if (r->d.num_items > 0)
		fail_msg("%s:\n%.*s", r->d.items[0].text, (int)yaml.len,
		    (const char *)yaml.data);
	expect_ok(fmt_scan_read(&r->scan, &r->arena, yaml));
}

static void
done(struct reading *r)
{
	diagnostic_done(&r->d);
	arena_done(&r->arena);
}

static struct err
format(struct buf *out, struct span yaml)
{
	static struct diagnostics d;
	const struct source_file file = {span_str("p.yaml"), yaml};
	struct err err;

	buf_reset(out);
	diagnostic_init(&d, &file, 1);
	err = fmt_file(out, &d, &file);
	diagnostic_done(&d);
	return err;
}

static void
expect_same(const struct node *a, const struct node *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->num, b->num);
	assert_true(span_equal(a->text, b->text));
	assert_int_equal(a->key != NULL, b->key != NULL);
	if (a->key != NULL)
		assert_true(span_equal(a->key->text, b->key->text));
	b = b->first;
	for (a = a->first; a != NULL; a = a->next, b = b->next)
		expect_same(a, b);
}

/* Block style: no bracket opens anything but an empty list or map. */
static void
expect_block_style(const struct reading *r, const struct node *n)
{
	uint8_t first = fmt_scan_byte(&r->scan, n->at);

	if (n->type != NODE_TEXT && n->num > 0)
		assert_int_equal(
		    n->type == NODE_LIST ? first == '-' : first != '{', true);
	for (const struct node *m = n->first; m != NULL; m = m->next)
		expect_block_style(r, m);
}

/* Formatted once it stays; what it says and its comments are the same. */
static void
expect_formatted(struct span yaml, bool same_tree)
{
	static struct reading before, after;
	struct buf once = {.max = MAX_YAML * 8}, twice = {.max = MAX_YAML * 8};
	struct err err = format(&once, yaml);

	if (err.code != ERR_OK)
		fail_msg("%s:\n%.*s", err.why, (int)yaml.len,
		    (const char *)yaml.data);
	expect_ok(format(&twice, buf_span(&once)));
	if (!span_equal(buf_span(&once), buf_span(&twice)))
		fail_msg("not the same again:\n%.*s----\n%.*s----\n%.*s",
		    (int)yaml.len, (const char *)yaml.data, (int)once.len,
		    (const char *)once.data, (int)twice.len,
		    (const char *)twice.data);
	read_yaml(&before, yaml);
	read_yaml(&after, buf_span(&once));
	assert_int_equal(before.scan.num_comments, after.scan.num_comments);
	for (size_t i = 0; i < before.scan.num_comments; i++)
		assert_true(span_equal(
		    before.scan.comments[i].text, after.scan.comments[i].text));
	if (before.root != NULL) {
		if (same_tree)
			expect_same(before.root, after.root);
		expect_block_style(&after, after.root);
	}
	done(&before);
	done(&after);
	buf_done(&once);
	buf_done(&twice);
}

/* --- Files that are made up --- */

struct maker {
	uint64_t state;
	struct buf *out;
	unsigned num_comments, num_keys;
	bool after_block; /* a `#` that stands in would be of its text */
};

static unsigned
roll(struct maker *m, unsigned sides)
{
	m->state = m->state * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)(m->state >> 33) % sides;
}

static void
put(struct maker *m, const char *text)
{
	expect_ok(buf_append_str(m->out, text));
}

static void
put_blanks(struct maker *m, unsigned num)
{
	for (unsigned i = 0; i < num; i++)
		put(m, " ");
}

/* A break, with a comment before it now and then. */
static void
put_break(struct maker *m, bool may_comment)
{
	if (may_comment && roll(m, 4) == 0)
		expect_ok(buf_append_format(m->out, " #%s %u: - {%s",
		    roll(m, 2) == 0 ? "" : "\t", m->num_comments++,
		    roll(m, 3) == 0 ? "  " : ""));
	put(m, roll(m, 12) == 0 ? "\r\n" : "\n");
	while (roll(m, 6) == 0)
		put(m, "\n");
}

/* Comments on lines of their own, at any depth. */
static void
put_comment_lines(struct maker *m)
{
	while (roll(m, 6) == 0) {
		put_blanks(m, m->after_block ? 0 : roll(m, 9));
		expect_ok(buf_append_format(
		    m->out, "#%u \xc3\xbc: x", m->num_comments++));
		put(m, "\n");
		if (roll(m, 4) == 0)
			put(m, "\n");
	}
	m->after_block = false;
}

/* Written as it should be read, in double quotes with its escapes. */
static const char *const quoted[] = {"\"\"", "\"a: b\"", "\"a #b\"", "\"- x\"",
    "\"#x\"", "\"x:\"", "\"'q'\"", "\"\\\"d\\\"\"", "\"back\\\\slash\"",
    "\"tab\\there\"", "\"line\\nbreak\\n\"", "\"two\\n\\nlines\"", "\" lead\"",
    "\"trail \"", "\"\\L\"", "\"\\e[0m\"", "\"\\N\"", "\"{x\"", "\"[x]\"",
    "\"*a\"", "\"&a\"", "\"!t\"", "\"%d\"", "\"@a\"", "\"`b\"", "\"---\"",
    "\"... x\"", "\"? q\"", "\",c\"", "\"|\"", "\">x\"", "\"\\uFEFF\"",
    "\"a\\n b\\n\"", "\"a \\nb\"", "\"\\n\"", "\"end\\n\\n\"", "\"-\"", "\"?\"",
    "\":\"", "\"-a\"", "\":a\"", "\"a\\tb\\n\"", "\"\\x7f\"", "\"# \\n#\"",
    "'it''s'", "'a \"b\"'", "'\\'", "'a: \"'"};
/* And what a block or a plain text can hold, in a block or out of it. */
static const char *const plain[] = {"a", "yes", "0x1", "~", "02139", "1e5",
    "birth before 2008-01-01", "a\\.b", "x#y", "a:b", "-1",
    "\xc3\xbcml\xc3\xa4ut", "\xf0\x9f\x8c\x8d"};

static void
put_scalar(struct maker *m)
{
	if (roll(m, 2) == 0)
		put(m, plain[roll(m, sizeof(plain) / sizeof(plain[0]))]);
	else
		put(m, quoted[roll(m, sizeof(quoted) / sizeof(quoted[0]))]);
}

static void
put_key(struct maker *m)
{
	expect_ok(buf_append_format(
	    m->out, roll(m, 4) == 0 ? "\"k: %u\"" : "k%u", m->num_keys++));
}

static void put_flow(struct maker *m, unsigned indent, unsigned depth);

/* Between two things in brackets. */
static void
put_gap(struct maker *m, unsigned indent)
{
	if (roll(m, 3) != 0) {
		put(m, " ");
		return;
	}
	put_break(m, true);
	put_comment_lines(m);
	put_blanks(m, indent);
}

static void
put_flow_items(struct maker *m, unsigned indent, unsigned depth, bool map)
{
	unsigned num = roll(m, 4);

	for (unsigned i = 0; i < num; i++) {
		put_gap(m, indent);
		if (map) {
			put_key(m);
			put(m, ": ");
		}
		put_flow(m, indent, depth + 1);
		if (i + 1 < num)
			put(m, ",");
	}
	put_gap(m, indent);
}

static void
put_flow(struct maker *m, unsigned indent, unsigned depth)
{
	bool map = roll(m, 2) == 0;

	if (depth >= MAX_DEPTH || roll(m, 2) == 0) {
		put_scalar(m);
		return;
	}
	put(m, map ? "{" : "[");
	put_flow_items(m, indent, depth, map);
	put(m, map ? "}" : "]");
}

static void put_collection(
    struct maker *m, unsigned indent, unsigned depth, bool begun);

/* `|` or `>`, and lines below. */
static void
put_block_text(struct maker *m, unsigned indent)
{
	static const char *const heads[] = {
	    "|", ">", "|-", ">-", "|+", "| # h", "|2"};
	unsigned head = roll(m, 7);

	put(m, heads[head]);
	m->num_comments += head == 5;
	m->after_block = true;
	put(m, "\n");
	for (unsigned i = 1 + roll(m, 3); i > 0; i--) {
		put_blanks(m, indent + 2);
		put(m, roll(m, 4) == 0 ? "# no comment" : "line: one");
		put(m, "\n");
		if (roll(m, 4) == 0)
			put(m, "\n");
	}
}

/* What stands behind a colon or a dash, to the end of its lines. */
static void
put_value(struct maker *m, unsigned indent, unsigned depth, bool in_list)
{
	unsigned kind = depth >= MAX_DEPTH ? roll(m, 3) : roll(m, 6);

	switch (kind) {
	case 0:
		put(m, " ");
		put_scalar(m);
		put_break(m, true);
		return;
	case 1:
		put(m, " ");
		put_block_text(m, indent);
		return;
	case 2:
		put(m, " ");
		put_flow(m, indent + 4, depth);
		put_break(m, true);
		return;
	}
	if (kind == 3 && in_list) {
		put(m, " ");
		put_collection(m, indent + 2, depth + 1, true);
		return;
	}
	put_break(m, true);
	put_collection(m, indent + 1 + roll(m, 4), depth + 1, false);
}

static void
put_collection(struct maker *m, unsigned indent, unsigned depth, bool begun)
{
	bool map = roll(m, 3) != 0;

	for (unsigned i = 1 + roll(m, 3); i > 0; i--) {
		if (!begun) {
			put_comment_lines(m);
			put_blanks(m, indent);
		}
		begun = false;
		if (map)
			put_key(m);
		put(m, map ? ":" : "-");
		put_value(m, indent, depth, !map);
	}
}

static void
fmt_file__keeps_what_is_said_and_every_comment(void **state)
{
	struct buf yaml = {.max = MAX_YAML};
	struct maker m = {.state = 21, .out = &yaml};
	unsigned comments = 0;

	(void)state;
	for (int i = 0; i < NUM_FILES; i++) {
		static struct reading r;

		buf_reset(&yaml);
		m.num_comments = 0;
		put_collection(&m, roll(&m, 3), 0, false);
		put_comment_lines(&m);
		read_yaml(&r, buf_span(&yaml));
		if (r.scan.num_comments != m.num_comments)
			fail_msg("%zu comments, not %u, in\n%.*s",
			    r.scan.num_comments, m.num_comments, (int)yaml.len,
			    (const char *)yaml.data);
		done(&r);
		expect_formatted(buf_span(&yaml), true);
		comments += m.num_comments;
	}
	assert_in_range(comments, NUM_FILES, UINT32_MAX);
	buf_done(&yaml);
}

/* --- Policies --- */

static void
fmt_file__formats_every_policy_of_the_tree(void **state)
{
	static const char *const patterns[] = {
	    "tests/vectors/policy/*.yaml", "deploy/demo/*.yaml"};
	size_t num = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		glob_t files;

		if (glob(patterns[i], 0, NULL, &files) != 0)
			continue;
		for (size_t j = 0; j < files.gl_pathc; j++) {
			struct buf yaml;

			vectors_read_file(&yaml, files.gl_pathv[j]);
			/* what is written short is not the same tree */
			expect_formatted(buf_span(&yaml), false);
			buf_done(&yaml);
			num++;
		}
		globfree(&files);
	}
	assert_in_range(num, 2, 1000);
}

struct example {
	const char *from, *to;
};

/* Where a comment stands, and where it stays. */
static const struct example examples[] = {
    {"a:   b\n", "a: b\n"},
    {"a: [b, c]", "a:\n  - b\n  - c\n"},
    {"a: {b: c, d: []}\n", "a:\n  b: c\n  d: []\n"},
    {"a:\n- b\n-   c: d\n    e: f\n", "a:\n  - b\n  - c: d\n    e: f\n"},
    {"a: \"b\"\n\"c\": 'd: e'\n", "a: b\nc: \"d: e\"\n"},
    {"a:\n", "a: \"\"\n"},
    {"\n\n# head\n\n\n\na: b   # why\n\n\nc: d\n# end\n\n",
	"# head\n\na: b # why\n\nc: d\n# end\n"},
    {"a:   # of a\n  # of b\n  b: c\n  # behind b\n# of d\nd: e\n",
	"a: # of a\n  # of b\n  b: c\n  # behind b\n# of d\nd: e\n"},
    {"a: [ # one\n  b, # two\n  # three\n  c ] # four\nd: e\n",
	"a: # one\n  - b # two\n  # three\n  - c # four\nd: e\n"},
    {"a: # why\n  b\n", "# why\na: b\n"},
    {"- # first\n  a: b\n- c\n", "# first\n- a: b\n- c\n"},
    {"a: | # why\n  one\n\n  two\nb: c\n",
	"# why\na: |\n  one\n\n  two\nb: c\n"},
    {"a: >\n  one\n  two\n", "a: |\n  one two\n"},
    {"a: [b]#touches\nc: \"d\"# too\n", "a:\n  - b #touches\nc: d # too\n"},
    {"---\na: b\n", "a: b\n"},
    {"# only\n", "# only\n"},
    {"", ""},
    /* written short, unless a comment stands in the way */
    {"datasets:\n  x:\n    columns:\n"
     "      a: {is: sensitive, kind: code, subject: yes}\n"
     "      b:\n        is: objection # why\n"
     "      c: {is: consent, for: [p]}\n"
     "      d:\n        # why\n        is: free-text\n",
	"datasets:\n  x:\n    columns:\n"
	"      a: sensitive code, subject\n"
	"      b: objection # why\n"
	"      c:\n        is: consent\n        for:\n          - p\n"
	"      d:\n        # why\n        is: free-text\n"},
    {"allow:\n  - id: a\n    columns:\n      b: {protect: year}\n"
     "      c: {protect: year, unfit: drop}\n",
	"allow:\n  - id: a\n    columns:\n      b: year\n"
	"      c:\n        protect: year\n        unfit: drop\n"},
    /* or what stands there has no short form */
    {"datasets:\n  x:\n    columns:\n"
     "      a: {is: plain, kind: [code]}\n"
     "      b: {is: plain, kind: a b}\n"
     "      c: {is: plain, kind: code, subject: no}\n"
     "      d: {kind: code}\n"
     "      e: {is: \"\"}\n"
     "      f: {is: Plain}\n"
     "      g: {is: plain~}\n"
     "      h: {}\n"
     "      i: [plain]\n"
     "  y:\n    columns: none\n"
     "  z:\n    about: x\n",
	"datasets:\n  x:\n    columns:\n"
	"      a:\n        is: plain\n        kind:\n          - code\n"
	"      b:\n        is: plain\n        kind: a b\n"
	"      c:\n        is: plain\n        kind: code\n"
	"        subject: no\n"
	"      d:\n        kind: code\n"
	"      e:\n        is: \"\"\n"
	"      f:\n        is: Plain\n"
	"      g:\n        is: plain~\n"
	"      h: {}\n"
	"      i:\n        - plain\n"
	"  y:\n    columns: none\n"
	"  z:\n    about: x\n"},
    {"datasets: none\nallow: none\n", "datasets: none\nallow: none\n"},
    {"allow:\n  - a\n  - columns: b\n  - columns: {c: {protect: [d]}}\n",
	"allow:\n  - a\n  - columns: b\n"
	"  - columns:\n      c:\n        protect:\n          - d\n"},
    /* quotes in quotes */
    {"a: \"say \\\"it's\\\": so\"\n", "a: 'say \"it''s\": so'\n"},
    {"a: 'b\\c: d'\n", "a: 'b\\c: d'\n"},
    /* a file that is one value, or begins with a mark, or ends otherwise */
    {"a text\n", "a text\n"},
    {"[]\n", "[]\n"},
    {"# of it\na text # why\n", "# of it\na text # why\n"},
    {"\xef\xbb\xbf"
     "a:   b\n",
	"a: b\n"},
    {"a:   b\r\nc: d\r\n", "a: b\nc: d\n"},
    {"a:   b # why\rc: d\r", "a: b # why\nc: d\n"},
};

static void
fmt_file__writes_one_canonical_form(void **state)
{
	struct buf out = {.max = MAX_YAML};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];

		expect_ok(format(&out, span_str(e->from)));
		if (!span_equal_str(buf_span(&out), e->to))
			fail_msg("of:\n%s\ncomes:\n%.*s", e->from, (int)out.len,
			    (const char *)out.data);
	}
	buf_done(&out);
}

static struct err
format_once(void *context, struct buf *out, struct arena *arena)
{
	const struct example *e = context;

	(void)arena;
	return format(out, span_str(e->from));
}

/* All that is written one way or the other, with less and less room. */
static void
fmt_file__ends_at_any_ceiling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct example e = examples[i];

		(void)sweep_allocations(format_once, &e);
		assert_int_equal(sweep_ceilings(format_once, &e), strlen(e.to));
	}
}

static void
fmt_file__leaves_what_is_no_yaml(void **state)
{
	struct buf out = {.max = MAX_YAML};

	(void)state;
	expect_err(DENIED, format(&out, span_str("a: [b\n")));
	expect_err(DENIED, format(&out, span_str("a: b\na: c\n")));
	expect_err(DENIED, format(&out, span_str("a: &x b\n")));
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fmt_file__writes_one_canonical_form),
	    cmocka_unit_test(fmt_file__keeps_what_is_said_and_every_comment),
	    cmocka_unit_test(fmt_file__formats_every_policy_of_the_tree),
	    cmocka_unit_test(fmt_file__ends_at_any_ceiling),
	    cmocka_unit_test(fmt_file__leaves_what_is_no_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
