#include "gateway/store/store_pg.h"

#include <postgresql/libpq-fe.h>
#include <stdlib.h>

enum {
	MAX_PARAMS = 4,
	BYTEA = 17, /* its OID, pg_type.dat */
	BINARY = 1
};

/* --- Connection --- */

/* What it has to say goes nowhere: it could be of a row. */
static void
say_nothing(void *context, const PGresult *result)
{
	(void)context, (void)result;
}

struct err
store_pg_connect(struct pg_conn **out, const char *conninfo,
    const char *password, struct buf *said)
{
	/* The conninfo comes last, so what it says holds. */
	static const char *const names[] = {"application_name",
	    "connect_timeout", "tcp_user_timeout", "keepalives_idle",
	    "keepalives_interval", "keepalives_count", "password", "dbname",
	    NULL};
	const char *const values[] = {"gatehouse-codebook", "10", "10000", "5",
	    "2", "3", password, conninfo, NULL};
	PGconn *conn = PQconnectdbParams(names, values, 1);

	if (conn == NULL)
		return ERR(NO_MEMORY, "codebook: out of memory");
	if (PQstatus(conn) != CONNECTION_OK) {
		struct span text = span_str(PQerrorMessage(conn));
		struct err err =
		    buf_append(said, span_sub(text, 0, said->max - said->len));
		PQfinish(conn);
		TRY(err);
		return ERR(
		    UNAVAILABLE, "codebook: no connection to PostgreSQL");
	}
	(void)PQsetNoticeReceiver(conn, say_nothing, NULL);
	*out = conn;
	return OK;
}

void
store_pg_close(struct pg_conn *conn)
{
	PQfinish(conn);
}

/* --- Errors --- */

/* By the classes of SQLSTATE (PostgreSQL's appendix A). */
static struct err
refusal(const char *state)
{
	if (state == NULL)
		return ERR(IO, "codebook: PostgreSQL does not answer");
	if (strcmp(state, "53100") == 0)
		return ERR(NO_SPACE, "codebook: PostgreSQL's disk is full");
	if (strcmp(state, "25006") == 0)
		return ERR(IO,
		    "codebook: PostgreSQL takes no writes; is it a standby?");
	if (strcmp(state, "55P03") == 0)
		return ERR(IO,
		    "codebook: another gateway holds a lock of PostgreSQL's "
		    "for too long");
	if (strcmp(state, "42501") == 0)
		return ERR(
		    IO, "codebook: PostgreSQL's user may not use the tables");
	if (strncmp(state, "42", 2) == 0 || strncmp(state, "23", 2) == 0 ||
	    strncmp(state, "XX", 2) == 0)
		return ERR(MALFORMED,
		    "codebook: PostgreSQL's tables are not as we made them");
	return ERR(IO, "codebook: PostgreSQL refused a statement");
}

/* The result goes, if it is an error. */
static struct err
judge(PGconn *conn, PGresult **result)
{
	ExecStatusType status = PQresultStatus(*result);
	struct err err = OK;

	if (PQstatus(conn) != CONNECTION_OK)
		err = ERR(IO, "codebook: the connection to PostgreSQL is lost");
	else if (*result == NULL)
		err = ERR(NO_MEMORY, "codebook: out of memory");
	else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		err = refusal(PQresultErrorField(*result, PG_DIAG_SQLSTATE));
	if (err.code != ERR_OK)
		store_pg_done(result);
	return err;
}

/* --- Statements --- */

struct err
store_pg_script(struct pg_conn *conn, const char *text)
{
	PGresult *result = PQexec(conn, text);

	TRY(judge(conn, &result));
	store_pg_done(&result);
	return OK;
}

struct err
store_pg_prepare(struct pg_conn *conn, const char *name, const char *text)
{
	PGresult *result = PQprepare(conn, name, text, 0, NULL);

	TRY(judge(conn, &result));
	store_pg_done(&result);
	return OK;
}

struct err
store_pg_run(struct pg_conn *conn, struct pg_result **out, const char *name,
    const struct span *params, size_t num)
{
	const char *values[MAX_PARAMS];
	int lens[MAX_PARAMS], formats[MAX_PARAMS];

	if (num > MAX_PARAMS)
		abort();
	for (size_t i = 0; i < num; i++) {
		values[i] = (const char *)params[i].data;
		lens[i] = (int)params[i].len;
		formats[i] = BINARY;
	}
	PGresult *result =
	    PQexecPrepared(conn, name, (int)num, values, lens, formats, BINARY);
	TRY(judge(conn, &result));
	*out = result;
	return OK;
}

struct err
store_pg_query(struct pg_conn *conn, struct pg_result **out, const char *text)
{
	PGresult *result =
	    PQexecParams(conn, text, 0, NULL, NULL, NULL, NULL, BINARY);

	TRY(judge(conn, &result));
	*out = result;
	return OK;
}

void
store_pg_done(struct pg_result **result)
{
	PQclear(*result);
	*result = NULL;
}

/* --- Results --- */

size_t
store_pg_rows(const struct pg_result *result)
{
	return (size_t)PQntuples(result);
}

uint64_t
store_pg_changed(struct pg_result *result)
{
	uint64_t num = 0;

	/* Empty, where the statement changes nothing. */
	if (span_u64(span_str(PQcmdTuples(result)), &num, UINT64_MAX).code !=
	    ERR_OK)
		return 0;
	return num;
}

struct span
store_pg_value(const struct pg_result *result, size_t row, unsigned column)
{
	if (PQgetisnull(result, (int)row, (int)column))
		return span_of(NULL, 0);
	return span_of(PQgetvalue(result, (int)row, (int)column),
	    (size_t)PQgetlength(result, (int)row, (int)column));
}

struct err
store_pg_bytes(const struct pg_result *result, size_t row, unsigned column,
    uint8_t *out, size_t len)
{
	struct span value = store_pg_value(result, row, column);

	if (value.data == NULL || value.len != len)
		return ERR(MALFORMED,
		    "codebook: PostgreSQL's tables are not as we made them");
	memcpy(out, value.data, len);
	return OK;
}

struct err
store_pg_number(
    const struct pg_result *result, size_t row, unsigned column, uint64_t *out)
{
	struct span value = store_pg_value(result, row, column);
	uint64_t number;

	if (span_take_u64be(&value, &number).code != ERR_OK || value.len != 0 ||
	    number > INT64_MAX)
		return ERR(MALFORMED,
		    "codebook: PostgreSQL's tables are not as we made them");
	*out = number;
	return OK;
}

struct err
store_pg_array(struct buf *out, size_t num)
{
	/* src/backend/utils/adt/arrayfuncs.c, array_recv: dimensions, whether
	   there are NULLs, the elements' type; the length, and from where it is
	   counted. */
	TRY(buf_put_u32be(out, 1));
	TRY(buf_put_u32be(out, 0));
	TRY(buf_put_u32be(out, BYTEA));
	TRY(buf_put_u32be(out, (uint32_t)num));
	return buf_put_u32be(out, 1);
}
