#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/ledger/jcs.h"
#include "gateway/ledger/record.h"
#include "gateway/ledger/replay.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/audit_print.h"
#include "gateway/tool/audit_verbs.h"

enum {
	INDEX_DIGITS = 15, /* longer than that it is a request's id */
	TRIES = 5,	   /* looks before something is wrong */
	TRY_AGAIN_US = 50000,
};

struct show {
	int dir;
	bool json;
	bool by_index;
	uint64_t index;
	struct buf request; /* as it is written in a record */
	uint64_t num_shown;
};

static void
show_one(struct show *show, uint64_t index, struct span record)
{
	if (show->json) {
		audit_print_json(index, record);
	} else {
		if (show->num_shown > 0)
			putchar('\n');
		audit_print_record(index, record);
	}
	show->num_shown++;
}

static bool
is_wanted(const struct show *show, uint64_t index, struct span record)
{
	struct record_brief brief;

	if (show->by_index)
		return index == show->index;
	return record_brief_read(record, &brief).code == ERR_OK &&
	    brief.request.len > 0 &&
	    span_equal(brief.request, buf_span(&show->request));
}

static struct err
show_wanted(struct show *show)
{
	struct replay replay;
	struct span record;

	TRY(replay_open(&replay, show->dir, NULL, NULL));
	if (show->by_index)
		replay_skip_to(&replay, show->index);
	struct err err;
	for (;;) {
		err = replay_next(&replay, &record);
		if (err.code != ERR_OK)
			break;
		uint64_t index = replay.index - 1;
		if (is_wanted(show, index, record))
			show_one(show, index, record);
		if (show->by_index && index >= show->index)
			break;
	}
	replay_done(&replay);
	if (err.code != ERR_OK && err.code != ERR_NOT_FOUND)
		return err;
	if (show->num_shown == 0)
		return ERR(NOT_FOUND, "the ledger has no such record");
	return OK;
}

/* As the auditor writes meanwhile, an odd look is worth another one. */
static struct err
show_living(struct show *show)
{
	struct err err = show_wanted(show);

	for (int i = 0;
	     i < TRIES && err.code == ERR_CHANGED && show->num_shown == 0;
	     i++) {
		usleep(TRY_AGAIN_US);
		err = show_wanted(show);
	}
	return err;
}

static int
usage(void)
{
	fputs("usage: gatehouse audit show [DIR] INDEX|REQUEST [--json]\n",
	    stderr);
	return 2;
}

/* Digits are an index, unless there are too many. */
static struct err
take_wanted(struct show *show, const char *text)
{
	struct span wanted = span_str(text);

	buf_init(&show->request, RECORD_MAX);
	show->by_index = wanted.len <= INDEX_DIGITS &&
	    span_u64(wanted, &show->index, UINT64_MAX).code == ERR_OK;
	return jcs_escape(&show->request, wanted);
}

int
audit_show_main(int argc, char **argv)
{
	static const struct option OPTIONS[] = {
	    {"json", no_argument, NULL, 'j'}, {0}};
	struct show show = {0};
	int option;

	while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
		if (option != 'j')
			return usage();
		show.json = true;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return usage();
	const char *path = argc - optind == 2 ? argv[optind] : NULL;
	struct err err = take_wanted(&show, argv[argc - 1]);
	if (err.code == ERR_OK)
		err = audit_dir_open(path, &show.dir);
	if (err.code == ERR_OK)
		err = show_living(&show);
	buf_done(&show.request);
	if (err.code == ERR_OK)
		return 0;
	fprintf(stderr, "gatehouse: %s: %s\n", audit_dir_name(path), err.why);
	return 1;
}
