#ifndef GATEHOUSE_AUDIT_FIND_H
#define GATEHOUSE_AUDIT_FIND_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"

/*
 * audit_find: one record of a ledger by its number, or all of one request, in
 * one walk that keeps nothing else in memory, however long the ledger is.
 * Nothing is verified on the way: that is `audit verify`.
 */
enum {
	AUDIT_FIND_MAX = 16 /* records of one request; it has one or two */
};

struct audit_found {
	uint64_t index;
	struct span record;
};

struct audit_find {
	/* Readable when it was run; ends with audit_find_done. */
	struct audit_found items[AUDIT_FIND_MAX];
	size_t num_items;
	struct buf last_start; /* by request: the last record of a start */
	uint64_t last_start_index;

	/* Its own. */
	struct arena arena;
	bool by_index;
	uint64_t index;
	struct buf request; /* as it is written in a record */
};

/* audit_find_init: `text` is a number, or a request's id. Errors: NO_MEMORY,
 * TOO_BIG; audit_find_done is due all the same. */
MUST_USE struct err audit_find_init(struct audit_find *find, const char *text);

/* audit_find_init_request: it is a request's id, whatever it looks like. */
MUST_USE struct err audit_find_init_request(
    struct audit_find *find, const char *id);
void audit_find_done(struct audit_find *find);

/*
 * audit_find_run: walk over the ledger in `dir`. As the auditor may write
 * meanwhile, an odd look is worth another one.
 *
 * Errors   NOT_FOUND: there is no such record; those of replay
 */
MUST_USE struct err audit_find_run(struct audit_find *find, int dir);

#endif
