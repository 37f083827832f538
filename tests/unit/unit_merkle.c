#include "tests/harness/expect.h"

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "crypto/merkle.h"
#include "tests/harness/vectors.h"

enum {
	PROOF_MAX = 128
};

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/*
 * A hash of the vectors. In some cases one has another length, for which our
 * types have no room: a hash of it stands for it, equal for equal roots, but
 * never so for a root and a leaf.
 */
static void
read_hash(struct vectors *v, const char *name, uint8_t out[32])
{
	struct buf bytes;

	buf_init(&bytes, 1000);
	vectors_hex(v, name, &bytes);
	if (bytes.len == 32)
		memcpy(out, bytes.data, 32);
	else
		expect_ok(
		    hash_sha256_two(out, span_of(name, 4), buf_span(&bytes)));
	buf_done(&bytes);
}

static size_t
read_proof(struct vectors *v, uint8_t (*out)[32])
{
	size_t num = 0;

	for (; vectors_has(v, "Proof"); num++) {
		assert_true(num < PROOF_MAX);
		read_hash(v, "Proof", out[num]);
	}
	return num;
}

static void
merkle_verify_inclusion__agrees_with_the_vectors(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/merkle_inclusion.txt");
	uint8_t proof[PROOF_MAX][32], leaf[32];
	size_t num_valid = 0, num_run = 0;

	(void)state;
	while (vectors_next(v)) {
		struct merkle_tree tree = {.size = vectors_u64(v, "Size")};
		struct span name = vectors_text(v, "Name");
		uint64_t index = vectors_u64(v, "Index");
		read_hash(v, "Root", tree.root);
		read_hash(v, "Leaf", leaf);
		size_t num = read_proof(v, proof);
		bool valid = vectors_u64(v, "Valid") == 1;
		num_valid += valid;
		struct err err = merkle_verify_inclusion(&tree, index, leaf,
		    (struct merkle_proof){(const uint8_t(*)[32])proof, num});
		if ((err.code == ERR_OK) != valid)
			fail_msg("%.*s: %s", (int)name.len,
			    (const char *)name.data, err_name(err.code));
		num_run++;
	}
	assert_true(num_valid >= 6 && num_run == 98);
	vectors_close(v);
}

static void
merkle_verify_consistency__agrees_with_the_vectors(void **state)
{
	struct vectors *v =
	    vectors_open("tests/vectors/merkle_consistency.txt");
	uint8_t proof[PROOF_MAX][32];
	size_t num_valid = 0, num_run = 0;

	(void)state;
	while (vectors_next(v)) {
		struct merkle_tree older = {.size = vectors_u64(v, "Size1")};
		struct merkle_tree newer = {.size = vectors_u64(v, "Size2")};
		struct span name = vectors_text(v, "Name");
		read_hash(v, "Root1", older.root);
		read_hash(v, "Root2", newer.root);
		size_t num = read_proof(v, proof);
		bool valid = vectors_u64(v, "Valid") == 1;
		num_valid += valid;
		struct err err = merkle_verify_consistency(&older, &newer,
		    (struct merkle_proof){(const uint8_t(*)[32])proof, num});
		if ((err.code == ERR_OK) != valid)
			fail_msg("%.*s: %s", (int)name.len,
			    (const char *)name.data, err_name(err.code));
		num_run++;
	}
	assert_true(num_valid >= 5 && num_run == 98);
	vectors_close(v);
}

/* RFC 6962 s.2.1 as it stands there: a tree splits at a power of two. */
static void
root_of(uint8_t out[32], uint8_t (*leaves)[32], size_t num)
{
	uint8_t left[32], right[32];
	size_t split = 1;

	if (num == 1) {
		memcpy(out, leaves[0], 32);
		return;
	}
	while (split * 2 < num)
		split *= 2;
	root_of(left, leaves, split);
	root_of(right, leaves + split, num - split);
	expect_ok(merkle_node(out, left, right));
}

/* The proof of RFC 6962 s.2.1.1, from the leaf upwards. */
static size_t
path_of(uint8_t (*out)[32], uint8_t (*leaves)[32], size_t num, size_t index)
{
	size_t split = 1, len;

	if (num == 1)
		return 0;
	while (split * 2 < num)
		split *= 2;
	if (index < split) {
		len = path_of(out, leaves, split, index);
		root_of(out[len], leaves + split, num - split);
	} else {
		len = path_of(out, leaves + split, num - split, index - split);
		root_of(out[len], leaves, split);
	}
	return len + 1;
}

/* SUBPROOF of RFC 6962 s.2.1.2. */
static size_t
growth_of(uint8_t (*out)[32], uint8_t (*leaves)[32], size_t num, size_t older,
    bool whole)
{
	size_t split = 1, len;

	if (older == num) {
		if (!whole)
			root_of(out[0], leaves, num);
		return whole ? 0 : 1;
	}
	while (split * 2 < num)
		split *= 2;
	if (older <= split) {
		len = growth_of(out, leaves, split, older, whole);
		root_of(out[len], leaves + split, num - split);
	} else {
		len = growth_of(
		    out, leaves + split, num - split, older - split, false);
		root_of(out[len], leaves, split);
	}
	return len + 1;
}

enum {
	TREE = 40
};

static void
make_leaves(uint8_t (*leaves)[32])
{
	for (uint8_t i = 0; i < TREE; i++)
		expect_ok(merkle_leaf(leaves[i], span_of(&i, 1)));
}

/* SHA-256(00), as the reference tests of Certificate Transparency have it. */
static void
merkle_leaf__is_marked_as_a_leaf(void **state)
{
	uint8_t leaf[32];
	struct buf text;

	(void)state;
	buf_init(&text, 64);
	expect_ok(merkle_leaf(leaf, span_of(NULL, 0)));
	expect_ok(encode_hex(&text, span_of(leaf, 32)));
	expect_span(buf_span(&text),
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	buf_done(&text);
}

static void
merkle_frontier__has_the_root_of_the_definition(void **state)
{
	struct merkle_frontier frontier = {0};
	uint8_t leaves[TREE][32], root[32], expected[32];
	struct buf text;

	(void)state;
	make_leaves(leaves);
	buf_init(&text, 64);
	expect_ok(merkle_frontier_root(&frontier, root));
	expect_ok(encode_hex(&text, span_of(root, 32)));
	expect_span(buf_span(&text),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < TREE; i++) {
		expect_ok(merkle_frontier_append(&frontier, leaves[i]));
		assert_int_equal(frontier.size, i + 1);
		root_of(expected, leaves, i + 1);
		expect_ok(merkle_frontier_root(&frontier, root));
		assert_memory_equal(root, expected, 32);
	}
	buf_done(&text);
}

static void
merkle_frontier_append__stops_at_the_last_size(void **state)
{
	struct merkle_frontier frontier = {.size = UINT64_MAX};
	uint8_t leaf[32] = {0};

	(void)state;
	expect_err(TOO_BIG, merkle_frontier_append(&frontier, leaf));
	frontier.size = UINT64_MAX - 1;
	expect_ok(merkle_frontier_append(&frontier, leaf));
	assert_true(frontier.size == UINT64_MAX);
}

static void
merkle_verify__takes_every_proof_and_no_changed_one(void **state)
{
	uint8_t leaves[TREE][32], proof[PROOF_MAX][32];
	const uint8_t(*hashes)[32] = (const uint8_t(*)[32])proof;

	(void)state;
	make_leaves(leaves);
	for (size_t size = 1; size <= TREE; size++) {
		struct merkle_tree tree = {.size = size};
		root_of(tree.root, leaves, size);
		for (size_t i = 0; i < size; i++) {
			size_t num = path_of(proof, leaves, size, i);
			struct merkle_proof whole = {hashes, num};
			expect_ok(merkle_verify_inclusion(
			    &tree, i, leaves[i], whole));
			whole.num++;
			expect_err(MALFORMED,
			    merkle_verify_inclusion(
				&tree, i, leaves[i], whole));
			if (num == 0)
				continue;
			whole.num = num - 1;
			expect_err(MALFORMED,
			    merkle_verify_inclusion(
				&tree, i, leaves[i], whole));
			whole.num = num;
			proof[num / 2][5] ^= 1;
			expect_err(CRYPTO,
			    merkle_verify_inclusion(
				&tree, i, leaves[i], whole));
		}
	}
}

static void
merkle_verify_consistency__takes_every_growth(void **state)
{
	uint8_t leaves[TREE][32], proof[PROOF_MAX][32];
	const uint8_t(*hashes)[32] = (const uint8_t(*)[32])proof;

	(void)state;
	make_leaves(leaves);
	for (size_t size = 1; size <= TREE; size++) {
		struct merkle_tree newer = {.size = size};
		root_of(newer.root, leaves, size);
		for (size_t old = 1; old <= size; old++) {
			struct merkle_tree older = {.size = old};
			root_of(older.root, leaves, old);
			size_t num = growth_of(proof, leaves, size, old, true);
			struct merkle_proof whole = {hashes, num};
			expect_ok(
			    merkle_verify_consistency(&older, &newer, whole));
			older.root[0] ^= 1;
			expect_err(CRYPTO,
			    merkle_verify_consistency(&older, &newer, whole));
			older.root[0] ^= 1;
			newer.root[9] ^= 1;
			expect_err(CRYPTO,
			    merkle_verify_consistency(&older, &newer, whole));
			newer.root[9] ^= 1;
			whole.num++;
			expect_err(MALFORMED,
			    merkle_verify_consistency(&older, &newer, whole));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merkle_verify_inclusion__agrees_with_the_vectors),
	    cmocka_unit_test(
		merkle_verify_consistency__agrees_with_the_vectors),
	    cmocka_unit_test(merkle_leaf__is_marked_as_a_leaf),
	    cmocka_unit_test(merkle_frontier__has_the_root_of_the_definition),
	    cmocka_unit_test(merkle_frontier_append__stops_at_the_last_size),
	    cmocka_unit_test(
		merkle_verify__takes_every_proof_and_no_changed_one),
	    cmocka_unit_test(merkle_verify_consistency__takes_every_growth),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
