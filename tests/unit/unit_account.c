/*
 * What is counted against limits: held against a model that keeps every
 * charge, and sums them up each time as the ledger's README says.
 */
#include "tests/harness/expect.h"

#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/auditor/account.h"

enum {
	DAY = 20785,
	NOW = 5000, /* a second, of no meaning */
};

static struct account *account;
static struct audit_over over;
static struct account_mark mark;

static int
fresh(void **state)
{
	(void)state;
	account_free(account);
	account = NULL;
	return crypto_init().code == ERR_OK &&
		account_new(&account, 64, 64).code == ERR_OK
	    ? 0
	    : -1;
}

static int
clear(void **state)
{
	(void)state;
	account_free(account);
	account = NULL;
	return 0;
}

static struct record_charged
charge(const char *agreement, const char *caller, const char *generation)
{
	return (struct record_charged){.agreement = span_str(agreement),
	    .generation = span_str(generation),
	    .charge = {.known = true,
		.caller = span_str(caller),
		.day = DAY,
		.bytes = 100,
		.rows = 10,
		.rows_most = 25}};
}

/* If it is within, it is added. */
static bool
try(const struct record_charged *charged, const struct audit_limits *limits,
    uint64_t now_s)
{
	struct err err = account_check(account, charged, limits, now_s, &over);

	if (err.code == ERR_OK)
		expect_ok(account_add(account, charged, now_s, &mark));
	else
		assert_int_equal(err.code, ERR_DENIED);
	return err.code == ERR_OK;
}

static void
account__counts_bytes_of_each_answer(void **state)
{
	const struct audit_limits limits = {
	    .all = {.bytes_per_day = 350}, .each = {.bytes_per_day = 200}};
	struct record_charged a = charge("x", "a", "g");
	struct record_charged b = charge("x", "b", "g");

	(void)state;
	assert_true(try(&a, &limits, NOW));
	assert_true(try(&a, &limits, NOW));
	assert_false(try(&a, &limits, NOW));
	assert_int_equal(over.limit, AUDIT_LIMIT_BYTES);
	assert_true(over.each);
	assert_int_equal(over.used, 200);
	assert_int_equal(over.asked, 100);
	assert_int_equal(over.day, DAY);
	assert_true(try(&b, &limits, NOW));
	assert_false(try(&b, &limits, NOW));
	assert_false(over.each);
	/* What is left is left for who asks for less; nothing is always so. */
	b.charge.bytes = 51;
	assert_false(try(&b, &limits, NOW));
	b.charge.bytes = 50;
	assert_true(try(&b, &limits, NOW));
	b.charge.bytes = 1;
	assert_false(try(&b, &limits, NOW));
	b.charge.bytes = 0;
	assert_true(try(&b, &limits, NOW));
	/* Others have theirs. */
	a.agreement = span_str("y");
	assert_true(try(&a, &limits, NOW));
}

static void
account__counts_the_rows_of_a_generation_once(void **state)
{
	const struct audit_limits limits = {.all = {.rows_per_day = 60}};
	struct record_charged a = charge("x", "a", "g");
	struct record_charged b = charge("x", "b", "g");

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(try(&a, &limits, NOW));
	assert_int_equal(mark.rows, 0);
	/* 25 by a, 25 by b, and 10 are left for another generation. */
	for (int i = 0; i < 10; i++)
		assert_true(try(&b, &limits, NOW));
	a.generation = span_str("h");
	assert_true(try(&a, &limits, NOW));
	assert_false(try(&a, &limits, NOW));
	assert_int_equal(over.limit, AUDIT_LIMIT_ROWS);
	assert_int_equal(over.used, 60);
	assert_int_equal(over.asked, 10);
	assert_true(try(&b, &limits, NOW));
}

static void
account__counts_requests_of_any_minute(void **state)
{
	const struct audit_limits limits = {.all = {.requests_per_minute = 3}};
	struct record_charged a = charge("x", "a", "");

	(void)state;
	a.charge.bytes = a.charge.rows = 0;
	assert_true(try(&a, &limits, NOW));
	assert_true(try(&a, &limits, NOW + 10));
	assert_true(try(&a, &limits, NOW + 59));
	assert_false(try(&a, &limits, NOW + 59));
	assert_int_equal(over.limit, AUDIT_LIMIT_REQUESTS);
	assert_int_equal(over.retry_after_s, 2);
	assert_false(try(&a, &limits, NOW + 60));
	assert_int_equal(over.retry_after_s, 1);
	assert_true(try(&a, &limits, NOW + 61));
	assert_false(try(&a, &limits, NOW + 61));
	assert_int_equal(over.retry_after_s, 10);
	/* A clock that goes back frees nobody. */
	assert_false(try(&a, &limits, NOW));
	assert_true(try(&a, &limits, NOW + 10000));
}

static void
account__turns_with_the_day_and_not_back(void **state)
{
	const struct audit_limits limits = {
	    .all = {.rows_per_day = 10, .requests_per_minute = 3}};
	struct record_charged a = charge("x", "a", "g");

	(void)state;
	assert_true(try(&a, &limits, NOW));
	assert_false(try(&a, &limits, NOW));
	a.charge.day = DAY + 1;
	assert_true(try(&a, &limits, NOW + 1));
	assert_false(try(&a, &limits, NOW + 1));
	assert_int_equal(over.limit, AUDIT_LIMIT_ROWS);
	a.charge.day = DAY;
	assert_false(try(&a, &limits, NOW + 2));
	assert_int_equal(over.day, DAY + 1);
	/* Who asks at midnight has asked within the minute. */
	a.charge.rows = 0;
	a.charge.day = DAY + 2;
	assert_true(try(&a, &limits, NOW + 3));
	a.charge.day = DAY + 3;
	assert_false(try(&a, &limits, NOW + 4));
	assert_int_equal(over.limit, AUDIT_LIMIT_REQUESTS);
}

static void
account__is_closed_to_whom_it_cannot_count(void **state)
{
	const struct audit_limits each = {.each = {.bytes_per_day = 1000}};
	const struct audit_limits none = {.all = {.bytes_per_day = 1000000}};
	struct record_charged a = charge("x", "a", "");
	char name[16];

	(void)state;
	a.charge.rows = 0;
	/* One place is the agreement's. */
	for (int i = 0; i < 63; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		a.charge.caller = span_str(name);
		assert_true(try(&a, &each, NOW));
	}
	assert_int_equal(account_num(account), 64);
	a.charge.caller = span_str("another");
	assert_false(try(&a, &each, NOW));
	assert_int_equal(over.limit, AUDIT_LIMIT_ROOM);
	assert_true(over.each);
	/* Where each has no limit of his own, he need not be counted. */
	assert_true(try(&a, &none, NOW));
	a.charge.caller = span_str("n7");
	assert_true(try(&a, &each, NOW));
	a.agreement = span_str("y");
	assert_false(try(&a, &none, NOW));
	assert_int_equal(over.limit, AUDIT_LIMIT_ROOM);
	/* The next day begins empty, but for who asked just now. */
	a.charge.day = DAY + 1;
	assert_false(try(&a, &none, NOW + 60));
	a.charge.day = DAY + 2;
	assert_true(try(&a, &none, NOW + 61));
	assert_int_equal(account_num(account), 2);
}

/* Without a place for it, a generation is charged each time. */
static void
account__charges_again_what_it_cannot_remember(void **state)
{
	const struct audit_limits limits = {.all = {.rows_per_day = 10000}};
	struct record_charged a = charge("x", "a", "");
	char name[16];

	(void)state;
	a.charge.rows = a.charge.rows_most;
	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		a.generation = span_str(name);
		assert_true(try(&a, &limits, NOW));
		assert_true(try(&a, &limits, NOW));
		assert_int_equal(mark.rows, 0);
	}
	a.generation = span_str("another");
	for (int i = 0; i < 3; i++) {
		assert_true(try(&a, &limits, NOW));
		assert_int_equal(mark.rows, 25);
	}
}

static void
account_undo__is_as_if_it_had_not_been(void **state)
{
	const struct audit_limits limits = {.all = {.rows_per_day = 10,
						.bytes_per_day = 100,
						.requests_per_minute = 1},
	    .each = {.rows_per_day = 10,
		.bytes_per_day = 100,
		.requests_per_minute = 1}};
	struct record_charged a = charge("x", "a", "g");

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(try(&a, &limits, NOW));
		assert_int_equal(mark.rows, 10);
		assert_false(try(&a, &limits, NOW));
		account_undo(account, &mark);
	}
	assert_true(try(&a, &limits, NOW));
	/* Of yesterday nothing is taken back today. */
	struct account_mark before = mark;
	a.charge.day = DAY + 1;
	assert_true(try(&a, &limits, NOW + 100));
	account_undo(account, &before);
	assert_false(try(&a, &limits, NOW + 300));
}

/* --- The model --- */

enum {
	NUM_CHARGES = 500,
	NUM_AGREEMENTS = 3,
	NUM_CALLERS = 4,
	NUM_GENERATIONS = 5,
};

struct charged {
	unsigned agreement, caller, generation;
	uint64_t day, bytes, rows, second;
};

static struct charged kept[NUM_CHARGES];
static size_t num_kept;
static const uint64_t rows_of[NUM_GENERATIONS] = {1, 7, 40, 333, 1000};

static bool
is_of(const struct charged *c, const struct charged *asked, bool each)
{
	return c->agreement == asked->agreement &&
	    (!each || c->caller == asked->caller);
}

/* Rows that this caller was charged of this generation, today. */
static uint64_t
model_had(const struct charged *asked, unsigned caller, unsigned generation)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < num_kept; i++)
		if (is_of(&kept[i], asked, false) && kept[i].caller == caller &&
		    kept[i].generation == generation &&
		    kept[i].day == asked->day)
			sum += kept[i].rows;
	return sum < rows_of[generation] ? sum : rows_of[generation];
}

static uint64_t
model_rows(const struct charged *asked, bool each)
{
	uint64_t sum = 0;

	for (unsigned c = 0; c < NUM_CALLERS; c++)
		for (unsigned g = 0; g < NUM_GENERATIONS; g++)
			if (!each || c == asked->caller)
				sum += model_had(asked, c, g);
	return sum;
}

static bool
model_within(
    const struct charged *asked, const struct limits *limits, bool each)
{
	uint64_t bytes = asked->bytes, requests = 1, rows;
	struct charged *next = &kept[num_kept];

	for (size_t i = 0; i < num_kept; i++) {
		if (!is_of(&kept[i], asked, each))
			continue;
		if (kept[i].day == asked->day)
			bytes += kept[i].bytes;
		if (kept[i].second + 61 > asked->second)
			requests++;
	}
	*next = *asked;
	uint64_t before = model_rows(asked, each);
	num_kept++;
	rows = model_rows(asked, each);
	num_kept--;
	return (limits->bytes_per_day == 0 || asked->bytes == 0 ||
		   bytes <= limits->bytes_per_day) &&
	    (limits->requests_per_minute == 0 ||
		requests <= limits->requests_per_minute) &&
	    (limits->rows_per_day == 0 || rows == before ||
		rows <= limits->rows_per_day);
}

static uint64_t random_state;

/* A number under `num`; splitmix64, so that a seed means the same anywhere. */
static uint64_t
below(uint64_t num)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % num;
}

static uint64_t
random_limit(uint64_t most)
{
	return below(3) == 0 ? 1 + below(most) : 0;
}

static struct limits
random_limits(void)
{
	return (struct limits){.rows_per_day = random_limit(3000),
	    .bytes_per_day = random_limit(20000),
	    .requests_per_minute = random_limit(50)};
}

static struct record_charged
as_record(const struct charged *c, char texts[3][8])
{
	snprintf(texts[0], 8, "a%u", c->agreement);
	snprintf(texts[1], 8, "c%u", c->caller);
	snprintf(texts[2], 8, "%02x", c->generation);
	struct record_charged out = charge(texts[0], texts[1], texts[2]);
	out.charge.day = c->day;
	out.charge.bytes = c->bytes;
	out.charge.rows = c->rows;
	out.charge.rows_most = rows_of[c->generation];
	return out;
}

/* The next one: time passes now and then. */
static void
vary(struct charged *c)
{
	c->agreement = (unsigned)below(NUM_AGREEMENTS);
	c->caller = (unsigned)below(NUM_CALLERS);
	c->generation = (unsigned)below(NUM_GENERATIONS);
	c->bytes = below(200);
	c->rows = below(rows_of[c->generation] + 1);
	c->second += below(4) == 0 ? below(20) : 0;
	c->day += below(200) == 0;
}

/* Another one goes on with what this one has put down, and it could put the
 * same down again. */
static void
begin_anew(uint64_t now_s)
{
	struct buf text CLEANUP(buf_done) = {.max = ACCOUNT_PUT_MAX};
	struct buf again CLEANUP(buf_done) = {.max = ACCOUNT_PUT_MAX};

	expect_ok(account_put(account, now_s, &text));
	struct span in = buf_span(&text);
	account_free(account);
	expect_ok(account_new(&account, 64, 64));
	expect_ok(account_take(account, now_s, &in));
	assert_int_equal(in.len, 0);
	expect_ok(account_put(account, now_s, &again));
	assert_true(span_equal(buf_span(&text), buf_span(&again)));
}

static void
run_once(unsigned seed)
{
	struct audit_limits limits[NUM_AGREEMENTS];
	struct charged c = {.day = DAY, .second = NOW};
	uint64_t day = 0;

	random_state = seed;
	num_kept = 0;
	for (size_t i = 0; i < NUM_AGREEMENTS; i++)
		limits[i] =
		    (struct audit_limits){random_limits(), random_limits()};
	for (unsigned i = 0; i < NUM_CHARGES; i++) {
		char texts[3][8];
		vary(&c);
		struct record_charged record = as_record(&c, texts);
		/* A clock may be behind what was seen before. */
		if (day == c.day)
			record.charge.day -= below(2);
		day = c.day;
		const struct audit_limits *l = &limits[c.agreement];
		bool within = model_within(&c, &l->all, false) &&
		    model_within(&c, &l->each, true);
		if (try(&record, l, c.second) != within)
			fail_msg("seed %u, charge %u: the model says %d", seed,
			    i, within);
		if (within)
			kept[num_kept++] = c;
		if (below(15) == 0)
			begin_anew(c.second);
	}
	assert_true(num_kept > 0);
}

static void
account__agrees_with_a_model(void **state)
{
	for (unsigned seed = 0; seed < 60; seed++) {
		fresh(state);
		run_once(seed);
	}
}

/* Nothing changes by it: also no day begins. */
static void
account_use__tells_what_all_callers_were_charged(void **state)
{
	const struct audit_limits limits = {.all = {.bytes_per_day = 250}};
	struct record_charged a = charge("x", "a", "g");
	struct record_charged b = charge("x", "b", "g");
	struct audit_use use = {.day = DAY, .agreement = span_str("x")};
	struct audit_used used;

	(void)state;
	expect_ok(account_use(account, &use, NOW, &used));
	assert_int_equal(used.bytes, 0);
	assert_true(try(&a, &limits, NOW));
	assert_true(try(&b, &limits, NOW + 30));
	for (use.day = DAY - 1; use.day <= DAY; use.day++) {
		expect_ok(account_use(account, &use, NOW + 30, &used));
		assert_int_equal(used.day, DAY);
		assert_int_equal(used.rows, 20);
		assert_int_equal(used.bytes, 200);
		assert_int_equal(used.requests, 2);
	}
	/* Tomorrow there is all of it, and a minute later nobody asked. */
	expect_ok(account_use(account, &use, NOW + 61, &used));
	assert_int_equal(used.day, DAY + 1);
	assert_int_equal(used.rows, 0);
	assert_int_equal(used.bytes, 0);
	assert_int_equal(used.requests, 1);
	/* It was only looked at. */
	assert_false(try(&a, &limits, NOW + 62));
	use = (struct audit_use){.day = DAY, .agreement = span_str("y")};
	expect_ok(account_use(account, &use, NOW, &used));
	assert_int_equal(used.bytes + used.rows + used.requests, 0);
}

/* Of one caller: what he read of this agreement, and nobody else's. */
static void
account_use__tells_what_each_caller_was_charged(void **state)
{
	const struct audit_limits limits = {.all = {.bytes_per_day = 1000}};
	struct record_charged charges[] = {charge("x", "a", "g"),
	    charge("x", "b", "g"), charge("x", "b", "g"),
	    charge("y", "a", "g")};
	struct audit_use use = {.day = DAY, .agreement = span_str("x")};
	struct audit_used used;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_true(try(&charges[i], &limits, NOW));
	use.caller = span_str("a");
	expect_ok(account_use(account, &use, NOW, &used));
	assert_int_equal(used.bytes, 100);
	assert_int_equal(used.rows, 10);
	assert_int_equal(used.requests, 1);
	use.caller = span_str("b");
	expect_ok(account_use(account, &use, NOW, &used));
	assert_int_equal(used.bytes, 200);
	assert_int_equal(used.rows, 20);
	assert_int_equal(used.requests, 2);
	use.caller = span_str("c");
	expect_ok(account_use(account, &use, NOW, &used));
	assert_int_equal(used.bytes + used.rows + used.requests, 0);
}

/* The clock of the one that begins has another zero. */
static void
account_take__counts_the_last_minute_by_its_own_clock(void **state)
{
	const struct audit_limits limits = {.all = {.requests_per_minute = 3}};
	struct buf text CLEANUP(buf_done) = {.max = ACCOUNT_PUT_MAX};
	struct record_charged a = charge("x", "a", "g");

	assert_true(try(&a, &limits, NOW));
	assert_true(try(&a, &limits, NOW + 20));
	assert_true(try(&a, &limits, NOW + 30));
	expect_ok(account_put(account, NOW + 40, &text));
	/* 50 was then; what was asked at NOW is older than that clock. */
	for (uint64_t then = 25; then <= 50; then += 25) {
		struct span in = buf_span(&text);
		fresh(state);
		expect_ok(account_take(account, then, &in));
		assert_int_equal(try(&a, &limits, then), then == 25);
		assert_false(try(&a, &limits, then + 1));
		assert_true(try(&a, &limits, then + 61));
	}
}

/* The most that there can be, and one more. */
static void
account_take__has_room_for_what_was_put(void **state)
{
	struct buf text CLEANUP(buf_done) = {.max = ACCOUNT_PUT_MAX};

	for (unsigned i = 0; i < 70; i++) {
		char name[8];
		snprintf(name, sizeof(name), "%u", i);
		struct record_charged a = charge(name, "a", name);
		expect_ok(account_add(account, &a, NOW, &mark));
	}
	expect_ok(account_put(account, NOW, &text));
	struct span in = buf_span(&text);
	fresh(state);
	expect_ok(account_take(account, NOW, &in));
	assert_int_equal(account_num(account), 64);
	account_free(account);
	expect_ok(account_new(&account, 63, 64));
	in = buf_span(&text);
	expect_err(MALFORMED, account_take(account, NOW, &in));
	account_free(account);
	expect_ok(account_new(&account, 64, 10));
	in = buf_span(&text);
	expect_err(MALFORMED, account_take(account, NOW, &in));
	for (size_t len = 0; len < text.len; len++) {
		in = span_of(text.data, len);
		fresh(state);
		expect_err(TRUNCATED, account_take(account, NOW, &in));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(account__counts_bytes_of_each_answer),
	    TEST(account__counts_the_rows_of_a_generation_once),
	    TEST(account__counts_requests_of_any_minute),
	    TEST(account__turns_with_the_day_and_not_back),
	    TEST(account__is_closed_to_whom_it_cannot_count),
	    TEST(account__charges_again_what_it_cannot_remember),
	    TEST(account_undo__is_as_if_it_had_not_been),
	    TEST(account_use__tells_what_all_callers_were_charged),
	    TEST(account_use__tells_what_each_caller_was_charged),
	    TEST(account__agrees_with_a_model),
	    TEST(account_take__counts_the_last_minute_by_its_own_clock),
	    TEST(account_take__has_room_for_what_was_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
