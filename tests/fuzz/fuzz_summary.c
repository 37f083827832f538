/*
 * Target: what a ledger begins with. The first byte of the input says what the
 * rest is.
 *
 * 0   A summary, as it lies on the disk: none that nobody signed is one.
 * n   The body of one that was signed, which is read as it was written. What
 *     is taken of it, if all of it can be, is put and taken again, and then it
 *     is the same.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/auditor/audit_seen.h"
#include "gateway/ledger/intents.h"
#include "gateway/ledger/summary.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	ROOM = 64,
	NOW = 5000, /* a second of no meaning */
	FILE_MAX = 1 << 20,
};

static struct note_signer signer;
static struct intents intents;
static struct buf file = {.max = FILE_MAX};
static struct buf put[2] = {{.max = FILE_MAX}, {.max = FILE_MAX}};

static void
must(struct err err)
{
	if (err.code != ERR_OK)
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(crypto_init());
	must(note_keygen(&signer, span_str("fuzz.example/ledger")));
	must(intents_init(&intents));
	return 0;
}

/* What a body is of, with little room for each. */
struct sums {
	struct account *account;
	struct policy_chain policies;
	struct key_chain *keys;
	struct shown_once shown;
};

static struct err
take(struct sums *sums, struct span body)
{
	intents.num = intents.num_open = 0;
	TRY(intents_take(&intents, &body));
	TRY(account_take(sums->account, NOW, &body));
	TRY(policy_chain_take(&sums->policies, &body));
	TRY(key_chain_take(sums->keys, &body));
	TRY(shown_once_take(&sums->shown, &body));
	return span_end(body);
}

/* Takes the body, and puts down what it has taken. */
static bool
pass(struct span body, struct buf *out)
{
	struct sums sums = {.account = NULL};

	must(account_new(&sums.account, ROOM, ROOM));
	must(key_chain_new(&sums.keys, ROOM));
	must(keyset_init(&sums.shown.seen, ROOM));
	struct err err = take(&sums, body);
	buf_reset(out);
	if (err.code == ERR_OK) {
		must(intents_put(&intents, out));
		must(account_put(sums.account, NOW, out));
		must(policy_chain_put(&sums.policies, out));
		must(key_chain_put(sums.keys, out));
		must(shown_once_put(&sums.shown, out));
	}
	account_free(sums.account);
	key_chain_free(sums.keys);
	shown_once_done(&sums.shown);
	return err.code == ERR_OK;
}

static void
sign(struct span body)
{
	struct merkle_tree tree = {.size = 7}, read;
	struct span again;

	buf_reset(&file);
	must(summary_begin(&file, &tree));
	must(buf_append(&file, body));
	must(summary_end(&file, &signer));
	must(summary_parse(buf_span(&file), &signer.key, &read, &again));
	if (read.size != tree.size || !span_equal(body, again))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span rest = span_of(data + 1, len > 0 ? len - 1 : 0), body;
	struct merkle_tree tree;

	if (len == 0 || len > FILE_MAX / 2)
		return 0;
	if (data[0] == 0) {
		if (summary_parse(rest, &signer.key, &tree, &body).code ==
		    ERR_OK)
			abort();
		return 0;
	}
	sign(rest);
	if (!pass(rest, &put[0]))
		return 0;
	if (!pass(buf_span(&put[0]), &put[1]) ||
	    !span_equal(buf_span(&put[0]), buf_span(&put[1])))
		abort();
	return 0;
}
