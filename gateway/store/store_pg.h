#ifndef GATEHOUSE_STORE_PG_H
#define GATEHOUSE_STORE_PG_H

#include "crypto/memory/buf.h"

/*
 * store_pg: a connection to PostgreSQL, and statements with parameters and
 * results in binary. What the server says of an error can hold the values of a
 * row, so no text of its goes further, but that of a connection which fails.
 *
 * Errors   IO: the connection is lost, or the server refused; NO_SPACE: its
 *          disk is full; NO_MEMORY; MALFORMED: tables that are not ours
 */
struct pg_conn;
struct pg_result;

/*
 * store_pg_connect: as libpq does with this conninfo; a server that is silent
 * is given up after ten seconds, now and later, unless the conninfo says else.
 *
 * out      owned by the caller; store_pg_close
 * password  NULL: none but that of the conninfo
 * said     on failure, what libpq says of it, cut to what there is room for
 * Errors   UNAVAILABLE
 */
MUST_USE struct err store_pg_connect(struct pg_conn **out, const char *conninfo,
    const char *password, struct buf *said);
void store_pg_close(struct pg_conn *conn); /* accepts NULL */

/* store_pg_script: statements without parameters and results. */
MUST_USE struct err store_pg_script(struct pg_conn *conn, const char *text);

/* store_pg_prepare: a statement of this name. */
MUST_USE struct err store_pg_prepare(
    struct pg_conn *conn, const char *name, const char *text);

/*
 * store_pg_run: a prepared statement.
 *
 * out      its rows; owned by the caller; store_pg_done
 */
MUST_USE struct err store_pg_run(struct pg_conn *conn, struct pg_result **out,
    const char *name, const struct span *params, size_t num);

/* store_pg_query: a statement as it stands. Otherwise as store_pg_run. */
MUST_USE struct err store_pg_query(
    struct pg_conn *conn, struct pg_result **out, const char *text);
void store_pg_done(struct pg_result **result); /* accepts NULL in it */

/* store_pg_rows: how many there are, or how many a statement has changed. */
size_t store_pg_rows(const struct pg_result *result);
uint64_t store_pg_changed(struct pg_result *result);

/* store_pg_value: a value; data is NULL where it is NULL; borrowed. */
struct span store_pg_value(
    const struct pg_result *result, size_t row, unsigned column);

/* store_pg_bytes: a value of exactly `len` bytes, copied; else MALFORMED. */
MUST_USE struct err store_pg_bytes(const struct pg_result *result, size_t row,
    unsigned column, uint8_t *out, size_t len);

/* store_pg_number: a bigint that is not negative; else MALFORMED. */
MUST_USE struct err store_pg_number(
    const struct pg_result *result, size_t row, unsigned column, uint64_t *out);

/* store_pg_array: begin a parameter that is an array of `num` values of bytes,
 * each of which then follows by buf_put_field. Errors: of the buf. */
MUST_USE struct err store_pg_array(struct buf *out, size_t num);

#endif
