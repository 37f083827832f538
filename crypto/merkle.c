#include "crypto/merkle.h"

#include <string.h>

#include "crypto/hash.h"

/* A leaf never hashes as a node, nor a node as a leaf: the first byte. */
struct err
merkle_leaf(uint8_t out[32], struct span entry)
{
	static const uint8_t prefix[1] = {0};

	return hash_sha256_two(out, span_of(prefix, sizeof(prefix)), entry);
}

struct err
merkle_node(uint8_t out[32], const uint8_t left[32], const uint8_t right[32])
{
	uint8_t bytes[1 + 2 * MERKLE_HASH] = {1};

	memcpy(bytes + 1, left, MERKLE_HASH);
	memcpy(bytes + 1 + MERKLE_HASH, right, MERKLE_HASH);
	return hash_sha256(out, span_of(bytes, sizeof(bytes)));
}

struct err
merkle_frontier_append(struct merkle_frontier *frontier, const uint8_t leaf[32])
{
	uint8_t hash[MERKLE_HASH];
	unsigned level = 0;

	if (frontier->size == UINT64_MAX)
		return ERR(TOO_BIG, "merkle: the tree is full");
	memcpy(hash, leaf, sizeof(hash));
	for (; (frontier->size >> level & 1) != 0; level++)
		TRY(merkle_node(hash, frontier->hash[level], hash));
	memcpy(frontier->hash[level], hash, sizeof(hash));
	frontier->size++;
	return OK;
}

struct err
merkle_frontier_root(const struct merkle_frontier *frontier, uint8_t out[32])
{
	uint8_t hash[MERKLE_HASH];
	bool some = false;

	if (frontier->size == 0)
		return hash_sha256(out, span_of(NULL, 0));
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		if ((frontier->size >> level & 1) == 0)
			continue;
		if (some)
			TRY(merkle_node(hash, frontier->hash[level], hash));
		else
			memcpy(hash, frontier->hash[level], sizeof(hash));
		some = true;
	}
	memcpy(out, hash, sizeof(hash));
	return OK;
}

/* Roots are public: no need of constant time. */
static struct err
check_root(const uint8_t got[32], const uint8_t expected[32])
{
	if (!span_equal(
		span_of(got, MERKLE_HASH), span_of(expected, MERKLE_HASH)))
		return ERR(CRYPTO, "merkle: the proof leads to another root");
	return OK;
}

struct err
merkle_verify_inclusion(const struct merkle_tree *tree, uint64_t index,
    const uint8_t leaf[32], struct merkle_proof proof)
{
	uint8_t hash[MERKLE_HASH];

	if (index >= tree->size)
		return ERR(MALFORMED, "merkle: no such leaf in the tree");
	/* `at` walks up from the leaf, `end` from the last leaf. */
	uint64_t at = index, end = tree->size - 1;
	memcpy(hash, leaf, sizeof(hash));
	for (size_t i = 0; i < proof.num; i++) {
		if (end == 0)
			return ERR(MALFORMED, "merkle: the proof is too long");
		if ((at & 1) != 0 || at == end) {
			TRY(merkle_node(hash, proof.hash[i], hash));
			for (; (at & 1) == 0 && at != 0; at >>= 1)
				end >>= 1;
		} else {
			TRY(merkle_node(hash, hash, proof.hash[i]));
		}
		at >>= 1;
		end >>= 1;
	}
	if (end != 0)
		return ERR(MALFORMED, "merkle: the proof is too short");
	return check_root(hash, tree->root);
}

/* What the walk of RFC 9162 s.2.1.4.2 carries. */
struct walk {
	uint64_t at, end;
	uint8_t older[MERKLE_HASH], newer[MERKLE_HASH];
};

static struct err
walk_step(struct walk *walk, const uint8_t hash[32])
{
	if (walk->end == 0)
		return ERR(MALFORMED, "merkle: the proof is too long");
	if ((walk->at & 1) != 0 || walk->at == walk->end) {
		TRY(merkle_node(walk->older, hash, walk->older));
		TRY(merkle_node(walk->newer, hash, walk->newer));
		for (; (walk->at & 1) == 0 && walk->at != 0; walk->at >>= 1)
			walk->end >>= 1;
	} else {
		TRY(merkle_node(walk->newer, walk->newer, hash));
	}
	walk->at >>= 1;
	walk->end >>= 1;
	return OK;
}

static struct err
verify_growth(const struct merkle_tree *older, const struct merkle_tree *newer,
    struct merkle_proof proof)
{
	struct walk walk = {.at = older->size - 1, .end = newer->size - 1};
	size_t first = 0;
	/* A full older tree is its own subtree: its root starts the walk. */
	const uint8_t *start = older->root;

	if (proof.num == 0)
		return ERR(MALFORMED, "merkle: the proof is empty");
	if ((older->size & (older->size - 1)) != 0)
		start = proof.hash[first++];
	memcpy(walk.older, start, MERKLE_HASH);
	memcpy(walk.newer, start, MERKLE_HASH);
	for (; (walk.at & 1) != 0; walk.at >>= 1)
		walk.end >>= 1;
	for (size_t i = first; i < proof.num; i++)
		TRY(walk_step(&walk, proof.hash[i]));
	if (walk.end != 0)
		return ERR(MALFORMED, "merkle: the proof is too short");
	TRY(check_root(walk.older, older->root));
	return check_root(walk.newer, newer->root);
}

struct err
merkle_verify_consistency(const struct merkle_tree *older,
    const struct merkle_tree *newer, struct merkle_proof proof)
{
	if (older->size == 0)
		return ERR(MALFORMED, "merkle: nothing follows from no tree");
	if (older->size > newer->size)
		return ERR(MALFORMED, "merkle: the older tree is larger");
	if (older->size == newer->size) {
		if (proof.num != 0)
			return ERR(MALFORMED, "merkle: a proof of nothing");
		return check_root(older->root, newer->root);
	}
	return verify_growth(older, newer, proof);
}
