/*
 * bench_codes FOLDER|CONNINFO [ENTRIES]: lookups and inserts per second of a
 * codebook, in batches of 512 as a mill sends them, each insert committed
 * before the next. FOLDER is empty; a CONNINFO has a `=` in it. By the batch in
 * the middle: what else the machine did is at the end.
 *
 * Prints "inserts N" by the clock, in which the disk syncs; "worked N", inserts
 * per second that this process is on a processor; "lookups N".
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/base/sysio.h"
#include "gateway/store/store.h"

enum {
	ENTRIES = 500000,
	MAX_BATCHES = 1 << 14,
	SEALED = 32,  /* a value of 16 bytes, as a mill seals it */
	PER = 4,      /* entries of one subject */
	LOOKUPS = 400 /* batches */
};

static uint8_t indexes[STORE_BATCH][STORE_INDEX];
static uint8_t subjects[STORE_BATCH][STORE_SUBJECT];
static uint8_t codes[STORE_BATCH][STORE_CODE];

static void
must(struct err err)
{
	if (err.code != ERR_OK)
		errx(1, "%s: %s", err_name(err.code), err.why);
}

static struct store *
open_store(const char *place)
{
	struct buf said CLEANUP(buf_done) = {.max = 300};
	struct store *store;

	if (strchr(place, '=') != NULL) {
		must(store_open_postgres(&store, place, NULL, &said));
	} else {
		int dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			err(1, "%s", place);
		must(store_open_sqlite(&store, dir));
	}
	must(store_start(store));
	return store;
}

static void
name(uint8_t out[16], char what, uint64_t number)
{
	uint8_t hash[HASH_SHA256_LEN], text[1 + sizeof(number)];

	text[0] = (uint8_t)what;
	memcpy(text + 1, &number, sizeof(number));
	must(hash_sha256(hash, span_of(text, sizeof(text))));
	memcpy(out, hash, 16);
}

static int
order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
per_second(uint64_t *took_us, size_t num)
{
	qsort(took_us, num, sizeof(took_us[0]), order);
	return STORE_BATCH * 1e6 / (double)took_us[num / 2];
}

static uint64_t
processor_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The entries [from, from + STORE_BATCH), until they are durable. */
static void
insert(struct store *store, uint64_t from, uint64_t *out_took_us,
    uint64_t *out_worked_us)
{
	static const uint8_t sealed[SEALED];
	static struct store_new entries[STORE_BATCH];
	uint64_t seq;

	for (unsigned i = 0; i < STORE_BATCH; i++) {
		name(indexes[i], 'i', from + i);
		name(subjects[i], 's', (from + i) / PER);
		entries[i] = (struct store_new){
		    indexes[i], subjects[i], span_of(sealed, SEALED)};
	}
	uint64_t start = sysio_monotonic_us(), worked = processor_us();
	must(store_insert(store, entries, STORE_BATCH, codes, &seq));
	must(store_commit(store));
	*out_worked_us = processor_us() - worked;
	*out_took_us = sysio_monotonic_us() - start;
}

/* Some that are there, from all over; microseconds. */
static uint64_t
look_up(struct store *store, uint64_t from, uint64_t num)
{
	bool known[STORE_BATCH];
	uint64_t seq;

	for (unsigned i = 0; i < STORE_BATCH; i++)
		name(indexes[i], 'i', (from + i * UINT64_C(7919)) % num);
	uint64_t start = sysio_monotonic_us();
	must(store_lookup(store, indexes[0], STORE_BATCH, codes, known, &seq));
	uint64_t took = sysio_monotonic_us() - start;
	for (unsigned i = 0; i < STORE_BATCH; i++)
		if (!known[i])
			errx(1, "an entry is not there");
	return took;
}

int
main(int argc, char **argv)
{
	static uint64_t took[MAX_BATCHES], worked[MAX_BATCHES];
	uint64_t num = ENTRIES;

	if (argc < 2)
		errx(2, "usage: bench_codes FOLDER|CONNINFO [ENTRIES]");
	if (argc > 2)
		num = strtoull(argv[2], NULL, 10);
	size_t batches = num / STORE_BATCH;
	if (batches == 0 || batches > MAX_BATCHES)
		errx(2, "%" PRIu64 " entries: too few or too many", num);
	must(crypto_init());
	struct store *store = open_store(argv[1]);
	for (size_t i = 0; i < batches; i++)
		insert(store, i * STORE_BATCH, &took[i], &worked[i]);
	printf("inserts %.0f\n", per_second(took, batches));
	printf("worked %.0f\n", per_second(worked, batches));
	for (size_t i = 0; i < LOOKUPS; i++)
		took[i] =
		    look_up(store, i * UINT64_C(104729), batches * STORE_BATCH);
	printf("lookups %.0f\n", per_second(took, LOOKUPS));
	store_close(store);
	return 0;
}
