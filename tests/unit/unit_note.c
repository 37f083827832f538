#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "crypto/note.h"
#include "tests/harness/failalloc.h"

#define DASH "\xe2\x80\x94 "

/* The example of c2sp.org/signed-note. */
static const char VKEY[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char TEXT[] = "This is an example message.\n";
static const char NOTE[] =
    "This is an example message.\n\n" DASH "example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYN"
    "ZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static void
note_verify__takes_the_published_example(void **state)
{
	struct note_key key;
	struct span text;

	(void)state;
	expect_ok(note_vkey_parse(&key, span_str(VKEY)));
	assert_string_equal(key.name, "example.com/foo");
	expect_ok(note_verify(span_str(NOTE), &key, &text));
	assert_true(span_equal_str(text, TEXT));
}

static void
note_vkey_format__gives_back_what_was_parsed(void **state)
{
	struct note_key key;
	struct buf out;

	(void)state;
	buf_init(&out, sizeof(VKEY) - 1);
	expect_ok(note_vkey_parse(&key, span_str(VKEY)));
	expect_ok(note_vkey_format(&out, &key));
	assert_true(span_equal_str(buf_span(&out), VKEY));
	/* Without room for it: nothing half written. */
	expect_err(TOO_BIG, note_vkey_format(&out, &key));
	assert_true(span_equal_str(buf_span(&out), VKEY));
	buf_done(&out);
}

static void
note_verify__finds_each_changed_byte(void **state)
{
	char note[sizeof(NOTE)];
	struct note_key key;

	(void)state;
	expect_ok(note_vkey_parse(&key, span_str(VKEY)));
	memcpy(note, NOTE, sizeof(note));
	for (size_t i = 0; i < sizeof(NOTE) - 1; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct span text = {0};
			note[i] = (char)(note[i] ^ (1 << bit));
			struct err err = note_verify(
			    span_of(note, sizeof(NOTE) - 1), &key, &text);
			note[i] = (char)(note[i] ^ (1 << bit));
			assert_int_not_equal(err.code, ERR_OK);
			assert_null(text.data);
		}
	}
	for (size_t len = 0; len < sizeof(NOTE) - 1; len++) {
		struct span text;
		assert_int_not_equal(
		    note_verify(span_of(note, len), &key, &text).code, ERR_OK);
	}
}

static void
note_vkey_parse__finds_each_changed_byte(void **state)
{
	struct note_key key = {.name = "untouched"};
	char text[sizeof(VKEY)];

	(void)state;
	memcpy(text, VKEY, sizeof(text));
	for (size_t i = 0; i < sizeof(VKEY) - 1; i++) {
		text[i] ^= 1;
		struct err err = note_vkey_parse(&key, span_str(text));
		text[i] ^= 1;
		assert_int_not_equal(err.code, ERR_OK);
	}
	for (size_t len = 0; len < sizeof(VKEY) - 1; len++)
		expect_err(
		    MALFORMED, note_vkey_parse(&key, span_of(VKEY, len)));
	assert_string_equal(key.name, "untouched");
}

/* sumdb/note's form: what it says of name and id is checked, too. */
static void
note_secret__round_trips_and_signs(void **state)
{
	struct note_signer signer, again;
	struct buf secret, note;
	struct span text;

	(void)state;
	expect_ok(note_keygen(&signer, span_str("gate.example/ledger")));
	buf_init(&secret, 1000);
	buf_init(&note, 1000);
	expect_ok(note_secret_format(&secret, &signer));
	assert_true(span_starts_with(
	    buf_span(&secret), span_str("PRIVATE+KEY+gate.example/ledger+")));
	expect_ok(note_secret_parse(&again, buf_span(&secret)));
	assert_memory_equal(again.key.id, signer.key.id, 4);
	assert_memory_equal(again.key.public_key, signer.key.public_key, 32);
	expect_ok(note_sign(&note, &again, span_str("a\n\nb\n")));
	expect_ok(note_verify(buf_span(&note), &signer.key, &text));
	expect_span(text, "a\n\nb\n");
	secret.data[12] ^= 1; /* in the name: the id no longer fits */
	struct note_signer other = {0};
	expect_err(MALFORMED, note_secret_parse(&other, buf_span(&secret)));
	assert_null(other.secret);
	buf_wipe(&secret);
	buf_done(&note);
	note_signer_done(&signer);
	note_signer_done(&again);
	note_signer_done(&again);
	note_signer_done(NULL);
}

/* Both sign one text; each key finds its own line among others. */
static void
note_verify__finds_its_line_among_many(void **state)
{
	struct note_signer one, two, three;
	struct buf note, other;
	struct span text;

	(void)state;
	expect_ok(note_keygen(&one, span_str("one")));
	expect_ok(note_keygen(&two, span_str("two")));
	expect_ok(note_keygen(&three, span_str("two")));
	buf_init(&note, 100000);
	buf_init(&other, 1000);
	expect_ok(note_sign(&note, &one, span_str("text\n")));
	expect_ok(note_sign(&other, &two, span_str("text\n")));
	/* Without text and empty line: the signature alone. */
	expect_ok(buf_append(&note, span_sub(buf_span(&other), 6, other.len)));
	expect_ok(buf_append_str(&note, DASH "unknown+not AAAA\n"));
	expect_err(MALFORMED, note_verify(buf_span(&note), &one.key, &text));
	note.len -= strlen(DASH "unknown+not AAAA\n");
	expect_ok(buf_append_str(&note, DASH "unknown AAAAAAAAAAAA\n"));
	expect_ok(note_verify(buf_span(&note), &one.key, &text));
	expect_ok(note_verify(buf_span(&note), &two.key, &text));
	/* Of the same name, but another key. */
	expect_err(NOT_FOUND, note_verify(buf_span(&note), &three.key, &text));
	for (size_t i = 3; i < NOTE_SIGNATURES; i++)
		expect_ok(buf_append_str(&note, DASH "x AAAAAAAAAAAA\n"));
	expect_ok(note_verify(buf_span(&note), &one.key, &text));
	expect_ok(buf_append_str(&note, DASH "x AAAAAAAAAAAA\n"));
	expect_err(TOO_BIG, note_verify(buf_span(&note), &one.key, &text));
	buf_done(&note);
	buf_done(&other);
	note_signer_done(&one);
	note_signer_done(&two);
	note_signer_done(&three);
}

/* A true line does not cover for a false one of the same key. */
static void
note_verify__is_not_content_with_one_true_line_of_two(void **state)
{
	struct note_signer signer;
	struct buf note, other;
	struct span text;

	(void)state;
	expect_ok(note_keygen(&signer, span_str("name")));
	buf_init(&note, 1000);
	buf_init(&other, 1000);
	expect_ok(note_sign(&note, &signer, span_str("text\n")));
	expect_ok(note_sign(&other, &signer, span_str("TEXT\n")));
	expect_ok(buf_append(&note, span_sub(buf_span(&other), 6, other.len)));
	expect_err(CRYPTO, note_verify(buf_span(&note), &signer.key, &text));
	buf_done(&note);
	buf_done(&other);
	note_signer_done(&signer);
}

static void
note_sign__refuses_what_is_not_a_text(void **state)
{
	static const char *const bad[] = {"", "no end", "tab\there\n", "cr\r\n",
	    "\x7f\xff\n", "\xc0\xaf\n", "\xed\xa0\x80\n", "\xf4\x90\x80\x80\n",
	    "\xe2\x80\n", "\x80\n", "\xf0\x80\x80\x80\n"};
	static const char *const good[] = {
	    "\n", "a\n", "\xc3\xa9\n", "\xe2\x80\x94\n", "\xf0\x9f\x98\x80\n"};
	struct note_signer signer;
	struct buf note;
	struct span text;

	(void)state;
	expect_ok(note_keygen(&signer, span_str("name")));
	buf_init(&note, 1000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_err(
		    MALFORMED, note_sign(&note, &signer, span_str(bad[i])));
	assert_int_equal(note.len, 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		buf_reset(&note);
		expect_ok(note_sign(&note, &signer, span_str(good[i])));
		expect_ok(note_verify(buf_span(&note), &signer.key, &text));
		assert_true(span_equal_str(text, good[i]));
	}
	buf_done(&note);
	note_signer_done(&signer);
}

static void
note_keygen__refuses_bad_names(void **state)
{
	static const char *const bad[] = {"", "a b", "a+b", "a\nb", "\xc3\xa9"};
	static char longest[NOTE_NAME_MAX + 2];
	struct note_signer signer = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_err(MALFORMED, note_keygen(&signer, span_str(bad[i])));
	memset(longest, 'n', NOTE_NAME_MAX + 1);
	expect_err(MALFORMED, note_keygen(&signer, span_str(longest)));
	assert_null(signer.secret);
	expect_ok(note_keygen(&signer, span_of(longest, NOTE_NAME_MAX)));
	note_signer_done(&signer);
}

static struct err
make_and_use(struct buf *note, struct buf *secret)
{
	struct note_signer signer = {0}, again = {0};
	struct span text;
	struct err err = note_keygen(&signer, span_str("name"));

	if (err.code == ERR_OK)
		err = note_secret_format(secret, &signer);
	if (err.code == ERR_OK)
		err = note_secret_parse(&again, buf_span(secret));
	if (err.code == ERR_OK)
		err = note_sign(note, &again, span_str("text\n"));
	if (err.code == ERR_OK)
		err = note_verify(buf_span(note), &signer.key, &text);
	note_signer_done(&signer);
	note_signer_done(&again);
	return err;
}

static void
note__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct buf note, secret;
		buf_init(&note, 1000);
		buf_init(&secret, 1000);
		failalloc_arm(n);
		struct err err = make_and_use(&note, &secret);
		failed = failalloc_disarm();
		assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
		assert_true(!failalloc_works() || failed || n > 4);
		buf_done(&note);
		buf_wipe(&secret);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(note_verify__takes_the_published_example),
	    cmocka_unit_test(note_vkey_format__gives_back_what_was_parsed),
	    cmocka_unit_test(note_verify__finds_each_changed_byte),
	    cmocka_unit_test(note_vkey_parse__finds_each_changed_byte),
	    cmocka_unit_test(note_secret__round_trips_and_signs),
	    cmocka_unit_test(note_verify__finds_its_line_among_many),
	    cmocka_unit_test(
		note_verify__is_not_content_with_one_true_line_of_two),
	    cmocka_unit_test(note_sign__refuses_what_is_not_a_text),
	    cmocka_unit_test(note_keygen__refuses_bad_names),
	    cmocka_unit_test(note__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
