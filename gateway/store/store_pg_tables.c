#include "gateway/store/store_postgres.h"

enum {
	VERSION = 1 /* of what the tables look like */
};

/* A number that no one else should have come upon. */
#define LOCK_KEY "7449349733112771941"
static const char lock_alone[] =
    "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_KEY ")";
static const char lock_shared[] =
    "BEGIN; SELECT pg_advisory_xact_lock_shared(" LOCK_KEY ")";

struct err
store_pg_lock_alone(struct store_postgres *s)
{
	return store_pg_script(s->conn, lock_alone);
}

struct err
store_pg_lock_shared(struct store_postgres *s)
{
	return store_pg_script(s->conn, lock_shared);
}

static const char make_tables[] =
    "CREATE SCHEMA IF NOT EXISTS gatehouse_codes;"
    "CREATE SCHEMA IF NOT EXISTS gatehouse_keys;"
    "CREATE TABLE gatehouse_codes.meta (version bigint NOT NULL,"
    " id bytea NOT NULL);"
    "CREATE TABLE gatehouse_keys.meta (version bigint NOT NULL,"
    " id bytea NOT NULL);"
    "CREATE TABLE gatehouse_codes.codes (idx bytea PRIMARY KEY,"
    " code bytea NOT NULL UNIQUE, subject bytea NOT NULL,"
    " sealed bytea NOT NULL);"
    "CREATE INDEX codes_of_subject ON gatehouse_codes.codes (subject);"
    "CREATE TABLE gatehouse_keys.keys (subject bytea PRIMARY KEY,"
    " key bytea NOT NULL);"
    /* 122 random bits: enough for what tells two codebooks apart. */
    "INSERT INTO gatehouse_codes.meta"
    " VALUES (1, uuid_send(gen_random_uuid()));"
    "INSERT INTO gatehouse_keys.meta SELECT * FROM gatehouse_codes.meta;";

/* What must hold on the server, and how a batch of 512 is looked up. */
static const char settings[] =
    "SET search_path = pg_catalog; SET synchronous_commit = on;"
    "SET lock_timeout = '30s'; SET default_transaction_isolation ="
    " 'read committed'; SET default_transaction_read_only = off;"
    "SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off";

static struct err
look_at_server(struct store_postgres *s)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;

	TRY(store_pg_query(s->conn, &result, "SHOW fsync"));
	return store_pg_rows(result) == 1 &&
		span_equal_str(store_pg_value(result, 0, 0), "on")
	    ? OK
	    : ERR(UNSUPPORTED,
		  "codebook: PostgreSQL runs without fsync, and would lose "
		  "codes");
}

/*
 * Of the two schemas, both are there or none. Asked of the catalogue's rows:
 * to_regclass would answer from what the connection remembers from before it
 * waited for the lock.
 */
static struct err
look_for_tables(struct store_postgres *s, bool *out_there)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	uint64_t num;

	TRY(store_pg_query(s->conn, &result,
	    "SELECT count(*) FROM pg_namespace n JOIN pg_class c"
	    " ON c.relnamespace = n.oid WHERE c.relname = 'meta'"
	    " AND n.nspname IN ('gatehouse_codes', 'gatehouse_keys')"));
	TRY(store_pg_number(result, 0, 0, &num));
	if (num == 1)
		return ERR(NOT_FOUND,
		    "codebook: of PostgreSQL's schemas gatehouse_codes and "
		    "gatehouse_keys, one is missing; restore it");
	*out_there = num == 2;
	return OK;
}

static struct err
need_tables(struct store_postgres *s)
{
	bool there;

	TRY(look_for_tables(s, &there));
	if (there)
		return OK;
	/* Another gateway may be making them at this moment. */
	TRY(store_pg_lock_alone(s));
	TRY(look_for_tables(s, &there));
	if (!there)
		TRY(store_pg_script(s->conn, make_tables));
	return store_pg_script(s->conn, "COMMIT");
}

static struct err
look_at_meta(struct store_postgres *s)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	uint8_t id[STORE_ID];
	uint64_t version;

	TRY(store_pg_query(s->conn, &result,
	    "SELECT version, id FROM gatehouse_codes.meta"
	    " UNION ALL SELECT version, id FROM gatehouse_keys.meta"));
	if (store_pg_rows(result) != 2)
		return ERR(MALFORMED,
		    "codebook: PostgreSQL's tables are not as we made them");
	for (unsigned row = 0; row < 2; row++) {
		TRY(store_pg_number(result, row, 0, &version));
		if (version != VERSION)
			return ERR(UNSUPPORTED,
			    "codebook: other programs made PostgreSQL's "
			    "tables, in a way that these do not know");
		TRY(store_pg_bytes(result, row, 1, id, STORE_ID));
		if (row == 1 &&
		    !span_equal(
			span_of(id, STORE_ID), span_of(s->base.id, STORE_ID)))
			return ERR(CHANGED,
			    "codebook: the schemas gatehouse_codes and "
			    "gatehouse_keys are not of one codebook; restore "
			    "both from one backup");
		memcpy(s->base.id, id, STORE_ID);
	}
	return OK;
}

struct err
store_pg_tables(struct store_postgres *s)
{
	TRY(store_pg_script(s->conn, settings));
	TRY(look_at_server(s));
	TRY(need_tables(s));
	return look_at_meta(s);
}
