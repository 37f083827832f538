/*
 * bench_decide: decisions per second, and how long a policy takes to load, at
 * 10, 1,000 and 10,000 agreements. Prints a table: asking for ten of them over
 * and over shows what the search costs, asking for all of them what the caches
 * of the machine hold.
 *
 * usage: bench_decide [SECONDS]      for each measure; 1 if not given
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/decide.h"
#include "policy/image.h"
#include "policy/node.h"

enum {
	PER_FILE = 200, /* agreements; a list has at most 4096 */
	MAX_FILE = NODE_MAX_FILE,
	MAX_IMAGE = 64 << 20,
	TODAY = 20780, /* 2026-11-23 */
	NOW = 1795000000,
	BATCH = 1000,
	MAX_BATCHES = 1 << 16,
	BUCKET_MAX = 24,
	STRIDE = 7919, /* through all of them, far apart */
	HOT = 10,      /* agreements that are asked for all the time */
};

static const char facts[] =
    "policy: {name: bench, format: 1}\n"
    "parties:\n"
    "  bank: {name: Bank, country: DE, role: controller, contact: x}\n"
    "people:\n  team: [{access-key: TEAM01}]\n"
    "places:\n  here: {country: DE, operator: x, seen-as: 127.0.0.1/32}\n"
    "purposes:\n  study: {say: A study, gdpr: consent}\n"
    "datasets:\n  cards:\n    controller: bank\n    about: customers\n"
    "    origin: file:///data/cards/*.csv\n"
    "    protect: gdpr-pseudonymous@1\n"
    "    columns: {iban: 'direct-identifier iban, subject', amount: plain "
    "amount}\n"
    "never:\n  - {id: stays, say: x, dataset: cards, place-not-in: EEA}\n";

static void
need(struct err err)
{
	if (err.code == ERR_OK)
		return;
	fprintf(stderr, "bench_decide: %s\n", err.why);
	exit(1);
}

/* Of this process: others on the machine do not count. */
static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Files of so many agreements; returns how many there are. */
static size_t
write_files(struct buf *texts, struct source_file *files, unsigned num)
{
	unsigned per_file = num / (CHECK_MAX_FILES - 1) + 1;
	size_t num_files = 0;

	if (per_file < PER_FILE)
		per_file = PER_FILE;
	for (unsigned i = 0; i < num; i++) {
		struct buf *text = &texts[num_files];

		if (i % per_file == 0) {
			text = &texts[num_files = i / per_file];
			buf_init(text, MAX_FILE);
			if (i == 0)
				need(buf_append_str(text, facts));
			need(buf_append_str(text, "allow:\n"));
		}
		need(buf_append_format(text,
		    "  - {id: study-%05u, who: team, recipient: bank, "
		    "contract: "
		    "C-%u, dataset: cards, purpose: study, places: here, "
		    "columns: {iban: pseudonym, amount: keep}, until: "
		    "2028-12-31}\n",
		    i, i));
	}
	num_files++;
	for (size_t i = 0; i < num_files; i++)
		files[i] = (struct source_file){
		    span_str("bench.yaml"), buf_span(&texts[i])};
	return num_files;
}

static int
order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How long one batch takes, of `num` agreements in no order. */
static double
batch_s(const struct policy *policy, unsigned num)
{
	static char names[BATCH][BUCKET_MAX];
	static uint32_t at;
	struct caller caller = {.access_key = span_str("TEAM01"),
	    .address = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}};

	/* Who asks brings the name; to write it is none of the gateway's. */
	for (unsigned i = 0; i < BATCH; i++) {
		at = (at + STRIDE) % num;
		(void)snprintf(names[i], sizeof(names[i]), "study-%05u", at);
	}
	double start = now_s();
	for (unsigned i = 0; i < BATCH; i++) {
		struct decision d;

		decide_read(&d, policy, &caller, span_str(names[i]), NOW);
		if (!d.allowed)
			exit(1);
	}
	return now_s() - start;
}

/* By the batch in the middle: what else the machine did is at the end. */
static double
decisions_per_s(const struct policy *policy, unsigned num, double seconds)
{
	static double batches[MAX_BATCHES];
	size_t made = 0;

	for (double spent = 0; spent < seconds && made < MAX_BATCHES; made++)
		spent += batches[made] = batch_s(policy, num);
	qsort(batches, made, sizeof(batches[0]), order);
	return BATCH / batches[made / 2];
}

static void
measure(unsigned num, double seconds)
{
	static struct buf texts[CHECK_MAX_FILES];
	static struct source_file files[CHECK_MAX_FILES];
	static struct diagnostics d;
	struct check_options options = {.today = TODAY};
	struct buf image = {.max = MAX_IMAGE};
	struct arena checked, read;
	struct policy policy;
	size_t num_files = write_files(texts, files, num);
	double start = now_s();

	arena_init(&checked, 1 << 30);
	arena_init(&read, 1 << 30);
	diagnostic_init(&d, files, num_files);
	need(check_policy(&policy, &checked, &d, files, num_files, &options));
	need(image_encode(&image, &policy));
	double compiled = now_s();
	need(image_decode(&policy, &read, buf_span(&image)));
	double decoded = now_s();
	printf("%10u %16.0f %16.0f %12.1f %12.1f %12zu\n", num,
	    decisions_per_s(&policy, HOT, seconds),
	    decisions_per_s(&policy, num, seconds), (compiled - start) * 1e3,
	    (decoded - compiled) * 1e3, image.len);
	diagnostic_done(&d);
	arena_done(&read);
	arena_done(&checked);
	buf_done(&image);
	for (size_t i = 0; i < num_files; i++)
		buf_done(&texts[i]);
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 1.0;

	need(crypto_init());
	printf("%10s %16s %16s %12s %12s %12s\n", "agreements", "of ten, /s",
	    "of all, /s", "compile ms", "read ms", "image bytes");
	measure(10, seconds);
	measure(1000, seconds);
	measure(10000, seconds);
	return 0;
}
