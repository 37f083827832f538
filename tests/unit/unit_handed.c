/* What a descriptor is that an opener hands to the keeper. */
#include "gateway/keeper/handed.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/keeper/slot_fill.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

/* The first two are what may come; of the others none ever. */
enum thing {
	READER,
	WRITER,
	BOTH,
	NAME, /* O_PATH */
	FOLDER,
	DEVICE_READER,
	DEVICE_WRITER,
	PIPE_READER,
	PIPE_WRITER,
	PIPE_HASTY, /* it does not wait */
	SOCKET,
	NUM_THINGS
};

static struct keeperbox box;
static int things[NUM_THINGS];

static int
open_things(void **state)
{
	char path[] = "/tmp/gatehouse-handed-XXXXXX";
	int pair[2];

	(void)state;
	things[BOTH] = mkostemp(path, O_CLOEXEC);
	things[READER] = open(path, O_RDONLY | O_CLOEXEC);
	things[WRITER] = open(path, O_WRONLY | O_CLOEXEC);
	things[NAME] = open(path, O_PATH | O_CLOEXEC);
	(void)unlink(path);
	things[FOLDER] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	things[DEVICE_READER] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	things[DEVICE_WRITER] = open("/dev/zero", O_WRONLY | O_CLOEXEC);
	if (pipe2(pair, O_CLOEXEC) != 0)
		return 1;
	things[PIPE_READER] = pair[0];
	things[PIPE_WRITER] = pair[1];
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) != 0)
		return 1;
	things[PIPE_HASTY] = pair[0];
	close(pair[1]);
	things[SOCKET] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < NUM_THINGS; i++) {
		if (things[i] < 0)
			return 1;
	}
	return 0;
}

static int
close_things(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_THINGS; i++)
		close(things[i]);
	return 0;
}

static void
handed_is_file__knows_files_of_one_mode(void **state)
{
	(void)state;
	for (int i = 0; i < NUM_THINGS; i++) {
		assert_int_equal(
		    handed_is_file(things[i], O_RDONLY), i == READER);
		assert_int_equal(
		    handed_is_file(things[i], O_WRONLY), i == WRITER);
	}
	assert_false(handed_is_file(-1, O_RDONLY));
}

static void
handed_is_pipe__knows_ends_that_wait(void **state)
{
	(void)state;
	for (int i = 0; i < NUM_THINGS; i++) {
		assert_int_equal(
		    handed_is_pipe(things[i], O_RDONLY), i == PIPE_READER);
		assert_int_equal(
		    handed_is_pipe(things[i], O_WRONLY), i == PIPE_WRITER);
	}
	assert_false(handed_is_pipe(-1, O_RDONLY));
}

/* One of the descriptors that are due is another thing: the opener is ended,
 * nobody gets it, and the next one is believed. */
static void
hand(unsigned step, size_t place, enum thing thing)
{
	int fds[] = {things[READER], things[READER]};

	keeperbox_start(&box);
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	keeperbox_to(&box, step);
	enum keeperbox_peer opener = box.at;
	if (step == BOX_STEP_CREATE)
		fds[0] = things[WRITER];
	fds[place] = things[thing];
	box.handed = fds;
	assert_true(keeperbox_honest(&box));
	box.handed = NULL;
	assert_true(keeperbox_ended(&box, opener));
	assert_int_equal(keeperbox_slot(&box)->state, SLOT_AWAY);
	assert_int_equal(keeperbox_slot(&box)->read_fd, -1);
	assert_int_equal(keeperbox_slot(&box)->write_fd, -1);
	if (keeperbox_next(&box, BOX_MILL))
		assert_int_not_equal(box.got.type, FILL_ORDER);
	keeperbox_attach(&box, opener);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	keeperbox_stop(&box);
}

static void
peers__end_an_opener_that_hands_over_another_thing(void **state)
{
	static const struct {
		unsigned step;
		size_t place;
		enum thing due;
	} rows[] = {{BOX_STEP_CREATE, 0, WRITER}, {BOX_STEP_CREATE, 1, READER},
	    {BOX_STEP_FILL_SOURCE, 0, READER}, {BOX_STEP_AGAIN, 0, READER},
	    {BOX_STEP_PUBLISH, 0, READER}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int j = 0; j < NUM_THINGS; j++) {
			if ((enum thing)j != rows[i].due)
				hand(
				    rows[i].step, rows[i].place, (enum thing)j);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(handed_is_file__knows_files_of_one_mode),
	    cmocka_unit_test(handed_is_pipe__knows_ends_that_wait),
	    cmocka_unit_test(
		peers__end_an_opener_that_hands_over_another_thing),
	};

	return cmocka_run_group_tests(tests, open_things, close_things);
}
