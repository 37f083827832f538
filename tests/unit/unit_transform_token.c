#include "tests/harness/expect.h"

#include "crypto/derive.h"
#include "crypto/init.h"
#include "gateway/transform/transform.h"
#include "gateway/transform/trial_codes.h"

/* A codebook of a test: what it was told, and codes that say in which order. */
enum {
	ROOM = 8 * BATCH_MAX_ROWS
};
static struct {
	uint8_t indexes[ROOM][TOKEN_INDEX], subjects[ROOM][TOKEN_INDEX];
	uint8_t sealed[ROOM][64];
	size_t sealed_len[ROOM];
	size_t num, num_asked, num_questions;
	struct err fails; /* what is asked next */
} book;

static size_t
find(const uint8_t index[TOKEN_INDEX])
{
	size_t i = 0;

	while (i < book.num && memcmp(book.indexes[i], index, TOKEN_INDEX) != 0)
		i++;
	return i;
}

static struct err
ask(void *context, const uint8_t (*indexes)[TOKEN_INDEX], size_t num,
    uint8_t (*out_codes)[TOKEN_CODE], bool *out_known)
{
	assert_ptr_equal(context, &book);
	assert_true(num > 0 && num <= DRAW_BATCH);
	TRY(book.fails);
	book.num_asked += num;
	book.num_questions++;
	for (size_t i = 0; i < num; i++) {
		size_t at = find(indexes[i]);
		for (size_t j = 0; j < i; j++) /* each once */
			assert_memory_not_equal(
			    indexes[i], indexes[j], TOKEN_INDEX);
		out_known[i] = at < book.num;
		memset(out_codes[i], 0, TOKEN_CODE);
		out_codes[i][TOKEN_CODE - 2] = (uint8_t)(at >> 8);
		out_codes[i][TOKEN_CODE - 1] = (uint8_t)at;
	}
	return OK;
}

static struct err
make(void *context, const struct draw_new *entries, size_t num,
    uint8_t (*out_codes)[TOKEN_CODE])
{
	(void)context;
	for (size_t i = 0; i < num; i++) {
		size_t at = book.num;
		assert_true(at < ROOM);
		assert_int_equal(find(entries[i].index), at);
		book.num++;
		memcpy(book.indexes[at], entries[i].index, TOKEN_INDEX);
		memcpy(book.subjects[at], entries[i].subject, TOKEN_INDEX);
		assert_true(entries[i].sealed.len <= 64);
		memcpy(book.sealed[at], entries[i].sealed.data,
		    entries[i].sealed.len);
		book.sealed_len[at] = entries[i].sealed.len;
		memset(out_codes[i], 0, TOKEN_CODE);
		out_codes[i][TOKEN_CODE - 2] = (uint8_t)(at >> 8);
		out_codes[i][TOKEN_CODE - 1] = (uint8_t)at;
	}
	return OK;
}

static const struct codes codes = {.ask = ask, .make = make, .context = &book};

static const uint8_t keys[3][32] = {{7}, {8}, {9}};
static const uint8_t subject_key[32] = {99};

static struct plan_column columns[] = {
    {.kind = KIND_PHONE, .how = {.op = PROTECT_TOKEN}},
    {.kind = KIND_PHONE, .how = {.op = PROTECT_TOKEN}},
    {.kind = KIND_EMAIL, .how = {.op = PROTECT_TOKEN}},
};
static struct span yes = {(const uint8_t *)"yes", 3};
static struct plan_condition conditions[] = {
    {.test = PLAN_CONSENT, .values = &yes, .num_values = 1},
    {.test = PLAN_SUBJECT, .kind = KIND_RECORD_NUMBER}};
static const uint32_t where[] = {0, 1, 2};
static const uint32_t where_conditions[] = {3, 4};

static const struct plan plan = {.version = PLAN_VERSION,
    .as_of = 2026,
    .key_epoch = 5,
    .columns = columns,
    .num_columns = 3,
    .conditions = conditions,
    .num_conditions = 2};

/* Two columns of one kind under one key, as an order has them; and another. */
static const uint8_t (*of_scope(void))[32]
{
	static uint8_t same[3][32];

	memcpy(same[0], keys[0], 32);
	memcpy(same[1], keys[0], 32);
	memcpy(same[2], keys[2], 32);
	return (const uint8_t(*)[32])same;
}

static struct transform *transform;
static struct batch raw, out;
static uint8_t verdicts[BATCH_MAX_ROWS];
static struct transform_counts counts;

static int
begin(void **state)
{
	(void)state;
	memset(&book, 0, sizeof(book));
	memset(&counts, 0, sizeof(counts));
	expect_ok(crypto_init());
	expect_ok(batch_init(&raw, 5));
	expect_ok(batch_init(&out, 3));
	expect_ok(transform_new(&transform, &plan, of_scope(), 512 * 1024, 0));
	transform_bind(transform, where, where_conditions);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	batch_done(&raw);
	batch_done(&out);
	transform_free(transform);
	return 0;
}

static void
put_row(uint32_t row, const char *a, const char *b, const char *email,
    const char *consent, const char *subject)
{
	batch_column(&raw, 0)[row] = span_str(a);
	batch_column(&raw, 1)[row] = span_str(b);
	batch_column(&raw, 2)[row] = span_str(email);
	batch_column(&raw, 3)[row] = span_str(consent);
	batch_column(&raw, 4)[row] = span_str(subject);
	if (raw.num_rows <= row)
		raw.num_rows = row + 1;
}

static void
run(void)
{
	expect_ok(transform_set_codes(transform, &codes, subject_key));
	expect_ok(transform_run(transform, &raw, &out, verdicts, &counts));
}

static struct span
got(uint32_t column, uint32_t row)
{
	return batch_column(&out, column)[row];
}

static void
transform_token__gives_one_code_to_one_value(void **state)
{
	(void)state;
	put_row(0, "555-0100", "555 0101", "a@x", "yes", "S1");
	put_row(1, "(555) 0101", "", "A@X", "yes", "S2");
	put_row(2, "5550100", "555.0102", "b@x", "yes", "S1");
	run();
	expect_span(got(0, 0), "t5_aaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_true(span_equal(got(0, 0), got(0, 2)));
	assert_true(span_equal(got(0, 1), got(1, 0)));
	assert_int_equal(got(1, 1).len, 0); /* missing stays missing */
	assert_true(span_equal(got(2, 0), got(2, 1)));
	assert_false(span_equal(got(2, 0), got(2, 2)));
	/* Two phones, one more of the other column, two addresses. */
	assert_int_equal(book.num, 5);
	assert_int_equal(book.num_asked, 2 + 2 + 2);
	run();
	assert_int_equal(book.num, 5);
	expect_span(got(0, 0), "t5_aaaaaaaaaaaaaaaaaaaaaaaaaa");
}

/* What the codebook gets is what its key opens, under who was the first. */
static void
transform_token__sends_nothing_in_the_clear(void **state)
{
	const struct span kind = span_str("phone"), value = span_str("5550100");
	const struct span subject = span_str("S1");
	uint8_t want[1][TOKEN_INDEX], opened[64];
	struct hmac_key *subjects;
	struct token_key *key;

	(void)state;
	put_row(0, "555-0100", "", "", "yes", " S1 ");
	put_row(1, "555-0100", "", "", "yes", "S2");
	run();
	assert_int_equal(book.num, 1);
	expect_ok(token_key_new(&key, keys[0], kind));
	expect_ok(
	    hmac_key_new(&subjects, subject_key, span_str("record-number")));
	token_index(key, &value, 1, want);
	assert_memory_equal(book.indexes[0], want[0], TOKEN_INDEX);
	token_subjects(subjects, &subject, 1, want);
	assert_memory_equal(book.subjects[0], want[0], TOKEN_INDEX);
	expect_ok(token_open(
	    key, span_of(book.sealed[0], book.sealed_len[0]), opened));
	assert_memory_equal(opened, "5550100", 7);
	token_key_free(key);
	hmac_key_free(subjects);
}

/* Of who did not consent, nothing is asked and nothing kept. */
static void
transform_token__keeps_nothing_of_rows_that_stay(void **state)
{
	(void)state;
	for (uint32_t row = 0; row < 100; row++)
		put_row(row, row == 50 ? "555-9999" : "555-0100", "", "",
		    row == 50 ? "no" : "yes", "S");
	run();
	assert_int_equal(verdicts[50], VERDICT_CONSENT);
	assert_int_equal(got(0, 50).len, 0);
	assert_int_equal(book.num, 1);
	assert_int_equal(book.num_asked, 1);
}

static void
transform_token__withholds_what_does_not_fit(void **state)
{
	static char wide[TOKEN_MAX_VALUE + 10];

	(void)state;
	memset(wide, 'a', sizeof(wide) - 1);
	put_row(0, "call me", "", "", "yes", "S");
	put_row(1, "555-0100", "", "", "yes", "");
	put_row(2, "555-0100", "", wide, "yes", "S");
	put_row(3, "555-0100", "", "", "yes", "S");
	run();
	assert_int_equal(counts.unfit[FIT_NOT_IDENTIFIER], 2);
	assert_int_equal(counts.unfit[FIT_NO_SUBJECT], 1);
	for (uint32_t row = 0; row < 4; row++)
		assert_int_equal(
		    verdicts[row], row < 3 ? VERDICT_UNFIT : VERDICT_RELEASED);
	assert_int_equal(got(0, 3).len, 29);
	assert_int_equal(book.num, 1);
}

static void
transform_token__is_nothing_without_its_codebook(void **state)
{
	(void)state;
	put_row(0, "555-0100", "", "", "yes", "S");
	expect_err(UNAVAILABLE,
	    transform_run(transform, &raw, &out, verdicts, &counts));
	book.fails = ERR(UNAVAILABLE, "it went away");
	expect_ok(transform_set_codes(transform, &codes, subject_key));
	expect_err(UNAVAILABLE,
	    transform_run(transform, &raw, &out, verdicts, &counts));
}

/* Full batches: every value once on the wire, each back at its place. */
static void
transform_token__takes_whole_batches(void **state)
{
	static char texts[BATCH_MAX_ROWS][16];

	(void)state;
	for (uint32_t row = 0; row < BATCH_MAX_ROWS; row++) {
		(void)snprintf(texts[row], sizeof(texts[row]), "555%06u",
		    (unsigned)(row * 7 % BATCH_MAX_ROWS));
		put_row(row, texts[row], "", "", "yes", "S");
	}
	run();
	assert_int_equal(book.num, BATCH_MAX_ROWS);
	assert_int_equal(book.num_questions, 1);
	for (uint32_t row = 0; row < BATCH_MAX_ROWS; row++) {
		uint8_t code[TOKEN_CODE];
		uint32_t epoch;

		expect_ok(token_parse(&epoch, code, got(0, row)));
		assert_int_equal(
		    code[TOKEN_CODE - 2] << 8 | code[TOKEN_CODE - 1], row);
	}
}

/* Each value is its own subject, where the dataset knows no other. */
static void
transform_token__needs_no_subject(void **state)
{
	const struct span value = span_str("5550100");
	static struct plan alone;
	uint8_t want[1][TOKEN_INDEX];
	struct hmac_key *subjects;

	(void)state;
	alone = plan;
	alone.num_conditions = 1;
	transform_free(transform);
	expect_ok(transform_new(&transform, &alone, of_scope(), 1000, 0));
	transform_bind(transform, where, where_conditions);
	put_row(0, "555-0100", "", "", "yes", "");
	run();
	assert_int_equal(book.num, 1);
	expect_ok(hmac_key_new(&subjects, subject_key, span_str("phone")));
	token_subjects(subjects, &value, 1, want);
	assert_memory_equal(book.subjects[0], want[0], TOKEN_INDEX);
	hmac_key_free(subjects);
}

static void
trial_codes__are_of_their_key(void **state)
{
	uint8_t first[40];

	(void)state;
	put_row(0, "555-0100", "555-0100", "", "yes", "S");
	expect_ok(transform_set_codes(
	    transform, trial_codes(), trial_codes_subject_key()));
	expect_ok(transform_run(transform, &raw, &out, verdicts, &counts));
	assert_int_equal(got(0, 0).len, 29);
	assert_true(span_equal(got(0, 0), got(1, 0)));
	memcpy(first, got(0, 0).data, 29);
	transform_free(transform);
	expect_ok(transform_new(&transform, &plan, &keys[0], 1000, 0));
	transform_bind(transform, where, where_conditions);
	expect_ok(transform_set_codes(
	    transform, trial_codes(), trial_codes_subject_key()));
	expect_ok(transform_run(transform, &raw, &out, verdicts, &counts));
	assert_memory_equal(got(0, 0).data, first, 29);
	assert_memory_not_equal(got(1, 0).data, first, 29);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(transform_token__gives_one_code_to_one_value),
	    TEST(transform_token__sends_nothing_in_the_clear),
	    TEST(transform_token__keeps_nothing_of_rows_that_stay),
	    TEST(transform_token__withholds_what_does_not_fit),
	    TEST(transform_token__is_nothing_without_its_codebook),
	    TEST(transform_token__takes_whole_batches),
	    TEST(transform_token__needs_no_subject),
	    TEST(trial_codes__are_of_their_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
