/* pages: what the supervisor makes for others to count into, and what of a
 * page a console can do; who reads them is told once an hour. */
#include "tests/harness/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/console/console_view.h"
#include "gateway/metric/metric_text.h"
#include "gateway/supervisor/pages.h"
#include "gateway/supervisor/starter.h"

/* --- One page --- */

static void
page_new__has_a_size_that_nobody_changes(void **state)
{
	struct page page;

	(void)state;
	expect_ok(page_new(&page));
	assert_int_equal(lseek(page.fd, 0, SEEK_END), 4096);
	assert_int_equal(ftruncate(page.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(page.fd, 8192), -1);
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		assert_int_equal(metric_read(page.cells, i), 0);
	page_done(&page);
	assert_int_equal(page.fd, -1);
	page_done(&page);
}

/* Its process goes on counting; whoever else has the descriptor only reads. */
static void
page_seal__lets_nobody_else_write(void **state)
{
	struct metric_page *writer, *reader;
	struct page page;
	uint64_t number = 7;

	(void)state;
	expect_ok(page_new(&page));
	expect_ok(metric_map(&writer, page.fd, true));
	expect_ok(page_seal(&page));
	assert_true(page.sealed);
	expect_err(IO, metric_map(&reader, page.fd, true));
	assert_int_equal(write(page.fd, &number, sizeof(number)), -1);
	expect_ok(metric_map(&reader, page.fd, false));
	assert_int_equal(
	    mprotect(reader, sizeof(*reader), PROT_READ | PROT_WRITE), -1);
	assert_int_equal(fcntl(page.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	metric_use(writer);
	metric_count(METRIC_GRANTS);
	assert_int_equal(metric_read(reader, METRIC_GRANTS), 1);
	assert_int_equal(metric_read(page.cells, METRIC_GRANTS), 1);
	metric_unmap(reader);
	page_done(&page);
	metric_count(METRIC_GRANTS); /* it is not in our way */
}

/* A process that keeps us from sealing it has no page that is shown. */
static void
page_seal__tells_of_one_that_cannot_be(void **state)
{
	struct page page;

	(void)state;
	expect_ok(page_new(&page));
	assert_int_equal(fcntl(page.fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	expect_err(DENIED, page_seal(&page));
	assert_false(page.sealed);
	page_done(&page);
}

/* --- Telling a console --- */

/* One console runs, which never reads, and its queue is full. */
static void
fill_console(struct gate *gate, int starter, int console)
{
	struct frame frame = {.type = CONTROL_ITEM};

	*gate = (struct gate){.starter = starter};
	processes_share(&gate->shared, 0);
	gate->generations[0].all.list[0] = (struct process){.id = 77,
	    .role = SPAWN_CONSOLE,
	    .runs = true,
	    .control = console,
	    .page.fd = -1};
	gate->generations[0].all.num = 1;
	while (frame_send(console, &frame).code == ERR_OK)
		;
}

/* It is not waited for: the supervisor has others to see to. */
static void
pages_ready__ends_who_does_not_read(void **state)
{
	static struct gate gate;
	static uint8_t buffer[FRAME_MAX];
	struct process keeper = {.role = SPAWN_KEEPER};
	uint64_t since = sysio_monotonic_ms();
	int starter[2], console[2];
	struct frame frame;

	(void)state;
	expect_ok(frame_pair(starter));
	expect_ok(frame_pair(console));
	fill_console(&gate, starter[0], console[0]);
	expect_ok(page_new(&keeper.page));
	pages_ready(&gate, &keeper);
	assert_true(keeper.page.sealed);
	assert_true(sysio_monotonic_ms() - since < CONTROL_GO_MS / 2);
	expect_ok(frame_recv(starter[1], buffer, &frame));
	assert_int_equal(frame.type, STARTER_KILL);
	assert_int_equal(frame.id, 77);
	pages_ended(&gate, &keeper);
	for (int i = 0; i < 2; i++) {
		close(starter[i]);
		close(console[i]);
	}
}

/* One that has gone is not ended as well: that would hide why it went. */
static void
pages_ready__leaves_alone_who_has_gone(void **state)
{
	static struct gate gate;
	static uint8_t buffer[FRAME_MAX];
	struct process keeper = {.role = SPAWN_KEEPER};
	int starter[2], console[2];
	struct frame frame;

	(void)state;
	expect_ok(frame_pair(starter));
	expect_ok(frame_pair(console));
	close(console[1]);
	fill_console(&gate, starter[0], console[0]);
	expect_ok(page_new(&keeper.page));
	pages_ready(&gate, &keeper);
	expect_err(AGAIN, frame_recv(starter[1], buffer, &frame));
	assert_false(gate.generations[0].all.list[0].killed);
	pages_ended(&gate, &keeper);
	close(console[0]);
	close(starter[0]);
	close(starter[1]);
}

/* --- What a console makes of them --- */

static struct console_view view;

static int
clean(void **state)
{
	(void)state;
	console_view_done(&view);
	memset(&view, 0, sizeof(view));
	return 0;
}

static struct err
give(const char *name, uint32_t index, struct span value, int fd)
{
	struct control_item item = {.index = index, .fd = fd};

	memcpy(item.name, name, strlen(name));
	buf_init(&item.value, CONTROL_MAX_VALUE);
	expect_ok(buf_append(&item.value, value));
	struct err err = console_view_take(&view, &item);
	buf_done(&item.value);
	return err;
}

static struct err
give_page(uint32_t index, uint8_t role, const struct page *page)
{
	return give("page", index, span_of(&role, 1), page->fd);
}

static void
expect_shown(const char *line)
{
	struct buf out CLEANUP(buf_done) = {.max = METRIC_TEXT_MAX};

	expect_ok(console_view_put(&out, &view));
	if (memmem(out.data, out.len, line, strlen(line)) == NULL)
		fail_msg("not shown: %s", line);
}

/* A page that can be written, and what is written to it. */
static void
make(struct page *page, uint64_t grants, uint64_t open)
{
	struct metric_page *writer;

	expect_ok(page_new(page));
	expect_ok(metric_map(&writer, page->fd, true));
	metric_use(writer);
	metric_add(METRIC_GRANTS, grants);
	metric_set(METRIC_ASKS_OPEN, open);
	expect_ok(page_seal(page));
}

static void
console_view__never_shows_less(void **state)
{
	struct page first, second;
	struct buf sums CLEANUP(buf_done) = {.max = CONTROL_MAX_VALUE};
	struct metric_sum past = {.cells = {0}};

	(void)state;
	past.cells[METRIC_GRANTS] = 100;
	expect_ok(metric_sum_put(&sums, &past));
	expect_ok(give("sums", METRIC_KEEPER, buf_span(&sums), -1));
	expect_shown("\ngatehouse_grants_total 100\n");
	make(&first, 5, 2);
	make(&second, 6, 3);
	expect_ok(give_page(1, METRIC_KEEPER, &first));
	expect_ok(give_page(2, METRIC_KEEPER, &second));
	expect_shown("\ngatehouse_grants_total 111\n");
	expect_shown("\ngatehouse_asks_open 5\n");
	expect_ok(give("ended", 1, span_of(NULL, 0), -1));
	expect_shown("\ngatehouse_grants_total 111\n");
	expect_shown("\ngatehouse_asks_open 3\n");
	/* Another process may have that number now. */
	expect_ok(give_page(1, METRIC_KEEPER, &first));
	expect_shown("\ngatehouse_grants_total 116\n");
	page_done(&first);
	page_done(&second);
}

static void
console_view_take__refuses_what_cannot_be(void **state)
{
	struct page page;
	uint8_t bytes[4096] = {0};

	(void)state;
	make(&page, 1, 1);
	expect_err(MALFORMED, give_page(1, NUM_METRIC_ROLES, &page));
	expect_err(MALFORMED,
	    give("page", 1, span_of((const uint8_t[]){METRIC_KEEPER}, 1), -1));
	expect_err(TRUNCATED, give("page", 1, span_of(NULL, 0), page.fd));
	expect_err(MALFORMED, give("page", 1, span_of(bytes, 2), page.fd));
	expect_ok(give_page(1, METRIC_KEEPER, &page));
	expect_err(MALFORMED, give_page(1, METRIC_KEEPER, &page));
	expect_err(MALFORMED, give("ended", 2, span_of(NULL, 0), -1));
	expect_err(MALFORMED,
	    give("sums", NUM_METRIC_ROLES, span_of(bytes, 4096), -1));
	expect_err(TRUNCATED, give("sums", 0, span_of(bytes, 4095), -1));
	expect_ok(give("another", 0, span_of(NULL, 0), -1));
	for (uint32_t i = 2; i <= CONSOLE_VIEW_PAGES; i++)
		expect_ok(give_page(i, METRIC_KEEPER, &page));
	expect_err(TOO_BIG, give_page(1000, METRIC_KEEPER, &page));
	page_done(&page);
}

/* --- Who reads --- */

static const uint8_t *
address(unsigned last)
{
	static uint8_t out[16] = {[10] = 0xff, [11] = 0xff, [12] = 127};

	out[14] = (uint8_t)(last >> 8);
	out[15] = (uint8_t)last;
	return out;
}

/* Whether a record is due; if so it is made. */
static bool
reads(struct scraped *scraped, unsigned last, int64_t now_s)
{
	uint8_t whom[16];

	if (!scraped_is_new(scraped, whom, address(last), now_s))
		return false;
	scraped_note(scraped, whom);
	return true;
}

static void
scraped_is_new__is_once_an_hour(void **state)
{
	struct scraped scraped = {0};

	(void)state;
	assert_true(reads(&scraped, 1, 7200));
	assert_false(reads(&scraped, 1, 7201));
	assert_true(reads(&scraped, 2, 7202));
	assert_false(reads(&scraped, 1, 10799));
	assert_true(reads(&scraped, 1, 10800));
	assert_false(reads(&scraped, 1, 10801));
}

/* One that was not recorded is due the next time as well. */
static void
scraped_is_new__waits_for_the_note(void **state)
{
	struct scraped scraped = {0};
	uint8_t whom[16];

	(void)state;
	assert_true(scraped_is_new(&scraped, whom, address(1), 7200));
	assert_memory_equal(whom, address(1), 16);
	assert_true(scraped_is_new(&scraped, whom, address(1), 7200));
	scraped_note(&scraped, whom);
	assert_false(scraped_is_new(&scraped, whom, address(1), 7200));
}

static void
scraped_is_new__is_bounded(void **state)
{
	static const uint8_t others[16];
	struct scraped scraped = {0};
	unsigned records = 0;
	uint8_t whom[16];

	(void)state;
	for (unsigned i = 1; i <= SCRAPED_ADDRESSES; i++)
		assert_true(reads(&scraped, i, 7200));
	assert_true(scraped_is_new(&scraped, whom, address(999), 7200));
	assert_memory_equal(whom, others, 16);
	for (unsigned i = 1; i < 60000; i++)
		records += reads(&scraped, i, 7200);
	assert_int_equal(records, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(page_new__has_a_size_that_nobody_changes),
	    cmocka_unit_test(page_seal__lets_nobody_else_write),
	    cmocka_unit_test(page_seal__tells_of_one_that_cannot_be),
	    cmocka_unit_test(pages_ready__ends_who_does_not_read),
	    cmocka_unit_test(pages_ready__leaves_alone_who_has_gone),
	    cmocka_unit_test_teardown(console_view__never_shows_less, clean),
	    cmocka_unit_test_teardown(
		console_view_take__refuses_what_cannot_be, clean),
	    cmocka_unit_test(scraped_is_new__is_once_an_hour),
	    cmocka_unit_test(scraped_is_new__waits_for_the_note),
	    cmocka_unit_test(scraped_is_new__is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
