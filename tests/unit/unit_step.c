#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/step.h"
#include "tests/harness/policybox.h"
#include "tests/harness/sshsigner.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

/* Whose key is made of which seed. */
enum {
	ANNA = 1, /* of the clinic */
	ADA,
	EVA, /* of the bank */
	EDO,
	STRANGER,
	MAX_SIGNED = 4,
};

/* Version 6 runs; what is to come is `next`. */
static struct policybox running, next;
static struct buf texts[2];
static struct span base;

static void
put_signer(struct buf *out, const char *id, const char *party, uint8_t seed)
{
	expect_ok(
	    buf_append_format(out, "  %s:\n    of: %s\n    key: ", id, party));
	sshsigner_key(out, seed);
	expect_ok(buf_append_str(out, "\n"));
}

static void
put_signers(struct buf *out, const char *changes)
{
	expect_ok(buf_append_str(out, "signers:\n"));
	put_signer(out, "anna", "clinic", ANNA);
	put_signer(out, "ada", "clinic", ADA);
	put_signer(out, "eva", "bank", EVA);
	put_signer(out, "edo", "bank", EDO);
	expect_ok(buf_append_str(out, changes));
	expect_ok(buf_append_str(out, "people:\n"));
}

/* The base with signers, and one change of it. */
static void
load(struct policybox *box, struct buf *text, const char *changes,
    const char *from, const char *to)
{
	struct buf signers CLEANUP(buf_done) = {.max = 4096};
	struct buf signed_ CLEANUP(buf_done) = {.max = 65536};

	put_signers(&signers, changes);
	expect_ok(buf_put_u8(&signers, '\0'));
	signed_.max = text->max = 65536;
	policybox_change(
	    &signed_, base, "people:\n", (const char *)signers.data);
	policybox_change(text, buf_span(&signed_), from, to);
	policybox_run(box, buf_span(text));
	expect_ok(box->err);
}

static int
start(void **state)
{
	static struct buf bytes = {.max = 65536};

	(void)state;
	if (crypto_init().code != ERR_OK)
		return -1;
	vectors_read_file(&bytes, "tests/vectors/policy/base.yaml");
	base = buf_span(&bytes);
	return 0;
}

static void
end(void)
{
	policybox_done(&running);
	policybox_done(&next);
	buf_done(&texts[0]);
	buf_done(&texts[1]);
}

/* One signature file: whose name, whose key, over what. */
struct by {
	const char *name;
	uint8_t seed;
	uint64_t version; /* of the statement; 0: of the right one */
	const char *use;  /* NULL: the right one */
};

static void
sign(struct buf *out, const struct by *by, const struct step *step)
{
	struct statement s = {.policy = step->running->name,
	    .version = by->version != 0 ? by->version : step->version};
	struct buf text CLEANUP(buf_done) = {.max = STATEMENT_MAX};

	expect_ok(statement_digest(s.before, step->before, step->num_before));
	expect_ok(statement_digest(s.after, step->after, step->num_after));
	expect_ok(statement_put(&text, &s));
	out->max = 4096;
	sshsigner_sign(out, by->seed,
	    by->use != NULL ? by->use : STATEMENT_NAMESPACE, buf_span(&text));
}

/* Judge the change from `running` to `next` with these signatures. */
static struct err
judge(struct step_result *out, struct buf *words, const struct by *by,
    size_t num_by)
{
	struct buf files[MAX_SIGNED] = {{0}};
	struct step_signature signatures[MAX_SIGNED];
	struct step step = {.running = &running.policy,
	    .next = &next.policy,
	    .before = &running.file,
	    .num_before = 1,
	    .after = &next.file,
	    .num_after = 1,
	    .version = 7,
	    .signatures = signatures,
	    .num_signatures = num_by};

	for (size_t i = 0; i < num_by; i++) {
		sign(&files[i], &by[i], &step);
		signatures[i] = (struct step_signature){
		    span_str(by[i].name), buf_span(&files[i])};
	}
	struct err err = step_judge(out, &next.arena, &step);
	words->max = 1024;
	buf_reset(words);
	if (err.code == ERR_OK)
		expect_ok(step_say_lacking(words, &step, out));
	for (size_t i = 0; i < num_by; i++)
		buf_done(&files[i]);
	return err;
}

struct row {
	const char *from, *to; /* what changes */
	struct by by[MAX_SIGNED];
	size_t num_by;
	uint32_t num_signed;
	const char *lacking; /* "": nobody */
};

#define NARROWER "nights: band 2", "nights: band 4"
#define WIDER_CLINIC "until: 2027-03-31", "until: 2027-04-30"
#define WIDER_BOTH "people:\n", "changes: {wider: any signer}\npeople:\n"

static void
expect_rows(const char *changes, const struct row *rows, size_t num)
{
	struct buf words CLEANUP(buf_done) = {.max = 1024};

	for (size_t i = 0; i < num; i++) {
		struct step_result result;

		load(&running, &texts[0], changes, "name: base", "name: base");
		load(&next, &texts[1], changes, rows[i].from, rows[i].to);
		expect_ok(judge(&result, &words, rows[i].by, rows[i].num_by));
		if (!span_equal_str(buf_span(&words), rows[i].lacking))
			fail_msg("row %zu: %.*s", i, (int)words.len,
			    (const char *)words.data);
		assert_int_equal(
		    result.verdict.enough, rows[i].lacking[0] == '\0');
		assert_int_equal(result.num_signed, rows[i].num_signed);
		assert_int_equal(
		    result.num_wrong, rows[i].num_by - rows[i].num_signed);
		end();
	}
}

static void
step_judge__asks_those_whose_data_it_is(void **state)
{
	static const struct row rows[] = {
	    {NARROWER, {{0}}, 0, 0,
		"it needs one more signature, of anna or ada or eva or edo"},
	    {NARROWER, {{"eva", EVA, 0, NULL}}, 1, 1, ""},
	    {WIDER_CLINIC, {{"eva", EVA, 0, NULL}}, 1, 1,
		"it needs one more signature, of anna or ada for clinic"},
	    {WIDER_CLINIC, {{"ada", ADA, 0, NULL}}, 1, 1, ""},
	    {WIDER_BOTH, {{"ada", ADA, 0, NULL}}, 1, 1,
		"it needs one more signature, of eva or edo for bank"},
	    {WIDER_BOTH, {{"ada", ADA, 0, NULL}, {"eva", EVA, 0, NULL}}, 2, 2,
		""},
	};

	(void)state;
	expect_rows("", rows, sizeof(rows) / sizeof(rows[0]));
}

static void
step_judge__two_of_each_are_two_people(void **state)
{
	static const struct row rows[] = {
	    {WIDER_CLINIC, {{0}}, 0, 0,
		"it needs two more signatures, of anna or ada for clinic"},
	    {WIDER_CLINIC, {{"ada", ADA, 0, NULL}}, 1, 1,
		"it needs one more signature, of anna for clinic"},
	    {WIDER_CLINIC, {{"ada", ADA, 0, NULL}, {"ada", ADA, 0, NULL}}, 2, 2,
		"it needs one more signature, of anna for clinic"},
	    {WIDER_CLINIC, {{"ada", ADA, 0, NULL}, {"anna", ANNA, 0, NULL}}, 2,
		2, ""},
	};

	(void)state;
	expect_rows("changes: {wider: two of each controller concerned}\n",
	    rows, sizeof(rows) / sizeof(rows[0]));
}

/* THREATS 21: each is as good as no signature. */
static void
step_judge__counts_nothing_that_is_not_what_it_says(void **state)
{
	static const char none[] =
	    "it needs one more signature, of anna or ada for clinic";
	static const struct row rows[] = {
	    {WIDER_CLINIC, {{"anna", STRANGER, 0, NULL}}, 1, 0, none},
	    {WIDER_CLINIC, {{"anna", EVA, 0, NULL}}, 1, 0, none},
	    {WIDER_CLINIC, {{"mallory", STRANGER, 0, NULL}}, 1, 0, none},
	    {WIDER_CLINIC, {{"mallory", ANNA, 0, NULL}}, 1, 0, none},
	    {WIDER_CLINIC, {{"anna", ANNA, 6, NULL}}, 1, 0, none},
	    {WIDER_CLINIC, {{"anna", ANNA, 0, "file"}}, 1, 0, none},
	};

	(void)state;
	expect_rows("", rows, sizeof(rows) / sizeof(rows[0]));
}

/* A key that the change itself brings cannot sign it. */
static void
step_judge__asks_the_policy_that_runs(void **state)
{
	static const struct by by[] = {{"mallory", STRANGER, 0, NULL}};
	struct buf words CLEANUP(buf_done) = {.max = 1024};
	struct buf signer CLEANUP(buf_done) = {.max = 1024};
	struct step_result result;

	(void)state;
	expect_ok(buf_append_str(&signer, "signers:\n"));
	put_signer(&signer, "mallory", "clinic", STRANGER);
	expect_ok(buf_put_u8(&signer, '\0'));
	load(&running, &texts[0], "", "name: base", "name: base");
	load(&next, &texts[1], "", "signers:\n", (const char *)signer.data);
	expect_ok(judge(&result, &words, by, 1));
	assert_int_equal(result.num_signed, 0);
	assert_false(result.verdict.enough);
	end();
}

static void
step_judge__refuses_what_could_not_be_changed_again(void **state)
{
	struct buf words CLEANUP(buf_done) = {.max = 1024};
	struct step_result result;

	(void)state;
	load(&running, &texts[0], "", "name: base", "name: base");
	texts[1].max = 65536;
	expect_ok(buf_append(&texts[1], base));
	policybox_run(&next, buf_span(&texts[1]));
	expect_ok(next.err);
	expect_err(DENIED,
	    judge(&result, &words, &(struct by){"anna", ANNA, 0, NULL}, 1));
	end();
}

#define SHOP                                                                   \
	"  shop: {name: Shop, country: DE, role: controller, contact: "        \
	"a@shop.example}\n"

/* Data of a controller whom the policy that runs does not know: nobody in it
 * can say yes to that, unless any signer may. */
static void
step_judge__opens_no_data_of_a_stranger(void **state)
{
	static const struct by by[] = {
	    {"anna", ANNA, 0, NULL}, {"eva", EVA, 0, NULL}};
	static const char *const changes[] = {
	    "", "changes: {wider: any signer}\n"};
	struct buf words CLEANUP(buf_done) = {.max = 1024};
	struct buf other CLEANUP(buf_done) = {.max = 65536};
	struct step_result result;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		load(&running, &texts[0], changes[i], "name: base",
		    "name: base");
		load(&next, &texts[1], changes[i], "  lab: {", SHOP "  lab: {");
		policybox_done(&next);
		policybox_change(&other, buf_span(&texts[1]),
		    "    controller: bank\n", "    controller: shop\n");
		policybox_run(&next, buf_span(&other));
		expect_ok(next.err);
		struct err err = judge(&result, &words, by, 2);
		assert_int_equal(err.code, i == 0 ? ERR_DENIED : ERR_OK);
		assert_int_equal(result.num_signed, 2);
		end();
	}
}

static void
step_judge__looks_at_so_many_signatures_only(void **state)
{
	static struct step_signature many[STEP_MAX_SIGNATURES + 1];
	struct step_result result;

	(void)state;
	load(&running, &texts[0], "", "name: base", "name: base");
	load(&next, &texts[1], "", NARROWER);
	struct step step = {.running = &running.policy,
	    .next = &next.policy,
	    .before = &running.file,
	    .num_before = 1,
	    .after = &next.file,
	    .num_after = 1,
	    .version = 7,
	    .signatures = many,
	    .num_signatures = STEP_MAX_SIGNATURES};
	expect_ok(step_judge(&result, &next.arena, &step));
	assert_int_equal(result.num_wrong, STEP_MAX_SIGNATURES);
	step.num_signatures++;
	expect_err(TOO_BIG, step_judge(&result, &next.arena, &step));
	end();
}

/* What is lacking, in words, and what it is about. */
struct lacking {
	struct step step;
	struct step_result result;
};

static struct err
say_once(void *context, struct buf *out, struct arena *arena)
{
	const struct lacking *lacking = context;

	(void)arena;
	return step_say_lacking(out, &lacking->step, &lacking->result);
}

static void
step_say_lacking__ends_at_any_ceiling(void **state)
{
	struct lacking lacking;

	(void)state;
	load(&running, &texts[0], "", "name: base", "name: base");
	load(&next, &texts[1], "", WIDER_CLINIC);
	lacking.step = (struct step){.running = &running.policy,
	    .next = &next.policy,
	    .before = &running.file,
	    .num_before = 1,
	    .after = &next.file,
	    .num_after = 1,
	    .version = 7};
	expect_ok(step_judge(&lacking.result, &next.arena, &lacking.step));
	assert_int_equal(sweep_ceilings(say_once, &lacking),
	    strlen("it needs one more signature, of anna or ada for clinic"));
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(step_judge__asks_those_whose_data_it_is),
	    cmocka_unit_test(step_judge__two_of_each_are_two_people),
	    cmocka_unit_test(
		step_judge__counts_nothing_that_is_not_what_it_says),
	    cmocka_unit_test(step_judge__asks_the_policy_that_runs),
	    cmocka_unit_test(
		step_judge__refuses_what_could_not_be_changed_again),
	    cmocka_unit_test(step_judge__opens_no_data_of_a_stranger),
	    cmocka_unit_test(step_judge__looks_at_so_many_signatures_only),
	    cmocka_unit_test(step_say_lacking__ends_at_any_ceiling),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
