#ifndef GATEHOUSE_VECTORS_H
#define GATEHOUSE_VECTORS_H

#include "crypto/memory/buf.h"

/*
 * vectors: the reader of tests/vectors/ files, for every unit test.
 *
 *     # Source and generator, in comments at the top.
 *
 *     Name = value          a block is lines of attributes,
 *     Key = 00ff            ended by an empty line;
 *
 *     Name = next           the next block
 *
 *     struct vectors *v = vectors_open("tests/vectors/hkdf.txt");
 *     while (vectors_next(v)) {
 *             vectors_hex(v, "Key", &key);
 *             ...
 *     }
 *     vectors_close(v);
 *
 * A name may stand in a block more than once: each read takes the next one,
 * and vectors_has tells whether another is left. An attribute that the test
 * did not read fails the test at the next vectors_next or vectors_close, and
 * so do a missing file, a missing attribute, a line that is not "Name =
 * value", and a file without blocks. Failures name file and line, through
 * cmocka. Tests run with the root of the tree as working directory.
 */
struct vectors;

struct vectors *vectors_open(const char *path);
void vectors_close(struct vectors *vectors);

/* vectors_next: go to the next block. False at the end of the file. */
bool vectors_next(struct vectors *vectors);

/* vectors_has: an attribute of that name has not been read yet. */
bool vectors_has(struct vectors *vectors, const char *name);

/* vectors_text: the value, without the blanks around it. Borrowed. */
struct span vectors_text(struct vectors *vectors, const char *name);

/* vectors_skip: count it as read. For what a person reads: comments. */
void vectors_skip(struct vectors *vectors, const char *name);

/* vectors_hex: the value's bytes replace those of `out`. */
void vectors_hex(struct vectors *vectors, const char *name, struct buf *out);

/* vectors_hex_exact: a value of exactly `len` bytes. */
void vectors_hex_exact(
    struct vectors *vectors, const char *name, uint8_t *out, size_t len);

/* vectors_u64: a decimal number. */
uint64_t vectors_u64(struct vectors *vectors, const char *name);

/* vectors_line: of the block's first attribute, for messages. */
size_t vectors_line(const struct vectors *vectors);

/*
 * vectors_read_file: a whole file, for vectors that are files themselves;
 * free with buf_done. Fails the test when it cannot be read.
 */
void vectors_read_file(struct buf *out, const char *path);

#endif
