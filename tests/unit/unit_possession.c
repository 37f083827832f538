#include "crypto/possession.h"

#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "crypto/age_stream.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "tests/harness/expect.h"

enum {
	NOW = 1700000000,
	EXPIRES = NOW + 10,
};

static const uint8_t root[32] = {1, 2, 3}, other_root[32] = {1, 2, 4};
static uint8_t identity[32], recipient[32], stranger[32], strange_key[32];
static struct possession claim;

static int
start(void **state)
{
	(void)state;
	expect_ok(crypto_init());
	random_bytes(identity, sizeof(identity));
	random_bytes(stranger, sizeof(stranger));
	expect_ok(age_identity_public(recipient, identity));
	expect_ok(age_identity_public(strange_key, stranger));
	claim = (struct possession){.gateway = span_str("gw.example"),
	    .party = span_str("university"),
	    .recipient = recipient,
	    .expires_s = EXPIRES};
	return 0;
}

/* As age opens it: all of it is a header, a nonce and one last chunk. */
static struct err
open_challenge(struct buf *out, struct span file, const uint8_t key[32])
{
	uint8_t file_key[AGE_FILE_KEY], plain[POSSESSION_CHALLENGE];
	struct age_stream *stream = NULL;
	struct span nonce;

	TRY(age_header_read(&file, file_key, key));
	TRY(span_take(&file, &nonce, AGE_NONCE));
	TRY(age_stream_new(&stream, file_key, nonce.data));
	struct err err = age_stream_open(stream, 0, true, file, plain);
	age_stream_free(stream);
	TRY(err);
	return buf_append(out, span_of(plain, file.len - AGE_TAG));
}

static void
prove(struct buf *out)
{
	struct buf file CLEANUP(buf_done) = {.max = POSSESSION_CHALLENGE};

	buf_init(out, POSSESSION_TEXT);
	expect_ok(possession_challenge(&file, root, &claim));
	expect_ok(open_challenge(out, buf_span(&file), identity));
}

static void
possession_challenge__opens_for_its_recipient_alone(void **state)
{
	struct buf file CLEANUP(buf_done) = {.max = POSSESSION_CHALLENGE};
	struct buf again CLEANUP(buf_done) = {.max = POSSESSION_CHALLENGE};
	struct buf text CLEANUP(buf_done) = {.max = POSSESSION_TEXT};

	(void)state;
	expect_ok(possession_challenge(&file, root, &claim));
	expect_err(NOT_FOUND, open_challenge(&text, buf_span(&file), stranger));
	expect_ok(open_challenge(&text, buf_span(&file), identity));
	assert_true(span_starts_with(
	    buf_span(&text), span_str("gatehouse-proof-v1 1700000010 ")));
	/* Another file each time, of the same proof: nothing is kept. */
	expect_ok(possession_challenge(&again, root, &claim));
	assert_false(span_equal(buf_span(&file), buf_span(&again)));
}

static void
possession_verify__takes_it_until_it_expires(void **state)
{
	struct buf proof CLEANUP(buf_done);
	struct possession asked = claim;

	(void)state;
	prove(&proof);
	asked.expires_s = 0;
	struct span bare = span_sub(buf_span(&proof), 0, proof.len - 1);
	expect_ok(possession_verify(root, &asked, buf_span(&proof), NOW));
	expect_ok(possession_verify(root, &asked, bare, EXPIRES - 1));
	expect_err(DENIED, possession_verify(root, &asked, bare, EXPIRES));
}

static void
possession_verify__is_of_one_claim(void **state)
{
	struct buf proof CLEANUP(buf_done);
	struct possession others[3] = {claim, claim, claim};

	(void)state;
	prove(&proof);
	others[0].party = span_str("universit");
	others[1].gateway = span_str("gw.example2");
	others[2].recipient = strange_key;
	for (size_t i = 0; i < 3; i++)
		expect_err(CRYPTO,
		    possession_verify(root, &others[i], buf_span(&proof), NOW));
	expect_err(CRYPTO,
	    possession_verify(other_root, &claim, buf_span(&proof), NOW));
	/* What one text loses to the other is another claim. */
	others[0].gateway = span_str("gw.exampleu");
	others[0].party = span_str("niversity");
	expect_err(
	    CRYPTO, possession_verify(root, &others[0], buf_span(&proof), NOW));
}

/* Each byte counts, and a later date is no way around the end. */
static void
possession_verify__refuses_what_was_altered_or_torn(void **state)
{
	struct buf proof CLEANUP(buf_done);

	(void)state;
	prove(&proof);
	for (size_t i = 0; i + 1 < proof.len; i++) {
		struct err err = possession_verify(
		    root, &claim, span_sub(buf_span(&proof), 0, i), NOW);
		assert_int_equal(err.code, ERR_MALFORMED);
		proof.data[i] ^= 1;
		err = possession_verify(root, &claim, buf_span(&proof), NOW);
		assert_true(
		    err.code == ERR_MALFORMED || err.code == ERR_CRYPTO);
		proof.data[i] ^= 1;
	}
	expect_ok(buf_append_str(&proof, "\n"));
	expect_err(
	    MALFORMED, possession_verify(root, &claim, buf_span(&proof), NOW));
	expect_err(
	    MALFORMED, possession_verify(root, &claim, span_of(NULL, 0), NOW));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		possession_challenge__opens_for_its_recipient_alone),
	    cmocka_unit_test(possession_verify__takes_it_until_it_expires),
	    cmocka_unit_test(possession_verify__is_of_one_claim),
	    cmocka_unit_test(
		possession_verify__refuses_what_was_altered_or_torn),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
