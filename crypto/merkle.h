#ifndef GATEHOUSE_MERKLE_H
#define GATEHOUSE_MERKLE_H

#include "crypto/memory/span.h"

/*
 * merkle: the hash tree of RFC 6962 s.2.1 (RFC 9162 s.2.1), SHA-256.
 */
enum {
	MERKLE_HASH = 32,
	MERKLE_LEVELS = 64
};

/* merkle_leaf: SHA-256(00 entry). Errors: CRYPTO. */
MUST_USE struct err merkle_leaf(uint8_t out[32], struct span entry);

/* merkle_node: SHA-256(01 left right). `out` may be either. Errors: CRYPTO. */
MUST_USE struct err merkle_node(
    uint8_t out[32], const uint8_t left[32], const uint8_t right[32]);

/*
 * The roots of the full subtrees that make up a tree of `size` leaves:
 * hash[i] is that of 2^i leaves, and holds where bit i of `size` is set. The
 * zero value is the empty tree.
 */
struct merkle_frontier {
	uint64_t size;
	uint8_t hash[MERKLE_LEVELS][32];
};

/*
 * merkle_frontier_append: one more leaf, by its leaf hash.
 *
 * Errors   TOO_BIG: 2^64 - 1 leaves; CRYPTO; on failure nothing changed
 */
MUST_USE struct err merkle_frontier_append(
    struct merkle_frontier *frontier, const uint8_t leaf[32]);

/*
 * merkle_frontier_root: the tree's root; SHA-256("") of the empty tree.
 *
 * Errors   CRYPTO
 */
MUST_USE struct err merkle_frontier_root(
    const struct merkle_frontier *frontier, uint8_t out[32]);

/* A proof: hashes from the leaf upwards, as RFC 6962 lists them. Borrowed. */
struct merkle_proof {
	const uint8_t (*hash)[32];
	size_t num;
};

/* A tree as a checkpoint states it. */
struct merkle_tree {
	uint64_t size;
	uint8_t root[32];
};

/*
 * merkle_verify_inclusion: leaf number `index` of the tree has this hash.
 *
 * Errors   MALFORMED: index not in the tree, or a proof of another length
 *          CRYPTO: the root is another
 * Source   RFC 9162 s.2.1.3.2
 */
MUST_USE struct err merkle_verify_inclusion(const struct merkle_tree *tree,
    uint64_t index, const uint8_t leaf[32], struct merkle_proof proof);

/*
 * merkle_verify_consistency: the first leaves of `newer` are those of `older`.
 * An empty older tree is refused: such a proof would show nothing.
 *
 * Errors   MALFORMED: no older leaf, fewer newer ones, or a proof of another
 * length CRYPTO: a root is another Source   RFC 9162 s.2.1.4.2
 */
MUST_USE struct err merkle_verify_consistency(const struct merkle_tree *older,
    const struct merkle_tree *newer, struct merkle_proof proof);

#endif
