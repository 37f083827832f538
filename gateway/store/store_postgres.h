#ifndef GATEHOUSE_STORE_POSTGRES_H
#define GATEHOUSE_STORE_POSTGRES_H

#include "gateway/store/store_entry.h"
#include "gateway/store/store_ops.h"
#include "gateway/store/store_pg.h"

/*
 * store_postgres: a store that several gateways share. Each batch is a
 * transaction, committed before it is answered. Two that want the same index
 * meet at the server: one inserts it, the other waits, and reads its code. Rows
 * are inserted in the order of their bytes, so that no two wait for each other.
 * Codes and keys are two schemas, for backups that are kept for different
 * times.
 */
enum {
	STORE_PG_KEY = 32,
	STORE_PG_ARRAYS = 4, /* parameters of the widest statement */
	STORE_PG_MAX_ARRAY = 64 + STORE_BATCH * (4 + STORE_ENTRY_MAX),
};

/* One of a batch, which is brought into the order of the server's rows. */
struct store_pg_item {
	const struct store_new *new;
	uint8_t key[STORE_PG_KEY]; /* of its subject */
};

struct store_postgres {
	struct store base;
	struct pg_conn *conn;
	struct buf arrays[STORE_PG_ARRAYS]; /* parameters of a batch, kept for
					       the next */
	struct store_pg_item items[STORE_BATCH];
	uint8_t found[STORE_BATCH][STORE_PG_KEY];
	bool known[STORE_BATCH];
};

/*
 * store_pg_lock_alone, _shared: begin a transaction as who makes the tables or
 * shreds, which waits for all others; and as who inserts. Errors: of store_pg.
 */
MUST_USE struct err store_pg_lock_alone(struct store_postgres *s);
MUST_USE struct err store_pg_lock_shared(struct store_postgres *s);

/* store_pg_tables: set the connection up, look at the server and at the tables,
 * or make them; the id. Errors: as store_start. */
MUST_USE struct err store_pg_tables(struct store_postgres *s);

#endif
