#include "gateway/keeper/peers.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/seam.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;
static EVP_PKEY *key;

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

/* --- Signing --- */

static void
give_key(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;

	key = EVP_EC_gen("P-256");
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	long len = BIO_get_mem_data(bio, &pem);
	expect_ok(tls_key_parse(&box.keeper.tls, span_of(pem, (size_t)len)));
	BIO_free(bio);
}

static void
take_key(void)
{
	tls_key_free(box.keeper.tls);
	EVP_PKEY_free(key);
}

static void
ask_sign(uint8_t alg, struct span input)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(buf_put_u8(&body, alg));
	expect_ok(buf_append(&body, input));
	keeperbox_say(&box, BOX_SIGN,
	    &(struct frame){
		.type = SIGN_DIGEST, .id = 5, .body = buf_span(&body)});
}

static void
peers__sign_what_the_worker_sends(void **state)
{
	uint8_t digest[32];

	(void)state;
	give_key();
	expect_ok(hash_sha256(digest, span_str("a handshake")));
	ask_sign(TLS_KEY_ECDSA, span_of(digest, 32));
	assert_true(keeperbox_next(&box, BOX_SIGN));
	assert_int_equal(box.got.type, SIGN_RESULT);
	assert_int_equal(box.got.id, 5);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_verify_init(context), 1);
	assert_int_equal(EVP_PKEY_verify(context, box.got.body.data,
			     box.got.body.len, digest, 32),
	    1);
	EVP_PKEY_CTX_free(context);
	/* What the key cannot sign is answered, by nothing. */
	ask_sign(TLS_KEY_RSA_RAW, span_of(digest, 32));
	assert_true(keeperbox_next(&box, BOX_SIGN));
	assert_int_equal(box.got.body.len, 0);
	assert_false(keeperbox_ended(&box, BOX_SIGN));
	take_key();
}

static void
peers__end_who_asks_for_no_signature(void **state)
{
	static const uint8_t zero[TLS_KEY_MAX_INPUT + 1];

	(void)state;
	give_key();
	for (int i = 0; i < 4; i++) {
		if (i == 0) /* no such algorithm */
			ask_sign(0xff, span_of(zero, 32));
		else if (i == 1) /* over its cap */
			ask_sign(TLS_KEY_ECDSA, span_of(zero, sizeof(zero)));
		else
			keeperbox_say(&box, BOX_SIGN,
			    &(struct frame){
				.type = i == 2 ? SIGN_DIGEST : ASK_READ});
		assert_true(keeperbox_ended(&box, BOX_SIGN));
		assert_false(keeperbox_ended(&box, BOX_WORKER));
		keeperbox_attach(&box, BOX_SIGN);
	}
	take_key();
}

/* --- The supervisor --- */

static struct control_item
item_of(const char *name, uint32_t index)
{
	struct control_item item = {
	    .index = index, .fd = memfd_create("x", MFD_CLOEXEC)};

	memcpy(item.name, name, strlen(name));
	return item;
}

static void
peers_attach__takes_what_is_a_channel_of_ours(void **state)
{
	static const struct {
		const char *name;
		uint32_t index;
	} rows[] = {{"auditor", 1}, {"spool", 1}, {"origin", KEEPER_MAX_PEERS},
	    {"ask", KEEPER_MAX_PEERS}, {"sign", KEEPER_MAX_PEERS},
	    {"mill", UINT32_MAX}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct control_item item = item_of(rows[i].name, rows[i].index);
		expect_err(MALFORMED, peers_attach(&box.keeper, &item));
		assert_true(item.fd >= 0); /* still the caller's */
		sysio_close(&item.fd);
		item.index = 0;
		expect_err(MALFORMED, peers_attach(&box.keeper, &item));
	}
	struct control_item other = item_of("region", 0);
	expect_ok(peers_attach(&box.keeper, &other));
	assert_true(other.fd >= 0);
	sysio_close(&other.fd);
	/* Nothing was lost by that. */
	for (int i = 0; i < NUM_BOX_PEERS; i++) {
		if (i != BOX_MILL_2)
			assert_false(
			    keeperbox_ended(&box, (enum keeperbox_peer)i));
	}
}

/* A channel that comes again: the old one is lost, with what it was asked. */
static void
peers_attach__takes_the_place_of_the_one_before(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	keeperbox_to(&box, BOX_STEP_LOOK);
	keeperbox_attach(&box, BOX_SPOOL);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 2});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	/* The worker's grant is completed when it is replaced. */
	keeperbox_attach(&box, BOX_WORKER);
	keeperbox_settle(&box);
	assert_int_equal(box.num_interrupted, 1);
}

/* Through its own channel, a new peer; and its loss is the end. */
static void
peers_attach_control__hears_the_supervisor(void **state)
{
	int pair[2], mill[2];

	(void)state;
	expect_ok(frame_pair(pair));
	expect_ok(frame_pair(mill));
	expect_ok(peers_attach_control(&box.keeper, pair[1]));
	expect_ok(control_send_item(pair[0], "mill", 3, span_str(""), mill[1]));
	close(mill[1]);
	keeperbox_run(&box);
	assert_true(box.keeper.mills[3].channel.fd >= 0);
	assert_int_equal(box.keeper.num_mills, 4);
	close(pair[0]);
	/* It returns: with the supervisor the loop ends. */
	expect_ok(loop_run(box.keeper.loop));
	assert_int_equal(box.keeper.control.channel.fd, -1);
	close(mill[0]);
}

/* A peer by that name; our end of its channel. */
static int
give_peer(int control, const char *name, const char *life)
{
	int pair[2];

	expect_ok(frame_pair(pair));
	expect_ok(control_send_item(control, name, 2, span_str(life), pair[1]));
	close(pair[1]);
	keeperbox_run(&box);
	return pair[0];
}

static void
expect_lost(int control, const char *life)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	keeperbox_run(&box);
	expect_ok(frame_recv(control, buffer, &frame));
	assert_int_equal(frame.type, CONTROL_LOST);
	assert_true(span_equal_str(frame.body, life));
	expect_err(AGAIN, frame_recv(control, buffer, &frame));
}

/* By what the supervisor calls it, once: whoever leaves, and whoever is left;
 * and the one before it, when another takes its place. */
static void
peers__tell_the_supervisor_whom_they_lost(void **state)
{
	static const char *const names[] = {"origin", "ask", "sign", "mill"};
	int pair[2];

	(void)state;
	expect_ok(frame_pair(pair));
	expect_ok(peers_attach_control(&box.keeper, pair[1]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int peer = give_peer(pair[0], names[i], "leaves");
		close(peer);
		expect_lost(pair[0], "leaves");
		peer = give_peer(pair[0], names[i], "is left");
		expect_ok(frame_send(peer, &(struct frame){.type = 63}));
		expect_lost(pair[0], "is left");
		close(peer);
		int before = give_peer(pair[0], names[i], "is replaced");
		peer = give_peer(pair[0], names[i], "");
		expect_lost(pair[0], "is replaced");
		close(before);
		close(peer);
		keeperbox_run(&box);
	}
	seam_close(&box.keeper.control);
	close(pair[0]);
}

/* What a turn said goes out before the loop waits, and no key is readable
 * while it does. */
static void
peers__settle_before_the_wait(void **state)
{
	int pipe_ends[2];

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	const struct keyring_keys *keys = keyring_open(box.keeper.ring);
	keyring_close(box.keeper.ring);
	assert_int_equal(write(pipe_ends[1], keys, 1), 1);
	seam_send(&box.keeper.spool, OPEN_LIST, 7, span_str(""));
	assert_true(box.keeper.spool.is_unsent);
	keeperbox_run(&box);
	assert_false(box.keeper.spool.is_unsent);
	assert_true(keeperbox_next(&box, BOX_SPOOL));
	assert_int_equal(box.got.id, 7);
	assert_int_equal(write(pipe_ends[1], keys, 1), -1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void
peers__without_an_auditor_is_the_end(void **state)
{
	(void)state;
	keeperbox_say(&box, BOX_AUDITOR,
	    &(struct frame){.type = AUDIT_RECEIPT,
		.id = 99,
		.body = span_of("\0\0\0\0\0\0\0\1", 8)});
	/* A receipt for nothing: it is not the auditor that we know. */
	assert_true(keeperbox_ended(&box, BOX_AUDITOR));
	keeperbox_attach(&box, BOX_AUDITOR);
	close(box.ends[BOX_AUDITOR]);
	box.ends[BOX_AUDITOR] = -1;
	expect_ok(loop_run(box.keeper.loop));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(peers__sign_what_the_worker_sends),
	    TEST(peers__end_who_asks_for_no_signature),
	    TEST(peers_attach__takes_what_is_a_channel_of_ours),
	    TEST(peers_attach__takes_the_place_of_the_one_before),
	    TEST(peers_attach_control__hears_the_supervisor),
	    TEST(peers__tell_the_supervisor_whom_they_lost),
	    TEST(peers__settle_before_the_wait),
	    TEST(peers__without_an_auditor_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
