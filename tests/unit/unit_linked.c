/* Agreements with codes in common: whose codes they are, and who has to say so.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/diff.h"
#include "policy/linked.h"
#include "tests/harness/policybox.h"
#include "tests/harness/vectors.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* --- Any links between any agreements --- */

enum {
	NUM_IDS = 3,
	MAX = 12,
	ROUNDS = 3000
};

struct net {
	struct purpose purposes[NUM_IDS];
	struct dataset datasets[NUM_IDS];
	struct party parties[NUM_IDS];
	struct agreement agreements[MAX];
	uint32_t links[MAX][MAX];
	struct policy policy;
};

static uint32_t seed = 1;

static uint32_t
roll(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 16) % sides;
}

static void
link_both(struct net *net, uint32_t a, uint32_t b)
{
	net->links[a][net->agreements[a].num_linkable++] = b;
	net->links[b][net->agreements[b].num_linkable++] = a;
}

static bool
named(const struct net *net, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < net->agreements[a].num_linkable; i++)
		if (net->links[a][i] == b)
			return true;
	return false;
}

static void
draw(struct net *net, uint32_t num)
{
	/* Where an id stands is not how it sorts. */
	static const char *const ids[NUM_IDS] = {"m", "b", "x"};

	*net = (struct net){.policy = {.num_agreements = num}};
	for (size_t i = 0; i < NUM_IDS; i++) {
		net->purposes[i].id = span_str(ids[i]);
		net->datasets[i].id = span_str(ids[i]);
		net->parties[i].id = span_str(ids[i]);
	}
	for (uint32_t i = 0; i < num; i++) {
		net->agreements[i].purpose = roll(NUM_IDS);
		net->agreements[i].dataset = roll(NUM_IDS);
		net->agreements[i].recipient = roll(NUM_IDS);
		net->agreements[i].linkable = net->links[i];
	}
	for (uint32_t links = roll(num); links > 0; links--) {
		uint32_t a = roll(num), b = roll(num);

		if (a != b && !named(net, a, b))
			link_both(net, a, b);
	}
	net->policy.purposes = net->purposes;
	net->policy.datasets = net->datasets;
	net->policy.parties = net->parties;
	net->policy.agreements = net->agreements;
}

/* Which are in one with `from`, by walking. */
static void
reach(const struct net *net, uint32_t from, bool *seen)
{
	seen[from] = true;
	for (uint32_t i = 0; i < net->policy.num_agreements; i++)
		if (!seen[i] &&
		    (named(net, from, i) ||
			linked_alike(
			    &net->agreements[from], &net->agreements[i])))
			reach(net, i, seen);
}

/* The three ids, by which one stands before another. */
static void
text_of(const struct net *net, uint32_t agreement, char out[4])
{
	const struct agreement *a = &net->agreements[agreement];

	out[0] = (char)net->purposes[a->purpose].id.data[0];
	out[1] = (char)net->datasets[a->dataset].id.data[0];
	out[2] = (char)net->parties[a->recipient].id.data[0];
	out[3] = 0;
}

static void
linked_set__follows_the_first_of_all_that_are_linked(void **state)
{
	static struct net net;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		draw(&net, 1 + roll(MAX));
		linked_set(&net.policy);
		for (uint32_t i = 0; i < net.policy.num_agreements; i++) {
			bool seen[MAX] = {false};
			char first[4] = "~~~", text[4], head[4];

			reach(&net, i, seen);
			for (uint32_t j = 0; j < net.policy.num_agreements;
			     j++) {
				text_of(&net, j, text);
				if (seen[j] && strcmp(text, first) < 0)
					memcpy(first, text, sizeof(first));
				text_of(&net, net.agreements[j].codes_of, text);
				text_of(&net, net.agreements[i].codes_of, head);
				assert_int_equal(
				    seen[j], strcmp(text, head) == 0);
			}
			text_of(&net, net.agreements[i].codes_of, text);
			assert_string_equal(text, first);
		}
	}
}

/* One more, whose ids stand behind those of the others: it takes their codes,
 * and theirs stay as they are. */
static void
linked_set__leaves_codes_as_they_are_for_who_comes_behind(void **state)
{
	static struct net net;
	char before[MAX][4], after[4], own[4];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t num = 1 + roll(MAX - 1), to;
		bool new = true;

		draw(&net, num);
		linked_set(&net.policy);
		for (uint32_t i = 0; i < num; i++) {
			text_of(&net, i, own);
			new = new &&strcmp(own, "xxx") != 0;
			text_of(&net, net.agreements[i].codes_of, before[i]);
		}
		if (!new)
			continue;
		net.policy.num_agreements++;
		net.agreements[num] = (struct agreement){.purpose = 2,
		    .dataset = 2,
		    .recipient = 2,
		    .linkable = net.links[num]};
		to = roll(num);
		link_both(&net, num, to);
		linked_set(&net.policy);
		text_of(&net, net.agreements[num].codes_of, own);
		assert_string_equal(own, before[to]);
		for (uint32_t i = 0; i < num; i++) {
			text_of(&net, net.agreements[i].codes_of, after);
			assert_string_equal(after, before[i]);
		}
	}
}

/* --- What the checker asks for --- */

#define BLOCK(id, dataset, recipient, columns, links)                          \
	"  - id: " id "\n    who: fraud-team\n    recipient: " recipient       \
	"\n    contract: C-2\n    dataset: " dataset                           \
	"\n    purpose: card-fraud\n    places: [frankfurt]\n    columns: "    \
	"{" columns "}\n    until: 2027-06-30\n" links
#define LINKS(ids)                                                             \
	"    linkable-with: [" ids "]\n    linkable-because: one model\n"

/* Three datasets of one bank, of one shape. */
#define DATASETS                                                               \
	"datasets:\n"                                                          \
	"  bank/a: {controller: bank, about: x, origin: 'file:///a/*.csv', "   \
	"protect: gdpr-pseudonymous@1, columns: {iban: direct-identifier "     \
	"iban, phone: direct-identifier phone, who: \"direct-identifier "      \
	"account, subject\", on: quasi-identifier date}}\n"                    \
	"  bank/b: {controller: bank, about: x, origin: 'file:///b/*.csv', "   \
	"protect: gdpr-pseudonymous@1, columns: {iban: direct-identifier "     \
	"iban, phone: direct-identifier phone, who: \"direct-identifier "      \
	"account, subject\", on: quasi-identifier date}}\n"                    \
	"  bank/c: {controller: bank, about: x, origin: 'file:///c/*.csv', "   \
	"protect: gdpr-pseudonymous@1, columns: {iban: direct-identifier "     \
	"iban, phone: direct-identifier phone, who: \"direct-identifier "      \
	"account, subject\", on: quasi-identifier date}}\n"

static const struct {
	const char *what, *blocks;
	const char *said; /* in the first diagnostic; NULL: it loads */
} rows[] = {
    {"two that name each other",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "iban: pseudonym", LINKS("aaa")),
	NULL},
    {"two by each form of code",
	BLOCK("aaa", "bank/a", "vector", "iban: format, phone: sealed",
	    LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "phone: sealed", LINKS("aaa")),
	NULL},
    {"two by the days of their subjects",
	BLOCK("aaa", "bank/a", "vector", "on: shift", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "on: shift", LINKS("aaa")),
	NULL},
    {"codes of two forms",
	BLOCK("aaa", "bank/a", "vector", "iban: format", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "iban: pseudonym", LINKS("aaa")),
	"`bbb` has no code of the same kind and form"},
    {"codes with and without check digits",
	BLOCK("aaa", "bank/a", "vector", "iban: format", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "iban: format with check digit",
		LINKS("aaa")),
	"`bbb` has no code of the same kind and form"},
    {"codes of two kinds",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "phone: pseudonym", LINKS("aaa")),
	"`bbb` has no code of the same kind and form"},
    {"three in a row",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb")) BLOCK(
	    "bbb", "bank/b", "vector", "iban: pseudonym", LINKS("aaa, ccc"))
	    BLOCK("ccc", "bank/c", "vector", "iban: pseudonym", LINKS("bbb")),
	"`aaa` would share codes with `ccc`, which it does not name"},
    {"three that name each other",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb, ccc"))
	    BLOCK("bbb", "bank/b", "vector", "iban: pseudonym",
		LINKS("aaa, ccc")) BLOCK("ccc", "bank/c", "vector",
		"iban: pseudonym", LINKS("aaa, bbb")),
	NULL},
    {"three in a row, by two kinds",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb")) BLOCK(
	    "bbb", "bank/b", "vector", "iban: pseudonym, phone: pseudonym",
	    LINKS("aaa, ccc"))
	    BLOCK("ccc", "bank/c", "vector", "phone: pseudonym", LINKS("bbb")),
	NULL},
    {"one that is as one of them is",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "iban: pseudonym", LINKS("aaa"))
		BLOCK("ccc", "bank/b", "vector", "iban: pseudonym", ""),
	"`aaa` would share codes with `ccc`, which it does not name"},
    {"one that is as one of them is, and has no codes",
	BLOCK("aaa", "bank/a", "vector", "iban: pseudonym", LINKS("bbb"))
	    BLOCK("bbb", "bank/b", "vector", "iban: pseudonym", LINKS("aaa"))
		BLOCK("ccc", "bank/b", "vector", "on: year", ""),
	NULL},
};

static void
check_policy__asks_who_shares_codes_to_name_all(void **state)
{
	static struct policybox box;
	struct buf base = {.max = 1 << 20}, text = {.max = 1 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vectors_read_file(&base, "tests/vectors/policy/base.yaml");
		policybox_change(
		    &text, buf_span(&base), "datasets:\n", DATASETS);
		expect_ok(buf_append_str(&text, rows[i].blocks));
		policybox_run(&box, buf_span(&text));
		if ((rows[i].said == NULL) != (box.err.code == ERR_OK) ||
		    (rows[i].said != NULL &&
			strstr(box.d.items[0].text, rows[i].said) == NULL))
			fail_msg("%s: %s", rows[i].what,
			    box.d.num_items > 0 ? box.d.items[0].text
						: "it loads");
		policybox_done(&box);
		buf_done(&base);
		base.max = 1 << 20;
	}
	buf_done(&text);
}

static void
load(struct policybox *box, struct buf *text, const char *blocks)
{
	struct buf base = {.max = 1 << 20};

	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	policybox_change(text, buf_span(&base), "datasets:\n", DATASETS);
	expect_ok(buf_append_str(text, blocks));
	policybox_run(box, buf_span(text));
	expect_ok(box->err);
	buf_done(&base);
}

static size_t
count_rows(const struct diff *diff, const char *agreement, const char *what,
    enum diff_verdict verdict)
{
	size_t num = 0;

	for (size_t i = 0; i < diff->num_rows; i++)
		num += span_equal_str(diff->rows[i].agreement, agreement) &&
		    span_equal_str(diff->rows[i].what, what) &&
		    diff->rows[i].verdict == verdict;
	return num;
}

/* Both get more, and one of them other codes than it had. */
static void
diff_policies__shows_whose_codes_a_link_changes(void **state)
{
	static struct policybox apart, linked;
	struct buf one = {.max = 1 << 20}, two = {.max = 1 << 20};
	struct arena arena = {.max = 64 << 20};
	struct diff diff;

	(void)state;
	load(&apart, &one,
	    BLOCK("aaa", "bank/b", "vector", "iban: pseudonym", "")
		BLOCK("bbb", "bank/a", "vector", "iban: pseudonym", ""));
	load(&linked, &two,
	    BLOCK("aaa", "bank/b", "vector", "iban: pseudonym", LINKS("bbb"))
		BLOCK("bbb", "bank/a", "vector", "iban: pseudonym",
		    LINKS("aaa")));
	expect_ok(diff_policies(&diff, &arena, &apart.policy, &linked.policy));
	assert_int_equal(
	    count_rows(&diff, "aaa", "linkable-with", DIFF_WIDER), 1);
	assert_int_equal(
	    count_rows(&diff, "bbb", "linkable-with", DIFF_WIDER), 1);
	assert_int_equal(count_rows(&diff, "aaa", "codes", DIFF_OTHER), 1);
	assert_int_equal(count_rows(&diff, "bbb", "codes", DIFF_OTHER), 0);
	expect_ok(diff_policies(&diff, &arena, &linked.policy, &apart.policy));
	assert_int_equal(
	    count_rows(&diff, "aaa", "linkable-with", DIFF_NARROWER), 1);
	assert_int_equal(count_rows(&diff, "aaa", "codes", DIFF_OTHER), 1);
	arena_done(&arena);
	policybox_done(&apart);
	policybox_done(&linked);
	buf_done(&one);
	buf_done(&two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		linked_set__follows_the_first_of_all_that_are_linked),
	    cmocka_unit_test(
		linked_set__leaves_codes_as_they_are_for_who_comes_behind),
	    cmocka_unit_test(check_policy__asks_who_shares_codes_to_name_all),
	    cmocka_unit_test(diff_policies__shows_whose_codes_a_link_changes),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
