#include "tests/harness/ledgerbox.h"

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/init.h"
#include "tests/harness/expect.h"

void
ledgerbox_init(struct ledgerbox *box, uint64_t journal_len)
{
	const char *tmp = getenv("GATEHOUSE_TEST_TMP");

	*box = (struct ledgerbox){.journal_len = journal_len};
	if (crypto_init().code != ERR_OK)
		errx(1, "crypto_init");
	snprintf(box->path, sizeof(box->path), "%s/ledger.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(box->path) == NULL)
		err(1, "%s", box->path);
	box->dir = open(box->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (box->dir < 0)
		err(1, "%s", box->path);
	if (note_keygen(&box->signer, span_str("test.example/ledger")).code !=
	    ERR_OK)
		errx(1, "note_keygen");
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
ledgerbox_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
ledgerbox_done(struct ledgerbox *box)
{
	ledgerbox_close(box);
	note_signer_done(&box->signer);
	close(box->dir);
	ledgerbox_remove(box->path);
}

/* What is summed up here is how many there are. */
static void
see(void *context, uint64_t index, struct span entry)
{
	struct ledgerbox *box = context;

	(void)entry;
	assert_int_equal(index, box->num_seen);
	box->num_seen++;
}

static struct err
put(void *context, struct buf *out)
{
	const struct ledgerbox *box = context;

	return buf_put_u64be(out, ledger_size(box->ledger));
}

static struct err
take(void *context, struct span sum)
{
	struct ledgerbox *box = context;

	assert_int_equal(box->num_seen, 0);
	TRY(span_take_u64be(&sum, &box->num_seen));
	return span_end(sum);
}

struct ledger_options
ledgerbox_options(struct ledgerbox *box)
{
	struct ledger_options options = {.dir = box->dir,
	    .signer = &box->signer,
	    .journal_len = box->journal_len,
	    .ctx = box};

	if (box->summary_every > 0) {
		options.saw = see;
		options.put = put;
		options.take = take;
		options.sums_max = sizeof(uint64_t);
		options.summary_every = box->summary_every;
	}
	box->num_seen = 0;
	return options;
}

struct err
ledgerbox_open(struct ledgerbox *box)
{
	struct ledger_options options = ledgerbox_options(box);

	return ledger_open(&box->ledger, &box->found, &options);
}

struct err
ledgerbox_open_whole(struct ledgerbox *box)
{
	struct ledger_options options = ledgerbox_options(box);

	options.whole = true;
	return ledger_open(&box->ledger, &box->found, &options);
}

void
ledgerbox_start(struct ledgerbox *box, uint64_t journal_len)
{
	ledgerbox_init(box, journal_len);
	expect_ok(ledgerbox_open(box));
}

void
ledgerbox_start_filled(struct ledgerbox *box, uint64_t journal_len,
    unsigned num_published, unsigned num_tail)
{
	ledgerbox_start(box, journal_len);
	ledgerbox_fill(box, num_published, 50);
	expect_ok(ledger_publish(box->ledger));
	ledgerbox_fill(box, num_tail, 3);
}

void
ledgerbox_close(struct ledgerbox *box)
{
	ledger_close(box->ledger);
	box->ledger = NULL;
}

struct err
ledgerbox_append(struct ledgerbox *box, enum record_kind kind, uint64_t intent,
    uint64_t *out_index)
{
	char request[32];
	struct record record = {.kind = kind, .time_ms = 1};

	if (kind == RECORD_COMPLETE || kind == RECORD_INTERRUPTED)
		record.intent = record_number(intent);
	if (kind == RECORD_INTENT) {
		int len = snprintf(request, sizeof(request), "r-%llu",
		    (unsigned long long)ledger_size(box->ledger));
		record.request = span_of(request, (size_t)len);
		record.bytes_most = record_number(1000);
	}
	return ledgerbox_append_record(box, &record, out_index);
}

struct err
ledgerbox_append_record(
    struct ledgerbox *box, const struct record *record, uint64_t *out_index)
{
	struct buf entry = {.max = RECORD_MAX};
	struct err err = record_encode(&entry, record);

	if (err.code == ERR_OK)
		err = ledger_append(box->ledger, buf_span(&entry), out_index);
	buf_done(&entry);
	return err;
}

uint64_t
ledgerbox_add(struct ledgerbox *box, enum record_kind kind, uint64_t intent)
{
	uint64_t index;

	expect_ok(ledgerbox_append(box, kind, intent, &index));
	return index;
}

struct err
ledgerbox_complete(struct ledgerbox *box, uint64_t intent, size_t len)
{
	static char text[RECORD_MAX];
	struct buf entry = {.max = RECORD_MAX};
	struct record record = {.kind = RECORD_COMPLETE,
	    .intent = record_number(intent),
	    .reason = span_of(text, 1)};
	uint64_t index;

	memset(text, 'x', sizeof(text));
	expect_ok(record_encode(&entry, &record));
	record.reason = span_of(text, len + 1 - entry.len);
	buf_reset(&entry);
	expect_ok(record_encode(&entry, &record));
	assert_int_equal(entry.len, len);
	buf_done(&entry);
	return ledgerbox_append_record(box, &record, &index);
}

void
ledgerbox_fill(struct ledgerbox *box, unsigned num, unsigned batch)
{
	for (unsigned i = 0; i < num; i++) {
		const struct intents *intents = ledger_intents(box->ledger);

		if (i % 7 == 3)
			ledgerbox_add(box, RECORD_INTENT, 0);
		else if (i % 7 == 5 && intents->num_open > 0)
			ledgerbox_add(box, RECORD_COMPLETE,
			    intents_next(intents, 0)->index);
		else
			ledgerbox_add(box, RECORD_DENIED, 0);
		if (i % batch == batch - 1)
			expect_ok(ledger_commit(box->ledger));
	}
	expect_ok(ledger_commit(box->ledger));
}

struct err
ledgerbox_verify(
    const struct ledgerbox *box, uint64_t *out_index, bool *out_torn)
{
	struct replay replay;
	struct span entry;

	*out_index = 0;
	*out_torn = false;
	struct err err = replay_open(&replay, box->dir, &box->signer.key, NULL);
	if (err.code != ERR_OK)
		return err.code == ERR_NOT_FOUND
		    ? ERR(CHANGED, "there is no checkpoint")
		    : err;
	while (err.code == ERR_OK)
		err = replay_next(&replay, &entry);
	*out_index = replay.index;
	*out_torn = replay.is_torn;
	replay_done(&replay);
	return err.code == ERR_NOT_FOUND ? OK : err;
}

void
ledgerbox_expect_size(const struct ledgerbox *box, uint64_t size)
{
	uint64_t index;
	bool torn;

	expect_ok(ledgerbox_verify(box, &index, &torn));
	assert_false(torn);
	assert_int_equal(index, size);
}

/* For nftw, which takes no argument. */
static const struct ledgerbox *copy_to, *copy_from;

static int
copy_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + strlen(copy_from->path);
	char bytes[65536];
	ssize_t len;

	(void)ftw;
	name += *name == '/';
	if (*name == '\0')
		return 0;
	if (type == FTW_D)
		return mkdirat(copy_to->dir, name, 0700);
	int in = open(path, O_RDONLY | O_CLOEXEC);
	int out = openat(copy_to->dir, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st->st_mode & 0777);
	while ((len = read(in, bytes, sizeof(bytes))) > 0)
		if (write(out, bytes, (size_t)len) != len)
			len = -1;
	close(in);
	close(out);
	return len == 0 ? 0 : -1;
}

void
ledgerbox_copy(struct ledgerbox *to, const struct ledgerbox *from)
{
	copy_to = to;
	copy_from = from;
	if (nftw(from->path, copy_one, 16, FTW_PHYS) != 0)
		err(1, "%s", from->path);
}
