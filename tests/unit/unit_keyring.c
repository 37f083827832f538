#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <unistd.h>

#include "crypto/age_key.h"
#include "crypto/init.h"
#include "gateway/keeper/keyring.h"

static const uint8_t root[32] = {0, 1, 2, 3};
static char spool[128];

static struct keyring *
ring_new(void)
{
	struct keyring *ring = NULL;

	assert_int_equal(
	    keyring_new(&ring, root, span_str(spool)).code, ERR_OK);
	return ring;
}

static void
keyring_new__derives_a_key_for_each_use(void **state)
{
	struct keyring *ring = ring_new(), *again = ring_new();
	const struct keyring_keys *keys = keyring_open(ring);
	const struct keyring_keys *same = keyring_open(again);
	const uint8_t *all[] = {keys->root, keys->slot, keys->etag,
	    keys->header, keys->meta, keys->token, keys->spool,
	    keys->spool_public};

	(void)state;
	assert_memory_equal(keys, same, sizeof(*keys));
	assert_int_equal(keys->root[1], 1);
	for (size_t i = 0; i < 8; i++) {
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(all[i], all[j], 32);
	}
	keyring_close(ring);
	keyring_close(again);
	keyring_free(ring);
	keyring_free(again);
	keyring_free(NULL);
}

static void
keyring_new__refuses_what_is_no_identity(void **state)
{
	struct keyring *ring = NULL;

	(void)state;
	assert_int_not_equal(
	    keyring_new(&ring, root, span_str("AGE-SECRET-KEY-1\n")).code,
	    ERR_OK);
	assert_null(ring);
}

/* A gateway that was set up with spool.key keeps it; others need no file. */
static void
keyring_new__derives_the_identity_of_the_spool(void **state)
{
	const struct span none = span_of(NULL, 0);
	struct keyring *ring = NULL, *again = NULL, *filed = ring_new();
	uint8_t public[32];

	(void)state;
	assert_int_equal(keyring_new(&ring, root, none).code, ERR_OK);
	assert_int_equal(keyring_new(&again, root, none).code, ERR_OK);
	const struct keyring_keys *keys = keyring_open(ring);
	assert_memory_equal(keys, keyring_open(again), sizeof(*keys));
	assert_int_equal(age_identity_public(public, keys->spool).code, ERR_OK);
	assert_memory_equal(keys->spool_public, public, 32);
	assert_memory_not_equal(keyring_open(filed)->spool, keys->spool, 32);
	assert_memory_not_equal(keys->spool, keys->root, 32);
	keyring_close(ring);
	keyring_close(again);
	keyring_close(filed);
	keyring_free(ring);
	keyring_free(again);
	keyring_free(filed);
}

/* Of a sealed one nothing is served; it knows who asks. */
static void
keyring_new__without_a_root_knows_access_keys_alone(void **state)
{
	struct keyring *ring = NULL;
	bool known;

	(void)state;
	assert_int_equal(
	    keyring_new(&ring, NULL, span_of(NULL, 0)).code, ERR_OK);
	assert_true(keyring_is_sealed(ring));
	assert_int_equal(keyring_add_s3(ring, span_str("AKID1"),
			     span_str("sixteen-or-more-1"))
			     .code,
	    ERR_OK);
	keyring_open_s3(ring);
	(void)keyring_find_s3(ring, span_str("AKID1"), &known);
	assert_true(known);
	keyring_close(ring);
	keyring_lock(ring);
	keyring_free(ring);
	ring = ring_new();
	assert_false(keyring_is_sealed(ring));
	keyring_free(ring);
}

/* The kernel is asked to read it, which needs no fault of ours. */
static bool
is_readable(const void *bytes)
{
	int pipe_ends[2];

	assert_int_equal(pipe(pipe_ends), 0);
	ssize_t written = write(pipe_ends[1], bytes, 1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return written == 1;
}

static void
keyring_lock__ends_what_open_began(void **state)
{
	struct keyring *ring = ring_new();

	(void)state;
	keyring_lock(ring);
	for (int i = 0; i < 2; i++) {
		const struct keyring_keys *keys = keyring_open(ring);
		assert_true(is_readable(keys));
		assert_int_equal(keys->root[1], 1);
		assert_ptr_equal(keyring_open(ring), keys);
		keyring_close(ring);
		keyring_close(ring);
		keyring_lock(ring);
		assert_false(is_readable(keys));
		keyring_lock(ring);
	}
	keyring_free(ring);
}

static void
keyring_find_s3__an_unknown_id_has_a_secret_of_nobody(void **state)
{
	struct keyring *ring = ring_new();
	struct span secret;
	bool known;

	(void)state;
	assert_int_equal(keyring_add_s3(ring, span_str("AKID1"),
			     span_str("sixteen-or-more-1\n"))
			     .code,
	    ERR_OK);
	keyring_open(ring);
	secret = keyring_find_s3(ring, span_str("AKID1"), &known).secret;
	assert_true(known && span_equal_str(secret, "sixteen-or-more-1"));
	secret = keyring_find_s3(ring, span_str("AKID2"), &known).secret;
	assert_false(known);
	assert_int_equal(secret.len, 40);
	keyring_close(ring);
	keyring_free(ring);
}

static void
keyring_add_s3__refuses_what_is_no_key(void **state)
{
	struct keyring *ring = ring_new();
	struct span good = span_str("sixteen-or-more-1");

	(void)state;
	assert_int_equal(
	    keyring_add_s3(ring, span_str("A"), good).code, ERR_OK);
	assert_int_equal(
	    keyring_add_s3(ring, span_str("A"), good).code, ERR_EXISTS);
	assert_int_equal(
	    keyring_add_s3(ring, span_str("a/b"), good).code, ERR_MALFORMED);
	assert_int_equal(
	    keyring_add_s3(ring, span_str(""), good).code, ERR_MALFORMED);
	assert_int_equal(
	    keyring_add_s3(ring, span_str("B"), span_str("short")).code,
	    ERR_MALFORMED);
	assert_int_equal(
	    keyring_add_s3(ring, span_str("B"), span_str("sixteen or more 1"))
		.code,
	    ERR_MALFORMED);
	keyring_free(ring);
}

static void
keyring_add_s3__stops_at_its_cap(void **state)
{
	struct keyring *ring = ring_new();
	char id[16];

	(void)state;
	for (int i = 0; i <= KEYRING_MAX_S3; i++) {
		snprintf(id, sizeof(id), "K%d", i);
		struct err err = keyring_add_s3(
		    ring, span_str(id), span_str("sixteen-or-more-1"));
		assert_int_equal(
		    err.code, i < KEYRING_MAX_S3 ? ERR_OK : ERR_TOO_BIG);
	}
	keyring_free(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keyring_new__derives_a_key_for_each_use),
	    cmocka_unit_test(keyring_new__refuses_what_is_no_identity),
	    cmocka_unit_test(keyring_new__derives_the_identity_of_the_spool),
	    cmocka_unit_test(
		keyring_new__without_a_root_knows_access_keys_alone),
	    cmocka_unit_test(keyring_lock__ends_what_open_began),
	    cmocka_unit_test(
		keyring_find_s3__an_unknown_id_has_a_secret_of_nobody),
	    cmocka_unit_test(keyring_add_s3__refuses_what_is_no_key),
	    cmocka_unit_test(keyring_add_s3__stops_at_its_cap),
	};
	const uint8_t identity[32] = {7};
	struct buf text CLEANUP(buf_done);

	buf_init(&text, sizeof(spool) - 2);
	if (crypto_init().code != ERR_OK ||
	    age_identity_format(&text, identity).code != ERR_OK)
		return 1;
	memcpy(spool, text.data, text.len);
	spool[text.len] = '\n';
	return cmocka_run_group_tests(tests, NULL, NULL);
}
