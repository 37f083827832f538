/*
 * book_serve: what a keeper asks of the codebook for somebody: what it holds,
 * the end of a person, a backup, which goes on while others are answered, and
 * gives way to an heir.
 */
#include "gateway/codebook/book_serve.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "gateway/ipc/control.h"
#include "tests/harness/expect.h"
#include "tests/harness/storebox.h"

static struct storebox box;
static struct book_serve serve;
static struct err ended;
static int keeper, control, control_end;
static pthread_t thread;
static uint8_t bytes[FRAME_MAX];
static struct frame got;

static void *
run(void *ends)
{
	ended = book_serve_run(&serve, *(const int *)ends);
	return NULL;
}

/* The answer, for which it waits. */
static struct span
hear(enum book_type type, uint64_t id)
{
	struct err err;

	do
		err = frame_recv(keeper, bytes, &got);
	while (err.code == ERR_AGAIN && usleep(1000) == 0);
	expect_ok(err);
	assert_int_equal(got.type, type);
	assert_int_equal(got.id, id);
	return got.body;
}

static int
start(void **state)
{
	int ends[2], seam[2];

	(void)state;
	storebox_init(&box);
	expect_ok(storebox_open(&box));
	expect_ok(frame_pair(ends));
	expect_ok(frame_pair(seam));
	control = ends[0];
	control_end = ends[1];
	keeper = seam[0];
	book_serve_init(&serve, box.store);
	expect_ok(keepers_add(&serve.keepers, seam[1]));
	assert_true(span_equal(
	    hear(BOOK_IS, 0), span_of(store_id(box.store), STORE_ID)));
	return 0;
}

static void
begin(void)
{
	assert_int_equal(pthread_create(&thread, NULL, run, &control_end), 0);
}

static int
stop(void **state)
{
	(void)state;
	close(control);
	if (serve.book.store == NULL)
		box.store = NULL;
	storebox_done(&box);
	return 0;
}

static void
end(void)
{
	close(keeper);
	assert_int_equal(pthread_join(thread, NULL), 0);
	expect_err(CLOSED, ended);
	channel_done(&serve.keepers.control);
}

static void
say(enum book_type type, uint64_t id, struct span body, const int *fds)
{
	struct frame frame = {.type = (uint16_t)type, .id = id, .body = body};

	if (fds != NULL) {
		frame.fds[0] = fds[0], frame.fds[1] = fds[1];
		frame.num_fds = 2;
	}
	expect_ok(frame_send(keeper, &frame));
}

static void
expect_status(uint64_t id, uint64_t entries, uint64_t subjects)
{
	struct book_status status;

	say(BOOK_STATUS, id, span_of(NULL, 0), NULL);
	expect_ok(book_take_status(&status, hear(BOOK_STATUS_IS, id)));
	assert_int_equal(status.num_entries, entries);
	assert_int_equal(status.num_subjects, subjects);
	assert_false(status.is_shared);
}

static void
book_serve__ends_a_person(void **state)
{
	uint8_t subject[STORE_SUBJECT];
	struct span body;
	uint64_t num;

	(void)state;
	expect_ok(storebox_insert(&box, 0, 100, 10, NULL, NULL));
	begin();
	expect_status(1, 100, 10);
	storebox_hash(subject, 's', 3);
	for (uint64_t want = 10;; want = 0) {
		say(BOOK_SHRED, 2, span_of(subject, sizeof(subject)), NULL);
		body = hear(BOOK_SHREDDED, 2);
		expect_ok(span_take_u64be(&body, &num));
		assert_int_equal(num, want);
		if (want == 0)
			break;
	}
	expect_status(3, 90, 9);
	end();
}

static void
make_files(int out[2])
{
	out[0] = openat(box.dir, "b.codes", O_RDWR | O_CREAT | O_TRUNC, 0600);
	out[1] = openat(box.dir, "b.keys", O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(out[0] >= 0 && out[1] >= 0);
}

static void
insert_many(void)
{
	for (uint64_t i = 0; i < 40; i++)
		expect_ok(storebox_insert(&box, i * 500, 500, 1, NULL, NULL));
	expect_ok(store_commit(box.store));
}

static void
book_serve__makes_a_backup_meanwhile(void **state)
{
	struct store_report report;
	uint8_t id[STORE_ID], exists = ERR_EXISTS;
	int files[2];

	(void)state;
	insert_many();
	begin();
	make_files(files);
	say(BOOK_BACKUP, 1, span_of(NULL, 0), files);
	say(BOOK_BACKUP, 2, span_of(NULL, 0), files);
	assert_true(span_equal(hear(BOOK_FAILED, 2), span_of(&exists, 1)));
	(void)hear(BOOK_COPIED, 1);
	expect_ok(store_check_backup(files[0], files[1], id, &report));
	assert_int_equal(report.num_entries, 20000);
	expect_status(3, 20000, 20000);
	close(files[0]), close(files[1]);
	end();
}

/* Nobody's upgrade waits for it, nor is it said to be whole. */
static void
book_serve__gives_a_backup_up_for_an_heir(void **state)
{
	struct buf item CLEANUP(buf_done) = {.max = 64};
	uint8_t away = ERR_UNAVAILABLE;
	int files[2], heir[2];

	(void)state;
	insert_many();
	make_files(files);
	expect_ok(frame_pair(heir));
	expect_ok(control_put_item(&item, "heir", 0, span_of(NULL, 0)));
	expect_ok(store_backup_begin(box.store, files[0], files[1]));
	serve.copy = (struct book_copy){.runs = true, .id = 1};
	expect_ok(frame_send(control,
	    &(struct frame){.type = CONTROL_ITEM,
		.body = buf_span(&item),
		.fds = {heir[1]},
		.num_fds = 1}));
	close(heir[1]);
	begin();
	struct span why = hear(BOOK_FAILED, 1);
	assert_true(span_equal(why, span_of(&away, 1)));
	close(files[0]), close(files[1]);
	end();
	close(heir[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		book_serve__ends_a_person, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_serve__makes_a_backup_meanwhile, start, stop),
	    cmocka_unit_test_setup_teardown(
		book_serve__gives_a_backup_up_for_an_heir, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
