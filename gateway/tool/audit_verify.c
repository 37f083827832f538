#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "crypto/init.h"
#include "gateway/ledger/intents.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/record.h"
#include "gateway/ledger/replay.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/audit_partial.h"
#include "gateway/tool/audit_verbs.h"
#include "gateway/tool/options.h"

enum {
	EXIT_NOT_VERIFIED = 7,
	KEY_MAX = 1024,
	OPEN_SHOWN = 20, /* open intents that are listed */
	TRIES = 8,	 /* while the auditor writes as we read */
	TRY_AGAIN_US = 50000,
};

struct verify {
	int dir;
	struct note_key key;
	struct merkle_tree known; /* from --checkpoint; size 0: none */
	bool json;

	/* what a pass found */
	struct merkle_tree checkpoint;
	struct intents intents;
	uint64_t size;
	uint64_t wrong;
	char tile[AUDIT_PARTIAL_NAME]; /* wrong instead of a record */
	bool is_torn;
	bool has_no_journal;
};

/* --- One pass --- */

/* A completion must complete an intent, and each only once. */
static struct err
follow_intents(
    struct intents *intents, const struct record_brief *brief, uint64_t index)
{
	if (index % LEDGER_MAX_BATCH_NUM == 0)
		intents_sweep(intents);
	if (brief->kind == RECORD_INTENT)
		return intents_open(intents, index, brief->request,
		    brief->bytes_most.known ? brief->bytes_most.value
					    : UINT64_MAX);
	if (brief->intent.known)
		return intents_close(intents, brief->intent.value);
	return OK;
}

static struct err
check_record(struct verify *verify, struct span record, uint64_t index)
{
	struct record_brief brief;
	struct err err = record_check(record, &brief);

	if (err.code == ERR_OK)
		err = follow_intents(&verify->intents, &brief, index);
	/* It is what was signed, and yet no record as we write them. */
	if (err.code != ERR_OK && err.code != ERR_NO_MEMORY)
		err.code = ERR_CHANGED;
	verify->wrong = index;
	return err;
}

static struct err
read_all(struct verify *verify, struct replay *replay)
{
	struct span record;

	for (;;) {
		struct err err = replay_next(replay, &record);
		verify->wrong = replay->index;
		if (err.code == ERR_NOT_FOUND)
			return OK;
		TRY(err);
		TRY(check_record(verify, record, replay->index - 1));
	}
}

static struct err
verify_once(struct verify *verify)
{
	struct replay replay;

	intents_done(&verify->intents);
	TRY(intents_init(&verify->intents));
	verify->wrong = 0;
	verify->tile[0] = '\0';
	TRY(replay_open(&replay, verify->dir, &verify->key, &verify->known));
	struct err err = read_all(verify, &replay);
	verify->checkpoint = replay.checkpoint;
	verify->size = replay.index;
	verify->is_torn = replay.is_torn;
	verify->has_no_journal = replay.has_no_journal;
	replay_done(&replay);
	if (err.code == ERR_OK && verify->is_torn)
		return ERR(CHANGED,
		    "the journal ends in an unfinished or altered write");
	TRY(err);
	return audit_partial_check(verify->dir, verify->tile);
}

static uint64_t
published_size(int dir)
{
	struct replay replay;

	if (replay_open(&replay, dir, NULL, NULL).code != ERR_OK)
		return 0;
	replay_done(&replay);
	return replay.checkpoint.size;
}

/*
 * A living auditor may write between our looks at two files. What is wrong
 * only for that reason is not wrong a moment later; where nothing moves, a
 * second look is enough.
 */
static struct err
verify_living(struct verify *verify)
{
	struct err err = OK;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = published_size(verify->dir);
		err = verify_once(verify);
		if (err.code != ERR_CHANGED)
			break;
		usleep(TRY_AGAIN_US);
		if (i > 0 && published_size(verify->dir) == before)
			break;
	}
	return err;
}

/* --- The answer --- */

static void
print_open(const struct verify *verify)
{
	const struct intent *intent = intents_next(&verify->intents, 0);

	printf("open        %zu", verify->intents.num_open);
	for (int i = 0; intent != NULL && i < OPEN_SHOWN; i++) {
		printf(
		    "%s%" PRIu64, i == 0 ? ": record " : ", ", intent->index);
		intent = intents_next(&verify->intents, intent->index + 1);
	}
	puts(intent != NULL ? ", …" : "");
}

static void
print_verified(const struct verify *verify)
{
	uint8_t bytes[64];
	struct buf root = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};

	if (encode_base64(&root,
		span_of(
		    verify->checkpoint.root, sizeof(verify->checkpoint.root)))
		.code != ERR_OK)
		root.len = 0;
	printf("ledger      %s\n", verify->key.name);
	printf("records     %" PRIu64 ", signed by %.*s\n",
	    verify->checkpoint.size, (int)root.len, (const char *)root.data);
	printf("after it    %" PRIu64 ", signed in the journal\n",
	    verify->size - verify->checkpoint.size);
	print_open(verify);
	if (verify->has_no_journal)
		puts("journal     missing");
	puts("verified");
}

/* What was found wrong: a tile, or a record. */
static struct err
put_place(struct jcs *jcs, const struct verify *verify)
{
	if (verify->tile[0] != '\0') {
		TRY(jcs_name(jcs, span_str("tile")));
		return jcs_string(jcs, span_str(verify->tile));
	}
	TRY(jcs_name(jcs, span_str("record")));
	return jcs_int(jcs, (int64_t)verify->wrong);
}

static struct err
put_answer(struct buf *out, const struct verify *verify, struct err err)
{
	struct jcs jcs;

	jcs_init(&jcs, out);
	TRY(jcs_open_object(&jcs));
	if (err.code == ERR_OK) {
		TRY(jcs_name(&jcs, span_str("open")));
		TRY(jcs_int(&jcs, (int64_t)verify->intents.num_open));
		TRY(jcs_name(&jcs, span_str("size")));
		TRY(jcs_int(&jcs, (int64_t)verify->checkpoint.size));
		TRY(jcs_name(&jcs, span_str("tail")));
		TRY(jcs_int(
		    &jcs, (int64_t)(verify->size - verify->checkpoint.size)));
	} else if (err.code == ERR_CHANGED) {
		TRY(put_place(&jcs, verify));
	}
	TRY(jcs_name(&jcs, span_str("verified")));
	TRY(jcs_bool(&jcs, err.code == ERR_OK));
	if (err.code != ERR_OK) {
		TRY(jcs_name(&jcs, span_str("why")));
		TRY(jcs_string(&jcs, span_str(err.why)));
	}
	TRY(jcs_close_object(&jcs));
	return buf_append_str(out, "\n");
}

static void
print_json(const struct verify *verify, struct err err)
{
	struct buf out;

	buf_init(&out, KEY_MAX);
	if (put_answer(&out, verify, err).code == ERR_OK)
		fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
}

static int
answer(const struct verify *verify, struct err err)
{
	if (verify->json)
		print_json(verify, err);
	if (err.code == ERR_OK) {
		if (!verify->json)
			print_verified(verify);
		return 0;
	}
	if (verify->tile[0] != '\0')
		fprintf(stderr, "gatehouse: not verified: %s: %s\n",
		    verify->tile, err.why);
	else if (err.code == ERR_CHANGED)
		fprintf(stderr,
		    "gatehouse: not verified: record %" PRIu64 ": %s\n",
		    verify->wrong, err.why);
	else
		fprintf(stderr, "gatehouse: not verified: %s\n", err.why);
	/* What could not be read was not found wrong. */
	return err.code == ERR_IO || err.code == ERR_NO_MEMORY
	    ? 1
	    : EXIT_NOT_VERIFIED;
}

/* --- Arguments --- */

/* The key itself, or "@" and the file that has it. */
static struct err
take_key(struct verify *verify, const char *text)
{
	struct buf file;
	struct span key = span_str(text);

	buf_init(&file, KEY_MAX);
	if (text[0] == '@') {
		TRY(audit_dir_read(text + 1, &file));
		key = buf_span(&file);
		if (key.len > 0 && key.data[key.len - 1] == '\n')
			key.len--;
	}
	struct err err = note_vkey_parse(&verify->key, key);
	buf_done(&file);
	return err;
}

/* A checkpoint that somebody kept: it must be of this key, and of this log. */
static struct err
take_known(struct verify *verify, const char *path)
{
	struct buf note;

	buf_init(&note, CHECKPOINT_READ_MAX);
	TRY(audit_dir_read(path, &note));
	struct err err = checkpoint_verify(
	    buf_span(&note), &verify->key, CHECKPOINT_PUBLIC, &verify->known);
	buf_done(&note);
	return err;
}

static int
complain(const char *what, struct err err)
{
	fprintf(stderr, "gatehouse: %s: %s\n", what, err.why);
	return 2;
}

static int
verify_dir(struct verify *verify, const char *path)
{
	struct err err = audit_dir_open(path, &verify->dir);

	if (err.code != ERR_OK) {
		(void)complain(audit_dir_name(path), err);
		return 1;
	}
	int status = answer(verify, verify_living(verify));
	intents_done(&verify->intents);
	return status;
}

int
audit_verify_main(int argc, char **argv)
{
	struct verify verify = {0};
	const char *key = NULL, *known = NULL;
	struct options options = {
	    .usage = "audit verify [DIR] --key VKEY|@FILE "
		     "[--checkpoint FILE] [--json]",
	    .rows = {{"json", .flag = &verify.json}, {"key", .text = &key},
		{"checkpoint", .text = &known}},
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (key == NULL)
		return options_usage(&options);
	struct err err = crypto_init();
	if (err.code == ERR_OK)
		err = take_key(&verify, key);
	if (err.code != ERR_OK)
		return complain(
		    key[0] == '@' ? key + 1 : "--key (@FILE reads it)", err);
	if (known != NULL)
		err = take_known(&verify, known);
	if (err.code != ERR_OK)
		return complain("--checkpoint", err);
	return verify_dir(
	    &verify, options.num_operands > 0 ? options.operands[0] : NULL);
}
