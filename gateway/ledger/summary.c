#include "gateway/ledger/summary.h"

#include <assert.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"

enum {
	BODY_LEN_AT = 48,
	TEXT_MAX = NOTE_NAME_MAX + 80, /* what is signed */
};

static const char MAGIC[] = "ghsumm01";

struct err
summary_begin(struct buf *out, const struct merkle_tree *tree)
{
	assert(out->len == 0);
	TRY(buf_append_str(out, MAGIC));
	TRY(buf_put_u64be(out, tree->size));
	TRY(buf_append(out, span_of(tree->root, sizeof(tree->root))));
	return buf_put_u32be(out, 0); /* until its length is known */
}

/* The text that is signed: on the stack, for nothing allocates in the jail. */
static struct err
put_text(struct buf *out, const char *name, struct span summed)
{
	uint8_t digest[HASH_SHA256_LEN];

	TRY(hash_sha256(digest, summed));
	TRY(buf_append_str(out, name));
	TRY(buf_append_str(out, " summary\n"));
	TRY(encode_base64(out, span_of(digest, sizeof(digest))));
	return buf_append_str(out, "\n");
}

struct err
summary_end(struct buf *out, const struct note_signer *signer)
{
	uint8_t bytes[TEXT_MAX], digits[4];
	struct buf text = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
	struct buf len = {
	    .data = digits, .cap = sizeof(digits), .max = sizeof(digits)};

	assert(out->len >= SUMMARY_HEADER);
	TRY(buf_put_u32be(&len, (uint32_t)(out->len - SUMMARY_HEADER)));
	memcpy(out->data + BODY_LEN_AT, digits, sizeof(digits));
	TRY(put_text(&text, signer->key.name, buf_span(out)));
	return note_sign(out, signer, buf_span(&text));
}

static struct err
check_note(struct span note, const struct note_key *key, struct span summed)
{
	uint8_t bytes[TEXT_MAX];
	struct buf expected = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
	struct span text;

	TRY(note_verify(note, key, &text));
	TRY(put_text(&expected, key->name, summed));
	return span_equal(text, buf_span(&expected))
	    ? OK
	    : ERR(CRYPTO, "summary: another one was signed");
}

struct err
summary_parse(struct span file, const struct note_key *key,
    struct merkle_tree *out_tree, struct span *out_body)
{
	struct span rest = file, magic, root, body;
	struct merkle_tree tree;
	uint32_t len;

	TRY(span_take(&rest, &magic, sizeof(MAGIC) - 1));
	if (!span_equal_str(magic, MAGIC))
		return ERR(MALFORMED, "summary: of another form");
	TRY(span_take_u64be(&rest, &tree.size));
	TRY(span_take(&rest, &root, sizeof(tree.root)));
	memcpy(tree.root, root.data, sizeof(tree.root));
	TRY(span_take_u32be(&rest, &len));
	TRY(span_take(&rest, &body, len));
	struct err err = check_note(
	    rest, key, span_sub(file, 0, SUMMARY_HEADER + (size_t)len));
	if (err.code == ERR_NOT_FOUND)
		return ERR(CRYPTO, "summary: not signed by this key");
	TRY(err);
	*out_tree = tree;
	*out_body = body;
	return OK;
}
