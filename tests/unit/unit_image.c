#include "tests/harness/expect.h"

#include "policy/decide.h"
#include "policy/image.h"
#include "policy/plan.h"
#include "policy/waits.h"
#include "tests/harness/policy_fixture.h"

enum {
	MAX_BYTES = 1 << 20
};

/* The image of the fixture. */
static void
make_image(struct buf *out)
{
	struct policy_fixture fixture;

	policy_fixture_init(&fixture);
	buf_init(out, MAX_BYTES);
	expect_ok(image_encode(out, &fixture.policy));
}

/*
 * Decode from an allocation of the exact size. What is taken must be in
 * bounds, usable by everything that works on a policy, and encode to the
 * same bytes again: there is one encoding of each policy.
 */
static enum err_code
try_image(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);
	struct arena arena;
	struct policy policy;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	arena_init(&arena, MAX_BYTES);
	struct err err = image_decode(&policy, &arena, span_of(copy, len));
	if (err.code == ERR_OK) {
		struct buf again;
		struct decision decision;
		struct caller caller = {.access_key = span_str("KTRAIN")};
		struct plan plan;
		assert_true(policy_fixture_walk(&policy) > 0);
		decide_read(&decision, &policy, &caller, span_str("notes"), 0);
		for (uint32_t i = 0; i < policy.num_agreements; i++)
			(void)plan_build(&plan, &arena, &policy, i, 2026, 1)
			    .code;
		buf_init(&again, MAX_BYTES);
		expect_ok(image_encode(&again, &policy));
		assert_int_equal(again.len, len);
		assert_memory_equal(again.data, copy, len);
		buf_done(&again);
	}
	arena_done(&arena);
	free(copy);
	return err.code;
}

static void
image_decode__gives_back_what_was_encoded(void **state)
{
	struct buf image;
	struct arena arena;
	struct policy p;

	(void)state;
	make_image(&image);
	arena_init(&arena, MAX_BYTES);
	expect_ok(image_decode(&p, &arena, buf_span(&image)));
	expect_span(p.name, "fixture");
	assert_int_equal(p.source_digest[1], 0xbb);
	assert_int_equal(p.num_places, NUM_FIXTURE_PLACES);
	assert_int_equal(p.places[1].seen_as[1].prefix_bits, 33);
	assert_int_equal(p.places[1].country[0], 'D');
	expect_span(p.groups[1].proofs[0].certificate, "spiffe://a/gpu");
	expect_span(p.tables[1].rows[2].value, "I22");
	assert_int_equal(p.tables[1].digest[1], 3);
	assert_int_equal(p.datasets[1].subject_column, NO_INDEX);
	assert_true(p.datasets[1].refuse_new_column);
	assert_int_equal(p.datasets[0].format.delimiter, ',');
	assert_int_equal(p.datasets[1].format.delimiter, ';');
	assert_true(p.datasets[1].format.unquoted);
	expect_span(p.datasets[1].format.header[1], "amount");
	expect_span(p.datasets[0].columns[7].answers[0], "no");
	const struct agreement *a = &p.agreements[FIXTURE_READMISSION];
	assert_true(a->from == FIXTURE_FROM && a->until == FIXTURE_UNTIL);
	assert_int_equal(a->columns[2].how.op, PROTECT_GROUP);
	assert_int_equal(a->columns[2].how.table, 1);
	assert_int_equal(a->columns[2].unfit, UNFIT_REFUSE);
	assert_int_equal(a->rows[0].day, 13879);
	assert_true(a->rows[1].age_of && a->rows[1].number.value == 18);
	expect_span(a->rows[3].values[1], "I21");
	a = &p.agreements[FIXTURE_OVERSEAS];
	assert_int_equal(a->compress, COMPRESSION_ZSTD);
	assert_int_equal(p.datasets[a->dataset].compression, COMPRESSION_GZIP);
	assert_int_equal(a->columns[0].how.low.value, -5);
	assert_int_equal(a->columns[0].how.low.scale, 1);
	assert_int_equal(a->columns[1].how.last, 4);
	assert_true(a->from == INT64_MIN && a->until == INT64_MAX);
	a = &p.agreements[FIXTURE_CARD_FRAUD];
	assert_int_equal(a->encrypt, ENCRYPT_AGE);
	assert_int_equal(a->recipients[1][0], 1);
	assert_true(p.guardrails[0].by_place_not_in);
	assert_false(p.guardrails[0].by_place);
	arena_done(&arena);
	buf_done(&image);
}

static uint32_t in[] = {1};
static struct signer signers[] = {{{(const uint8_t *)"anna", 4}, 1,
    {(const uint8_t *)"ssh-ed25519 AAAA", 16}, in, 1, 8}};
static struct emergency emergencies[] = {{.id = {(const uint8_t *)"treat", 5},
    .who = in,
    .num_who = 1,
    .approvers = in,
    .num_approvers = 1,
    .columns = in,
    .num_columns = 1,
    .places = in,
    .num_places = 1,
    .hours = 24,
    .review_days = 5,
    .file = {(const uint8_t *)"policy.yaml", 11},
    .line = 9}};

static void
add_emergency(struct policy_fixture *f)
{
	f->policy.signers = signers;
	f->policy.num_signers = 1;
	f->policy.emergencies = emergencies;
	f->policy.num_emergencies = 1;
}

/* What an agreement may wait for, and what only reports look at. */
static void
image_decode__gives_back_what_is_not_served(void **state)
{
	struct span value[] = {span_str("ml")};
	struct claim claims[] = {{span_str("groups"), value, 1}};
	struct proof proofs[] = {{.issuer = span_str("https://id.example"),
	    .claims = claims,
	    .num_claims = 1}};
	struct erasure erasures[] = {{0, span_str("erased/mrn.list"), 7}};
	uint32_t links[] = {FIXTURE_OVERSEAS};
	struct policy_fixture f;
	struct buf image = {.max = MAX_BYTES};
	struct arena arena;
	struct policy p;

	(void)state;
	policy_fixture_init(&f);
	struct agreement *a = &f.agreements[FIXTURE_CARD_FRAUD];
	f.groups[0].proofs = proofs;
	f.groups[0].waits = WAIT_BIT(WAIT_CLAIMS);
	f.places[2].attested = claims;
	f.places[2].num_attested = 1;
	f.datasets[0].erasures = erasures;
	f.datasets[0].num_erasures = 1;
	f.datasets[1].origin = ORIGIN_S3;
	add_emergency(&f);
	f.policy.wider = CHANGE_TWO_EACH_CONTROLLER;
	a->limits = (struct limits){1, 2, 3};
	a->per_caller = (struct limits){4, 5, 6};
	a->smallest_group = 5;
	a->distinct = 2;
	a->small_groups = SMALL_GROUPS_SUPPRESS;
	a->linkable = links;
	a->num_linkable = 1;
	a->transfer = (struct transfer){
	    .tool = TRANSFER_SCC, .module = 2, .tia = span_str("TIA-1")};
	a->waits = WAIT_BIT(WAIT_LISTING) | WAIT_BIT(WAIT_S3);
	expect_ok(image_encode(&image, &f.policy));
	assert_int_equal(try_image(image.data, image.len), ERR_OK);
	arena_init(&arena, MAX_BYTES);
	expect_ok(image_decode(&p, &arena, buf_span(&image)));
	expect_span(p.groups[0].proofs[0].claims[0].values[0], "ml");
	assert_int_equal(p.groups[0].waits, WAIT_BIT(WAIT_CLAIMS));
	expect_span(p.places[2].attested[0].name, "groups");
	assert_true(p.places[2].on_premises);
	expect_span(p.datasets[0].erasures[0].list, "erased/mrn.list");
	assert_int_equal(model_num_folders(&p), 1);
	expect_span(p.signers[0].key, "ssh-ed25519 AAAA");
	assert_int_equal(p.signers[0].groups[0], 1);
	expect_span(p.emergencies[0].id, "treat");
	assert_int_equal(p.emergencies[0].hours, 24);
	assert_int_equal(p.emergencies[0].places[0], 1);
	assert_int_equal(p.wider, CHANGE_TWO_EACH_CONTROLLER);
	a = &p.agreements[FIXTURE_CARD_FRAUD];
	assert_int_equal(a->limits.requests_per_minute, 3);
	assert_int_equal(a->per_caller.rows_per_day, 4);
	assert_int_equal(a->smallest_group, 5);
	assert_int_equal(a->linkable[0], FIXTURE_OVERSEAS);
	assert_int_equal(a->transfer.module, 2);
	assert_int_equal(a->waits, WAIT_BIT(WAIT_LISTING) | WAIT_BIT(WAIT_S3));
	arena_done(&arena);
	buf_done(&image);
}

/* Exceptions are not in it: who would have another form by one is not served
 * the agreement's instead: it waits. */
static void
image_encode__leaves_out_nothing_that_is_served(void **state)
{
	uint32_t who[] = {FIXTURE_CLUSTER};
	struct exception exceptions[] = {{.who = who, .num_who = 1}};
	const struct caller caller = {.access_key = span_str("KTRAIN"),
	    .address = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 9}};
	struct buf image = {.max = MAX_BYTES};
	struct policy_fixture f;
	struct decision d;
	struct arena arena;
	struct policy p;

	(void)state;
	policy_fixture_init(&f);
	f.agreements[FIXTURE_READMISSION].exceptions = exceptions;
	f.agreements[FIXTURE_READMISSION].num_exceptions = 1;
	waits_set(&f.policy);
	expect_ok(image_encode(&image, &f.policy));
	arena_init(&arena, MAX_BYTES);
	expect_ok(image_decode(&p, &arena, buf_span(&image)));
	assert_int_equal(p.agreements[FIXTURE_READMISSION].num_exceptions, 0);
	decide_read(&d, &p, &caller, span_str("readmission"), FIXTURE_FROM);
	assert_int_equal(d.reason, DENY_WAITS);
	assert_int_equal(d.waits, WAIT_BIT(WAIT_EXCEPTIONS));
	arena_done(&arena);
	buf_done(&image);
}

static void
image_decode__refuses_every_truncation(void **state)
{
	struct buf image;

	(void)state;
	make_image(&image);
	for (size_t len = 0; len < image.len; len++)
		assert_int_not_equal(try_image(image.data, len), ERR_OK);
	assert_int_equal(try_image(image.data, image.len), ERR_OK);
	buf_done(&image);
}

/* Who may see people by name: cut anywhere there is nobody. */
static void
image_decode__refuses_every_truncation_of_an_emergency(void **state)
{
	struct buf image = {.max = MAX_BYTES};
	struct policy_fixture f;

	(void)state;
	policy_fixture_init(&f);
	add_emergency(&f);
	expect_ok(image_encode(&image, &f.policy));
	for (size_t len = 0; len < image.len; len++)
		assert_int_not_equal(try_image(image.data, len), ERR_OK);
	assert_int_equal(try_image(image.data, image.len), ERR_OK);
	buf_done(&image);
}

/* Where the images of two policies of the same size differ: one byte. */
static size_t
only_difference(const struct buf *a, const struct buf *b)
{
	size_t at = 0;

	assert_int_equal(a->len, b->len);
	while (at < a->len && a->data[at] == b->data[at])
		at++;
	assert_true(at < a->len);
	assert_memory_equal(
	    a->data + at + 1, b->data + at + 1, a->len - at - 1);
	return at;
}

/* No index of a signer or an emergency leads out of what there is. */
static void
image_decode__refuses_emergencies_that_lead_nowhere(void **state)
{
	struct policy_fixture f;
	uint32_t one[5];
	uint32_t *const each[] = {&signers[0].party, &emergencies[0].dataset,
	    &emergencies[0].purpose, &one[0], &one[1], &one[2], &one[3],
	    &one[4]};

	(void)state;
	policy_fixture_init(&f);
	add_emergency(&f);
	for (size_t i = 0; i < 5; i++)
		one[i] = 1;
	signers[0].groups = &one[0];
	emergencies[0].who = &one[1];
	emergencies[0].approvers = &one[2];
	emergencies[0].columns = &one[3];
	emergencies[0].places = &one[4];
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		struct buf first = {.max = MAX_BYTES};
		struct buf second = {.max = MAX_BYTES};
		const uint32_t was = *each[i];

		*each[i] = 0;
		expect_ok(image_encode(&first, &f.policy));
		*each[i] = 1;
		expect_ok(image_encode(&second, &f.policy));
		*each[i] = was;
		second.data[only_difference(&first, &second)] = 0xfe;
		if (try_image(second.data, second.len) != ERR_MALFORMED)
			fail_msg("index %zu", i);
		buf_done(&first);
		buf_done(&second);
	}
	signers[0].groups = emergencies[0].who = emergencies[0].approvers =
	    emergencies[0].columns = emergencies[0].places = in;
}

static void
image_decode__refuses_trailing_bytes(void **state)
{
	struct buf image;

	(void)state;
	make_image(&image);
	expect_ok(buf_put_u8(&image, 0));
	assert_int_equal(try_image(image.data, image.len), ERR_MALFORMED);
	buf_done(&image);
}

static void
image_decode__survives_every_flipped_byte(void **state)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
	struct buf image;
	size_t num_taken = 0, num_refused = 0;

	(void)state;
	make_image(&image);
	for (size_t i = 0; i < image.len; i++) {
		for (size_t m = 0; m < sizeof(masks); m++) {
			image.data[i] ^= masks[m];
			if (try_image(image.data, image.len) == ERR_OK)
				num_taken++;
			else
				num_refused++;
			image.data[i] ^= masks[m];
		}
	}
	/* Letters of texts may change; counts, choices and indices not. */
	assert_true(num_taken > 100 && num_refused > 1000);
	buf_done(&image);
}

/* Encode the policy as it is, and say how decoding goes. */
static enum err_code
round_trip(const struct policy *policy)
{
	struct buf image;

	buf_init(&image, MAX_BYTES);
	expect_ok(image_encode(&image, policy));
	enum err_code code = try_image(image.data, image.len);
	buf_done(&image);
	return code;
}

static void
image_decode__refuses_what_no_checker_lets_through(void **state)
{
	struct policy_fixture f;
	struct proof nothing = {0};
	struct network wide = {.prefix_bits = 129};
	struct span nul = span_of("a\0b", 3);

	(void)state;
	policy_fixture_init(&f);
	f.groups[0].proofs = &nothing;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.places[0].seen_as = &wide;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.places[0].country[0] = 'u';
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.datasets[0].presets = 0;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	f.datasets[0].presets = 1u << NUM_PRESETS;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.datasets[1].subject_column = 2;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.agreements[FIXTURE_CARD_FRAUD].num_recipients = 0;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.guardrails[0].by_dataset = f.guardrails[0].by_place_not_in = false;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.guardrails[0].kinds = UINT64_C(1) << NUM_KINDS;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.agreements[0].waits = WAIT_BIT(NUM_WAITS);
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.agreements[0].id = f.agreements[1].id;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.datasets[0].origin = ORIGIN_S3;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	policy_fixture_init(&f);
	f.policy.contact = nul;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
}

static void
image_decode__refuses_bad_parameters(void **state)
{
	struct policy_fixture f;
	struct delivered delivered = {0};
	struct row_rule rule = {.op = ROW_IS};
	struct agreement *a = &f.agreements[FIXTURE_NOTES];

	(void)state;
	policy_fixture_init(&f);
	a->columns = &delivered;
	a->num_columns = 1;
	delivered.how = (struct protection){.op = PROTECT_BAND};
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	delivered.how.step = (struct decimal){1, 10};
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	delivered.how.step = (struct decimal){1, 9};
	assert_int_equal(round_trip(&f.policy), ERR_OK);
	delivered.how = (struct protection){.op = PROTECT_PREFIX};
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	delivered.how = (struct protection){.op = PROTECT_BLANK};
	a->rows = &rule;
	a->num_rows = 1;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	rule.op = ROW_ONE_OF;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	rule.op = ROW_BEFORE;
	rule.day = -1;
	assert_int_equal(round_trip(&f.policy), ERR_OK);
}

static void
image_decode__refuses_an_unsorted_table(void **state)
{
	struct policy_fixture f;
	struct group_row rows[] = {
	    {span_str("b"), span_str("x")}, {span_str("a"), span_str("y")}};
	struct group_table tables[] = {
	    {.rows = rows, .num_rows = 2}, {.rows = rows, .num_rows = 0}};

	(void)state;
	policy_fixture_init(&f);
	f.policy.tables = tables;
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	rows[1].value = span_str("b");
	assert_int_equal(round_trip(&f.policy), ERR_MALFORMED);
	rows[1].value = span_str("ba");
	assert_int_equal(round_trip(&f.policy), ERR_OK);
}

static void
image_decode__leaves_the_output_alone_on_failure(void **state)
{
	struct policy policy = {.num_parties = 77};
	struct arena arena;

	(void)state;
	arena_init(&arena, MAX_BYTES);
	expect_err(TRUNCATED, image_decode(&policy, &arena, span_str("GHP")));
	expect_err(MALFORMED,
	    image_decode(&policy, &arena, span_str("NOTAPOLICYATALL")));
	assert_int_equal(policy.num_parties, 77);
	arena_done(&arena);
}

static void
image_encode__fails_at_the_ceiling(void **state)
{
	struct policy_fixture f;
	struct buf image;

	(void)state;
	policy_fixture_init(&f);
	buf_init(&image, 100);
	expect_err(TOO_BIG, image_encode(&image, &f.policy));
	buf_done(&image);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(image_decode__gives_back_what_was_encoded),
	    cmocka_unit_test(image_decode__gives_back_what_is_not_served),
	    cmocka_unit_test(image_encode__leaves_out_nothing_that_is_served),
	    cmocka_unit_test(image_decode__refuses_every_truncation),
	    cmocka_unit_test(
		image_decode__refuses_every_truncation_of_an_emergency),
	    cmocka_unit_test(
		image_decode__refuses_emergencies_that_lead_nowhere),
	    cmocka_unit_test(image_decode__refuses_trailing_bytes),
	    cmocka_unit_test(image_decode__survives_every_flipped_byte),
	    cmocka_unit_test(
		image_decode__refuses_what_no_checker_lets_through),
	    cmocka_unit_test(image_decode__refuses_bad_parameters),
	    cmocka_unit_test(image_decode__refuses_an_unsorted_table),
	    cmocka_unit_test(image_decode__leaves_the_output_alone_on_failure),
	    cmocka_unit_test(image_encode__fails_at_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
