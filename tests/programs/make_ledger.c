/*
 * make_ledger DIR RECORDS TAIL [JOURNAL [KEY]]: a ledger for the scenarios, in
 * a folder that is there and empty. RECORDS under the checkpoint, TAIL in the
 * journal alone; about a third are intents, and most of them completed. JOURNAL
 * is its size in bytes, 0 for that of a gateway. Prints the vkey; the signing
 * key goes to the file KEY, or is known to nobody afterwards.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/ledger/ledger.h"

static struct ledger *ledger;
static uint64_t num_made;

static void
must(struct err err)
{
	if (err.code != ERR_OK)
		errx(1, "%s: %s", err_name(err.code), err.why);
}

static void
append(const struct record *record)
{
	struct buf entry = {.max = RECORD_MAX};
	uint64_t index;

	must(record_encode(&entry, record));
	struct err err = ledger_append(ledger, buf_span(&entry), &index);
	if (err.code == ERR_AGAIN) {
		must(ledger_commit(ledger));
		err = ledger_append(ledger, buf_span(&entry), &index);
	}
	must(err);
	buf_done(&entry);
	num_made++;
}

/* As a gateway would write it: some hundred bytes, and columns. */
static void
append_some(void)
{
	static const struct record_column COLUMNS[] = {
	    {{(const uint8_t *)"mrn", 3}, {(const uint8_t *)"token", 5}},
	    {{(const uint8_t *)"birth_date", 10}, {(const uint8_t *)"year", 4}},
	    {{(const uint8_t *)"zip", 3}, {(const uint8_t *)"zip3", 4}}};
	char request[32];
	int len = snprintf(request, sizeof(request), "req-%llu",
	    (unsigned long long)(num_made - num_made % 3));
	struct record record = {.kind = RECORD_DENIED,
	    .time_ms = UINT64_C(1795417200000) + num_made,
	    .request = span_of(request, (size_t)len),
	    .access_key = span_str("GHAKEXAMPLE"),
	    .peer = span_str("192.0.2.7:50000"),
	    .place = span_str("virginia"),
	    .agreement = span_str("readmission"),
	    .purpose = span_str("research"),
	    .dataset = span_str("encounters"),
	    .object = span_str("2026/encounters.csv"),
	    .columns = {.items = COLUMNS, .num = 3}};
	const struct intent *open = intents_next(ledger_intents(ledger), 0);

	/* What a hostile client may put into a key. */
	if (num_made % 10 == 9)
		record.object = span_str("2026/\x1b[2J\xe2\x80\xae\xff\n1 x");
	if (num_made % 3 == 0) {
		record.kind = RECORD_INTENT;
		record.bytes_most = record_number(1 << 20);
	} else if (num_made % 3 == 1 && open != NULL && num_made % 50 != 1) {
		record.kind = RECORD_COMPLETE;
		record.intent = record_number(open->index);
		record.outcome = span_str("delivered");
	}
	append(&record);
}

static void
write_key(const struct note_signer *signer, const char *path)
{
	struct buf text = {.max = 1000};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	must(note_secret_format(&text, signer));
	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len)
		err(1, "%s", path);
	close(fd);
	buf_wipe(&text);
}

int
main(int argc, char **argv)
{
	struct note_signer signer;
	struct ledger_found found;
	struct buf vkey = {.max = 1000};
	uint64_t num, num_tail;

	if (argc < 4 || argc > 6)
		errx(2, "usage: make_ledger DIR RECORDS TAIL [JOURNAL [KEY]]");
	must(span_u64(span_str(argv[2]), &num, UINT64_MAX));
	must(span_u64(span_str(argv[3]), &num_tail, UINT64_MAX));
	must(crypto_init());
	must(note_keygen(&signer, span_str("gate.example/ledger")));
	struct ledger_options options = {.signer = &signer};
	if (argc == 6)
		write_key(&signer, argv[5]);
	if (argc >= 5)
		must(span_u64(
		    span_str(argv[4]), &options.journal_len, UINT32_MAX));
	options.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (options.dir < 0)
		err(1, "%s", argv[1]);
	must(ledger_open(&ledger, &found, &options));
	while (num_made < num)
		append_some();
	must(ledger_commit(ledger));
	must(ledger_publish(ledger));
	while (num_made < num + num_tail) {
		append_some();
		must(ledger_commit(ledger));
	}
	ledger_close(ledger);
	must(note_vkey_format(&vkey, &signer.key));
	printf("%.*s\n", (int)vkey.len, (const char *)vkey.data);
	return 0;
}
