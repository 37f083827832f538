#include "gateway/ledger/checkpoint.h"

#include <string.h>

#include "crypto/encode.h"

static const char *
use_suffix(enum checkpoint_use use)
{
	switch (use) {
	case CHECKPOINT_PUBLIC:
		return "";
	case CHECKPOINT_JOURNAL:
		return " journal";
	}
	return "";
}

static struct err
put_text(struct buf *out, const char *name, enum checkpoint_use use,
    const struct merkle_tree *tree)
{
	TRY(buf_append_str(out, name));
	TRY(buf_append_str(out, use_suffix(use)));
	TRY(buf_append_str(out, "\n"));
	TRY(buf_append_u64(out, tree->size));
	TRY(buf_append_str(out, "\n"));
	TRY(encode_base64(out, span_of(tree->root, sizeof(tree->root))));
	return buf_append_str(out, "\n");
}

/* The text is made on the stack: nothing is allocated after the jail. */
struct err
checkpoint_sign(struct buf *out, const struct note_signer *signer,
    enum checkpoint_use use, const struct merkle_tree *tree)
{
	uint8_t bytes[CHECKPOINT_MAX];
	struct buf text = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};

	TRY(put_text(&text, signer->key.name, use, tree));
	return note_sign(out, signer, buf_span(&text));
}

static struct err
take_body(struct span *text, struct merkle_tree *out)
{
	struct span size, root;
	uint8_t bytes[32 + 4];
	struct buf decoded = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
	struct merkle_tree tree;

	TRY(span_take_line(text, &size));
	TRY(span_u64(size, &tree.size, UINT64_MAX));
	TRY(span_take_line(text, &root));
	if (root.len != 44)
		return ERR(MALFORMED, "checkpoint: the root has another form");
	TRY(decode_base64(&decoded, root));
	if (decoded.len != sizeof(tree.root))
		return ERR(MALFORMED, "checkpoint: the root has another form");
	memcpy(tree.root, decoded.data, sizeof(tree.root));
	*out = tree;
	return OK;
}

struct err
checkpoint_verify(struct span note, const struct note_key *key,
    enum checkpoint_use use, struct merkle_tree *out)
{
	struct span text, origin, name = span_str(key->name);
	struct merkle_tree tree;

	struct err err = note_verify(note, key, &text);
	if (err.code == ERR_NOT_FOUND)
		return ERR(CRYPTO, "checkpoint: not signed by this key");
	TRY(err);
	TRY(span_take_line(&text, &origin));
	if (!span_starts_with(origin, name) ||
	    !span_equal_str(
		span_sub(origin, name.len, origin.len), use_suffix(use)))
		return ERR(MALFORMED, "checkpoint: of another log or use");
	TRY(take_body(&text, &tree));
	TRY(span_end(text)); /* extension lines: we write none */
	*out = tree;
	return OK;
}

struct err
checkpoint_peek(struct span note, struct merkle_tree *out)
{
	struct span origin;

	TRY(span_take_line(&note, &origin));
	return take_body(&note, out);
}
