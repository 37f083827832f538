/*
 * drive_auditor [-j JOURNAL] [-p PRELOAD] [-l LOG] [-c RECEIPTS] AUDITOR DIR
 *     KEY RECORDS
 *
 * The real auditor over the ledger in DIR, with a keeper that asks for as much
 * as it can: RECORDS records, 0 for no end; some intents, some completed, some
 * at once and some alone. What it has a receipt for it says at once, in a line
 * "receipt INDEX REQUEST", for a reader that outlives a power cut.
 *
 * KEY is the file of the signing key; made, with KEY.vkey, if it is not there.
 *
 *	-j JOURNAL   only make a ledger, with a journal of so many bytes
 *	-p PRELOAD   of the auditor
 *	-l LOG       its descriptor 1, for what is preloaded
 *	-c RECEIPTS  first: each of these lines is a record of the ledger, in
 *	             its place. Prints "kept NUMBER", else ends with 3
 *
 * Prints "ready", receipts, "ended STATUS" with the auditor's exit status; ends
 * with 1 if that is not 0.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/random.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/replay.h"
#include "tests/harness/auditorbox.h"

enum {
	WINDOW = 16,	/* records without their answer, at most */
	OPEN_MOST = 12, /* intents without their completion, at most */
	TEXT = 40,
	EXIT_LOST = 3,
};

static struct note_signer signer;
static int dir;
static const char *receipts_path;
static uint64_t journal_len;

static void
must(struct err err, const char *what)
{
	if (err.code != ERR_OK)
		errx(1, "%s: %s: %s", what, err_name(err.code), err.why);
}

/* --- The key --- */

static void
write_file(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len)
		err(1, "%s", path);
	close(fd);
}

static void
make_key(const char *path)
{
	struct buf text = {.max = 1000}, vkey = {.max = 1000};
	char name[4096];

	must(note_keygen(&signer, span_str("gate.example/ledger")), "key");
	must(note_secret_format(&text, &signer), "key");
	must(note_vkey_format(&vkey, &signer.key), "vkey");
	write_file(path, buf_span(&text));
	(void)snprintf(name, sizeof(name), "%s.vkey", path);
	write_file(name, buf_span(&vkey));
	buf_wipe(&text);
	buf_done(&vkey);
}

static void
take_key(const char *path)
{
	struct buf text = {.max = 1000};

	struct err err = disk_read(AT_FDCWD, path, &text);
	if (err.code == ERR_NOT_FOUND) {
		make_key(path);
		return;
	}
	must(err, path);
	must(note_secret_parse(&signer, buf_span(&text)), path);
	buf_wipe(&text);
}

/* --- What is there already --- */

static int
make_ledger(void)
{
	struct ledger_options options = {
	    .dir = dir, .signer = &signer, .journal_len = journal_len};
	struct ledger_found found;
	struct ledger *ledger;

	must(ledger_open(&ledger, &found, &options), "ledger");
	ledger_close(ledger);
	return 0;
}

/* The requests of all receipts, by the number of the record. */
struct receipts {
	char (*text)[TEXT];
	uint64_t num;  /* the highest number, and one more */
	uint64_t kept; /* that were found */
};

static void
read_receipts(struct receipts *receipts)
{
	FILE *file = fopen(receipts_path, "re");
	char text[TEXT];
	uint64_t index;

	if (file == NULL)
		err(1, "%s", receipts_path);
	while (fscanf(file, "receipt %" SCNu64 " %39s\n", &index, text) == 2) {
		if (index >= receipts->num) {
			receipts->text = reallocarray(
			    receipts->text, index + 1, sizeof(text));
			if (receipts->text == NULL)
				err(1, "receipts");
			memset(receipts->text[receipts->num], 0,
			    (index + 1 - receipts->num) * sizeof(text));
			receipts->num = index + 1;
		}
		memcpy(receipts->text[index], text, sizeof(text));
	}
	(void)fclose(file);
}

static void
look_for(struct receipts *receipts, uint64_t index, struct span record)
{
	struct record_brief brief;
	const char *wanted = receipts->text[index];

	if (wanted[0] == '\0')
		return;
	must(record_brief_read(record, &brief), "record");
	if (!span_equal_str(brief.request, wanted)) {
		printf("lost %" PRIu64 " %s\n", index, wanted);
		exit(EXIT_LOST);
	}
	receipts->kept++;
}

static void
check_receipts(void)
{
	struct receipts receipts = {0};
	struct replay replay;
	struct span record;

	read_receipts(&receipts);
	struct err err = replay_open(&replay, dir, &signer.key, NULL);
	/* The power may have gone before there was any ledger. */
	if (err.code != ERR_NOT_FOUND || receipts.num > 0) {
		must(err, "ledger");
		while ((err = replay_next(&replay, &record)).code == ERR_OK)
			if (replay.index <= receipts.num)
				look_for(&receipts, replay.index - 1, record);
		if (err.code != ERR_NOT_FOUND || replay.index < receipts.num) {
			printf("lost %" PRIu64 " %s\n", replay.index, err.why);
			exit(EXIT_LOST);
		}
		replay_done(&replay);
	}
	printf("kept %" PRIu64 "\n", receipts.kept);
	free(receipts.text);
}

/* --- The keeper --- */

struct keeper {
	struct auditorbox auditor;
	uint64_t tag; /* of this run, in each request */
	uint64_t sent;
	uint64_t answered;
	bool was_intent[WINDOW];  /* by the number that was sent */
	uint64_t open[OPEN_MOST]; /* intents to complete */
	unsigned num_open;
};

/* Runs of intents, then of completions: so groups of both kinds. */
static struct err
send_one(struct keeper *keeper)
{
	char text[TEXT];
	int len = snprintf(text, sizeof(text), "%" PRIx64 "-%" PRIu64,
	    keeper->tag, keeper->sent);
	struct record record = {.kind = RECORD_INTENT,
	    .time_ms = keeper->sent,
	    .request = span_of(text, (size_t)len),
	    .bytes_most = record_number(4711)};
	bool completes = keeper->num_open > 0 &&
	    (keeper->sent % 11 > 6 || keeper->num_open == OPEN_MOST);

	if (completes) {
		record.kind = RECORD_COMPLETE;
		record.intent = record_number(keeper->open[--keeper->num_open]);
	}
	keeper->was_intent[keeper->sent % WINDOW] = !completes;
	keeper->sent++;
	return auditorbox_send(&keeper->auditor, keeper->sent, &record);
}

static struct err
take_one(struct keeper *keeper)
{
	struct auditorbox_answer answer;

	TRY(auditorbox_take(&keeper->auditor, &answer));
	uint64_t number = answer.id - 1;
	keeper->answered++;
	if (!answer.is_receipt) {
		puts("refused");
		return OK;
	}
	printf("receipt %" PRIu64 " %" PRIx64 "-%" PRIu64 "\n", answer.index,
	    keeper->tag, number);
	(void)fflush(stdout);
	if (keeper->was_intent[number % WINDOW] && keeper->num_open < OPEN_MOST)
		keeper->open[keeper->num_open++] = answer.index;
	return OK;
}

/* Sends up to a window of some size, then waits for all of it. */
static struct err
drive(struct keeper *keeper, uint64_t records)
{
	while (records == 0 || keeper->sent < records) {
		uint64_t most = 1 + keeper->sent % WINDOW;
		for (uint64_t i = 0; i < most; i++)
			TRY(send_one(keeper));
		while (keeper->answered < keeper->sent) {
			struct err err = take_one(keeper);
			if (err.code == ERR_AGAIN)
				err = auditorbox_wait(keeper->auditor.keeper);
			TRY(err);
		}
	}
	return OK;
}

static int
run(struct auditorbox_options *options, uint64_t records)
{
	struct keeper keeper = {0};

	random_bytes(&keeper.tag, sizeof(keeper.tag));
	struct err err = auditorbox_start(&keeper.auditor, options);
	if (err.code == ERR_OK) {
		puts("ready");
		(void)fflush(stdout);
		err = drive(&keeper, records);
	}
	if (err.code != ERR_CLOSED)
		must(err, "auditor");
	int status = auditorbox_stop(&keeper.auditor, 0);
	printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return status == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct auditorbox_options options = {
	    .signer = &signer, .allow_degraded = true, .output = -1};
	uint64_t records;
	int option;

	while ((option = getopt(argc, argv, "j:p:l:c:")) != -1) {
		if (option == 'j')
			must(span_u64(
				 span_str(optarg), &journal_len, UINT32_MAX),
			    optarg);
		else if (option == 'p')
			options.preload = optarg;
		else if (option == 'l')
			options.output = open(optarg,
			    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		else if (option == 'c')
			receipts_path = optarg;
		else
			errx(2, "see the head of the source");
	}
	if (argc - optind != 4)
		errx(2,
		    "usage: drive_auditor [OPTION...] AUDITOR DIR KEY "
		    "RECORDS");
	must(crypto_init(), "crypto");
	options.program = argv[optind];
	dir = open(argv[optind + 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "%s", argv[optind + 1]);
	options.dir = dir;
	take_key(argv[optind + 2]);
	must(span_u64(span_str(argv[optind + 3]), &records, UINT64_MAX),
	    "RECORDS");
	if (receipts_path != NULL)
		check_receipts();
	return journal_len > 0 ? make_ledger() : run(&options, records);
}
