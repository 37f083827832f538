#include "gateway/auditor/key_chain.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "gateway/auditor/keyset.h"
#include "gateway/ipc/audit.h"
#include "gateway/ledger/jcs_read.h"

enum {
	TAG = 32,
	NAME_MAX_LEN = 4096, /* of a scope, with its parts apart */
};

/* Of a scope (its epoch 0): which epochs there are. Of an epoch: the rest. */
struct seen {
	uint32_t first, last;
	bool destroyed;
	uint8_t tag[TAG];
	uint64_t index; /* of the record that said it last */
};

struct key_chain {
	struct keyset names; /* of a scope and an epoch */
	struct seen *seen;   /* by number */
};

/* What a record says of a key. */
struct said {
	struct span purpose, dataset, recipient, outcome;
	uint64_t epoch;
	bool destroyed, inert;
	bool has_tag;
	uint8_t tag[TAG];
};

struct err
key_chain_new(struct key_chain **out, uint32_t max)
{
	struct key_chain *chain = calloc(1, sizeof(*chain));

	if (chain != NULL)
		chain->seen = calloc(max, sizeof(*chain->seen));
	if (chain == NULL || chain->seen == NULL ||
	    keyset_init(&chain->names, max).code != ERR_OK) {
		key_chain_free(chain);
		return ERR(NO_MEMORY, "no memory for what is said of keys");
	}
	*out = chain;
	return OK;
}

void
key_chain_free(struct key_chain *chain)
{
	if (chain == NULL)
		return;
	keyset_done(&chain->names);
	free(chain->seen);
	free(chain);
}

/* --- What a record says --- */

/* A quote inside a text has a backslash in front: no text looks like this. */
bool
key_chain_is_key(struct span entry)
{
	static const char kind[] = "\"kind\":\"key\"";

	return memmem(entry.data, entry.len, kind, sizeof(kind) - 1) != NULL;
}

static struct err
read_tag(struct said *said, struct span value)
{
	struct buf bytes = {.data = said->tag, .cap = TAG, .max = TAG};
	struct span digits;

	TRY(jcs_read_string(value, &digits));
	TRY(decode_hex(&bytes, digits));
	said->has_tag = bytes.len == TAG;
	return OK;
}

static struct err
read_member(struct said *said, struct span name, struct span value)
{
	if (span_equal_str(name, "purpose"))
		return jcs_read_string(value, &said->purpose);
	if (span_equal_str(name, "dataset"))
		return jcs_read_string(value, &said->dataset);
	if (span_equal_str(name, "recipient"))
		return jcs_read_string(value, &said->recipient);
	if (span_equal_str(name, "outcome"))
		return jcs_read_string(value, &said->outcome);
	if (span_equal_str(name, "epoch"))
		return jcs_read_u64(value, &said->epoch);
	if (span_equal_str(name, "scope-tag"))
		return read_tag(said, value);
	/* A refusal, which is the only decision about a key. */
	said->inert = said->inert || span_equal_str(name, "decision");
	return OK;
}

static struct err
read(struct said *out, struct span entry)
{
	struct span members, name, value;
	struct said said = {.epoch = 0};

	if (!key_chain_is_key(entry))
		return ERR(MALFORMED, "it is no record of a key");
	TRY(jcs_read_object(entry, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &value));
		TRY(read_member(&said, name, value));
	}
	said.destroyed = span_equal_str(said.outcome, "destroyed");
	bool opened = span_equal_str(said.outcome, "opened");
	if (!said.inert &&
	    ((!said.destroyed && !opened) || opened != said.has_tag ||
		said.epoch == 0 || said.epoch > UINT32_MAX ||
		said.purpose.len == 0 || said.dataset.len == 0 ||
		said.recipient.len == 0))
		return ERR(MALFORMED, "a record of a key that says too little");
	*out = said;
	return OK;
}

/* --- What was seen --- */

static struct err
name_of(uint8_t out[KEYSET_LEN], const struct said *said, uint32_t epoch)
{
	uint8_t digest[HASH_SHA256_LEN], room[NAME_MAX_LEN];
	/* In the jail the heap does not grow. */
	struct buf text = {
	    .data = room, .cap = sizeof(room), .max = sizeof(room)};

	TRY(buf_put_field(&text, said->purpose));
	TRY(buf_put_field(&text, said->dataset));
	TRY(buf_put_field(&text, said->recipient));
	TRY(buf_put_u32be(&text, epoch));
	TRY(hash_sha256(digest, buf_span(&text)));
	memcpy(out, digest, KEYSET_LEN);
	return OK;
}

/* NULL: it was not seen. */
static struct err
find(struct seen **out, const struct key_chain *chain, const struct said *said,
    uint32_t epoch)
{
	uint8_t name[KEYSET_LEN];

	TRY(name_of(name, said, epoch));
	uint32_t number = keyset_find(&chain->names, name);
	*out = number == KEYSET_NONE ? NULL : &chain->seen[number];
	return OK;
}

static struct err
get(struct seen **out, struct key_chain *chain, const struct said *said,
    uint32_t epoch)
{
	uint8_t name[KEYSET_LEN];

	TRY(name_of(name, said, epoch));
	uint32_t number = keyset_add(&chain->names, name);
	if (number == KEYSET_NONE)
		return ERR(TOO_BIG, "more epochs of keys than can be kept");
	*out = &chain->seen[number];
	return OK;
}

struct err
key_chain_see(struct key_chain *chain, uint64_t index, struct span entry)
{
	struct seen *scope, *epoch;
	struct said said;

	if (!key_chain_is_key(entry) || read(&said, entry).code != ERR_OK ||
	    said.inert)
		return OK;
	TRY(get(&scope, chain, &said, 0));
	TRY(get(&epoch, chain, &said, (uint32_t)said.epoch));
	if (scope->first == 0)
		scope->first = (uint32_t)said.epoch;
	if (scope->last < said.epoch)
		scope->last = (uint32_t)said.epoch;
	epoch->destroyed = said.destroyed;
	memcpy(epoch->tag, said.tag, TAG);
	epoch->index = index;
	return OK;
}

/* --- Whether it follows --- */

static struct err
check_epoch(const struct seen *epoch, const struct said *said)
{
	if (epoch->destroyed && !said->destroyed)
		return ERR(DENIED,
		    "a seed that the ledger saw destroyed is there again");
	if (epoch->destroyed)
		return ERR(EXISTS, "it was seen");
	if (said->destroyed)
		return OK;
	if (!span_equal(span_of(epoch->tag, TAG), span_of(said->tag, TAG)))
		return ERR(DENIED,
		    "another seed, or another root, than the ledger has seen "
		    "for this epoch");
	return ERR(EXISTS, "it was seen");
}

static struct err
check_scope(const struct seen *scope, const struct said *said, uint8_t place)
{
	if (scope == NULL)
		return (place & AUDIT_KEY_FIRST) != 0
		    ? OK
		    : ERR(DENIED, "an epoch before it is not in the ledger");
	if ((place & AUDIT_KEY_FIRST) != 0 && said->epoch != scope->first)
		return ERR(DENIED,
		    "a scope begins with another epoch than the ledger has "
		    "seen");
	if ((place & AUDIT_KEY_LAST) != 0 && said->epoch < scope->last)
		return ERR(DENIED,
		    "an epoch that goes back: the ledger has seen a later one");
	return OK;
}

struct err
key_chain_check(const struct key_chain *chain, uint8_t place, struct span entry,
    uint64_t *out_index)
{
	struct seen *scope, *epoch;
	struct said said;

	TRY(read(&said, entry));
	if (said.inert)
		return ERR(MALFORMED, "a decision about a key");
	TRY(find(&scope, chain, &said, 0));
	TRY(find(&epoch, chain, &said, (uint32_t)said.epoch));
	TRY(check_scope(scope, &said, place));
	if (epoch != NULL) {
		struct err err = check_epoch(epoch, &said);
		if (err.code == ERR_EXISTS)
			*out_index = epoch->index;
		return err;
	}
	if (scope != NULL && said.epoch != (uint64_t)scope->last + 1)
		return ERR(DENIED,
		    "an epoch that does not follow the last one that the "
		    "ledger has seen");
	return chain->names.num + 2 <= chain->names.max
	    ? OK
	    : ERR(DENIED, "more epochs of keys than the auditor can keep");
}

struct err
key_chain_refusal(struct record *out, struct span entry, const char *why)
{
	struct said said;

	TRY(read(&said, entry));
	*out = (struct record){.kind = RECORD_KEY,
	    .decision = span_str("denied"),
	    .reason = span_str(why),
	    .purpose = said.purpose,
	    .dataset = said.dataset,
	    .recipient = said.recipient,
	    .epoch = record_number(said.epoch)};
	return OK;
}

/* --- To keep, and to begin with --- */

static struct err
put_seen(const struct seen *seen, struct buf *out)
{
	TRY(buf_put_u32be(out, seen->first));
	TRY(buf_put_u32be(out, seen->last));
	TRY(buf_put_bool(out, seen->destroyed));
	TRY(buf_append(out, span_of(seen->tag, TAG)));
	return buf_put_u64be(out, seen->index);
}

struct err
key_chain_put(const struct key_chain *chain, struct buf *out)
{
	TRY(buf_put_u32be(out, chain->names.num));
	for (uint32_t i = 0; i < chain->names.num; i++) {
		TRY(keyset_put_key(&chain->names, i, out));
		TRY(put_seen(&chain->seen[i], out));
	}
	return OK;
}

static struct err
take_seen(struct seen *seen, struct span *in)
{
	struct span tag;

	TRY(span_take_u32be(in, &seen->first));
	TRY(span_take_u32be(in, &seen->last));
	TRY(span_take_bool(in, &seen->destroyed));
	TRY(span_take(in, &tag, TAG));
	memcpy(seen->tag, tag.data, TAG);
	return span_take_u64be(in, &seen->index);
}

struct err
key_chain_take(struct key_chain *chain, struct span *in)
{
	uint32_t num;

	TRY(span_take_u32be(in, &num));
	for (; num > 0; num--) {
		uint32_t number = chain->names.num;
		TRY(keyset_take_key(&chain->names, in));
		TRY(take_seen(&chain->seen[number], in));
	}
	return OK;
}
