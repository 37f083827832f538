/*
 * whole: a ledger is read to its checkpoint while its auditor works, and what
 * is not as it was signed is named.
 */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/ledger/disk.h"
#include "gateway/ledger/publish.h"
#include "gateway/verifier/whole.h"
#include "tests/harness/ledgerbox.h"

enum {
	JOURNAL = 1 << 20,
	PUBLISHED = 600,
	TAIL = 7,
};

static struct ledgerbox box;
static int control[2]; /* ours, the verifier's */
static struct whole_found found;

static int
fill_box(void **state)
{
	(void)state;
	ledgerbox_start_filled(&box, JOURNAL, PUBLISHED, TAIL);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
	return 0;
}

static int
empty_box(void **state)
{
	(void)state;
	ledgerbox_done(&box);
	close(control[0]);
	close(control[1]);
	return 0;
}

static struct err
verify(void)
{
	found = (struct whole_found){.records = 1, .wrong = 1};
	return whole_verify(&found, box.dir, &box.signer.key, control[1]);
}

static uint64_t
published(void)
{
	return ledger_size(box.ledger) - ledger_unpublished(box.ledger);
}

/* A byte of the file is another one. */
static void
flip(const char *path, uint64_t at)
{
	uint8_t byte;
	int fd = openat(box.dir, path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

static void
whole_verify__reads_up_to_the_checkpoint(void **state)
{
	(void)state;
	assert_true(ledger_unpublished(box.ledger) >= TAIL);
	expect_ok(verify());
	assert_int_equal(found.records, published());
	/* What comes after it is the auditor's to read at its start. */
	flip("journal", 100);
	expect_ok(verify());
	flip("journal", 100);
}

static void
whole_verify__names_the_first_record_that_is_altered(void **state)
{
	/* Of a record, and of hashes of both levels. */
	static const struct {
		const char *path;
		uint64_t at, wrong;
	} files[] = {{"tile/entries/000", 2, 0},
	    {"tile/0/000", (uint64_t)77 * MERKLE_HASH, 77},
	    {"tile/0/001", 5 * MERKLE_HASH + 31, 261},
	    {"tile/1/000.p/2", MERKLE_HASH, 256}};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		flip(files[i].path, files[i].at);
		expect_err(CHANGED, verify());
		assert_int_equal(found.wrong, files[i].wrong);
		assert_int_equal(found.records, 1);
		flip(files[i].path, files[i].at);
	}
	expect_ok(verify());
}

/* Entries and tiles agree with each other, and the key has signed another
 * root. */
static void
whole_verify__holds_the_root_against_the_checkpoint(void **state)
{
	const struct merkle_tree other = {.size = published(), .root = {1}};
	struct buf note = {.max = 4096};

	(void)state;
	expect_ok(disk_read(box.dir, "checkpoint", &note));
	expect_ok(publish_checkpoint(box.dir, &box.signer, &other));
	expect_err(CHANGED, verify());
	assert_int_equal(found.wrong, 0);
	expect_ok(disk_replace(box.dir, "checkpoint", buf_span(&note)));
	expect_ok(verify());
	buf_done(&note);
}

/* That is a mistake of whoever laid the key there, and no altered ledger. */
static void
whole_verify__tells_another_key_from_another_ledger(void **state)
{
	const char *const names[] = {
	    "other.example/ledger", box.signer.key.name};
	struct buf note = {.max = 4096};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct note_signer other;

		expect_ok(note_keygen(&other, span_str(names[i])));
		expect_err(CRYPTO,
		    whole_verify(&found, box.dir, &other.key, control[1]));
		note_signer_done(&other);
	}
	expect_ok(disk_read(box.dir, "checkpoint", &note));
	expect_ok(disk_replace(box.dir, "checkpoint", span_str("a\nb\n")));
	expect_err(CRYPTO, verify());
	assert_int_equal(unlinkat(box.dir, "checkpoint", 0), 0);
	expect_err(NOT_FOUND, verify());
	expect_ok(disk_replace(box.dir, "checkpoint", buf_span(&note)));
	buf_done(&note);
}

static void
whole_verify__begins_with_an_empty_ledger(void **state)
{
	struct ledgerbox empty;

	(void)state;
	ledgerbox_start(&empty, JOURNAL);
	expect_ok(
	    whole_verify(&found, empty.dir, &empty.signer.key, control[1]));
	assert_int_equal(found.records,
	    ledger_size(empty.ledger) - ledger_unpublished(empty.ledger));
	ledgerbox_done(&empty);
}

static void
whole_verify__ends_when_nobody_waits_for_it(void **state)
{
	(void)state;
	close(control[0]);
	control[0] = -1;
	expect_err(CLOSED, verify());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_verify__reads_up_to_the_checkpoint),
	    cmocka_unit_test(
		whole_verify__names_the_first_record_that_is_altered),
	    cmocka_unit_test(
		whole_verify__holds_the_root_against_the_checkpoint),
	    cmocka_unit_test(
		whole_verify__tells_another_key_from_another_ledger),
	    cmocka_unit_test(whole_verify__begins_with_an_empty_ledger),
	    cmocka_unit_test(whole_verify__ends_when_nobody_waits_for_it),
	};

	return cmocka_run_group_tests(tests, fill_box, empty_box);
}
