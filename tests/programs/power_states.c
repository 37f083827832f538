/*
 * power_states LOG BASE AFTER KEY: what a power cut could have left of a run of
 * the auditor after each of its calls, and whether the ledger recovers.
 *
 * LOG is what tests/preload/ledger_disk.c wrote down; BASE the ledger as it was
 * before the run, AFTER as it is now, KEY the file of its signing key. In a
 * state after some event, what was synced is there; of what was not, each
 * sector of 512 bytes, each length of a file and each name is there or not, in
 * any combination. Few combinations are made all; else none, all, and some by
 * chance.
 *
 * In each state the ledger is opened as the auditor does it. It must open, hold
 * every record whose receipt had gone out, equal AFTER as far as it goes, and
 * go on.
 *
 * Exit   0: so it was in all of them; 1: not, and a line says where
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/ledger/disk.h"
#include "gateway/ledger/journal.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/replay.h"

enum {
	SECTOR = 512,
	MAX_LEN = 512 * 1024, /* of a file */
	MAX_FILES = 1000,
	MAX_NAMES = 1000,
	MAX_CHANGES = 100,
	MAX_CHOICES = 2000,
	PATH_LEN = 100,
	ALL_OF = 5, /* so many choices are tried in every combination */
	SOME = 24,  /* of more choices, so many combinations */
};

/* --- The disk: what is seen, and what is there --- */

/* How sure it is that a sector is on the disk as it was written. */
enum sure {
	SURE,
	PENDING, /* the next sync makes it so */
	LOST,	 /* a sync failed: it is there or not, for good */
};

struct version {
	uint8_t bytes[MAX_LEN];
	size_t len;
};

struct file {
	struct version now, there;
	uint8_t sure[MAX_LEN / SECTOR]; /* enum sure */
	bool is_unsure;
};

enum {
	NOTHING = -1,
	FOLDER = -2,
};

/* What a path leads to: the number of a file, NOTHING or FOLDER. */
struct name {
	char path[PATH_LEN];
	int now, there;
};

/* A name that changed, and whose folder was not synced yet. */
struct change {
	size_t name;
	int to;
	size_t from; /* a rename: this name has then NOTHING */
	bool is_rename;
};

static struct file *files[MAX_FILES];
static int num_files;
static int handle[MAX_FILES]; /* the log's numbers, to files */
static struct name names[MAX_NAMES];
static size_t num_names;
static struct change changes[MAX_CHANGES];
static size_t num_changes;

static int
new_file(void)
{
	struct file *file = calloc(1, sizeof(*file));

	if (file == NULL || num_files == MAX_FILES)
		errx(2, "too many files");
	files[num_files] = file;
	return num_files++;
}

static size_t
find_name(const char *path)
{
	for (size_t i = 0; i < num_names; i++)
		if (strcmp(names[i].path, path) == 0)
			return i;
	if (num_names == MAX_NAMES || strlen(path) >= PATH_LEN)
		errx(2, "too many names");
	names[num_names] = (struct name){.now = NOTHING, .there = NOTHING};
	memcpy(names[num_names].path, path, strlen(path));
	return num_names++;
}

static struct span
parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? span_str(".")
			     : span_of(path, (size_t)(slash - path));
}

static void
change_name(const struct change *change)
{
	if (num_changes == MAX_CHANGES)
		errx(2, "too many changes of names");
	changes[num_changes++] = *change;
	names[change->name].now = change->to;
	if (change->is_rename)
		names[change->from].now = NOTHING;
}

/* --- Events --- */

static void
do_open(int number, const char *path)
{
	size_t name = find_name(path);

	if (number < 0 || number >= MAX_FILES)
		errx(2, "too many files");
	if (names[name].now < 0)
		change_name(&(struct change){.name = name, .to = new_file()});
	handle[number] = names[name].now;
}

static void
do_write(int number, size_t at, struct span bytes)
{
	struct file *file = files[handle[number]];

	if (at + bytes.len > MAX_LEN)
		errx(2, "a file is too long");
	memcpy(file->now.bytes + at, bytes.data, bytes.len);
	if (at + bytes.len > file->now.len)
		file->now.len = at + bytes.len;
	for (size_t i = at / SECTOR; i * SECTOR < at + bytes.len; i++)
		file->sure[i] = PENDING;
	file->is_unsure = true;
}

/* A sync, or one that failed. */
static void
do_sync(int number, bool fails)
{
	struct file *file = files[handle[number]];
	bool has_lost = false;

	for (size_t i = 0; i < MAX_LEN / SECTOR; i++) {
		if (file->sure[i] == PENDING && fails) {
			file->sure[i] = LOST;
		} else if (file->sure[i] == PENDING) {
			memcpy(file->there.bytes + i * SECTOR,
			    file->now.bytes + i * SECTOR, SECTOR);
			file->sure[i] = SURE;
		}
		has_lost = has_lost || file->sure[i] == LOST;
	}
	if (!fails)
		file->there.len = file->now.len;
	file->is_unsure = has_lost;
}

static void
apply(const struct change *change)
{
	names[change->name].there = change->to;
	if (change->is_rename)
		names[change->from].there = NOTHING;
}

static void
do_folder(const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < num_changes; i++) {
		struct change change = changes[i];
		if (span_equal_str(parent(names[change.name].path), path))
			apply(&change);
		else
			changes[kept++] = change;
	}
	num_changes = kept;
}

static void
do_rename(const char *from, const char *to)
{
	size_t source = find_name(from);

	change_name(&(struct change){.name = find_name(to),
	    .to = names[source].now,
	    .from = source,
	    .is_rename = true});
}

/* --- States --- */

static int scratch;
static char scratch_path[PATH_LEN];
static bool keeps[MAX_CHOICES];
static size_t num_choices;

static bool
differs(const struct file *file, size_t sector)
{
	return file->sure[sector] != SURE &&
	    memcmp(file->now.bytes + sector * SECTOR,
		file->there.bytes + sector * SECTOR, SECTOR) != 0;
}

/* The file as this state has it; `choice` goes on behind its own. */
static struct span
choose_file(const struct file *file, size_t *choice)
{
	static struct version out;

	memcpy(out.bytes, file->there.bytes, MAX_LEN);
	out.len = file->there.len;
	for (size_t i = 0; file->is_unsure && i < MAX_LEN / SECTOR; i++)
		if (differs(file, i) && keeps[(*choice)++])
			memcpy(out.bytes + i * SECTOR,
			    file->now.bytes + i * SECTOR, SECTOR);
	if (file->now.len != file->there.len && keeps[(*choice)++])
		out.len = file->now.len;
	return span_of(out.bytes, out.len);
}

static size_t
count_choices(void)
{
	size_t num = num_changes;

	for (int i = 0; i < num_files; i++) {
		const struct file *file = files[i];
		for (size_t s = 0; file->is_unsure && s < MAX_LEN / SECTOR; s++)
			num += differs(file, s);
		num += file->now.len != file->there.len;
	}
	if (num > MAX_CHOICES)
		errx(2, "too many choices");
	return num;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

static void
write_file(const char *path, struct span bytes)
{
	int fd = openat(scratch, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	/* A name whose folder is not there leads nowhere. */
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || pwrite(fd, bytes.data, bytes.len, 0) < 0)
		err(2, "%s", path);
	close(fd);
}

/* Where every name leads to in this state. */
static void
choose_names(int to[MAX_NAMES], size_t *choice)
{
	for (size_t i = 0; i < num_names; i++)
		to[i] = names[i].there;
	for (size_t i = 0; i < num_changes; i++) {
		if (!keeps[(*choice)++])
			continue;
		to[changes[i].name] = changes[i].to;
		if (changes[i].is_rename)
			to[changes[i].from] = NOTHING;
	}
}

/* Folders first; their names are in the order in which they were made. */
static void
make_state(void)
{
	size_t choice = 0;
	int to[MAX_NAMES];

	(void)nftw(scratch_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	choose_names(to, &choice);
	for (size_t i = 0; i < num_names; i++)
		if (to[i] == FOLDER &&
		    mkdirat(scratch, names[i].path, 0700) != 0 &&
		    errno != ENOENT)
			err(2, "%s", names[i].path);
	for (int f = 0; f < num_files; f++) {
		struct span bytes = choose_file(files[f], &choice);
		for (size_t i = 0; i < num_names; i++)
			if (to[i] == f)
				write_file(names[i].path, bytes);
	}
}

/* --- The ledger in a state --- */

static struct note_signer signer;
static struct ledgercopy {
	struct buf entries; /* each behind its length */
	uint64_t num;
} after;

static struct {
	uint64_t states, events, acknowledged;
	bool failed; /* and then no more is tried */
} seen;

/* The state of the disk is a state of files: nothing more needs to be sure. */
int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

/* The first `num` records are those of AFTER, as far as that has them. */
static struct err
compare(struct replay *replay, uint64_t num)
{
	struct span rest = buf_span(&after.entries), entry, expected;
	struct err err;

	while ((err = replay_next(replay, &entry)).code == ERR_OK)
		if (replay->index <= num &&
		    tile_take_entry(&rest, &expected).code == ERR_OK &&
		    !span_equal(entry, expected))
			return ERR(CHANGED, "another record in its place");
	return err.code == ERR_NOT_FOUND ? OK : err;
}

/* It verifies, and has `size` records, `num` of them of the run. */
static struct err
verify(uint64_t size, uint64_t num)
{
	struct replay replay;

	TRY(replay_open(&replay, scratch, &signer.key, NULL));
	struct err err = compare(&replay, num);
	uint64_t index = replay.index;
	bool is_torn = replay.is_torn;
	replay_done(&replay);
	TRY(err);
	if (index != size)
		return ERR(CHANGED, "another number of records");
	/* A torn end stays until something is written over it. */
	if (is_torn && num == size)
		return ERR(AGAIN, "an unfinished write");
	return is_torn ? ERR(CHANGED, "it is torn for good") : OK;
}

static struct err
go_on(struct ledger *ledger)
{
	struct buf record CLEANUP(buf_done) = {.max = RECORD_MAX};
	uint64_t index;

	TRY(record_encode(
	    &record, &(struct record){.kind = RECORD_START, .time_ms = 1}));
	TRY(ledger_append(ledger, buf_span(&record), &index));
	TRY(ledger_commit(ledger));
	return ledger_publish(ledger);
}

/* Errors: NOT_FOUND: an acknowledged record is gone; others: not usable. */
static struct err
recover(void)
{
	struct ledger_options options = {.dir = scratch, .signer = &signer};
	struct ledger_found found;
	struct ledger *ledger;

	TRY(ledger_open(&ledger, &found, &options));
	uint64_t size = ledger_size(ledger);
	struct err err = size < seen.acknowledged
	    ? ERR(NOT_FOUND, "an acknowledged record is gone")
	    : verify(size, size);
	if (err.code == ERR_OK || err.code == ERR_AGAIN)
		err = go_on(ledger);
	ledger_close(ledger);
	TRY(err);
	return verify(size + 1, size);
}

static void
try_state(void)
{
	make_state();
	struct err err = recover();
	seen.states++;
	if (err.code == ERR_OK)
		return;
	printf("after event %" PRIu64 ": %s: %s\n", seen.events,
	    err_name(err.code), err.why);
	seen.failed = true;
}

static uint64_t
next_random(void)
{
	static uint64_t seed = 1;

	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return seed >> 33;
}

/* Combination `n`: of a few choices each; of many none, all, some of them. */
static void
choose(unsigned n)
{
	for (size_t i = 0; i < num_choices; i++)
		if (num_choices <= ALL_OF)
			keeps[i] = (n >> i & 1) != 0;
		else if (n < 2)
			keeps[i] = n == 1;
		else
			keeps[i] = next_random() % 8 < 1 + n % 7;
}

static void
try_states(void)
{
	num_choices = count_choices();
	unsigned num = num_choices <= ALL_OF ? 1U << num_choices : SOME;
	for (unsigned n = 0; n < num && !seen.failed; n++) {
		choose(n);
		try_state();
	}
}

/* --- The log --- */

/* A line without its end, as text. False: none is left. */
static bool
take_line(struct span *in, char out[300])
{
	const uint8_t *end = memchr(in->data, '\n', in->len);

	if (in->len == 0)
		return false;
	if (end == NULL || end - in->data >= 300)
		errx(2, "the log is broken");
	size_t len = (size_t)(end - in->data);
	memcpy(out, in->data, len);
	out[len] = '\0';
	*in = span_sub(*in, len + 1, in->len);
	return true;
}

/* True: it was a receipt, which changes no disk. */
static bool
take_event(const char *line, struct span *log)
{
	char path[PATH_LEN], to[PATH_LEN];
	uint64_t index;
	size_t at, len;
	int number;

	if (sscanf(line, "receipt %" SCNu64, &index) == 1) {
		if (index + 1 > seen.acknowledged)
			seen.acknowledged = index + 1;
		return true;
	}
	if (sscanf(line, "write %d %zu %zu", &number, &at, &len) == 3) {
		do_write(number, at, span_sub(*log, 0, len));
		*log = span_sub(*log, len, log->len);
	} else if (sscanf(line, "open %d %99s", &number, path) == 2) {
		do_open(number, path);
	} else if (sscanf(line, "sync %d", &number) == 1) {
		do_sync(number, false);
	} else if (sscanf(line, "lost %d", &number) == 1) {
		do_sync(number, true);
	} else if (sscanf(line, "folder %99s", path) == 1) {
		do_folder(path);
	} else if (sscanf(line, "rename %99s %99s", path, to) == 2) {
		do_rename(path, to);
	} else if (sscanf(line, "mkdir %99s", path) == 1) {
		change_name(
		    &(struct change){.name = find_name(path), .to = FOLDER});
	} else if (sscanf(line, "unlink %99s", path) == 1) {
		change_name(
		    &(struct change){.name = find_name(path), .to = NOTHING});
	} else {
		errx(2, "the log is broken: %s", line);
	}
	return false;
}

/* The last of several receipts asks for most. */
static void
follow(struct span log)
{
	char line[300];

	while (!seen.failed && take_line(&log, line)) {
		bool was_receipt = take_event(line, &log);
		seen.events++;
		bool more = log.len > 8 && memcmp(log.data, "receipt ", 8) == 0;
		if (!was_receipt || !more)
			try_states();
	}
}

/* --- Start --- */

static void
must(struct err err, const char *what)
{
	if (err.code != ERR_OK)
		errx(2, "%s: %s", what, err.why);
}

static int
open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

/* A ledger that is new: all that it has is sure. */
static void
read_base(int dir)
{
	static const char *const FILES[] = {"checkpoint", JOURNAL_PATH};

	for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
		struct buf bytes = {.max = MAX_LEN};
		struct name *name = &names[find_name(FILES[i])];
		must(disk_read(dir, FILES[i], &bytes), FILES[i]);
		name->now = name->there = new_file();
		struct file *file = files[name->now];
		memcpy(file->now.bytes, bytes.data, bytes.len);
		file->now.len = bytes.len;
		file->there = file->now;
		buf_done(&bytes);
	}
}

static void
read_after(int dir)
{
	struct replay replay;
	struct span entry;
	struct err err;

	buf_init(&after.entries, (size_t)1 << 28);
	must(replay_open(&replay, dir, NULL, NULL), "AFTER");
	while ((err = replay_next(&replay, &entry)).code == ERR_OK) {
		must(buf_put_u16be(&after.entries, (uint16_t)entry.len),
		    "AFTER");
		must(buf_append(&after.entries, entry), "AFTER");
	}
	if (err.code != ERR_NOT_FOUND)
		must(err, "AFTER");
	after.num = replay.index;
	replay_done(&replay);
}

static void
make_scratch(void)
{
	const char *tmp = getenv("GATEHOUSE_TEST_TMP");

	(void)snprintf(scratch_path, sizeof(scratch_path), "%s/states.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(scratch_path) == NULL)
		err(2, "%s", scratch_path);
	scratch = open_dir(scratch_path);
}

int
main(int argc, char **argv)
{
	struct buf log = {.max = (size_t)1 << 28}, key = {.max = 1000};

	if (argc != 5)
		errx(2, "usage: power_states LOG BASE AFTER KEY");
	must(crypto_init(), "crypto");
	must(disk_read(AT_FDCWD, argv[4], &key), argv[4]);
	must(note_secret_parse(&signer, buf_span(&key)), argv[4]);
	buf_wipe(&key);
	must(disk_read(AT_FDCWD, argv[1], &log), argv[1]);
	read_base(open_dir(argv[2]));
	read_after(open_dir(argv[3]));
	make_scratch();
	follow(buf_span(&log));
	(void)nftw(scratch_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)rmdir(scratch_path);
	printf("%" PRIu64 " states after %" PRIu64 " events, %" PRIu64
	       " records acknowledged\n",
	    seen.states, seen.events, seen.acknowledged);
	return seen.failed;
}
