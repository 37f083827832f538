#ifndef GATEHOUSE_SCOPE_FILE_H
#define GATEHOUSE_SCOPE_FILE_H

#include "policy/scope.h"

/*
 * scope_file: what keys/scopes says: which epochs each scope has, and the seed
 * of each (FORMATS.md, 1b). Text, so that who looks at it knows what it is, and
 * written by programs alone: its last line is the SHA-256 of all before it, so
 * that a seed which changed by one bit, or the end that is missing, is found.
 *
 *	gatehouse-scopes-v1
 *	first-epoch 1
 *	scope PURPOSE:DATASET:RECIPIENT 1 destroyed SINCE DESTROYED
 *	scope PURPOSE:DATASET:RECIPIENT 2 live SINCE SEED
 *	sha256 HEX
 *
 * Lines of scopes are in the order of scope_compare and then of epochs; those
 * of one scope begin with the first epoch and leave none out. Times are UTC,
 * "2026-11-28T10:31:39Z"; a seed has 64 hexadecimal digits. Spans are borrowed
 * from the text.
 */
enum {
	SCOPE_FILE_MAX = 8192,		   /* lines of scopes */
	SCOPE_FILE_TEXT = 4 * 1024 * 1024, /* bytes */
	SCOPE_FILE_SEED = 64,		   /* digits */
	SCOPE_FILE_FIRST = 1000,	   /* the highest first epoch */
};

struct scope_entry {
	struct scope scope;
	uint32_t epoch;
	int64_t since_s;     /* Unix time */
	int64_t destroyed_s; /* if there is no seed */
	struct span seed;    /* its digits; empty: destroyed */
};

struct scope_file {
	uint32_t first_epoch;
	struct scope_entry *entries; /* owned */
	size_t num_entries, cap;
};

/*
 * scope_file_parse
 *
 * out       owned by the caller: scope_file_done
 * out_line  written on failure: which line it is, from 1
 * Errors    MALFORMED, UNSUPPORTED: another version; TRUNCATED: it is torn;
 *           TOO_BIG; NO_MEMORY
 */
MUST_USE struct err scope_file_parse(
    struct scope_file *out, size_t *out_line, struct span text);
void scope_file_done(struct scope_file *file); /* accepts the zero state */

/* scope_file_write: append the text. Errors: TOO_BIG, NO_MEMORY; MALFORMED: a
 * time before 1970 or after 9999. */
MUST_USE struct err scope_file_write(
    struct buf *out, const struct scope_file *file);

/*
 * scope_file_current: the entry of the highest epoch, destroyed or not: the one
 * that its codes are made under. scope_file_find: of this one. NULL: none.
 */
struct scope_entry *scope_file_current(
    const struct scope_file *file, const struct scope *scope);
struct scope_entry *scope_file_find(
    const struct scope_file *file, const struct scope *scope, uint32_t epoch);

/*
 * scope_file_open: the next epoch of a scope, or its first.
 *
 * scope, seed  borrowed until the file is written
 * Errors       TOO_BIG: over SCOPE_FILE_MAX; NO_MEMORY
 */
MUST_USE struct err scope_file_open(struct scope_file *file,
    const struct scope *scope, struct span seed, int64_t now_s);

/* scope_file_destroy: its line stays, its seed goes. */
void scope_file_destroy(struct scope_entry *entry, int64_t now_s);

#endif
