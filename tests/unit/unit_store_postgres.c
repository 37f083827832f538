/*
 * store in PostgreSQL: a real server, on a socket. Several gateways share it:
 * whoever comes first with an index, all get its code; who is shredded is gone,
 * whatever others insert meanwhile. A server that is lost, or would lose
 * something, or whose tables are not ours, ends the store.
 */
#include "tests/harness/expect.h"

#include <err.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "tests/harness/storebox.h"

enum {
	NUM = 600,
	PER = 4,
	WRITERS = 3,
};

static char folder[200], conninfo[300];
static struct storebox box;
static uint8_t codes[NUM][STORE_CODE], again[NUM][STORE_CODE];

/* --- The server --- */

/* Tell it something; what it answers is in `out`, a line without its end. */
static bool
server(const char *verb, char *out, size_t out_len)
{
	int ends[2], status;
	size_t len = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]), (void)close(ends[1]);
		execl("tests/harness/postgres.sh", "postgres.sh", verb, folder,
		    (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	for (ssize_t got = 1; got > 0 && len + 1 < out_len;
	     len += got > 0 ? (size_t)got : 0)
		got = read(ends[0], out + len, out_len - 1 - len);
	close(ends[0]);
	if (out_len > 0)
		out[len > 0 ? len - 1 : 0] = '\0';
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int
start_server(void **state)
{
	const char *tmp = getenv("GATEHOUSE_TEST_TMP");

	(void)state;
	/* Root's server is another user's, who comes through here. */
	if (tmp != NULL && getuid() == 0)
		(void)chmod(tmp, 0711);
	(void)snprintf(folder, sizeof(folder), "%s/pg.%d",
	    tmp != NULL ? tmp : "/tmp", (int)getpid());
	return server("start", conninfo, sizeof(conninfo)) ? 0 : -1;
}

static int
stop_server(void **state)
{
	(void)state;
	return server("stop", NULL, 0) ? 0 : -1;
}

/* As its administrator. */
static void
tell(const char *text)
{
	PGconn *conn = PQconnectdb(conninfo);
	(void)PQsetErrorVerbosity(conn, PQERRORS_TERSE);
	PQclear(PQexec(conn, "SET client_min_messages = error"));
	PGresult *result = PQexec(conn, text);

	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
	    PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

static struct err
open_store(struct store **out)
{
	struct buf said CLEANUP(buf_done) = {.max = 200};

	TRY(store_open_postgres(out, conninfo, NULL, &said));
	struct err err = store_start(*out);
	if (err.code != ERR_OK) {
		store_close(*out);
		*out = NULL;
	}
	return err;
}

static int
make_box(void **state)
{
	(void)state;
	tell("DROP SCHEMA IF EXISTS gatehouse_codes CASCADE;"
	     "DROP SCHEMA IF EXISTS gatehouse_keys CASCADE");
	expect_ok(open_store(&box.store));
	return 0;
}

static int
remove_box(void **state)
{
	(void)state;
	storebox_close(&box);
	return 0;
}

/* --- One gateway --- */

static void
store_insert__gives_each_index_one_code(void **state)
{
	struct store_report report;
	uint64_t seq;

	(void)state;
	assert_int_equal(storebox_lookup(&box, 0, STORE_BATCH, again), 0);
	expect_ok(storebox_insert(&box, 0, STORE_BATCH, PER, codes, &seq));
	assert_true(seq <= store_durable(box.store));
	expect_ok(store_commit(box.store));
	assert_int_equal(
	    storebox_lookup(&box, 0, STORE_BATCH, again), STORE_BATCH);
	assert_memory_equal(codes, again, STORE_BATCH * STORE_CODE);
	/* Who comes later gets what is there, and the rest. */
	expect_ok(storebox_insert(&box, 256, STORE_BATCH, PER, again, NULL));
	assert_memory_equal(codes[256], again, 256 * STORE_CODE);
	assert_memory_not_equal(again[256], again[257], STORE_CODE);
	expect_ok(storebox_insert(&box, 0, 0, PER, again, NULL));
	expect_ok(store_check(box.store, &report));
	assert_int_equal(report.num_entries, 768);
	assert_int_equal(report.num_subjects, 192);
	expect_err(UNSUPPORTED, store_backup_begin(box.store, 0, 0));
}

static void
store_resolve__gives_the_value_until_it_is_shredded(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = STORE_MAX_SEALED};
	uint8_t subject[STORE_SUBJECT], value[STOREBOX_VALUE];
	struct store_report report;
	uint64_t entries;

	(void)state;
	expect_ok(storebox_insert(&box, 0, 100, PER, codes, NULL));
	storebox_value(value, 9);
	expect_ok(store_resolve(box.store, codes[9], &out));
	assert_true(span_equal(buf_span(&out), span_of(value, STOREBOX_VALUE)));
	expect_err(NOT_FOUND,
	    store_resolve(
		box.store, (const uint8_t *)"a code of no one", &out));
	storebox_hash(subject, 's', 9 / PER);
	expect_ok(store_shred(box.store, subject, &entries));
	assert_int_equal(entries, PER);
	expect_err(NOT_FOUND, store_resolve(box.store, codes[9], &out));
	assert_int_equal(storebox_lookup(&box, 0, 100, again), 100 - PER);
	expect_ok(store_shred(box.store, subject, &entries));
	assert_int_equal(entries, 0);
	/* Seen again: another code, under another key. */
	expect_ok(storebox_insert(&box, 9, 1, PER, again, NULL));
	assert_memory_not_equal(again[0], codes[9], STORE_CODE);
	expect_ok(store_check(box.store, &report));
	assert_int_equal(report.num_entries, 100 - PER + 1);
}

/* --- Several --- */

/* What each does, in a process and over a connection of its own. */
typedef struct err child_work(struct storebox *own, unsigned which, int out);

/* Two pipes: a writer says that it is here, and waits until nobody writes into
 * the other one any more. */
struct gate {
	int here[2], open[2];
};

static void
make_gate(struct gate *gate)
{
	assert_int_equal(pipe(gate->here), 0);
	assert_int_equal(pipe(gate->open), 0);
}

static void
wait_at(const struct gate *gate)
{
	char byte = 0;

	(void)!write(gate->here[1], &byte, 1);
	close(gate->open[1]);
	(void)!read(gate->open[0], &byte, 1);
}

static void
let_in(const struct gate *gate)
{
	char byte;

	for (unsigned i = 0; i < WRITERS; i++)
		assert_int_equal(read(gate->here[0], &byte, 1), 1);
	close(gate->open[0]), close(gate->open[1]);
	close(gate->here[0]), close(gate->here[1]);
}

static void
be_child(child_work *work, unsigned which, const struct gate gates[2], int out)
{
	struct storebox own = {.dir = -1};

	/* All open it at once, and all begin to work at once. */
	wait_at(&gates[0]);
	struct err err = open_store(&own.store);
	wait_at(&gates[1]);
	if (err.code == ERR_OK)
		err = work(&own, which, out);
	if (err.code != ERR_OK)
		warnx("writer %u: %s", which, err.why);
	storebox_close(&own);
	_exit(err.code == ERR_OK ? 0 : 1);
}

/* outs[i]: what the child of that number writes. All must end well. */
static void
run_children(child_work *work, int outs[WRITERS])
{
	struct gate gates[2];
	int ends[2], status;

	make_gate(&gates[0]);
	make_gate(&gates[1]);
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(pipe(ends), 0);
		if (fork() == 0)
			be_child(work, i, gates, ends[1]);
		close(ends[1]);
		outs[i] = ends[0];
	}
	let_in(&gates[0]);
	let_in(&gates[1]);
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

/* Entries [from, from + num) as storebox_insert, the last one first. */
static struct err
insert_backwards(struct storebox *own, uint64_t from, size_t num,
    uint8_t (*out_codes)[STORE_CODE])
{
	static uint8_t indexes[STORE_BATCH][STORE_INDEX];
	static uint8_t subjects[STORE_BATCH][STORE_SUBJECT];
	static uint8_t back[STORE_BATCH][STORE_CODE];
	static struct store_new entries[STORE_BATCH];
	uint64_t seq;

	for (size_t i = 0; i < num; i++) {
		uint64_t number = from + num - 1 - i;
		storebox_hash(indexes[i], 'i', number);
		storebox_hash(subjects[i], 's', number / PER);
		entries[i] = (struct store_new){
		    indexes[i], subjects[i], span_str("of the other writer")};
	}
	TRY(store_insert(own->store, entries, num, back, &seq));
	for (size_t i = 0; i < num; i++)
		memcpy(out_codes[num - 1 - i], back[i], STORE_CODE);
	return OK;
}

/* The same entries, in the other order; without an
 * order of its own the server would have each wait for the other. */
static struct err
insert_all(struct storebox *own, unsigned which, int out)
{
	static uint8_t mine[NUM][STORE_CODE];

	for (uint64_t at = 0; at < NUM; at += 100)
		if (which % 2 == 0)
			TRY(storebox_insert(
			    own, at, 100, PER, &mine[at], NULL));
		else
			TRY(insert_backwards(own, at, 100, &mine[at]));
	return write(out, mine, sizeof(mine)) == sizeof(mine)
	    ? OK
	    : ERR(IO, "test: a pipe");
}

/* Each row takes its time, so that the writers do meet. */
static void
slow_down(const char *table)
{
	char text[400];

	(void)snprintf(text, sizeof(text),
	    "CREATE OR REPLACE FUNCTION gatehouse_keys.wait() RETURNS trigger"
	    " AS 'BEGIN PERFORM pg_sleep(0.0001); RETURN NEW; END'"
	    " LANGUAGE plpgsql; CREATE TRIGGER wait BEFORE INSERT ON %s"
	    " FOR EACH ROW EXECUTE FUNCTION gatehouse_keys.wait()",
	    table);
	tell(text);
}

static void
store_insert__gives_all_writers_the_same_codes(void **state)
{
	struct store_report report;
	int outs[WRITERS];

	(void)state;
	slow_down("gatehouse_keys.keys");
	slow_down("gatehouse_codes.codes");
	run_children(insert_all, outs);
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(
		    read(outs[i], i == 0 ? codes : again, sizeof(codes)),
		    sizeof(codes));
		close(outs[i]);
		if (i > 0)
			assert_memory_equal(codes, again, sizeof(codes));
	}
	expect_ok(store_check(box.store, &report));
	assert_int_equal(report.num_entries, NUM);
	assert_int_equal(report.num_subjects, NUM / PER);
	assert_int_equal(
	    storebox_lookup(&box, 0, STORE_BATCH, again), STORE_BATCH);
	assert_memory_equal(codes, again, STORE_BATCH * STORE_CODE);
}

static struct err
say_id(struct storebox *own, unsigned which, int out)
{
	(void)which;
	return write(out, store_id(own->store), STORE_ID) == STORE_ID
	    ? OK
	    : ERR(IO, "test: a pipe");
}

static void
store_start__makes_the_tables_once(void **state)
{
	uint8_t ids[WRITERS][STORE_ID];
	int outs[WRITERS];

	(void)state;
	storebox_close(&box);
	for (unsigned round = 0; round < 5; round++) {
		tell("DROP SCHEMA gatehouse_codes CASCADE;"
		     "DROP SCHEMA gatehouse_keys CASCADE");
		run_children(say_id, outs);
		for (unsigned i = 0; i < WRITERS; i++) {
			assert_int_equal(
			    read(outs[i], ids[i], STORE_ID), STORE_ID);
			close(outs[i]);
			assert_memory_equal(ids[0], ids[i], STORE_ID);
		}
	}
}

static struct err
insert_or_shred(struct storebox *own, unsigned which, int out)
{
	uint8_t subject[STORE_SUBJECT];
	uint64_t entries;

	(void)out;
	for (unsigned i = 0; i < 100; i++) {
		storebox_hash(subject, 's', i % 5);
		if (which == 0)
			TRY(store_shred(own->store, subject, &entries));
		else
			TRY(storebox_insert(own, 0, 5 * PER, PER, NULL, NULL));
	}
	return OK;
}

/* An entry under a key that was erased meanwhile would be found by check. */
static void
store_shred__leaves_no_entry_of_who_is_inserted_meanwhile(void **state)
{
	struct store_report report;
	int outs[WRITERS];

	(void)state;
	run_children(insert_or_shred, outs);
	for (unsigned i = 0; i < WRITERS; i++)
		close(outs[i]);
	expect_ok(store_check(box.store, &report));
	assert_true(report.num_entries <= 5 * PER);
}

/* --- What goes wrong --- */

static void
store__ends_when_the_connection_is_lost(void **state)
{
	uint64_t seq;

	(void)state;
	expect_ok(storebox_insert(&box, 0, 100, PER, codes, &seq));
	tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	     " WHERE application_name = 'gatehouse-codebook'");
	expect_err(IO, storebox_insert(&box, 100, 100, PER, again, NULL));
	/* For good: nobody goes on as if nothing had been. */
	expect_err(IO, storebox_insert(&box, 0, 100, PER, again, NULL));
	expect_err(IO, store_commit(box.store));
	storebox_close(&box);
	expect_ok(open_store(&box.store));
	assert_int_equal(storebox_lookup(&box, 0, 200, again), 100);
	assert_memory_equal(codes, again, 100 * STORE_CODE);
}

static void
store__keeps_what_it_answered_when_the_server_crashes(void **state)
{
	(void)state;
	expect_ok(storebox_insert(&box, 0, 100, PER, codes, NULL));
	assert_true(server("crash", NULL, 0));
	expect_err(IO, storebox_insert(&box, 100, 100, PER, again, NULL));
	storebox_close(&box);
	expect_err(UNAVAILABLE, open_store(&box.store));
	assert_true(server("restart", NULL, 0));
	expect_ok(open_store(&box.store));
	assert_int_equal(storebox_lookup(&box, 0, 100, again), 100);
	assert_memory_equal(codes, again, 100 * STORE_CODE);
}

static void
store_open__says_why_there_is_no_server(void **state)
{
	struct buf said CLEANUP(buf_done) = {.max = 20};
	struct store *none;

	(void)state;
	expect_err(UNAVAILABLE,
	    store_open_postgres(&none, "host=/nowhere/at/all", NULL, &said));
	assert_int_equal(said.len, 20);
	assert_memory_equal(said.data, "connection to server", 20);
}

static void
store_start__refuses_tables_that_are_not_ours(void **state)
{
	struct store *store;
	uint8_t id[STORE_ID];

	(void)state;
	memcpy(id, store_id(box.store), STORE_ID);
	storebox_close(&box);
	tell("UPDATE gatehouse_codes.meta SET version = 2");
	expect_err(UNSUPPORTED, open_store(&store));
	tell("UPDATE gatehouse_codes.meta SET version = 1");
	expect_ok(open_store(&store));
	assert_memory_equal(id, store_id(store), STORE_ID);
	store_close(store);
	tell("UPDATE gatehouse_keys.meta SET id = '\\x00112233445566778899"
	     "aabbccddeeff'");
	expect_err(CHANGED, open_store(&store));
	tell("DELETE FROM gatehouse_keys.meta");
	expect_err(MALFORMED, open_store(&store));
	tell("ALTER TABLE gatehouse_codes.meta DROP COLUMN id");
	expect_err(MALFORMED, open_store(&store));
	tell("DROP SCHEMA gatehouse_keys CASCADE");
	expect_err(NOT_FOUND, open_store(&store));
}

static void
store_check__finds_what_was_changed(void **state)
{
	struct store_report report;

	(void)state;
	expect_ok(storebox_insert(&box, 0, 10, PER, codes, NULL));
	tell("UPDATE gatehouse_codes.codes SET code = '\\x00112233445566778899"
	     "aabbccddeeff' WHERE idx = (SELECT idx FROM"
	     " gatehouse_codes.codes LIMIT 1)");
	expect_err(MALFORMED, store_check(box.store, &report));
	storebox_close(&box);
	expect_ok(open_store(&box.store));
	tell("DELETE FROM gatehouse_codes.codes;"
	     "DELETE FROM gatehouse_keys.keys");
	expect_ok(store_check(box.store, &report));
	expect_ok(storebox_insert(&box, 0, 10, PER, codes, NULL));
	tell("DELETE FROM gatehouse_keys.keys");
	expect_err(MALFORMED, store_check(box.store, &report));
}

static void
store_start__refuses_a_server_that_writes_nothing_down(void **state)
{
	struct store *store;

	(void)state;
	tell("ALTER SYSTEM SET fsync = off");
	tell("SELECT pg_reload_conf()");
	/* The server's processes hear of it one by one. */
	struct err err = OK;
	for (unsigned i = 0; i < 1000 && err.code == ERR_OK; i++) {
		err = open_store(&store);
		if (err.code == ERR_OK)
			store_close(store);
		usleep(10000);
	}
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	tell("ALTER SYSTEM RESET fsync");
	tell("SELECT pg_reload_conf()");
}

#define in_a_box(name)                                                         \
	cmocka_unit_test_setup_teardown(name, make_box, remove_box)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    in_a_box(store_insert__gives_each_index_one_code),
	    in_a_box(store_resolve__gives_the_value_until_it_is_shredded),
	    in_a_box(store_start__makes_the_tables_once),
	    in_a_box(store_insert__gives_all_writers_the_same_codes),
	    in_a_box(store_shred__leaves_no_entry_of_who_is_inserted_meanwhile),
	    in_a_box(store__ends_when_the_connection_is_lost),
	    in_a_box(store__keeps_what_it_answered_when_the_server_crashes),
	    in_a_box(store_open__says_why_there_is_no_server),
	    in_a_box(store_start__refuses_tables_that_are_not_ours),
	    in_a_box(store_check__finds_what_was_changed),
	    in_a_box(store_start__refuses_a_server_that_writes_nothing_down),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
