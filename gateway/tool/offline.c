#include "gateway/tool/offline.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/random.h"
#include "policy/check.h"
#include "policy/plan.h"
#include "policy/table.h"
#include "policy/node.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_POLICY = 3,
	ARENA_MAX = 256 * 1024 * 1024,
	DAY = 24 * 60 * 60,
};

/* What one run reads and makes. */
struct run {
	struct arena arena;
	struct diagnostics diagnostics;
	struct source_file file;
	const char *path;
	struct policy policy;
	struct plan plan;
	uint8_t (*keys)[32];
};

int
offline_parse(struct offline_options *out, bool preview, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"policy", required_argument, NULL, 'p'},
	    {"agreement", required_argument, NULL, 'a'},
	    {"place", required_argument, NULL, 'l'},
	    {"test-key", no_argument, NULL, 'k'},
	    {"rows", required_argument, NULL, 'n'},
	    {0},
	};
	struct offline_options options = {.num_rows = 10};
	bool right = true;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'p')
			options.policy = optarg;
		else if (c == 'a')
			options.agreement = optarg;
		else if (c == 'l')
			options.place = optarg;
		else if (c == 'k')
			options.test_key = true;
		else if (c != 'n' || !preview ||
		    span_u64(span_str(optarg), &options.num_rows, 1000000)
			    .code != ERR_OK)
			right = false;
	}
	if (right && optind == argc && options.policy != NULL &&
	    options.agreement != NULL && options.test_key) {
		*out = options;
		return 0;
	}
	(void)fprintf(stderr,
	    "usage: gatehouse %s --policy FILE --agreement ID [--place ID]\n"
	    "           --test-key%s < RAW.csv\n"
	    "--test-key: codes are made with random keys that are thrown away;"
	    "\nthe keys of the gateway never leave it.\n",
	    argv[0], preview ? " [--rows N]" : "");
	return EXIT_USAGE;
}

/* A whole file; what is over the cap is cut one byte behind it. */
static struct err
read_file(struct arena *arena, const char *path, size_t max, struct span *out)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes;
	size_t len;
	struct err err;

	if (file == NULL)
		return ERR(IO, "the file cannot be read");
	err = arena_alloc(arena, &bytes, max + 1, 1);
	if (err.code == ERR_OK) {
		len = fread(bytes, 1, max + 1, file);
		if (ferror(file) != 0)
			err = ERR(IO, "the file cannot be read");
		*out = span_of(bytes, len);
	}
	(void)fclose(file);
	return err;
}

/* Tables lie beside the policy. */
static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	struct run *run = context;
	const char *slash = strrchr(run->path, '/'), *whole;
	size_t folder_len = slash == NULL ? 0 : (size_t)(slash - run->path) + 1;
	uint8_t *text;

	TRY(arena_alloc(&run->arena, &text, folder_len + path.len + 1, 1));
	memcpy(text, run->path, folder_len);
	memcpy(text + folder_len, path.data, path.len);
	TRY(arena_str(
	    &run->arena, &whole, span_of(text, folder_len + path.len)));
	return read_file(&run->arena, whole, TABLE_MAX_FILE, out_bytes);
}

/* What is wrong with the policy, or what only deserves a warning. */
static void
print_diagnostics(const struct run *run)
{
	struct buf text;

	buf_init(&text, DIAGNOSTIC_MAX_OUTPUT);
	if (run->diagnostics.num_items > 0 &&
	    diagnostic_print(&text, &run->diagnostics).code == ERR_OK)
		(void)fwrite(text.data, 1, text.len, stderr);
	buf_done(&text);
}

static struct err
find_place(
    const struct run *run, const struct agreement *agreement, const char *place)
{
	for (uint32_t i = 0; i < agreement->num_places; i++)
		if (span_equal_str(
			run->policy.places[agreement->places[i]].id, place))
			return OK;
	return ERR(DENIED, "the agreement does not name this place");
}

static struct err
make_plan(struct run *run, const struct offline_options *options, int year)
{
	for (uint32_t i = 0; i < run->policy.num_agreements; i++) {
		const struct agreement *agreement = &run->policy.agreements[i];

		if (!span_equal_str(agreement->id, options->agreement))
			continue;
		if (options->place != NULL)
			TRY(find_place(run, agreement, options->place));
		TRY(plan_build(&run->plan, &run->arena, &run->policy, i,
		    (uint16_t)year, 0));
		TRY(arena_alloc(
		    &run->arena, &run->keys, run->plan.num_columns, 32));
		random_bytes(run->keys, (size_t)run->plan.num_columns * 32);
		return OK;
	}
	return ERR(NOT_FOUND, "the policy has no such agreement");
}

static struct err
load(struct run *run, const struct offline_options *options)
{
	time_t now = time(NULL);
	struct check_options check = {
	    .today = (int32_t)(now / DAY),
	    .load_table = load_table,
	    .context = run,
	};
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL)
		return ERR(IO, "the clock cannot be read");
	TRY(crypto_init());
	run->path = options->policy;
	run->file.name = span_str(options->policy);
	TRY(read_file(
	    &run->arena, options->policy, NODE_MAX_FILE, &run->file.bytes));
	diagnostic_init(&run->diagnostics, &run->file, 1);
	struct err err = check_policy(&run->policy, &run->arena,
	    &run->diagnostics, &run->file, 1, &check);
	print_diagnostics(run);
	TRY(err);
	return make_plan(run, options, tm.tm_year + 1900);
}

static void
print_stats(const struct flow_stats *stats)
{
	(void)fprintf(stderr, "rows: %" PRIu64 " read, %" PRIu64 " released\n",
	    stats->rows_read, stats->counts.rows[VERDICT_RELEASED]);
	for (int i = VERDICT_RELEASED + 1; i < NUM_VERDICTS; i++)
		if (stats->counts.rows[i] > 0)
			(void)fprintf(stderr, "  withheld: %" PRIu64 ", %s\n",
			    stats->counts.rows[i],
			    rows_verdict_name((enum verdict)i));
	for (int i = FIT_VALUE + 1; i < NUM_FITS; i++)
		if (stats->counts.unfit[i] > 0)
			(void)fprintf(stderr,
			    "  unfit cells: %" PRIu64 ", %s\n",
			    stats->counts.unfit[i],
			    cells_fit_name((enum fit)i));
	if (stats->num_dropped > 0)
		(void)fprintf(stderr,
		    "  undeclared columns dropped: %" PRIu32 "\n",
		    stats->num_dropped);
}

static struct err
pump(struct flow *flow)
{
	bool done = false;

	while (!done)
		TRY(flow_step(flow, &done));
	return OK;
}

static int
run_flow(const struct run *run, const struct flow_options *options)
{
	const struct flow_keys keys = {
	    (const uint8_t(*)[32])run->keys, run->plan.num_columns};
	struct flow_stats stats;
	struct flow *flow;
	struct err err = flow_new(&flow, &run->plan, &keys, options);

	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return EXIT_FAILED;
	}
	err = pump(flow);
	flow_counted(flow, &stats);
	flow_free(flow);
	if (err.code == ERR_CLOSED && options->watch != NULL)
		return 0;
	if (err.code != ERR_OK) {
		(void)fprintf(stderr,
		    "gatehouse: near record %" PRIu64 ": %s\n", stats.record,
		    err.why);
		return EXIT_FAILED;
	}
	print_stats(&stats);
	return 0;
}

int
offline_run(const struct offline_options *options, int out_fd,
    struct err (*watch)(void *context, const struct flow_view *view),
    void *context)
{
	const struct flow_options flow = {
	    .in_fd = STDIN_FILENO,
	    .sink = {.fd = out_fd},
	    .watch = watch,
	    .context = context,
	};
	static struct run run;
	struct err err;
	int status = EXIT_FAILED;

	arena_init(&run.arena, ARENA_MAX);
	err = load(&run, options);
	if (err.code == ERR_OK) {
		(void)fprintf(stderr,
		    "gatehouse: with throw-away keys: codes match nothing "
		    "that was delivered\n");
		status = run_flow(&run, &flow);
	} else {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		if (run.diagnostics.num_errors > 0)
			status = EXIT_POLICY;
	}
	if (run.keys != NULL)
		OPENSSL_cleanse(run.keys, (size_t)run.plan.num_columns * 32);
	diagnostic_done(&run.diagnostics);
	arena_done(&run.arena);
	return status;
}
