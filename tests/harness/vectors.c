#include "tests/harness/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
	ATTRIBUTES_MAX = 4096,
	FILE_MAX = 64 * 1024 * 1024
};

struct attribute {
	struct span name, value; /* borrowed from the file */
	size_t line;
	bool is_read;
};

struct vectors {
	char *path;
	struct buf file;
	struct span rest;
	size_t line, num_blocks;
	struct attribute attributes[ATTRIBUTES_MAX];
	size_t num_attributes;
};

void
vectors_read_file(struct buf *out, const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t piece[4096];
	size_t len;

	if (file == NULL)
		fail_msg("%s: cannot be read", path);
	buf_init(out, FILE_MAX);
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		if (buf_append(out, span_of(piece, len)).code != ERR_OK)
			fail_msg("%s: too big", path);
	if (ferror(file) != 0)
		fail_msg("%s: cannot be read", path);
	fclose(file);
}

struct vectors *
vectors_open(const char *path)
{
	struct vectors *vectors = calloc(1, sizeof(*vectors));

	assert_non_null(vectors);
	vectors->path = strdup(path);
	assert_non_null(vectors->path);
	vectors_read_file(&vectors->file, path);
	vectors->rest = buf_span(&vectors->file);
	return vectors;
}

static void
check_all_read(const struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->num_attributes; i++) {
		const struct attribute *at = &vectors->attributes[i];
		if (!at->is_read)
			fail_msg("%s:%zu: nothing read %.*s", vectors->path,
			    at->line, (int)at->name.len,
			    (const char *)at->name.data);
	}
}

void
vectors_close(struct vectors *vectors)
{
	if (vectors == NULL)
		return;
	check_all_read(vectors);
	if (vectors->num_blocks == 0)
		fail_msg("%s: no blocks", vectors->path);
	buf_done(&vectors->file);
	free(vectors->path);
	free(vectors);
}

static void
add_attribute(struct vectors *vectors, struct span line)
{
	size_t equal = span_find(line, '=');

	if (equal == line.len || vectors->num_attributes == ATTRIBUTES_MAX)
		fail_msg("%s:%zu: not Name = value, or too many of them",
		    vectors->path, vectors->line);
	vectors->attributes[vectors->num_attributes++] = (struct attribute){
	    .name = span_trim(span_sub(line, 0, equal)),
	    .value = span_trim(span_sub(line, equal + 1, line.len)),
	    .line = vectors->line,
	};
}

bool
vectors_next(struct vectors *vectors)
{
	struct span line;

	check_all_read(vectors);
	vectors->num_attributes = 0;
	while (span_take_until(&vectors->rest, &line, '\n')) {
		vectors->line++;
		if (line.len > 0 && line.data[0] == '#')
			continue;
		if (span_trim(line).len > 0)
			add_attribute(vectors, line);
		else if (vectors->num_attributes > 0)
			break;
	}
	if (vectors->num_attributes == 0)
		return false;
	vectors->num_blocks++;
	return true;
}

static struct attribute *
find(struct vectors *vectors, const char *name)
{
	for (size_t i = 0; i < vectors->num_attributes; i++) {
		struct attribute *at = &vectors->attributes[i];
		if (!at->is_read && span_equal_str(at->name, name))
			return at;
	}
	return NULL;
}

bool
vectors_has(struct vectors *vectors, const char *name)
{
	return find(vectors, name) != NULL;
}

struct span
vectors_text(struct vectors *vectors, const char *name)
{
	struct attribute *at = find(vectors, name);

	if (at == NULL) {
		fail_msg("%s:%zu: no %s in this block", vectors->path,
		    vectors_line(vectors), name);
		abort(); /* not reached: fail_msg leaves the test */
	}
	at->is_read = true;
	return at->value;
}

void
vectors_skip(struct vectors *vectors, const char *name)
{
	(void)vectors_text(vectors, name);
}

static uint8_t
nibble(const struct vectors *vectors, uint8_t digit)
{
	const char digits[] = "0123456789abcdef";
	const char *at = digit == 0 ? NULL : strchr(digits, digit);

	if (at == NULL) {
		fail_msg("%s:%zu: not hex in this block", vectors->path,
		    vectors_line(vectors));
		abort(); /* not reached */
	}
	return (uint8_t)(at - digits);
}

/* Not decode_hex: what is tested with vectors does not read them. */
void
vectors_hex(struct vectors *vectors, const char *name, struct buf *out)
{
	struct span text = vectors_text(vectors, name);

	buf_reset(out);
	if (text.len % 2 != 0)
		fail_msg("%s:%zu: odd hex in %s", vectors->path,
		    vectors_line(vectors), name);
	for (size_t i = 0; i + 1 < text.len; i += 2) {
		uint8_t byte = (uint8_t)(nibble(vectors, text.data[i]) << 4 |
		    nibble(vectors, text.data[i + 1]));
		if (buf_put_u8(out, byte).code != ERR_OK)
			fail_msg("%s:%zu: %s does not fit", vectors->path,
			    vectors_line(vectors), name);
	}
}

void
vectors_hex_exact(
    struct vectors *vectors, const char *name, uint8_t *out, size_t len)
{
	struct buf bytes;

	buf_init(&bytes, FILE_MAX);
	vectors_hex(vectors, name, &bytes);
	if (bytes.len != len)
		fail_msg("%s:%zu: %s is not %zu bytes", vectors->path,
		    vectors_line(vectors), name, len);
	if (len > 0)
		memcpy(out, bytes.data, len);
	buf_done(&bytes);
}

uint64_t
vectors_u64(struct vectors *vectors, const char *name)
{
	uint64_t value = 0;

	if (span_u64(vectors_text(vectors, name), &value, UINT64_MAX).code !=
	    ERR_OK)
		fail_msg("%s:%zu: %s is not a number", vectors->path,
		    vectors_line(vectors), name);
	return value;
}

size_t
vectors_line(const struct vectors *vectors)
{
	return vectors->num_attributes == 0 ? vectors->line
					    : vectors->attributes[0].line;
}
